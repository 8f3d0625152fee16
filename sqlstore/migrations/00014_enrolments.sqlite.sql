-- Whom applications added, with the code that they were given for it, as they ask what became of it.

-- +goose Up
CREATE TABLE enrolments (
    user_id        TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    code           BLOB, -- keyed hash
    until_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX enrolments_of ON enrolments (application_id);
CREATE INDEX enrolments_until ON enrolments (until_at);
