-- Sums beside the rollups, so that a page about a thousand links and a year adds up hundreds of lines and not millions.
-- Triggers keep them: whoever writes a rollup, whether counting on, counting again or deleting, keeps its sums too.

-- All links of a workspace, a job, a channel or a campaign (`owner_id`) together: the lines of click_daily. Of the links in messages
-- only what was excluded: nothing else of them is a figure.
CREATE TABLE click_sum_daily (
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  owner_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('channel', 'personal')),
  dimension text NOT NULL,
  day date NOT NULL,
  value text NOT NULL,
  clicks bigint NOT NULL,
  PRIMARY KEY (owner_id, kind, dimension, day, value)
) WITH (fillfactor = 75);

-- The same for the lines of click_hourly, of channel links.
CREATE TABLE click_sum_hourly (
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  owner_id uuid NOT NULL,
  hour timestamptz NOT NULL,
  verdict text NOT NULL,
  clicks bigint NOT NULL,
  PRIMARY KEY (owner_id, verdict, hour)
) WITH (fillfactor = 75);

-- Running totals of a channel link, and of a channel: what people did until the end of each day that has a line. What they did in a
-- period is the difference of two.
CREATE TABLE click_total (
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  owner_id uuid NOT NULL,
  dimension text NOT NULL CHECK (dimension IN ('verdict', 'visitor', 'landed')),
  day date NOT NULL,
  clicks bigint NOT NULL,
  PRIMARY KEY (owner_id, dimension, day)
) WITH (fillfactor = 75);

-- One transaction at a time in each workspace and each step of counting, whose order ingest keeps (visitors, hours, days; landings
-- apart): waiting for this lock is never part of a ring, whatever order the rows of sums are then taken in.
CREATE FUNCTION lock_sums(steps text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('sums ' || step, 0)) FROM (SELECT DISTINCT unnest(steps) AS step ORDER BY 1) one;
END $$;

-- Add these lines, whose `clicks` say by how much there are more or fewer.
CREATE FUNCTION add_daily_sums(lines click_daily[]) RETURNS void LANGUAGE plpgsql AS $$
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
  CROSS JOIN LATERAL (VALUES (l.id), (l.channel_id)) o (id)
  WHERE d.value = 'person' AND d.dimension IN ('verdict', 'visitor', 'landed')
  ON CONFLICT (owner_id, dimension, day) DO NOTHING;

  UPDATE click_total SET clicks = click_total.clicks + more.clicks
  FROM (
    SELECT t.owner_id, t.dimension, t.day, sum(d.clicks) AS clicks
    FROM unnest(lines) d JOIN link l ON l.id = d.link_id AND l.kind = 'channel'
    CROSS JOIN LATERAL (VALUES (l.id), (l.channel_id)) o (id)
    JOIN click_total t ON t.owner_id = o.id AND t.dimension = d.dimension AND t.day >= d.day
    WHERE d.value = 'person'
    GROUP BY 1, 2, 3
  ) more
  WHERE click_total.owner_id = more.owner_id AND click_total.dimension = more.dimension AND click_total.day = more.day;
END $$;

CREATE FUNCTION keep_daily_sums() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM add_daily_sums(array_agg(ROW(n.workspace_id, n.link_id, n.day, n.dimension, n.value, n.clicks)::click_daily))
    FROM now_there n HAVING count(*) > 0;
  ELSIF TG_OP = 'DELETE' THEN
    PERFORM add_daily_sums(array_agg(ROW(o.workspace_id, o.link_id, o.day, o.dimension, o.value, -o.clicks)::click_daily))
    FROM was_there o HAVING count(*) > 0;
  ELSE
    PERFORM add_daily_sums(array_agg(ROW(n.workspace_id, n.link_id, n.day, n.dimension, n.value, n.clicks - o.clicks)::click_daily))
    FROM now_there n JOIN was_there o USING (link_id, dimension, day, value) HAVING count(*) > 0;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_sums_inserted AFTER INSERT ON click_daily REFERENCING NEW TABLE AS now_there
  FOR EACH STATEMENT EXECUTE FUNCTION keep_daily_sums();
CREATE TRIGGER keep_sums_updated AFTER UPDATE ON click_daily REFERENCING NEW TABLE AS now_there OLD TABLE AS was_there
  FOR EACH STATEMENT EXECUTE FUNCTION keep_daily_sums();
CREATE TRIGGER keep_sums_deleted AFTER DELETE ON click_daily REFERENCING OLD TABLE AS was_there
  FOR EACH STATEMENT EXECUTE FUNCTION keep_daily_sums();

