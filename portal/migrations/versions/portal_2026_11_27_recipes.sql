-- Links in the messages of applicant systems: whose they are, how each system writes its merge fields, and what arrived unreplaced.

-- `system`: the applicant system whose messages carry the link. `reminders`: who reminds the people who came by it.
ALTER TABLE link
  ADD COLUMN system text NOT NULL DEFAULT '' CHECK (system = '' OR kind = 'channel'),
  ADD COLUMN reminders text NOT NULL DEFAULT 'here' CHECK (reminders IN ('here', 'there'));
CREATE INDEX link_by_system ON link (workspace_id, job_id, system) WHERE system <> '';

-- How a workspace's applicant system writes the fields that a link takes along: {"email": "{{CANDIDATE_EMAIL_ADDRESS}}"}.
CREATE TABLE merge_field_map (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  system text NOT NULL CHECK (length(system) BETWEEN 1 AND 40),
  fields jsonb NOT NULL,
  member_id uuid,
  updated_at timestamptz NOT NULL,
  UNIQUE (workspace_id, system),
  FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);

-- A merge field that arrived as it is written, where somebody's name or address should have been. Derived from taps of people.
CREATE TABLE prefill_fault (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  link_id uuid NOT NULL,
  field text NOT NULL CHECK (length(field) BETWEEN 1 AND 40),
  token text NOT NULL CHECK (length(token) BETWEEN 1 AND 80),
  taps bigint NOT NULL CHECK (taps > 0),
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  clean bigint NOT NULL CHECK (clean >= 0),
  mended_at timestamptz,
  UNIQUE (link_id, field),
  FOREIGN KEY (workspace_id, link_id) REFERENCES link (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX prefill_fault_by_workspace ON prefill_fault (workspace_id, last_at);
