-- Webhooks out: a customer's server hears what happens here.

-- `secret`, `old_secret`: sealed. `old_secret` signs beside the new one until `old_secret_until`. `failing_since`: the first failure
-- after the last success. `paused_until`: it asked for a rest, or did not answer in time. `why_disabled`: a word of `Why`.
CREATE TABLE webhook_endpoint (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  url text NOT NULL CHECK (length(url) BETWEEN 1 AND 2000),
  description text NOT NULL,
  kinds jsonb NOT NULL CHECK (jsonb_typeof(kinds) = 'array'),
  secret text NOT NULL,
  old_secret text,
  old_secret_until timestamptz,
  last_success_at timestamptz,
  failing_since timestamptz,
  paused_until timestamptz,
  disabled_at timestamptz,
  why_disabled text NOT NULL CHECK (why_disabled IN ('', 'by_hand', 'gone', 'failing')),
  deleted_at timestamptz,
  created_at timestamptz NOT NULL,
  UNIQUE (workspace_id, id),
  CHECK ((old_secret IS NULL) = (old_secret_until IS NULL)),
  CHECK ((disabled_at IS NULL) = (why_disabled = ''))
);
CREATE INDEX webhook_endpoint_by_workspace ON webhook_endpoint (workspace_id, created_at) WHERE deleted_at IS NULL;

-- One event for one endpoint. `event_id` is the `webhook-id` that the receiver sees, the same at each try. `next_at`: of what waits,
-- when it is due; of what is being sent, when its lease runs out. `body`: as it is sent, to the byte; empty once it was forgotten.
CREATE TABLE webhook_delivery (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  endpoint_id uuid NOT NULL,
  event_id uuid NOT NULL,
  application_id uuid,
  kind text NOT NULL,
  body text NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'sending', 'delivered', 'failed', 'forgotten')),
  tries integer NOT NULL CHECK (tries >= 0),
  next_at timestamptz,
  status integer,
  error text NOT NULL,
  created_at timestamptz NOT NULL,
  ended_at timestamptz,
  UNIQUE (workspace_id, id),
  UNIQUE (endpoint_id, event_id),
  FOREIGN KEY (workspace_id, endpoint_id) REFERENCES webhook_endpoint (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, application_id) REFERENCES application (workspace_id, id) ON DELETE CASCADE,
  CHECK ((state IN ('waiting', 'sending')) = (next_at IS NOT NULL)),
  CHECK ((state IN ('waiting', 'sending')) = (ended_at IS NULL))
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint_id, next_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX webhook_delivery_log ON webhook_delivery (endpoint_id, created_at DESC, id DESC);
CREATE INDEX webhook_delivery_failed ON webhook_delivery (endpoint_id, ended_at) WHERE state = 'failed';
CREATE INDEX webhook_delivery_old ON webhook_delivery (created_at);
CREATE INDEX webhook_delivery_of_application ON webhook_delivery (application_id) WHERE application_id IS NOT NULL;

CREATE TABLE webhook_attempt (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  delivery_id uuid NOT NULL,
  at timestamptz NOT NULL,
  milliseconds integer NOT NULL,
  status integer,
  error text NOT NULL,
  answer text NOT NULL,
  FOREIGN KEY (workspace_id, delivery_id) REFERENCES webhook_delivery (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_attempt_of_delivery ON webhook_attempt (delivery_id, at, id);

-- An email to an admin about an endpoint that was disabled. As weekly reports: marked as handed over before anybody carries it.
CREATE TABLE webhook_notice (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  endpoint_id uuid NOT NULL,
  member_id uuid NOT NULL,
  why text NOT NULL CHECK (why IN ('gone', 'failing')),
  state text NOT NULL CHECK (state IN ('waiting', 'handed_over', 'sent', 'unknown', 'failed')),
  made_at timestamptz NOT NULL,
  handed_over_at timestamptz,
  sent_at timestamptz,
  FOREIGN KEY (workspace_id, endpoint_id) REFERENCES webhook_endpoint (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_notice_open ON webhook_notice (made_at) WHERE state IN ('waiting', 'handed_over');

-- What has happened before this version is nobody's news.
UPDATE event SET published_at = at WHERE published_at IS NULL;

-- The first tap on a link is news too, once: `tap_published_at`, as `event.published_at`.
ALTER TABLE link ADD COLUMN tap_published_at timestamptz;
UPDATE link SET tap_published_at = first_tap_at WHERE first_tap_at IS NOT NULL;
CREATE INDEX link_tap_unpublished ON link (id) WHERE first_tap_at IS NOT NULL AND tap_published_at IS NULL;
