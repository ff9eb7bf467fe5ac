-- Mixes of 16 and of 64 days that are over, put together by the clock: what is known of clicks by all that is known of them at once,
-- for several filters over a long time. `click_block` says of which blocks that is done, and still right.
-- Many counts stand side by side in one number, eight digits each, the first one first: a thousand such numbers are added in the time
-- of a thousand counts. `hours`: by day of the week, Monday first, and hour of the day; `by_day`: by day of the block. A count may be
-- below zero (a zone that changed between a tap and a second judgement), and is then taken from the one to its left.
-- portal/reports/kept/mix_folds.py takes them apart.
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
  hours numeric NOT NULL,
  by_day numeric NOT NULL
);
-- With verdict and what filters ask for: all other lines of a block are several times as many. What has the fewest values comes
-- first: PostgreSQL skips over what is not asked for.
CREATE INDEX mix_fold_by_owner ON mix_fold (owner_id, days, day, verdict, device, system, language, app, referrer);
CREATE INDEX mix_fold_by_workspace ON mix_fold (workspace_id, days, day);

-- Lines are written in the order in which they are read, so that they lie together.
-- Counts beside each other, as a polynomial is worked out from its coefficients; two at a time, as far as small numbers go. Nobody
-- should have to read all their names.
DO $make$
BEGIN
EXECUTE format('CREATE FUNCTION day_beside(hours integer[]) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN %s', (
  SELECT repeat('(', 11) || string_agg(format('(hours[%s] * 100000000::bigint + hours[%s])::numeric', n, n + 1),
    ') * 1e16 + ' ORDER BY n)
  FROM generate_series(1, 23, 2) n));
EXECUTE format('CREATE FUNCTION days_beside(a bigint[]) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN %s', (
  SELECT repeat('(', 7) || string_agg(format('(a[%s] * 100000000 + a[%s])::numeric', n, n + 1), ') * 1e16 + ' ORDER BY n)
  FROM generate_series(1, 15, 2) n));

EXECUTE replace(replace($function$
CREATE FUNCTION fold_mixes(workspace uuid, beginning date) RETURNS void LANGUAGE sql BEGIN ATOMIC
INSERT INTO mix_fold
SELECT m.workspace_id, m.owner_id, m.kind, m.verdict, beginning, 16, m.channel_id, m.reason, m.app, m.device, m.system, m.language,
  m.referrer, sum(m.clicks), sum(m.landed), <hours>, days_beside(ARRAY[<days>])
FROM (
  SELECT c.*, day_beside(c.hours) AS beside, extract(isodow FROM c.day)::integer AS weekday, c.day - beginning AS place
  FROM click_mix c
  WHERE c.workspace_id = workspace AND c.day - date '2001-01-01' >= beginning - date '2001-01-01'
    AND c.day - date '2001-01-01' < beginning - date '2001-01-01' + 16
) m
GROUP BY m.workspace_id, m.owner_id, m.kind, m.verdict, m.channel_id, m.reason, m.app, m.device, m.system, m.language, m.referrer
HAVING sum(m.clicks) <> 0 OR sum(m.landed) <> 0
ORDER BY m.owner_id, m.verdict, m.device, m.system, m.language, m.app;
END
$function$, '<hours>', (
  SELECT repeat('(', 6) || string_agg(format('coalesce(sum(m.beside) FILTER (WHERE m.weekday = %s), 0)', n),
    ') * 1e192 + ' ORDER BY n)
  FROM generate_series(1, 7) n)),
'<days>', (
  SELECT string_agg(format('coalesce(sum(m.clicks) FILTER (WHERE m.place = %s), 0)::bigint', n), ', ' ORDER BY n)
  FROM generate_series(0, 15) n));
END $make$;

-- Of the four blocks of 16 days in it.
CREATE FUNCTION fold_mixes_again(workspace uuid, beginning date) RETURNS void LANGUAGE sql BEGIN ATOMIC
INSERT INTO mix_fold
SELECT m.workspace_id, m.owner_id, m.kind, m.verdict, beginning, 64, m.channel_id, m.reason, m.app, m.device, m.system, m.language,
  m.referrer, sum(m.clicks), sum(m.landed), sum(m.hours),
  ((coalesce(sum(m.by_day) FILTER (WHERE m.day = beginning), 0) * 1e128
    + coalesce(sum(m.by_day) FILTER (WHERE m.day = beginning + 16), 0)) * 1e128
    + coalesce(sum(m.by_day) FILTER (WHERE m.day = beginning + 32), 0)) * 1e128
    + coalesce(sum(m.by_day) FILTER (WHERE m.day = beginning + 48), 0)
FROM mix_fold m
WHERE m.workspace_id = workspace AND m.days = 16 AND m.day >= beginning AND m.day < beginning + 64
GROUP BY m.workspace_id, m.owner_id, m.kind, m.verdict, m.channel_id, m.reason, m.app, m.device, m.system, m.language, m.referrer
HAVING sum(m.clicks) <> 0 OR sum(m.landed) <> 0
ORDER BY m.owner_id, m.verdict, m.device, m.system, m.language, m.app;
END;

-- Larger blocks that are there have no mixes yet, and lines of people look otherwise: the clock makes them again.
DELETE FROM click_block WHERE days >= 16;
TRUNCATE person_fold, person_block;
