-- Codes that phones answer with when they are offline.

-- +goose Up
ALTER TABLE keys ADD COLUMN code_tries INTEGER NOT NULL DEFAULT 0;

CREATE TABLE challenges (
    id          TEXT NOT NULL PRIMARY KEY,
    approval_id TEXT NOT NULL REFERENCES approvals (id) ON DELETE CASCADE,
    created_at  INTEGER NOT NULL,
    digits      TEXT NOT NULL,
    earlier     BLOB,
    tries       INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX challenges_of ON challenges (approval_id, created_at, id);

CREATE TABLE asked_challenges (
    key_id TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    digits TEXT NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (key_id, digits)
) STRICT, WITHOUT ROWID;
CREATE INDEX asked_challenges_at ON asked_challenges (at);

CREATE TABLE code_failures (
    key_id  TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    attempt TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (key_id, attempt)
) STRICT, WITHOUT ROWID;
CREATE INDEX code_failures_at ON code_failures (at);
