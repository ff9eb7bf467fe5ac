-- Keys of the JSON API. A key is shown once, when it is made; what is kept finds it and is useless to whoever reads the table.
CREATE TABLE api_key (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  digest bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
  ending text NOT NULL CHECK (length(ending) = 4),
  scopes jsonb NOT NULL CHECK (jsonb_typeof(scopes) = 'array' AND jsonb_array_length(scopes) > 0),
  member_id uuid,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz,
  revoked_at timestamptz,
  UNIQUE (workspace_id, id),
  FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);

-- What a POST with an Idempotency-Key was answered, so that the same one sent again does nothing again. The client's word is kept
-- as its digest, the answer sealed: it may hold somebody's personal link.
CREATE TABLE api_answer (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  key_id uuid NOT NULL,
  word bytea NOT NULL CHECK (length(word) = 32),
  fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
  status integer CHECK (status BETWEEN 200 AND 499),
  body text,
  started_at timestamptz NOT NULL,
  UNIQUE (key_id, word),
  FOREIGN KEY (workspace_id, key_id) REFERENCES api_key (workspace_id, id) ON DELETE CASCADE,
  CHECK ((status IS NULL) = (body IS NULL))
);
CREATE INDEX api_answer_old ON api_answer (started_at);

-- Lists of a job go by id: ids made later sort later.
CREATE INDEX application_page ON application (workspace_id, job_id, id);
CREATE INDEX link_page ON link (workspace_id, job_id, id) WHERE kind = 'channel';
