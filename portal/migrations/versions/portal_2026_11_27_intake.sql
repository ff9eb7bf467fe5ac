-- The ids that other systems have for a candidate. `system`: greenhouse, lever, ...; empty for the API and for files. Somebody may have
-- several in one system, which sees two people there; no id belongs to two people here.
CREATE TABLE candidate_identity (
  workspace_id uuid NOT NULL,
  system text NOT NULL CHECK (length(system) <= 40),
  external_id text NOT NULL CHECK (length(external_id) BETWEEN 1 AND 200),
  candidate_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, system, external_id),
  FOREIGN KEY (workspace_id, candidate_id) REFERENCES candidate (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX candidate_identity_by_candidate ON candidate_identity (candidate_id);

INSERT INTO candidate_identity (workspace_id, system, external_id, candidate_id, created_at)
SELECT workspace_id, '', external_id, id, created_at FROM candidate WHERE external_id <> '';
ALTER TABLE candidate DROP COLUMN external_id;
