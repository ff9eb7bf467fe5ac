-- Applicant tracking systems (ATS) that tell us of candidates by webhook.

-- `key_digest`: of the token in the webhook's address. `api_key` is sealed. `wait_until`: their API asked us to call no sooner.
CREATE TABLE ats_connection (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  system text NOT NULL CHECK (system ~ '^[a-z]{2,40}$'),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  key_version integer NOT NULL CHECK (key_version >= 1),
  key_digest bytea NOT NULL UNIQUE CHECK (length(key_digest) = 32),
  api_key text NOT NULL,
  api_url text NOT NULL,
  job_id uuid,
  invite boolean NOT NULL,
  wait_until timestamptz,
  paused_at timestamptz,
  removed_at timestamptz,
  created_at timestamptz NOT NULL,
  UNIQUE (workspace_id, id),
  FOREIGN KEY (workspace_id, job_id) REFERENCES job (workspace_id, id) ON DELETE SET NULL (job_id)
);
CREATE INDEX ats_connection_by_workspace ON ats_connection (workspace_id, created_at);

-- What deliveries are signed with, sealed. Several hold at once: while one is exchanged, and where a system has one for each event.
CREATE TABLE ats_secret (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  sealed text NOT NULL CHECK (sealed <> ''),
  ends_at timestamptz,
  created_at timestamptz NOT NULL,
  UNIQUE (workspace_id, id),
  FOREIGN KEY (workspace_id, connection_id) REFERENCES ats_connection (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX ats_secret_of ON ats_secret (connection_id, created_at);

-- Their jobs, as seen in deliveries, and which of ours each goes to. An empty `their_id`: deliveries that name no job.
CREATE TABLE ats_job (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  their_id text NOT NULL CHECK (length(their_id) <= 200),
  title text NOT NULL,
  job_id uuid,
  ignored boolean NOT NULL,
  seen_at timestamptz NOT NULL,
  UNIQUE (workspace_id, id),
  UNIQUE (connection_id, their_id),
  FOREIGN KEY (workspace_id, connection_id) REFERENCES ats_connection (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, job_id) REFERENCES job (workspace_id, id) ON DELETE SET NULL (job_id),
  CHECK (NOT ignored OR job_id IS NULL)
);

-- Their people, by a keyed hash of their id: whose candidate that is here, or that they were removed there. So one who was removed
-- stays so, in whatever order we hear of it. `quiet`: their system says that they are not to be emailed.
CREATE TABLE ats_person (
  workspace_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  person_hash bytea NOT NULL CHECK (length(person_hash) = 32),
  candidate_id uuid,
  merged_into bytea CHECK (length(merged_into) = 32),
  quiet boolean NOT NULL DEFAULT false,
  removed_at timestamptz,
  PRIMARY KEY (connection_id, person_hash),
  FOREIGN KEY (workspace_id, connection_id) REFERENCES ats_connection (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, candidate_id) REFERENCES candidate (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX ats_person_merged ON ats_person (connection_id, merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX ats_person_candidate ON ats_person (candidate_id) WHERE candidate_id IS NOT NULL;

-- What came. `delivery_key`: what makes a second one a repetition; none where nobody knows who sent it. `since`: when the present
-- round of attempts began.
CREATE TABLE ats_delivery (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  delivery_key text CHECK (length(delivery_key) BETWEEN 1 AND 200),
  event text NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'held', 'done', 'ignored', 'failed', 'refused')),
  reason text NOT NULL,
  note text NOT NULL,
  body text NOT NULL,
  person_hash bytea CHECK (length(person_hash) = 32),
  their_job text,
  application_id uuid,
  attempts integer NOT NULL,
  since timestamptz NOT NULL,
  next_at timestamptz NOT NULL,
  lease_until timestamptz,
  received_at timestamptz NOT NULL,
  ended_at timestamptz,
  UNIQUE (workspace_id, id),
  FOREIGN KEY (workspace_id, connection_id) REFERENCES ats_connection (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, application_id) REFERENCES application (workspace_id, id) ON DELETE SET NULL (application_id),
  CHECK (state <> 'refused' OR (delivery_key IS NULL AND body = ''))
);
CREATE UNIQUE INDEX ats_delivery_key ON ats_delivery (connection_id, delivery_key) WHERE delivery_key IS NOT NULL;
CREATE INDEX ats_delivery_due ON ats_delivery (next_at) WHERE state = 'waiting';
CREATE INDEX ats_delivery_log ON ats_delivery (connection_id, received_at DESC, id DESC);
CREATE INDEX ats_delivery_person ON ats_delivery (connection_id, person_hash) WHERE person_hash IS NOT NULL;
CREATE INDEX ats_delivery_received ON ats_delivery (received_at);

CREATE INDEX candidate_erased ON candidate (erased_at) WHERE erased_at IS NOT NULL;

-- A timeline stays append-only but for one thing: what its lines say of a person goes with the person.
CREATE OR REPLACE FUNCTION event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.id, OLD.workspace_id, OLD.application_id, OLD.kind, OLD.at)
     IS DISTINCT FROM (NEW.id, NEW.workspace_id, NEW.application_id, NEW.kind, NEW.at) THEN
    RAISE EXCEPTION 'event is append-only';
  END IF;
  IF OLD.data IS DISTINCT FROM NEW.data AND (NEW.data <> '{}' OR NOT EXISTS
     (SELECT FROM application a JOIN candidate c ON c.id = a.candidate_id
      WHERE a.id = NEW.application_id AND c.erased_at IS NOT NULL)) THEN
    RAISE EXCEPTION 'event is append-only';
  END IF;
  RETURN NEW;
END $$;
