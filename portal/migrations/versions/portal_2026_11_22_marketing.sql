-- What marketers work with: campaigns' codes, UTM words, pictures, own domains, link changes, lists of links on their way in.

ALTER TABLE workspace
  ADD COLUMN utm_words jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(utm_words) = 'object'),
  ADD COLUMN utm_locked boolean NOT NULL DEFAULT false,
  ADD COLUMN logo_id uuid;

ALTER TABLE member ADD COLUMN weekly_report boolean NOT NULL DEFAULT false;

-- The word that a campaign has in `utm_campaign`; it stays when the campaign gets another name.
ALTER TABLE campaign ADD COLUMN code text CHECK (code ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(code) <= 60);
UPDATE campaign SET code = 'campaign-' || substr(replace(id::text, '-', ''), 21) WHERE code IS NULL;
ALTER TABLE campaign ALTER COLUMN code SET NOT NULL;
CREATE UNIQUE INDEX campaign_code ON campaign (workspace_id, code);

CREATE TABLE picture (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  content bytea NOT NULL CHECK (length(content) <= 1000000),
  type text NOT NULL CHECK (type IN ('image/png', 'image/jpeg')),
  width integer NOT NULL CHECK (width BETWEEN 1 AND 5000),
  height integer NOT NULL CHECK (height BETWEEN 1 AND 5000),
  created_at timestamptz NOT NULL,
  UNIQUE (workspace_id, id)
);
ALTER TABLE workspace ADD FOREIGN KEY (id, logo_id) REFERENCES picture (workspace_id, id);

-- A link's own end: so many hours after the first tap of a person (`first_tap_at`), for stories.
ALTER TABLE link
  ADD COLUMN expires_after_hours integer CHECK (expires_after_hours BETWEEN 1 AND 8760),
  ADD COLUMN first_tap_at timestamptz,
  ADD COLUMN card_picture_id uuid,
  ADD FOREIGN KEY (workspace_id, card_picture_id) REFERENCES picture (workspace_id, id);

-- Who changed what of a link, and when: for its history and for undo.
CREATE TABLE link_change (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  link_id uuid NOT NULL,
  member_id uuid,
  at timestamptz NOT NULL,
  what text NOT NULL CHECK (what IN ('target', 'start', 'end', 'paused', 'resumed', 'archived', 'restored', 'card', 'name')),
  before jsonb NOT NULL CHECK (jsonb_typeof(before) = 'object'),
  after jsonb NOT NULL CHECK (jsonb_typeof(after) = 'object'),
  FOREIGN KEY (workspace_id, link_id) REFERENCES link (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);
CREATE INDEX link_change_by_link ON link_change (workspace_id, link_id, at DESC);

-- Hosts under which a workspace's links are served. One of them stands in the addresses that are copied.
CREATE TABLE domain (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  host text NOT NULL UNIQUE CHECK (host = lower(host) AND length(host) BETWEEN 3 AND 253),
  preferred boolean NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (workspace_id, id)
);
CREATE UNIQUE INDEX domain_preferred ON domain (workspace_id) WHERE preferred;

-- A list of links that was looked through and waits to be made.
CREATE TABLE link_upload (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  member_id uuid,
  name text NOT NULL,
  content bytea NOT NULL CHECK (length(content) <= 2000000),
  made_at timestamptz,
  created_at timestamptz NOT NULL,
  UNIQUE (workspace_id, id),
  FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);

-- Weekly reports to members, one a week: the row is made in the transaction that takes it in hand.
CREATE TABLE weekly_report (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  member_id uuid NOT NULL,
  week date NOT NULL,
  subject text NOT NULL,
  body_text text NOT NULL,
  body_html text NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'handed_over', 'sent', 'unknown', 'failed')),
  made_at timestamptz NOT NULL,
  handed_over_at timestamptz,
  sent_at timestamptz,
  UNIQUE (member_id, week),
  FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX weekly_report_waiting ON weekly_report (made_at) WHERE state = 'waiting';
