-- A file of people on its way in: read, judged, looked through, run, and perhaps undone. `place`: the number of the row that the work
-- of the present state has come to. `heads`, `fields`: the columns' names, and what each means.
CREATE TABLE candidate_import (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  job_id uuid NOT NULL,
  member_id uuid,
  name text NOT NULL,
  size integer NOT NULL CHECK (size BETWEEN 0 AND 50000000),
  state text NOT NULL CHECK (state IN ('reading', 'judging', 'review', 'running', 'stopped', 'done', 'undoing', 'undone', 'failed')),
  fault text NOT NULL,
  heads jsonb NOT NULL CHECK (jsonb_typeof(heads) = 'array'),
  fields jsonb NOT NULL CHECK (jsonb_typeof(fields) = 'array'),
  invite text NOT NULL CHECK (invite IN ('now', 'later', 'copy')),
  rows integer NOT NULL,
  place integer NOT NULL,
  created_at timestamptz NOT NULL,
  started_at timestamptz,
  ended_at timestamptz,
  forgotten_at timestamptz,
  UNIQUE (workspace_id, id),
  FOREIGN KEY (workspace_id, job_id) REFERENCES job (workspace_id, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);
CREATE INDEX candidate_import_by_job ON candidate_import (workspace_id, job_id, created_at DESC);
CREATE INDEX candidate_import_moving ON candidate_import (created_at) WHERE state IN ('reading', 'judging', 'running', 'undoing');

-- The file as it came, in pieces, until it has been read.
CREATE TABLE import_chunk (
  import_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  number integer NOT NULL,
  content bytea NOT NULL,
  PRIMARY KEY (import_id, number),
  FOREIGN KEY (workspace_id, import_id) REFERENCES candidate_import (workspace_id, id) ON DELETE CASCADE
);
ALTER TABLE import_chunk ALTER COLUMN content SET STORAGE EXTERNAL;

-- PDFs that came along, until the rows that name them have been run.
CREATE TABLE import_file (
  import_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  name text NOT NULL,
  content bytea NOT NULL,
  PRIMARY KEY (import_id, name),
  FOREIGN KEY (workspace_id, import_id) REFERENCES candidate_import (workspace_id, id) ON DELETE CASCADE
);
ALTER TABLE import_file ALTER COLUMN content SET STORAGE EXTERNAL;

-- `line`: as the spreadsheet named in `source` counts. `made_candidate`, `made_application`: whether the run made them.
CREATE TABLE import_row (
  import_id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  number integer NOT NULL,
  source text NOT NULL,
  line integer NOT NULL,
  cells jsonb NOT NULL CHECK (jsonb_typeof(cells) = 'array'),
  verdict text NOT NULL CHECK (verdict IN ('', 'new', 'joined', 'there', 'double', 'fault', 'undone', 'kept')),
  reason text NOT NULL,
  email text,
  external_id text,
  candidate_id uuid,
  application_id uuid,
  made_candidate boolean NOT NULL DEFAULT false,
  made_application boolean NOT NULL DEFAULT false,
  PRIMARY KEY (import_id, number),
  FOREIGN KEY (workspace_id, import_id) REFERENCES candidate_import (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX import_row_by_verdict ON import_row (import_id, verdict, number);
CREATE INDEX import_row_by_email ON import_row (import_id, email) WHERE email IS NOT NULL;
CREATE INDEX import_row_by_external_id ON import_row (import_id, external_id) WHERE external_id IS NOT NULL;

CREATE TABLE resume (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  candidate_id uuid NOT NULL,
  import_id uuid,
  name text NOT NULL,
  size integer NOT NULL,
  digest bytea NOT NULL CHECK (length(digest) = 32),
  content bytea NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (candidate_id, digest),
  FOREIGN KEY (workspace_id, candidate_id) REFERENCES candidate (workspace_id, id) ON DELETE CASCADE
);
ALTER TABLE resume ALTER COLUMN content SET STORAGE EXTERNAL;

-- Added by somebody who will invite them later: until then nothing goes to them.
ALTER TABLE application ADD COLUMN invite_later boolean NOT NULL DEFAULT false;
