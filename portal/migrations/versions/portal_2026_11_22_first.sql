-- The whole schema. Times are UTC. Composite foreign keys keep a row's relations inside its workspace.

CREATE TABLE workspace (
  id uuid PRIMARY KEY,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  timezone text NOT NULL,
  country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
  language text NOT NULL,
  brand_color text NOT NULL CHECK (brand_color ~ '^#[0-9a-f]{6}$'),
  privacy_url text NOT NULL,
  quiet_from time NOT NULL,
  quiet_until time NOT NULL,
  communications_off_at timestamptz,
  created_at timestamptz NOT NULL
);

CREATE TABLE member (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  email text NOT NULL CHECK (email = lower(email)),
  role text NOT NULL CHECK (role IN ('admin', 'recruiter', 'marketer', 'viewer')),
  password_hash text NOT NULL,
  disabled_at timestamptz,
  created_at timestamptz NOT NULL,
  UNIQUE (email),
  UNIQUE (workspace_id, id)
);

CREATE TABLE job (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 60),
  title text NOT NULL CHECK (length(title) BETWEEN 1 AND 120),
  location text NOT NULL,
  pay text NOT NULL,
  summary text NOT NULL,
  role_type text NOT NULL CHECK (role_type IN ('professional', 'shift')),
  status text NOT NULL CHECK (status IN ('draft', 'open', 'closed')),
  interview_kind text NOT NULL CHECK (interview_kind IN ('built_in', 'external')),
  external_url text NOT NULL,
  minutes integer NOT NULL CHECK (minutes BETWEEN 1 AND 240),
  deadline_at timestamptz,
  deadline_days integer CHECK (deadline_days BETWEEN 1 AND 365),
  timezone text NOT NULL,
  country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
  language text NOT NULL,
  card_title text NOT NULL,
  card_text text NOT NULL,
  created_at timestamptz NOT NULL,
  closed_at timestamptz,
  UNIQUE (workspace_id, id),
  CHECK (interview_kind = 'built_in' OR external_url <> '')
);
CREATE INDEX job_by_workspace ON job (workspace_id, status, created_at DESC);

