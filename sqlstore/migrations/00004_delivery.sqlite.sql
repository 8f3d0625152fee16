-- A key has a subscription and a message for each channel; how far messages came; the last test of each key.

-- +goose Up
CREATE TABLE subscriptions_by_channel (
    id          TEXT NOT NULL UNIQUE,
    key_id      TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    channel     TEXT NOT NULL,
    service     TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    target      BLOB,
    accepted_at INTEGER NOT NULL,
    refused_at  INTEGER NOT NULL,
    refusals    INTEGER NOT NULL,
    PRIMARY KEY (key_id, channel)
) STRICT;
INSERT INTO subscriptions_by_channel (id, key_id, channel, service, created_at, target, accepted_at, refused_at, refusals)
    SELECT key_id, key_id, 'webpush', service, created_at, target, 0, 0, 0 FROM subscriptions;
DROP TABLE subscriptions;
ALTER TABLE subscriptions_by_channel RENAME TO subscriptions;

CREATE TABLE outbox_by_channel (
    approval_id TEXT NOT NULL REFERENCES approvals (id) ON DELETE CASCADE,
    key_id      TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    channel     TEXT NOT NULL,
    service     TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    PRIMARY KEY (approval_id, key_id, channel)
) STRICT, WITHOUT ROWID;
INSERT INTO outbox_by_channel (approval_id, key_id, channel, service, created_at, due_at, expires_at, attempts)
    SELECT approval_id, key_id, 'webpush', service, created_at, due_at, expires_at, attempts FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_by_channel RENAME TO outbox;
CREATE INDEX outbox_due ON outbox (service, due_at);
CREATE INDEX outbox_key ON outbox (key_id);
CREATE INDEX outbox_end ON outbox (expires_at);

CREATE TABLE deliveries (
    approval_id TEXT NOT NULL REFERENCES approvals (id) ON DELETE CASCADE,
    key_id      TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    accepted_at INTEGER NOT NULL,
    refused_at  INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    shown_at    INTEGER NOT NULL,
    opened_at   INTEGER NOT NULL,
    PRIMARY KEY (approval_id, key_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_key ON deliveries (key_id);

CREATE TABLE push_tests (
    key_id      TEXT NOT NULL PRIMARY KEY REFERENCES keys (id) ON DELETE CASCADE,
    approval_id TEXT NOT NULL,
    asked_at    INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
