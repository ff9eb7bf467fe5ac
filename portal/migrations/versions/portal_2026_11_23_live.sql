-- Who did something last, and who did in the last minutes: open pages of figures ask every second.
CREATE INDEX application_active ON application (workspace_id, active_at DESC);