CREATE FUNCTION add_hourly_sums(lines click_hourly[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM lock_sums(array_agg(workspace_id || 'hours')) FROM unnest(lines);
  INSERT INTO click_sum_hourly AS s (workspace_id, owner_id, hour, verdict, clicks)
  SELECT h.workspace_id, o.id, h.hour, h.verdict, sum(h.clicks)
  FROM unnest(lines) h JOIN link l ON l.id = h.link_id AND l.kind = 'channel'
  CROSS JOIN LATERAL (VALUES (l.workspace_id), (l.job_id), (l.channel_id), (l.campaign_id)) o (id)
  WHERE o.id IS NOT NULL
  GROUP BY 1, 2, 3, 4
  ON CONFLICT (owner_id, verdict, hour) DO UPDATE SET clicks = s.clicks + EXCLUDED.clicks;
END $$;

CREATE FUNCTION keep_hourly_sums() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM add_hourly_sums(array_agg(ROW(n.workspace_id, n.link_id, n.hour, n.verdict, n.clicks)::click_hourly))
    FROM now_there n HAVING count(*) > 0;
  ELSIF TG_OP = 'DELETE' THEN
    PERFORM add_hourly_sums(array_agg(ROW(o.workspace_id, o.link_id, o.hour, o.verdict, -o.clicks)::click_hourly))
    FROM was_there o HAVING count(*) > 0;
  ELSE
    PERFORM add_hourly_sums(array_agg(ROW(n.workspace_id, n.link_id, n.hour, n.verdict, n.clicks - o.clicks)::click_hourly))
    FROM now_there n JOIN was_there o USING (link_id, hour, verdict) HAVING count(*) > 0;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_sums_inserted AFTER INSERT ON click_hourly REFERENCING NEW TABLE AS now_there
  FOR EACH STATEMENT EXECUTE FUNCTION keep_hourly_sums();
CREATE TRIGGER keep_sums_updated AFTER UPDATE ON click_hourly REFERENCING NEW TABLE AS now_there OLD TABLE AS was_there
  FOR EACH STATEMENT EXECUTE FUNCTION keep_hourly_sums();
CREATE TRIGGER keep_sums_deleted AFTER DELETE ON click_hourly REFERENCING OLD TABLE AS was_there
  FOR EACH STATEMENT EXECUTE FUNCTION keep_hourly_sums();

-- A link that moves to another job or campaign takes its figures along. It stays in its channel.
CREATE FUNCTION move_sums() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.channel_id IS DISTINCT FROM NEW.channel_id THEN
    RAISE EXCEPTION 'a link stays in its channel';
  END IF;
  PERFORM lock_sums(ARRAY[NEW.workspace_id || 'days', NEW.workspace_id || 'hours', NEW.workspace_id || 'landed', NEW.workspace_id || 'visitor']);
  INSERT INTO click_sum_daily AS s (workspace_id, owner_id, kind, dimension, day, value, clicks)
  SELECT d.workspace_id, o.id, NEW.kind, d.dimension, d.day, d.value, sum(o.sign * d.clicks)
  FROM click_daily d CROSS JOIN (VALUES (OLD.job_id, -1), (OLD.campaign_id, -1), (NEW.job_id, 1), (NEW.campaign_id, 1)) o (id, sign)
  WHERE d.link_id = NEW.id AND o.id IS NOT NULL AND (NEW.kind = 'channel' OR d.dimension = 'excluded')
  GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(o.sign) <> 0
  ON CONFLICT (owner_id, kind, dimension, day, value) DO UPDATE SET clicks = s.clicks + EXCLUDED.clicks;
  INSERT INTO click_sum_hourly AS s (workspace_id, owner_id, hour, verdict, clicks)
  SELECT h.workspace_id, o.id, h.hour, h.verdict, sum(o.sign * h.clicks)
  FROM click_hourly h CROSS JOIN (VALUES (OLD.job_id, -1), (OLD.campaign_id, -1), (NEW.job_id, 1), (NEW.campaign_id, 1)) o (id, sign)
  WHERE h.link_id = NEW.id AND o.id IS NOT NULL AND NEW.kind = 'channel'
  GROUP BY 1, 2, 3, 4 HAVING sum(o.sign) <> 0
  ON CONFLICT (owner_id, verdict, hour) DO UPDATE SET clicks = s.clicks + EXCLUDED.clicks;
  RETURN NULL;
END $$;
CREATE TRIGGER move_sums AFTER UPDATE OF job_id, campaign_id, channel_id ON link FOR EACH ROW
  WHEN ((OLD.job_id, OLD.campaign_id, OLD.channel_id) IS DISTINCT FROM (NEW.job_id, NEW.campaign_id, NEW.channel_id))
  EXECUTE FUNCTION move_sums();

-- Few people name their time zone.
CREATE INDEX candidate_timezone ON candidate (workspace_id, id) INCLUDE (timezone) WHERE timezone <> '';

-- Who is here now, and whether anybody did anything since.
CREATE INDEX application_active ON application (workspace_id, active_at DESC);

-- What was counted before there were sums.
INSERT INTO click_sum_daily SELECT d.workspace_id, o.id, l.kind, d.dimension, d.day, d.value, sum(d.clicks)
  FROM click_daily d JOIN link l ON l.id = d.link_id AND (l.kind = 'channel' OR d.dimension = 'excluded')
  CROSS JOIN LATERAL (VALUES (l.workspace_id), (l.job_id), (l.channel_id), (l.campaign_id)) o (id)
  WHERE o.id IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6;
INSERT INTO click_sum_hourly SELECT h.workspace_id, o.id, h.hour, h.verdict, sum(h.clicks)
  FROM click_hourly h JOIN link l ON l.id = h.link_id AND l.kind = 'channel'
  CROSS JOIN LATERAL (VALUES (l.workspace_id), (l.job_id), (l.channel_id), (l.campaign_id)) o (id)
  WHERE o.id IS NOT NULL GROUP BY 1, 2, 3, 4;
INSERT INTO click_total SELECT each.workspace_id, each.id, each.dimension, each.day,
    sum(each.clicks) OVER (PARTITION BY each.id, each.dimension ORDER BY each.day)
  FROM (
    SELECT d.workspace_id, o.id, d.dimension, d.day, sum(d.clicks) AS clicks
    FROM click_daily d JOIN link l ON l.id = d.link_id AND l.kind = 'channel'
    CROSS JOIN LATERAL (VALUES (l.id), (l.channel_id)) o (id)
    WHERE d.value = 'person' AND d.dimension IN ('verdict', 'visitor', 'landed')
    GROUP BY 1, 2, 3, 4
  ) each;
