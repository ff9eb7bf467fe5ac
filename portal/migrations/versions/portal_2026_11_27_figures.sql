-- What pages of figures need of a whole year, or under several filters, without looking at each person and each click.

-- Running totals of people, by the day on which they came: of a workspace or a job (`owner_id`), by what brought them (`source`: a
-- channel, a link, `direct`, `invited`, or `all`). What lies in a period is the difference of two. `finished` is of that day alone.
CREATE TABLE person_total (
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  owner_id uuid NOT NULL,
  source text NOT NULL,
  day date NOT NULL,
  people bigint NOT NULL,
  captured bigint NOT NULL,
  started bigint NOT NULL,
  completed bigint NOT NULL,
  returned bigint NOT NULL,
  finished bigint NOT NULL,
  times integer[] NOT NULL,
  zones text[] NOT NULL,
  zoned integer[] NOT NULL,
  PRIMARY KEY (owner_id, source, day)
);
CREATE INDEX person_total_by_workspace ON person_total (workspace_id, day);

-- Totals are right for people who came before this day, but for the days that are stale.
CREATE TABLE person_folded (
  workspace_id uuid PRIMARY KEY REFERENCES workspace (id) ON DELETE CASCADE,
  until date NOT NULL
);

-- When somebody came of whom something has changed since. Lines are only added and taken away, so that nobody waits for another.
CREATE TABLE person_stale (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  workspace_id uuid NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX person_stale_by_workspace ON person_stale (workspace_id, at);

-- People of days that are over, under one filter, put together by the clock. See portal/reports/person_folds.py.
CREATE TABLE person_fold (
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  owner_id uuid NOT NULL,
  dimension text NOT NULL,
  value text NOT NULL,
  day date NOT NULL,
  days integer NOT NULL CHECK (days BETWEEN 1 AND 64),
  parts jsonb NOT NULL CHECK (jsonb_typeof(parts) = 'object'),
  PRIMARY KEY (owner_id, dimension, value, day, days)
);
CREATE INDEX person_fold_by_workspace ON person_fold (workspace_id, day);

-- The days and blocks of which that is done, and still right: whoever makes totals of changed days anew takes these away.
CREATE TABLE person_block (
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  day date NOT NULL,
  days integer NOT NULL CHECK (days BETWEEN 1 AND 64),
  PRIMARY KEY (workspace_id, day, days)
);

CREATE FUNCTION person_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN INSERT INTO person_stale (workspace_id, at) VALUES (OLD.workspace_id, OLD.created_at); END IF;
  IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND NEW.created_at <> OLD.created_at THEN
    INSERT INTO person_stale (workspace_id, at) VALUES (NEW.workspace_id, NEW.created_at);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER person_came AFTER INSERT ON application FOR EACH ROW EXECUTE FUNCTION person_changed();
CREATE TRIGGER person_went AFTER DELETE ON application FOR EACH ROW EXECUTE FUNCTION person_changed();
CREATE TRIGGER person_changed AFTER UPDATE ON application FOR EACH ROW
  WHEN ((OLD.job_id, OLD.candidate_id, OLD.door, OLD.link_id, OLD.click_id, OLD.captured_at, OLD.started_at, OLD.completed_at,
    OLD.returned, OLD.created_at) IS DISTINCT FROM (NEW.job_id, NEW.candidate_id, NEW.door, NEW.link_id, NEW.click_id,
    NEW.captured_at, NEW.started_at, NEW.completed_at, NEW.returned, NEW.created_at))
  EXECUTE FUNCTION person_changed();

CREATE FUNCTION person_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO person_stale (workspace_id, at) SELECT workspace_id, created_at FROM application WHERE candidate_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER person_moved AFTER UPDATE OF timezone ON candidate FOR EACH ROW WHEN (OLD.timezone <> NEW.timezone)
  EXECUTE FUNCTION person_moved();

-- A link at another job no longer says what brought the people of the first one; at another campaign, those of that one. Days of
-- another zone are other days.
CREATE FUNCTION people_of_link_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO person_stale (workspace_id, at)
  SELECT workspace_id, created_at FROM application WHERE workspace_id = NEW.workspace_id AND link_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER people_moved AFTER UPDATE OF job_id, campaign_id ON link FOR EACH ROW
  WHEN ((OLD.job_id, OLD.campaign_id) IS DISTINCT FROM (NEW.job_id, NEW.campaign_id)) EXECUTE FUNCTION people_of_link_moved();
CREATE FUNCTION days_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO person_stale (workspace_id, at) VALUES (NEW.id, '-infinity');
  RETURN NULL;
END $$;
CREATE TRIGGER days_moved AFTER UPDATE OF timezone ON workspace FOR EACH ROW WHEN (OLD.timezone <> NEW.timezone)
  EXECUTE FUNCTION days_moved();

-- App, device, system, language and referrer of the click that brought somebody, in this order; empty without one. Null: not noted
-- yet, so pages look it up.
ALTER TABLE application ADD COLUMN came text[];
CREATE INDEX application_came ON application (created_at) WHERE came IS NULL;

-- Running totals of clicks of a job too: the list of jobs shows them of all time.
DO $$ BEGIN
  EXECUTE replace(pg_get_functiondef('add_daily_sums'::regproc), '(VALUES (l.id), (l.channel_id))',
    '(VALUES (l.id), (l.channel_id), (l.job_id))');
END $$;
CREATE FUNCTION total_jobs(jobs uuid[]) RETURNS void LANGUAGE sql AS $$
  DELETE FROM click_total WHERE owner_id = ANY(jobs);
  INSERT INTO click_total (workspace_id, owner_id, dimension, day, clicks)
  SELECT workspace_id, owner_id, dimension, day, sum(clicks) OVER (PARTITION BY owner_id, dimension ORDER BY day)
  FROM click_sum_daily WHERE owner_id = ANY(jobs) AND kind = 'channel' AND value = 'person'
    AND dimension IN ('verdict', 'visitor', 'landed');
$$;
-- After `move_sums`, by its name: triggers go by the alphabet.
CREATE FUNCTION move_totals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM total_jobs(ARRAY[OLD.job_id, NEW.job_id]);
  RETURN NULL;
END $$;
CREATE TRIGGER move_totals AFTER UPDATE OF job_id ON link FOR EACH ROW WHEN (OLD.job_id <> NEW.job_id)
  EXECUTE FUNCTION move_totals();
SELECT total_jobs(array_agg(id)) FROM job;

-- Who owns the mixes of a job within a campaign.
CREATE FUNCTION pair_of(job uuid, campaign uuid) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN md5(job::text || campaign::text)::uuid;

-- Clicks by all that is known of them at once, for filters: of a workspace, a job, a campaign, or a job within a campaign
-- (`owner_id`), each by channel. Of links in messages only what was excluded; a reason stands with what was excluded alone.
-- `landed`: of these clicks, those whose page was shown. `hours`: these clicks by hour of the day, as the workspace's clock said when
-- they were counted.
-- Triggers keep them: whoever keeps a click, or judges it again, keeps these too.
CREATE TABLE click_mix (
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  owner_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('channel', 'personal')),
  verdict text NOT NULL,
  day date NOT NULL,
  channel_id uuid,
  reason text NOT NULL,
  app text NOT NULL,
  device text NOT NULL,
  system text NOT NULL,
  language text NOT NULL,
  referrer text NOT NULL,
  clicks bigint NOT NULL,
  landed bigint NOT NULL,
  hours integer[] NOT NULL CHECK (cardinality(hours) = 24),
  UNIQUE NULLS NOT DISTINCT (owner_id, kind, verdict, day, channel_id, reason, app, device, system, language, referrer)
) WITH (fillfactor = 75);
-- By the number of the day: by the day itself, the planner would take this index for one owner's days too, who is one of hundreds.
CREATE INDEX click_mix_by_workspace ON click_mix (workspace_id, (day - date '2001-01-01'));

