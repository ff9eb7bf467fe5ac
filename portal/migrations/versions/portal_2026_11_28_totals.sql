-- Figures of a whole page in fewer looks.

-- Running totals say clicks, visitors and landings in one line: pages look for all three at once, and what is counted changes a
-- third of the lines.
ALTER TABLE click_total RENAME TO click_total_before;
ALTER TABLE click_total_before RENAME CONSTRAINT click_total_pkey TO click_total_before_pkey;
CREATE TABLE click_total (
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  owner_id uuid NOT NULL,
  day date NOT NULL,
  clicks bigint NOT NULL,
  visitors bigint NOT NULL,
  landed bigint NOT NULL
) WITH (fillfactor = 75);
-- A day on which one of the three has no line: it stands where it stood before. None ever falls.
INSERT INTO click_total
SELECT d.workspace_id, d.owner_id, d.day, coalesce(max(d.clicks) OVER before, 0), coalesce(max(d.visitors) OVER before, 0),
  coalesce(max(d.landed) OVER before, 0)
FROM (
  SELECT workspace_id, owner_id, day, max(clicks) FILTER (WHERE dimension = 'verdict') AS clicks,
    max(clicks) FILTER (WHERE dimension = 'visitor') AS visitors, max(clicks) FILTER (WHERE dimension = 'landed') AS landed
  FROM click_total_before GROUP BY 1, 2, 3
) d
WINDOW before AS (PARTITION BY d.owner_id ORDER BY d.day);
ALTER TABLE click_total ADD PRIMARY KEY (owner_id, day);
DROP TABLE click_total_before;

-- The clock puts days together again, with what lines say since of days and of links.
DELETE FROM click_block;

-- Since the steps of counting now change the same lines, they have one lock in each workspace, whichever comes first: nobody waits
-- for a line while they hold another lock that its holder waits for.
CREATE OR REPLACE FUNCTION add_daily_sums(lines click_daily[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM lock_sums(array_agg(DISTINCT workspace_id || 'sums')) FROM unnest(lines);

  INSERT INTO click_sum_daily AS s (workspace_id, owner_id, kind, dimension, day, value, clicks)
  SELECT d.workspace_id, o.id, l.kind, d.dimension, d.day, d.value, sum(d.clicks)
  FROM unnest(lines) d JOIN link l ON l.id = d.link_id AND (l.kind = 'channel' OR d.dimension = 'excluded')
  CROSS JOIN LATERAL (VALUES (l.workspace_id), (l.job_id), (l.channel_id), (l.campaign_id)) o (id)
  WHERE o.id IS NOT NULL
  GROUP BY 1, 2, 3, 4, 5, 6
  ON CONFLICT (owner_id, kind, dimension, day, value) DO UPDATE SET clicks = s.clicks + EXCLUDED.clicks;

  -- A day without a line begins where the one before it ended.
  INSERT INTO click_total (workspace_id, owner_id, day, clicks, visitors, landed)
  SELECT d.workspace_id, d.id, d.day, coalesce(t.clicks, 0), coalesce(t.visitors, 0), coalesce(t.landed, 0)
  FROM (
    SELECT DISTINCT d.workspace_id, o.id, d.day FROM unnest(lines) d JOIN link l ON l.id = d.link_id AND l.kind = 'channel'
    CROSS JOIN LATERAL (VALUES (l.id), (l.channel_id), (l.job_id)) o (id)
    WHERE d.value = 'person' AND d.dimension IN ('verdict', 'visitor', 'landed')
  ) d LEFT JOIN LATERAL (
    SELECT * FROM click_total t WHERE t.owner_id = d.id AND t.day < d.day ORDER BY t.day DESC LIMIT 1
  ) t ON true
  ON CONFLICT (owner_id, day) DO NOTHING;

  -- Put together once: a planner that believes `click_total` to be nearly empty (statistics from a moment when it was) would do it
  -- again for each line that it changes, which takes minutes.
  WITH added AS MATERIALIZED (
    SELECT o.id AS owner_id, d.day, coalesce(sum(d.clicks) FILTER (WHERE d.dimension = 'verdict'), 0) AS clicks,
      coalesce(sum(d.clicks) FILTER (WHERE d.dimension = 'visitor'), 0) AS visitors,
      coalesce(sum(d.clicks) FILTER (WHERE d.dimension = 'landed'), 0) AS landed
    FROM unnest(lines) d JOIN link l ON l.id = d.link_id AND l.kind = 'channel'
    CROSS JOIN LATERAL (VALUES (l.id), (l.channel_id), (l.job_id)) o (id)
    WHERE d.value = 'person' AND d.dimension IN ('verdict', 'visitor', 'landed')
    GROUP BY 1, 2
  ), more AS MATERIALIZED (
    SELECT t.owner_id, t.day, sum(a.clicks) AS clicks, sum(a.visitors) AS visitors, sum(a.landed) AS landed
    FROM added a JOIN click_total t ON t.owner_id = a.owner_id AND t.day >= a.day
    GROUP BY 1, 2
  )
  UPDATE click_total t SET clicks = t.clicks + more.clicks, visitors = t.visitors + more.visitors, landed = t.landed + more.landed
  FROM more
  WHERE t.owner_id = more.owner_id AND t.day = more.day;
END $$;

DO $$ BEGIN
  EXECUTE replace(pg_get_functiondef('add_hourly_sums'::regproc), 'workspace_id || ''hours''', 'workspace_id || ''sums''');
  EXECUTE regexp_replace(pg_get_functiondef('move_sums'::regproc), 'lock_sums\([^)]*\)',
    'lock_sums(ARRAY[NEW.workspace_id || ''sums''])');
END $$;

CREATE OR REPLACE FUNCTION total_jobs(jobs uuid[]) RETURNS void LANGUAGE sql AS $$
  DELETE FROM click_total WHERE owner_id = ANY(jobs);
  INSERT INTO click_total (workspace_id, owner_id, day, clicks, visitors, landed)
  SELECT d.workspace_id, d.owner_id, d.day, sum(d.clicks) OVER before, sum(d.visitors) OVER before, sum(d.landed) OVER before
  FROM (
    SELECT workspace_id, owner_id, day, coalesce(sum(clicks) FILTER (WHERE dimension = 'verdict'), 0) AS clicks,
      coalesce(sum(clicks) FILTER (WHERE dimension = 'visitor'), 0) AS visitors,
      coalesce(sum(clicks) FILTER (WHERE dimension = 'landed'), 0) AS landed
    FROM click_sum_daily WHERE owner_id = ANY(jobs) AND kind = 'channel' AND value = 'person'
      AND dimension IN ('verdict', 'visitor', 'landed')
    GROUP BY 1, 2, 3
  ) d
  WINDOW before AS (PARTITION BY d.owner_id ORDER BY d.day);
$$;

-- People by what is noted of the click that brought them: device, system, app, language, referrer. What has the fewest values comes
-- first, so that whatever is not asked for is skipped.
CREATE INDEX application_came_by ON application (workspace_id, (came[2]), (came[3]), (came[1]), (came[4]), (came[5]))
  WHERE came IS NOT NULL;
