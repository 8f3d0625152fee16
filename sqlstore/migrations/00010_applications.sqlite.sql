-- Other people's applications, what they prove themselves with, the groups of users, and what applications ask.

-- +goose Up
CREATE TABLE applications (
    id         TEXT NOT NULL PRIMARY KEY,
    created_at INTEGER NOT NULL,
    name       TEXT NOT NULL,
    doors      TEXT NOT NULL, -- with a space between
    groups     TEXT NOT NULL, -- with a space between
    plain      INTEGER NOT NULL,
    settings   BLOB
) STRICT;

CREATE TABLE application_secrets (
    id             TEXT NOT NULL PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL, -- 0: no end
    hash           BLOB,
    value          BLOB
) STRICT;
CREATE INDEX application_secrets_of ON application_secrets (application_id, created_at, id);
CREATE INDEX application_secrets_end ON application_secrets (expires_at);

CREATE TABLE user_groups (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name    TEXT NOT NULL,
    PRIMARY KEY (user_id, name)
) STRICT, WITHOUT ROWID;

ALTER TABLE sign_ins ADD COLUMN application_id TEXT NOT NULL DEFAULT '';
ALTER TABLE sign_ins ADD COLUMN app TEXT NOT NULL DEFAULT '';
ALTER TABLE sign_ins ADD COLUMN asked TEXT NOT NULL DEFAULT '';
ALTER TABLE sign_ins ADD COLUMN text TEXT NOT NULL DEFAULT '';
ALTER TABLE sign_ins ADD COLUMN ask_key BLOB;
ALTER TABLE sign_ins ADD COLUMN ask_digest BLOB;
CREATE UNIQUE INDEX sign_ins_ask ON sign_ins (application_id, ask_key) WHERE ask_key IS NOT NULL;

ALTER TABLE approvals ADD COLUMN assertion TEXT NOT NULL DEFAULT '';
