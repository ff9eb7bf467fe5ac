-- Interviews that take place elsewhere: how their finish is told; and those at HeyMilo.
ALTER TABLE job DROP CONSTRAINT job_interview_kind_check;
ALTER TABLE job DROP CONSTRAINT job_check;
ALTER TABLE job ADD CONSTRAINT job_interview_kind_check CHECK (interview_kind IN ('built_in', 'external', 'heymilo'));
ALTER TABLE job ADD CONSTRAINT job_external_url_check CHECK (interview_kind <> 'external' OR external_url <> '');

-- How a job's external interview tells of itself. `hook_digest`: of the key in the hook's address; none: no hook was made.
CREATE TABLE external_interview (
  job_id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  return_finishes boolean NOT NULL,
  hook_digest bytea UNIQUE,
  secret_sealed text NOT NULL,
  FOREIGN KEY (workspace_id, job_id) REFERENCES job (workspace_id, id) ON DELETE CASCADE,
  CHECK ((hook_digest IS NULL) = (secret_sealed = ''))
);

-- What was heard at a job's hook: once for each of the sender's messages.
CREATE TABLE interview_call (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  job_id uuid NOT NULL,
  message_id text NOT NULL CHECK (length(message_id) BETWEEN 1 AND 200),
  event text NOT NULL CHECK (length(event) <= 40),
  application_id uuid,
  outcome text NOT NULL CHECK (outcome IN ('started', 'completed', 'nothing_new', 'unknown')),
  received_at timestamptz NOT NULL,
  UNIQUE (job_id, message_id),
  FOREIGN KEY (workspace_id, job_id) REFERENCES job (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, application_id) REFERENCES application (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX interview_call_latest ON interview_call (job_id, received_at DESC);
CREATE INDEX interview_call_old ON interview_call (received_at);

-- A workspace's key at HeyMilo. `paused_until`: it said that it is asked too often, or does not know the key; `problem` says which.
CREATE TABLE heymilo_account (
  workspace_id uuid PRIMARY KEY REFERENCES workspace (id) ON DELETE CASCADE,
  key_sealed text NOT NULL CHECK (key_sealed <> ''),
  saved_at timestamptz NOT NULL,
  paused_until timestamptz,
  problem text NOT NULL
);

-- The posting at HeyMilo whose interview a job uses. `hooked_at`: when its webhooks were registered there; `poll_at`: when all
-- its candidates are looked through next.
CREATE TABLE heymilo_posting (
  job_id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  posting_id text NOT NULL CHECK (length(posting_id) BETWEEN 1 AND 200),
  title text NOT NULL,
  hook_digest bytea NOT NULL UNIQUE,
  chosen_at timestamptz NOT NULL,
  hooked_at timestamptz,
  heard_at timestamptz,
  poll_at timestamptz NOT NULL,
  FOREIGN KEY (workspace_id, job_id) REFERENCES job (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX heymilo_posting_poll ON heymilo_posting (poll_at);

-- An application's interview at HeyMilo. `asked_at`: when a request left whose answer never came: it may have been made there.
-- `due_at`: when something is done about it next; `leased_until`: somebody is at it.
CREATE TABLE heymilo_interview (
  application_id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  job_id uuid NOT NULL,
  posting_id text NOT NULL,
  interview_id text,
  interview_url text NOT NULL,
  asked_at timestamptz,
  attempts integer NOT NULL CHECK (attempts >= 0),
  problem text NOT NULL,
  status text NOT NULL,
  score numeric(6, 2),
  made_at timestamptz,
  read_at timestamptz,
  due_at timestamptz,
  leased_until timestamptz,
  UNIQUE (job_id, interview_id),
  FOREIGN KEY (workspace_id, application_id) REFERENCES application (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, job_id) REFERENCES job (workspace_id, id) ON DELETE CASCADE,
  CHECK ((interview_id IS NULL) = (made_at IS NULL))
);
CREATE INDEX heymilo_interview_due ON heymilo_interview (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX heymilo_interview_there ON heymilo_interview (posting_id, interview_id) WHERE interview_id IS NOT NULL;
