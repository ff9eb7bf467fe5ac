-- Whether a nudge brought somebody back to finish: the last tap on a link of their own was on one in a nudge. Null: not settled yet,
-- so pages look it up. It is settled some days after they finished, when no late click can change it any more.
ALTER TABLE application ADD COLUMN returned boolean;
CREATE INDEX application_unsettled ON application (completed_at) WHERE completed_at IS NOT NULL AND returned IS NULL;
