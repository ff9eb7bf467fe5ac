-- How a workspace writes to its candidates: who carries, what is said, when, to whom not, and what came back.

-- Who a workspace's messages come from, and by which provider. Without a row, or with an empty provider, the installation decides.
CREATE TABLE sender (
  workspace_id uuid PRIMARY KEY REFERENCES workspace (id) ON DELETE CASCADE,
  email_provider text NOT NULL CHECK (email_provider IN ('', 'outbox', 'smtp', 'sendgrid')),
  sms_provider text NOT NULL CHECK (sms_provider IN ('', 'outbox', 'twilio')),
  from_name text NOT NULL,
  from_email text NOT NULL,
  reply_to text NOT NULL,
  sms_from text NOT NULL,
  postal_address text NOT NULL,
  resend_after_minutes integer NOT NULL CHECK (resend_after_minutes = 0 OR resend_after_minutes BETWEEN 30 AND 1440),
  updated_at timestamptz NOT NULL
);

ALTER TABLE nudge_plan
  ADD COLUMN quiet_from time,
  ADD COLUMN quiet_until time,
  ADD COLUMN holdout_percent integer NOT NULL DEFAULT 0 CHECK (holdout_percent BETWEEN 0 AND 50),
  ADD COLUMN stop_on_reply boolean NOT NULL DEFAULT true,
  ADD CHECK ((quiet_from IS NULL) = (quiet_until IS NULL));

ALTER TABLE candidate ADD COLUMN browser_timezone text NOT NULL DEFAULT '';

-- `arm`: which half of the comparison an application fell into when it was first planned. It never changes.
ALTER TABLE application
  ADD COLUMN arm text CHECK (arm IN ('nudged', 'held_out')),
  ADD COLUMN arm_at timestamptz,
  ADD COLUMN replied_at timestamptz,
  ADD CHECK ((arm IS NULL) = (arm_at IS NULL));
CREATE INDEX application_arm ON application (workspace_id, job_id, arm_at) WHERE arm IS NOT NULL;

ALTER TABLE job
  ADD COLUMN extension_hours integer NOT NULL DEFAULT 0 CHECK (extension_hours BETWEEN 0 AND 720),
  ADD COLUMN extension_at_once boolean NOT NULL DEFAULT false;

-- Somebody asks for more time: once for each application.
CREATE TABLE extension (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  application_id uuid NOT NULL UNIQUE,
  hours integer NOT NULL CHECK (hours BETWEEN 1 AND 720),
  state text NOT NULL CHECK (state IN ('asked', 'granted', 'declined')),
  asked_at timestamptz NOT NULL,
  decided_at timestamptz,
  member_id uuid,
  FOREIGN KEY (workspace_id, application_id) REFERENCES application (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id),
  CHECK ((state = 'asked') = (decided_at IS NULL))
);
CREATE INDEX extension_open ON extension (workspace_id, asked_at) WHERE state = 'asked';

