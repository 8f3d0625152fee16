-- Where phones take messages, and what is to be sent to them.

-- +goose Up
CREATE TABLE subscriptions (
    key_id     TEXT NOT NULL PRIMARY KEY REFERENCES keys (id) ON DELETE CASCADE,
    service    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    target     BLOB
) STRICT;

CREATE TABLE outbox (
    approval_id TEXT NOT NULL REFERENCES approvals (id) ON DELETE CASCADE,
    key_id      TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    service     TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    PRIMARY KEY (approval_id, key_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (service, due_at);
CREATE INDEX outbox_key ON outbox (key_id);
CREATE INDEX outbox_end ON outbox (expires_at);
