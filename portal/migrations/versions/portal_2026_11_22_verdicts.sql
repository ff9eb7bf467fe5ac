-- A click keeps its day and whether its link travels by mail, so that it can be judged and counted again at any time.

ALTER TABLE click ADD COLUMN day date, ADD COLUMN mailed boolean NOT NULL DEFAULT false;
UPDATE click SET day = (click.at AT TIME ZONE workspace.timezone)::date FROM workspace WHERE workspace.id = click.workspace_id;
DELETE FROM click WHERE day IS NULL;
UPDATE click SET mailed = true FROM link LEFT JOIN channel ON channel.id = link.channel_id
  WHERE link.id = click.link_id AND (link.kind = 'personal' OR channel.network IN ('email', 'ats'));
ALTER TABLE click ALTER COLUMN day SET NOT NULL, ALTER COLUMN mailed DROP DEFAULT;

DROP INDEX click_by_workspace;
CREATE INDEX click_by_workspace ON click (workspace_id, day, at);
CREATE INDEX click_mailed ON click (visitor, at) WHERE mailed;

-- Lines that are counted up again and again find room for the new version beside the old one.
ALTER TABLE click_hourly SET (fillfactor = 75);
ALTER TABLE click_daily SET (fillfactor = 75);

-- Ids of hits on addresses that nobody made, for two days, so that one which comes twice counts once.
CREATE TABLE orphan_seen (
  at timestamptz NOT NULL,
  id uuid NOT NULL,
  PRIMARY KEY (at, id)
);

-- From when on clicks are kept. What was counted before stays in the rollups.
CREATE TABLE click_retention (
  kept_from date PRIMARY KEY
);