-- A text of a workspace's own, for all its jobs or for one. `step_key`: a plan's step, or invite, link, manual.
CREATE TABLE template (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  job_id uuid,
  step_key text NOT NULL CHECK (length(step_key) BETWEEN 1 AND 80),
  channel text NOT NULL CHECK (channel IN ('email', 'sms')),
  language text NOT NULL CHECK (language ~ '^[a-z]{2}$'),
  variant text NOT NULL CHECK (variant IN ('a', 'b')),
  subject text NOT NULL,
  body text NOT NULL CHECK (body <> ''),
  button text NOT NULL,
  member_id uuid,
  updated_at timestamptz NOT NULL,
  UNIQUE NULLS NOT DISTINCT (workspace_id, job_id, step_key, channel, language, variant),
  FOREIGN KEY (workspace_id, job_id) REFERENCES job (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);

-- A message to many, or to one, by hand. Its messages have the step `blast:{id}` and the track manual.
CREATE TABLE blast (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  job_id uuid,
  member_id uuid,
  channel text NOT NULL CHECK (channel IN ('by_role', 'email', 'sms')),
  subject text NOT NULL,
  body text NOT NULL CHECK (body <> ''),
  button text NOT NULL,
  filter jsonb NOT NULL CHECK (jsonb_typeof(filter) = 'object'),
  state text NOT NULL CHECK (state IN ('running', 'stopped', 'done')),
  chosen integer NOT NULL CHECK (chosen >= 0),
  written integer NOT NULL CHECK (written >= 0),
  after_id uuid,
  created_at timestamptz NOT NULL,
  ended_at timestamptz,
  UNIQUE (workspace_id, id),
  FOREIGN KEY (workspace_id, job_id) REFERENCES job (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id),
  CHECK ((state = 'running') = (ended_at IS NULL))
);
CREATE INDEX blast_by_workspace ON blast (workspace_id, created_at DESC);
CREATE INDEX blast_running ON blast (created_at) WHERE state = 'running';

-- `wish`: what a member wants of this message, against its plan. `retry_at`: not to be tried before.
ALTER TABLE message
  ADD COLUMN language text NOT NULL DEFAULT '',
  ADD COLUMN variant text NOT NULL DEFAULT '' CHECK (variant IN ('', 'a', 'b')),
  ADD COLUMN template_id uuid,
  ADD COLUMN segments integer NOT NULL DEFAULT 0,
  ADD COLUMN from_address text NOT NULL DEFAULT '',
  ADD COLUMN retry_at timestamptz,
  ADD COLUMN blast_id uuid,
  ADD COLUMN wish text NOT NULL DEFAULT '' CHECK (wish IN ('', 'skip', 'now')),
  ADD COLUMN wished_at timestamptz,
  ADD COLUMN looked_at timestamptz,
  ADD COLUMN looks integer NOT NULL DEFAULT 0,
  ADD COLUMN opened_at timestamptz,
  ADD COLUMN opened_by_machine boolean NOT NULL DEFAULT false,
  ADD FOREIGN KEY (workspace_id, blast_id) REFERENCES blast (workspace_id, id),
  ADD CHECK ((wish = '') = (wished_at IS NULL));
CREATE INDEX message_unknown ON message (looked_at NULLS FIRST) WHERE state = 'unknown';
CREATE INDEX message_of_blast ON message (blast_id, state) WHERE blast_id IS NOT NULL;
CREATE INDEX message_to ON message (to_address, handed_over_at DESC) WHERE channel = 'sms' AND to_address <> '';

-- What a provider told us: kept so that what is told twice is heard once.
CREATE TABLE callback (
  provider text NOT NULL,
  event_id text NOT NULL CHECK (length(event_id) BETWEEN 1 AND 200),
  message_id uuid,
  kind text NOT NULL,
  at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (provider, event_id)
);
CREATE INDEX callback_received ON callback (received_at);
CREATE INDEX callback_of_message ON callback (message_id, at) WHERE message_id IS NOT NULL;

-- What a candidate wrote back. `seen_at`: when a member had dealt with it.
CREATE TABLE reply (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  application_id uuid NOT NULL,
  channel text NOT NULL CHECK (channel IN ('email', 'sms')),
  provider_id text NOT NULL,
  body text NOT NULL,
  is_opt_out boolean NOT NULL,
  at timestamptz NOT NULL,
  seen_at timestamptz,
  member_id uuid,
  UNIQUE (workspace_id, channel, provider_id),
  FOREIGN KEY (workspace_id, application_id) REFERENCES application (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);
CREATE INDEX reply_unseen ON reply (workspace_id, at DESC) WHERE seen_at IS NULL;

-- Jobs whose ground has moved (switch, plan, role, place, published, closed): their waiting applications are to be planned anew, in
-- batches. `after_id`: how far that has got. The triggers see to it that no door forgets it.
CREATE TABLE plan_change (
  workspace_id uuid NOT NULL,
  job_id uuid NOT NULL,
  after_id uuid NOT NULL,
  PRIMARY KEY (workspace_id, job_id),
  FOREIGN KEY (workspace_id, job_id) REFERENCES job (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX application_waiting ON application (workspace_id, job_id, id) WHERE stage IN ('invited', 'captured', 'started');

CREATE FUNCTION job_ground_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO plan_change VALUES (NEW.workspace_id, NEW.id, '00000000-0000-0000-0000-000000000000')
  ON CONFLICT (workspace_id, job_id) DO UPDATE SET after_id = EXCLUDED.after_id;
  RETURN NULL;
END $$;
CREATE TRIGGER job_ground_moved AFTER UPDATE OF status, role_type, timezone, location ON job FOR EACH ROW
  WHEN ((OLD.status, OLD.role_type, OLD.timezone, OLD.location) IS DISTINCT FROM
        (NEW.status, NEW.role_type, NEW.timezone, NEW.location))
  EXECUTE FUNCTION job_ground_moved();

CREATE FUNCTION workspace_ground_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO plan_change SELECT NEW.id, j.id, '00000000-0000-0000-0000-000000000000' FROM job j WHERE j.workspace_id = NEW.id
  ORDER BY j.id ON CONFLICT (workspace_id, job_id) DO UPDATE SET after_id = EXCLUDED.after_id;
  RETURN NULL;
END $$;
CREATE TRIGGER workspace_ground_moved AFTER UPDATE OF communications_off_at, quiet_from, quiet_until, timezone ON workspace
  FOR EACH ROW WHEN ((OLD.communications_off_at, OLD.quiet_from, OLD.quiet_until, OLD.timezone) IS DISTINCT FROM
                     (NEW.communications_off_at, NEW.quiet_from, NEW.quiet_until, NEW.timezone))
  EXECUTE FUNCTION workspace_ground_moved();

-- The rules have changed with this version.
INSERT INTO plan_change SELECT workspace_id, id, '00000000-0000-0000-0000-000000000000' FROM job;

-- The switch's slots are given to what is held; nobody asks any more for what a closed job cancelled.
DROP INDEX message_parked;
CREATE INDEX message_held ON message (workspace_id, due_at) WHERE state = 'held';