CREATE TABLE question (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  job_id uuid NOT NULL,
  position integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('short_text', 'long_text', 'one_of', 'several_of', 'yes_no', 'number')),
  prompt text NOT NULL CHECK (length(prompt) BETWEEN 1 AND 500),
  help text NOT NULL,
  options jsonb NOT NULL CHECK (jsonb_typeof(options) = 'array'),
  required boolean NOT NULL,
  archived_at timestamptz,
  created_at timestamptz NOT NULL,
  FOREIGN KEY (workspace_id, job_id) REFERENCES job (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX question_by_job ON question (job_id, position) WHERE archived_at IS NULL;

CREATE TABLE channel (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  network text NOT NULL CHECK (network ~ '^[a-z0-9-]{1,40}$'),
  placement text NOT NULL CHECK (placement ~ '^[a-z0-9-]{1,40}$'),
  network_name text NOT NULL CHECK (length(network_name) BETWEEN 1 AND 60),
  placement_name text NOT NULL CHECK (length(placement_name) BETWEEN 1 AND 60),
  code text NOT NULL CHECK (code ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(code) <= 30),
  hint text NOT NULL,
  own boolean NOT NULL,
  archived_at timestamptz,
  created_at timestamptz NOT NULL,
  UNIQUE (workspace_id, network, placement),
  UNIQUE (workspace_id, code),
  UNIQUE (workspace_id, id)
);

CREATE TABLE campaign (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  starts_on date,
  ends_on date,
  notes text NOT NULL,
  archived_at timestamptz,
  created_at timestamptz NOT NULL,
  UNIQUE (workspace_id, id),
  CHECK (ends_on >= starts_on)
);
CREATE UNIQUE INDEX campaign_name ON campaign (workspace_id, lower(name)) WHERE archived_at IS NULL;

CREATE TABLE campaign_budget (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  channel_id uuid NOT NULL,
  amount numeric(12, 2) NOT NULL CHECK (amount >= 0),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  UNIQUE (campaign_id, channel_id),
  FOREIGN KEY (workspace_id, campaign_id) REFERENCES campaign (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, channel_id) REFERENCES channel (workspace_id, id) ON DELETE CASCADE
);

CREATE TABLE candidate (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  name text NOT NULL,
  email text CHECK (email = lower(email)),
  phone text CHECK (phone ~ '^\+[1-9][0-9]{4,14}$'),
  language text NOT NULL,
  timezone text NOT NULL,
  external_id text,
  metadata jsonb NOT NULL CHECK (jsonb_typeof(metadata) = 'object'),
  erased_at timestamptz,
  created_at timestamptz NOT NULL,
  UNIQUE (workspace_id, id),
  CHECK (erased_at IS NOT NULL OR email IS NOT NULL)
);
CREATE UNIQUE INDEX candidate_email ON candidate (workspace_id, email) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX candidate_external_id ON candidate (workspace_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX candidate_phone ON candidate (workspace_id, phone) WHERE phone IS NOT NULL;

CREATE TABLE consent (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  candidate_id uuid NOT NULL,
  channel text NOT NULL CHECK (channel IN ('email', 'sms')),
  given boolean NOT NULL,
  address text NOT NULL,
  wording text NOT NULL,
  page text NOT NULL,
  at timestamptz NOT NULL,
  FOREIGN KEY (workspace_id, candidate_id) REFERENCES candidate (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX consent_latest ON consent (candidate_id, channel, at DESC);

CREATE TABLE application (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  job_id uuid NOT NULL,
  candidate_id uuid NOT NULL,
  stage text NOT NULL CHECK (stage IN ('invited', 'captured', 'started', 'completed', 'expired', 'withdrawn', 'disqualified')),
  door text NOT NULL CHECK (door IN ('landing', 'form', 'api', 'ats', 'file')),
  link_id uuid,
  click_id uuid,
  personal_link_id uuid,
  invite boolean NOT NULL,
  answered integer NOT NULL CHECK (answered >= 0),
  invited_at timestamptz,
  captured_at timestamptz,
  started_at timestamptz,
  completed_at timestamptz,
  ended_at timestamptz,
  active_at timestamptz NOT NULL,
  deadline_at timestamptz,
  snoozed_until timestamptz,
  plan_stale boolean NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (job_id, candidate_id),
  UNIQUE (workspace_id, id),
  FOREIGN KEY (workspace_id, job_id) REFERENCES job (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, candidate_id) REFERENCES candidate (workspace_id, id) ON DELETE CASCADE,
  CHECK (stage <> 'invited' OR invited_at IS NOT NULL),
  CHECK (stage <> 'captured' OR captured_at IS NOT NULL),
  CHECK (stage <> 'started' OR started_at IS NOT NULL),
  CHECK (stage <> 'completed' OR completed_at IS NOT NULL),
  CHECK (stage NOT IN ('expired', 'withdrawn', 'disqualified') OR ended_at IS NOT NULL)
);
CREATE INDEX application_by_job ON application (workspace_id, job_id, created_at DESC, id);
CREATE INDEX application_by_workspace ON application (workspace_id, created_at DESC, id);
CREATE INDEX application_by_candidate ON application (candidate_id);
CREATE INDEX application_by_link ON application (workspace_id, link_id, created_at);
CREATE INDEX application_stale ON application (id) WHERE plan_stale;
CREATE INDEX application_deadline ON application (deadline_at) WHERE stage IN ('invited', 'captured', 'started');

CREATE TABLE link (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('channel', 'personal')),
  job_id uuid NOT NULL,
  channel_id uuid,
  campaign_id uuid,
  application_id uuid,
  slug text UNIQUE CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) BETWEEN 2 AND 60),
  token_digest bytea UNIQUE CHECK (length(token_digest) = 32),
  token_version integer NOT NULL,
  label text NOT NULL,
  target_url text NOT NULL,
  note text NOT NULL,
  card_title text NOT NULL,
  card_text text NOT NULL,
  starts_at timestamptz,
  expires_at timestamptz,
  paused_at timestamptz,
  archived_at timestamptz,
  member_id uuid,
  created_at timestamptz NOT NULL,
  UNIQUE (workspace_id, id),
  FOREIGN KEY (workspace_id, job_id) REFERENCES job (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, channel_id) REFERENCES channel (workspace_id, id),
  FOREIGN KEY (workspace_id, campaign_id) REFERENCES campaign (workspace_id, id),
  FOREIGN KEY (workspace_id, application_id) REFERENCES application (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id),
  CHECK (
    (kind = 'channel' AND slug IS NOT NULL AND channel_id IS NOT NULL AND application_id IS NULL AND token_digest IS NULL)
    OR (kind = 'personal' AND slug IS NULL AND channel_id IS NULL AND application_id IS NOT NULL AND token_digest IS NOT NULL)
  )
);
CREATE INDEX link_by_job ON link (workspace_id, job_id, created_at) WHERE kind = 'channel';
CREATE INDEX link_by_application ON link (application_id) WHERE kind = 'personal';
CREATE INDEX link_by_campaign ON link (workspace_id, campaign_id) WHERE campaign_id IS NOT NULL;

ALTER TABLE application
  ADD FOREIGN KEY (workspace_id, link_id) REFERENCES link (workspace_id, id) DEFERRABLE INITIALLY DEFERRED,
  ADD FOREIGN KEY (workspace_id, personal_link_id) REFERENCES link (workspace_id, id) DEFERRABLE INITIALLY DEFERRED;

-- Hits as they come, before anybody judged them. No index and no constraint: it is written by COPY and emptied by a worker.
CREATE TABLE click_journal (
  id uuid NOT NULL,
  at timestamptz NOT NULL,
  kind text NOT NULL,
  link_id uuid,
  click_id uuid,
  slug text NOT NULL,
  outcome text NOT NULL,
  method text NOT NULL,
  staff boolean NOT NULL,
  user_agent text NOT NULL,
  referrer_host text NOT NULL,
  query text NOT NULL,
  purpose text NOT NULL,
  sec_fetch text NOT NULL,
  language text NOT NULL,
  visitor bytea
);

CREATE TABLE click (
  id uuid NOT NULL,
  at timestamptz NOT NULL,
  workspace_id uuid NOT NULL,
  link_id uuid NOT NULL,
  outcome text NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('person', 'preview', 'prefetch', 'scanner', 'bot', 'staff')),
  reason text NOT NULL,
  rules integer NOT NULL,
  method text NOT NULL,
  app text NOT NULL,
  device text NOT NULL,
  system text NOT NULL,
  language text NOT NULL,
  referrer_host text NOT NULL,
  user_agent text NOT NULL,
  purpose text NOT NULL,
  sec_fetch text NOT NULL,
  parameters jsonb NOT NULL,
  visitor bytea,
  PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE INDEX click_by_link ON click (link_id, at DESC);
CREATE INDEX click_by_workspace ON click (workspace_id, at DESC);

CREATE TABLE landing (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  job_id uuid NOT NULL,
  link_id uuid NOT NULL,
  click_id uuid NOT NULL UNIQUE,
  verdict text NOT NULL
);
CREATE INDEX landing_by_workspace ON landing (workspace_id, at);

CREATE TABLE click_hourly (
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  link_id uuid NOT NULL,
  hour timestamptz NOT NULL,
  verdict text NOT NULL,
  clicks bigint NOT NULL,
  PRIMARY KEY (link_id, hour, verdict)
);
CREATE INDEX click_hourly_by_workspace ON click_hourly (workspace_id, hour);

-- One line per link, day of the workspace, dimension and value. Dimensions: portal/clicks/rollups.py.
CREATE TABLE click_daily (
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  link_id uuid NOT NULL,
  day date NOT NULL,
  dimension text NOT NULL,
  value text NOT NULL,
  clicks bigint NOT NULL,
  PRIMARY KEY (link_id, dimension, day, value)
);
CREATE INDEX click_daily_by_workspace ON click_daily (workspace_id, dimension, day);

CREATE TABLE visitor_salt (
  day date PRIMARY KEY,
  salt bytea NOT NULL CHECK (length(salt) = 16),
  created_at timestamptz NOT NULL
);

CREATE TABLE visitor_day (
  link_id uuid NOT NULL,
  day date NOT NULL,
  visitor bytea NOT NULL,
  PRIMARY KEY (link_id, day, visitor)
);

CREATE TABLE orphan_hit (
  slug text NOT NULL,
  day date NOT NULL,
  hits bigint NOT NULL,
  last_at timestamptz NOT NULL,
  PRIMARY KEY (slug, day)
);

CREATE TABLE event (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  application_id uuid NOT NULL,
  kind text NOT NULL,
  at timestamptz NOT NULL,
  member_id uuid,
  data jsonb NOT NULL CHECK (jsonb_typeof(data) = 'object'),
  published_at timestamptz,
  FOREIGN KEY (workspace_id, application_id) REFERENCES application (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);
CREATE INDEX event_timeline ON event (application_id, at DESC, id DESC);
CREATE INDEX event_unpublished ON event (id) WHERE published_at IS NULL;

CREATE FUNCTION event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.id, OLD.workspace_id, OLD.application_id, OLD.kind, OLD.at, OLD.data)
     IS DISTINCT FROM (NEW.id, NEW.workspace_id, NEW.application_id, NEW.kind, NEW.at, NEW.data) THEN
    RAISE EXCEPTION 'event is append-only';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER event_is_append_only BEFORE UPDATE ON event FOR EACH ROW EXECUTE FUNCTION event_is_append_only();

CREATE TABLE answer (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  application_id uuid NOT NULL,
  question_id uuid NOT NULL REFERENCES question (id),
  prompt text NOT NULL,
  value jsonb NOT NULL CHECK (jsonb_typeof(value) = 'object'),
  answered_at timestamptz NOT NULL,
  UNIQUE (application_id, question_id),
  FOREIGN KEY (workspace_id, application_id) REFERENCES application (workspace_id, id) ON DELETE CASCADE
);

CREATE TABLE nudge_plan (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  job_id uuid,
  most integer NOT NULL CHECK (most BETWEEN 0 AND 20),
  gap_hours integer NOT NULL CHECK (gap_hours BETWEEN 1 AND 720),
  age_days integer NOT NULL CHECK (age_days BETWEEN 1 AND 365),
  created_at timestamptz NOT NULL,
  UNIQUE (workspace_id, id),
  FOREIGN KEY (workspace_id, job_id) REFERENCES job (workspace_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX nudge_plan_of_job ON nudge_plan (workspace_id, job_id) NULLS NOT DISTINCT;

CREATE TABLE step (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  plan_id uuid NOT NULL,
  key text NOT NULL CHECK (key ~ '^[a-z0-9-]{1,60}$'),
  track text NOT NULL CHECK (track IN ('never_started', 'unfinished')),
  position integer NOT NULL,
  anchor text NOT NULL CHECK (anchor IN ('after', 'before_deadline')),
  hours integer NOT NULL CHECK (hours BETWEEN 0 AND 8760),
  channel text NOT NULL CHECK (channel IN ('by_role', 'email', 'sms')),
  UNIQUE (plan_id, key),
  FOREIGN KEY (workspace_id, plan_id) REFERENCES nudge_plan (workspace_id, id) ON DELETE CASCADE
);

CREATE TABLE message (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  application_id uuid NOT NULL,
  step_key text NOT NULL CHECK (length(step_key) BETWEEN 1 AND 80),
  track text NOT NULL CHECK (track IN ('invite', 'never_started', 'unfinished', 'link', 'manual')),
  channel text NOT NULL CHECK (channel IN ('email', 'sms')),
  state text NOT NULL CHECK (state IN ('scheduled', 'claimed', 'handed_over', 'sent', 'delivered', 'failed', 'bounced',
    'unknown', 'held', 'skipped', 'cancelled')),
  reason_code text NOT NULL,
  reason text NOT NULL CHECK (reason <> ''),
  due_at timestamptz NOT NULL,
  lease_until timestamptz,
  attempts integer NOT NULL,
  link_id uuid,
  to_address text NOT NULL,
  subject text NOT NULL,
  body_text text NOT NULL,
  body_html text NOT NULL,
  provider text NOT NULL,
  provider_id text NOT NULL,
  error text NOT NULL,
  member_id uuid,
  handed_over_at timestamptz,
  sent_at timestamptz,
  ended_at timestamptz,
  created_at timestamptz NOT NULL,
  UNIQUE (application_id, step_key),
  UNIQUE (workspace_id, id),
  FOREIGN KEY (workspace_id, application_id) REFERENCES application (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, link_id) REFERENCES link (workspace_id, id),
  FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id),
  CHECK (state <> 'claimed' OR lease_until IS NOT NULL),
  CHECK (state NOT IN ('handed_over', 'sent', 'delivered', 'bounced', 'unknown') OR handed_over_at IS NOT NULL)
);
CREATE INDEX message_due ON message (due_at) WHERE state = 'scheduled';
CREATE INDEX message_leased ON message (lease_until) WHERE state = 'claimed';
CREATE INDEX message_handed_over ON message (handed_over_at) WHERE state = 'handed_over';
CREATE INDEX message_parked ON message (application_id) WHERE state = 'held' OR (state = 'cancelled' AND reason_code = 'job_closed');
CREATE INDEX message_by_workspace ON message (workspace_id, created_at DESC, id);
CREATE INDEX message_by_link ON message (link_id) WHERE link_id IS NOT NULL;
CREATE INDEX message_provider ON message (provider, provider_id) WHERE provider_id <> '';

CREATE TABLE suppression (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  channel text NOT NULL CHECK (channel IN ('email', 'sms')),
  address_hash bytea NOT NULL CHECK (length(address_hash) = 32),
  address text NOT NULL,
  reason text NOT NULL CHECK (reason IN ('unsubscribed', 'stop', 'bounced', 'complained', 'invalid', 'erased', 'by_hand')),
  source text NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (workspace_id, channel, address_hash)
);
