-- Ways to applications that name and password alone lead to the end of, and what stands for such an entry: no browser's session at
-- the portal, but a row beside those, so that it is listed, idles out and is ended as they are.

-- +goose Up
ALTER TABLE grant_requests ADD COLUMN password INTEGER NOT NULL DEFAULT 0; -- ms that such an entry lasts at most; 0: a phone is asked
ALTER TABLE grant_requests ADD COLUMN passed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE grant_requests ADD COLUMN passed_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX grant_requests_passed ON grant_requests (passed_by) WHERE passed_by <> '';

ALTER TABLE sessions ADD COLUMN application_id TEXT REFERENCES applications (id) ON DELETE CASCADE; -- NULL: the portal's own
ALTER TABLE sessions ADD COLUMN app TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN browser TEXT NOT NULL DEFAULT '';
CREATE INDEX sessions_application ON sessions (application_id) WHERE application_id IS NOT NULL;
