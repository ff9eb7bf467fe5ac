-- As before, but for what is added to running totals: it is put together once. A planner that believes `click_total` to be nearly
-- empty (statistics from a moment when it was) would put it together again for each line that it changes, which takes minutes.
CREATE OR REPLACE FUNCTION add_daily_sums(lines click_daily[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM lock_sums(array_agg(
    workspace_id || CASE WHEN dimension IN ('visitor', 'landed') THEN dimension ELSE 'days' END)) FROM unnest(lines);

  INSERT INTO click_sum_daily AS s (workspace_id, owner_id, kind, dimension, day, value, clicks)
  SELECT d.workspace_id, o.id, l.kind, d.dimension, d.day, d.value, sum(d.clicks)
  FROM unnest(lines) d JOIN link l ON l.id = d.link_id AND (l.kind = 'channel' OR d.dimension = 'excluded')
  CROSS JOIN LATERAL (VALUES (l.workspace_id), (l.job_id), (l.channel_id), (l.campaign_id)) o (id)
  WHERE o.id IS NOT NULL
  GROUP BY 1, 2, 3, 4, 5, 6
  ON CONFLICT (owner_id, kind, dimension, day, value) DO UPDATE SET clicks = s.clicks + EXCLUDED.clicks;

  -- A day without a line begins where the one before it ended.
  INSERT INTO click_total (workspace_id, owner_id, dimension, day, clicks)
  SELECT DISTINCT d.workspace_id, o.id, d.dimension, d.day, coalesce((
    SELECT t.clicks FROM click_total t
    WHERE t.owner_id = o.id AND t.dimension = d.dimension AND t.day < d.day ORDER BY t.day DESC LIMIT 1), 0)
  FROM unnest(lines) d JOIN link l ON l.id = d.link_id AND l.kind = 'channel'
  CROSS JOIN LATERAL (VALUES (l.id), (l.channel_id), (l.job_id)) o (id)
  WHERE d.value = 'person' AND d.dimension IN ('verdict', 'visitor', 'landed')
  ON CONFLICT (owner_id, dimension, day) DO NOTHING;

  WITH added AS MATERIALIZED (
    SELECT o.id AS owner_id, d.dimension, d.day, sum(d.clicks) AS clicks
    FROM unnest(lines) d JOIN link l ON l.id = d.link_id AND l.kind = 'channel'
    CROSS JOIN LATERAL (VALUES (l.id), (l.channel_id), (l.job_id)) o (id)
    WHERE d.value = 'person'
    GROUP BY 1, 2, 3
  ), more AS MATERIALIZED (
    SELECT t.owner_id, t.dimension, t.day, sum(a.clicks) AS clicks
    FROM added a JOIN click_total t ON t.owner_id = a.owner_id AND t.dimension = a.dimension AND t.day >= a.day
    GROUP BY 1, 2, 3
  )
  UPDATE click_total SET clicks = click_total.clicks + more.clicks
  FROM more
  WHERE click_total.owner_id = more.owner_id AND click_total.dimension = more.dimension AND click_total.day = more.day;
END $$;
