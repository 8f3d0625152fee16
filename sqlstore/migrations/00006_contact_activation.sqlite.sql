-- A code may also prove, in one session, that a contact on record is its person's: before the first phone is activated.

-- +goose Up
ALTER TABLE contact_tries ADD COLUMN session_id TEXT REFERENCES sessions (id) ON DELETE CASCADE; -- NULL: verifies an address
CREATE INDEX contact_tries_session ON contact_tries (session_id, created_at, id) WHERE session_id IS NOT NULL;
