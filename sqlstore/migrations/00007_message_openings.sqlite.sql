-- Which keys may read their users' boxes, and until when.

-- +goose Up
CREATE TABLE message_openings (
    key_id      TEXT NOT NULL PRIMARY KEY REFERENCES keys (id) ON DELETE CASCADE,
    approval_id TEXT NOT NULL,
    until_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
