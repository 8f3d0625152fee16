-- What tokens for applications are signed with, what applications signed to prove themselves, and how a person should have said yes.

-- +goose Up
CREATE TABLE signing_keys (
    id         TEXT NOT NULL PRIMARY KEY,
    alg        TEXT NOT NULL,
    public     BLOB,
    private    BLOB,
    created_at INTEGER NOT NULL,
    signs_from INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL -- 0: no end
) STRICT;
CREATE INDEX signing_keys_from ON signing_keys (signs_from, id);
CREATE INDEX signing_keys_end ON signing_keys (ends_at);

CREATE TABLE used_assertions (
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    digest         BLOB NOT NULL,
    until_at       INTEGER NOT NULL,
    PRIMARY KEY (application_id, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX used_assertions_until ON used_assertions (until_at);

ALTER TABLE grant_requests ADD COLUMN factors TEXT NOT NULL DEFAULT ''; -- with a space between