-- Days that are over, put together from their mixes by the clock, one by one and in blocks of several: for each value of a dimension,
-- and for all taps (both empty), what else is known of these clicks. See portal/reports/kept/click_folds.py.
CREATE TABLE click_fold (
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  owner_id uuid NOT NULL,
  dimension text NOT NULL,
  value text NOT NULL,
  day date NOT NULL,
  days integer NOT NULL CHECK (days BETWEEN 1 AND 64),
  parts jsonb NOT NULL CHECK (jsonb_typeof(parts) = 'object'),
  PRIMARY KEY (owner_id, dimension, value, day, days)
);
CREATE INDEX click_fold_by_workspace ON click_fold (workspace_id, day);

-- The days and blocks of which that is done, and still right: whoever changes a mix takes those away that its day is in.
CREATE TABLE click_block (
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  day date NOT NULL,
  days integer NOT NULL CHECK (days BETWEEN 1 AND 64),
  PRIMARY KEY (workspace_id, day, days)
);

-- A click, or what changes of one: `clicks` and `landed` say by how much there are more or fewer.
CREATE TYPE tap AS (
  workspace_id uuid, link_id uuid, at timestamptz, day date, verdict text, reason text, app text, device text, system text,
  language text, referrer text, clicks integer, landed integer
);

