-- People's browsers on their way to applications, what those may know for how long, and what they are told.

-- +goose Up
CREATE TABLE grant_requests (
    id             TEXT NOT NULL PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    created_at     INTEGER NOT NULL,
    token          TEXT UNIQUE,
    browser        TEXT NOT NULL,
    door           TEXT NOT NULL,
    return_to      TEXT NOT NULL,
    scopes         TEXT NOT NULL, -- with a space between
    ask            INTEGER NOT NULL,
    ask_again      INTEGER NOT NULL,
    again          INTEGER NOT NULL,
    max_age        INTEGER NOT NULL, -- ms; below 0: no matter
    hint           TEXT NOT NULL,
    user_name      TEXT NOT NULL,
    tell_end       INTEGER NOT NULL,
    data           BLOB,
    refused        TEXT NOT NULL,
    agreed_by      TEXT NOT NULL,
    expires_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX grant_requests_of ON grant_requests (application_id);
CREATE INDEX grant_requests_end ON grant_requests (expires_at);

CREATE TABLE grants (
    id             TEXT NOT NULL PRIMARY KEY,
    user_id        TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    created_at     INTEGER NOT NULL,
    door           TEXT NOT NULL,
    session_id     TEXT NOT NULL,
    sid            TEXT NOT NULL,
    key_id         TEXT NOT NULL,
    approval_id    TEXT NOT NULL,
    factor         TEXT NOT NULL,
    auth_at        INTEGER NOT NULL,
    scopes         TEXT NOT NULL, -- with a space between
    data           BLOB,
    offline        INTEGER NOT NULL,
    tell_end       INTEGER NOT NULL,
    code           TEXT UNIQUE,
    redeemed_at    INTEGER NOT NULL, -- 0: the code waits
    family         TEXT UNIQUE,
    refresh        TEXT NOT NULL,
    refresh_until  INTEGER NOT NULL,
    look_at        INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX grants_of ON grants (user_id, created_at, id);
CREATE INDEX grants_for ON grants (user_id, application_id, created_at, id);
CREATE INDEX grants_from ON grants (session_id, created_at, id);
CREATE INDEX grants_application ON grants (application_id);
CREATE INDEX grants_look ON grants (look_at, id);

CREATE TABLE grant_tokens (
    token      TEXT NOT NULL PRIMARY KEY,
    grant_id   TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    scopes     TEXT NOT NULL, -- with a space between
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX grant_tokens_of ON grant_tokens (grant_id, created_at, token);
CREATE INDEX grant_tokens_end ON grant_tokens (expires_at);

CREATE TABLE consents (
    user_id        TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    scopes         TEXT NOT NULL, -- with a space between
    at             INTEGER NOT NULL,
    PRIMARY KEY (user_id, application_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX consents_of ON consents (application_id);

CREATE TABLE callbacks (
    id             TEXT NOT NULL PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    created_at     INTEGER NOT NULL,
    door           TEXT NOT NULL,
    kind           TEXT NOT NULL,
    subject        TEXT NOT NULL,
    user_id        TEXT NOT NULL, -- of the log: the callback outlasts the user
    sid            TEXT NOT NULL,
    data           BLOB,
    tries          INTEGER NOT NULL,
    due_at         INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX callbacks_due ON callbacks (door, due_at, id);
CREATE INDEX callbacks_about ON callbacks (subject, kind);
CREATE INDEX callbacks_of ON callbacks (application_id);
CREATE INDEX callbacks_end ON callbacks (expires_at);

-- What an application asked and waits for ends with it.
CREATE INDEX sign_ins_application ON sign_ins (application_id, created_at, id) WHERE application_id <> '';

-- An application that the configuration file has is changed there.
ALTER TABLE applications ADD COLUMN in_file INTEGER NOT NULL DEFAULT 0;
