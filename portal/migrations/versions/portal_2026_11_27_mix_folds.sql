-- Mixes of 16 and of 64 days that are over, put together by the clock: what is known of clicks by all that is known of them at once,
-- for several filters over a long time. `hours`: by day of the week, Monday first, and hour of the day. `by_day`: by day of the block.
-- `click_block` says of which blocks that is done, and still right. See portal/reports/mix_folds.py.
CREATE TABLE mix_fold (
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  owner_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('channel', 'personal')),
  verdict text NOT NULL,
  day date NOT NULL,
  days integer NOT NULL CHECK (days IN (16, 64)),
  channel_id uuid,
  reason text NOT NULL,
  app text NOT NULL,
  device text NOT NULL,
  system text NOT NULL,
  language text NOT NULL,
  referrer text NOT NULL,
  clicks bigint NOT NULL,
  landed bigint NOT NULL,
  hours integer[] NOT NULL CHECK (cardinality(hours) = 168),
  by_day integer[] NOT NULL CHECK (cardinality(by_day) = days)
);
CREATE INDEX mix_fold_by_owner ON mix_fold (owner_id, days, day);
CREATE INDEX mix_fold_by_workspace ON mix_fold (workspace_id, days, day);

-- Each function names each hour and day; nobody should have to read that.
DO $make$
DECLARE
  hours text := (SELECT string_agg(format('coalesce(sum(m.hours[%s]) FILTER (WHERE m.weekday = %s), 0)::integer', h, d), ', '
    ORDER BY d, h) FROM generate_series(1, 7) d, generate_series(1, 24) h);
  days text := (SELECT string_agg(format('coalesce(sum(m.clicks) FILTER (WHERE m.place = %s), 0)::integer', n), ', ' ORDER BY n)
    FROM generate_series(0, 15) n);
  more_hours text := (SELECT string_agg(format('sum(m.hours[%s])::integer', h), ', ' ORDER BY h) FROM generate_series(1, 168) h);
  more_days text := (SELECT string_agg(format('coalesce(sum(m.by_day[%s]) FILTER (WHERE m.place = %s), 0)::integer', d, p), ', '
    ORDER BY p, d) FROM generate_series(0, 3) p, generate_series(1, 16) d);
  lines text := $sql$
INSERT INTO mix_fold
SELECT m.workspace_id, m.owner_id, m.kind, m.verdict, first, <size>, m.channel_id, m.reason, m.app, m.device, m.system, m.language,
  m.referrer, sum(m.clicks), sum(m.landed), ARRAY[<hours>], ARRAY[<days>]
FROM (<source>) m
GROUP BY m.workspace_id, m.owner_id, m.kind, m.verdict, m.channel_id, m.reason, m.app, m.device, m.system, m.language, m.referrer
HAVING sum(m.clicks) <> 0 OR sum(m.landed) <> 0
$sql$;
BEGIN
  EXECUTE format($function$
CREATE FUNCTION fold_mixes(workspace uuid, first date, size integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM mix_fold f WHERE f.workspace_id = workspace AND f.days = size AND f.day = first;
  IF size = 16 THEN %s; ELSE %s; END IF;
END $$
$function$,
    replace(replace(replace(replace(lines, '<size>', '16'), '<hours>', hours), '<days>', days), '<source>', $sql$
SELECT *, extract(isodow FROM day)::integer AS weekday, day - first AS place FROM click_mix
WHERE workspace_id = workspace AND day - date '2001-01-01' >= first - date '2001-01-01'
  AND day - date '2001-01-01' < first - date '2001-01-01' + 16
$sql$),
    replace(replace(replace(replace(lines, '<size>', '64'), '<hours>', more_hours), '<days>', more_days), '<source>', $sql$
SELECT *, (day - first) / 16 AS place FROM mix_fold
WHERE workspace_id = workspace AND days = 16 AND day >= first AND day < first + 64
$sql$));
END $make$;

-- Larger blocks that are there have no mixes yet: the clock makes them again.
DELETE FROM click_block WHERE days >= 16;