-- Both functions name each hour; nobody should have to read that.
DO $make$ BEGIN
EXECUTE replace($function$
CREATE FUNCTION add_hours(a integer[], b integer[]) RETURNS integer[] LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN ARRAY[<hours>]
$function$, '<hours>', (SELECT string_agg(format('a[%s] + b[%s]', n, n), ', ' ORDER BY n) FROM generate_series(1, 24) n));

EXECUTE replace($function$
CREATE FUNCTION add_mix(taps tap[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM lock_sums(array_agg(DISTINCT workspace_id || 'mix')) FROM unnest(taps);
  DELETE FROM click_block f USING (SELECT DISTINCT workspace_id, day FROM unnest(taps)) t
  WHERE f.workspace_id = t.workspace_id AND f.day BETWEEN t.day - 63 AND t.day AND f.day + f.days > t.day;
  INSERT INTO click_mix AS m (workspace_id, owner_id, kind, verdict, day, channel_id, reason, app, device, system, language,
    referrer, clicks, landed, hours)
  SELECT t.workspace_id, o.id, l.kind, t.verdict, t.day, l.channel_id, CASE WHEN t.verdict = 'person' THEN '' ELSE t.reason END,
    t.app, t.device, t.system, split_part(t.language, '-', 1), t.referrer, sum(t.clicks), sum(t.landed), ARRAY[<hours>]
  FROM (
    SELECT one.*, extract(hour FROM one.at AT TIME ZONE w.timezone)::integer AS hour
    FROM unnest(taps) one JOIN workspace w ON w.id = one.workspace_id
  ) t
  JOIN link l ON l.id = t.link_id AND (l.kind = 'channel' OR t.verdict <> 'person')
  CROSS JOIN LATERAL (VALUES (l.workspace_id), (l.job_id), (l.campaign_id), (pair_of(l.job_id, l.campaign_id))) o (id)
  WHERE o.id IS NOT NULL
  GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
  ON CONFLICT (owner_id, kind, verdict, day, channel_id, reason, app, device, system, language, referrer) DO UPDATE
    SET clicks = m.clicks + EXCLUDED.clicks, landed = m.landed + EXCLUDED.landed, hours = add_hours(m.hours, EXCLUDED.hours);
END $$
$function$, '<hours>', (
  SELECT string_agg(format('coalesce(sum(t.clicks) FILTER (WHERE t.hour = %s), 0)::integer', n), ', ' ORDER BY n)
  FROM generate_series(0, 23) n));
END $make$;

CREATE FUNCTION tap_of(c click, clicks integer, landed integer) RETURNS tap LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  ROW(c.workspace_id, c.link_id, c.at, c.day, c.verdict, c.reason, c.app, c.device, c.system, c.language, c.referrer_host,
    clicks, landed)::tap;

CREATE FUNCTION mix_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM add_mix(array_agg(tap_of(n, 1, 0))) FROM now_there n HAVING count(*) > 0;
  RETURN NULL;
END $$;
CREATE TRIGGER mix_came AFTER INSERT ON click REFERENCING NEW TABLE AS now_there FOR EACH STATEMENT EXECUTE FUNCTION mix_came();

-- Judged again: it goes from the one line to the other, and its landing with it.
CREATE FUNCTION mix_judged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM add_mix(array_agg(t.tap)) FROM (
    SELECT tap_of(o, -1, -(EXISTS (SELECT FROM landing WHERE click_id = o.id))::integer) FROM was_there o
    UNION ALL
    SELECT tap_of(n, 1, (EXISTS (SELECT FROM landing WHERE click_id = n.id))::integer) FROM now_there n
  ) t (tap) HAVING count(*) > 0;
  RETURN NULL;
END $$;
CREATE TRIGGER mix_judged AFTER UPDATE ON click REFERENCING NEW TABLE AS now_there OLD TABLE AS was_there
  FOR EACH STATEMENT EXECUTE FUNCTION mix_judged();

CREATE FUNCTION mix_landed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM add_mix(array_agg(tap_of(c, 0, 1))) FROM now_there n CROSS JOIN LATERAL (
    SELECT * FROM click WHERE id = n.click_id AND at > n.at - interval '2 days' AND at <= n.at + interval '1 minute' LIMIT 1
  ) c HAVING count(*) > 0;
  RETURN NULL;
END $$;
CREATE TRIGGER mix_landed AFTER INSERT ON landing REFERENCING NEW TABLE AS now_there
  FOR EACH STATEMENT EXECUTE FUNCTION mix_landed();

-- A link that moves to another job or campaign takes along what single clicks still say; what is older than these stays.
CREATE FUNCTION mix_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM add_mix(array_agg(tap_of(c, sign, sign * (l.id IS NOT NULL)::integer)))
  FROM click c LEFT JOIN landing l ON l.click_id = c.id, (VALUES (CASE TG_WHEN WHEN 'BEFORE' THEN -1 ELSE 1 END)) s (sign)
  WHERE c.link_id = NEW.id HAVING count(*) > 0;
  RETURN NEW;
END $$;
CREATE TRIGGER mix_leaves BEFORE UPDATE OF job_id, campaign_id ON link FOR EACH ROW
  WHEN ((OLD.job_id, OLD.campaign_id) IS DISTINCT FROM (NEW.job_id, NEW.campaign_id)) EXECUTE FUNCTION mix_moved();
CREATE TRIGGER mix_arrives AFTER UPDATE OF job_id, campaign_id ON link FOR EACH ROW
  WHEN ((OLD.job_id, OLD.campaign_id) IS DISTINCT FROM (NEW.job_id, NEW.campaign_id)) EXECUTE FUNCTION mix_moved();

-- Of one day of a workspace, from its clicks.
CREATE FUNCTION count_mix(workspace uuid, wanted date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE midnight timestamptz := wanted::timestamp AT TIME ZONE 'UTC';
BEGIN
  PERFORM add_mix(array_agg(tap_of(c, 1, (l.id IS NOT NULL)::integer)))
  FROM click c
  LEFT JOIN landing l ON l.click_id = c.id AND l.workspace_id = workspace AND l.at > midnight - interval '15 hours'
    AND l.at < midnight + interval '84 hours'
  WHERE c.workspace_id = workspace AND c.day = wanted AND c.at >= midnight - interval '14 hours'
    AND c.at < midnight + interval '36 hours' HAVING count(*) > 0;
END $$;

-- What was counted before there were mixes.
SELECT count_mix(workspace_id, day) FROM (
  SELECT DISTINCT workspace_id, day FROM click_sum_daily ORDER BY 1, 2
) counted;
