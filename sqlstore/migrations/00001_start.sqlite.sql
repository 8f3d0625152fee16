-- Times are milliseconds since 1970, 0 when there is none. Flags are 0 or 1. Ids and hashes of tokens are text.
-- A column that holds a sealed value is a blob; NULL is "none".

-- +goose Up
CREATE TABLE users (
    id               TEXT NOT NULL PRIMARY KEY,
    name             TEXT NOT NULL UNIQUE,
    display_name     TEXT NOT NULL,
    locale           TEXT NOT NULL,
    password         BLOB,
    first_code       BLOB,
    first_code_until INTEGER NOT NULL,
    had_key          INTEGER NOT NULL,
    created_at       INTEGER NOT NULL
) STRICT;

CREATE TABLE keys (
    id                    TEXT NOT NULL PRIMARY KEY,
    user_id               TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at            INTEGER NOT NULL,
    state                 TEXT NOT NULL,
    phone_id              TEXT NOT NULL,
    phone_name            TEXT NOT NULL,
    phone_platform        TEXT NOT NULL,
    phone_os_version      TEXT NOT NULL,
    phone_model           TEXT NOT NULL,
    phone_app             TEXT NOT NULL,
    phone_rooted          INTEGER,
    phone_screen_lock     INTEGER,
    public                BLOB,
    ocra                  BLOB,
    pin_verifier          BLOB,
    prf_verifier          BLOB,
    credential_id         BLOB,
    credential_public_key BLOB,
    credential_sign_count INTEGER, -- NULL: no credential
    activation_id         TEXT NOT NULL,
    approved_by           TEXT NOT NULL,
    submission            BLOB,
    pin_tries             INTEGER NOT NULL,
    activated_at          INTEGER NOT NULL,
    last_used_at          INTEGER NOT NULL,
    removed_at            INTEGER NOT NULL
) STRICT;
CREATE INDEX keys_of ON keys (user_id, created_at, id);

CREATE TABLE pin_failures (
    key_id  TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    attempt TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (key_id, attempt)
) STRICT, WITHOUT ROWID;
CREATE INDEX pin_failures_at ON pin_failures (at);

CREATE TABLE used_proofs (
    key_id   TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    jti      TEXT NOT NULL,
    until_at INTEGER NOT NULL,
    PRIMARY KEY (key_id, jti)
) STRICT, WITHOUT ROWID;
CREATE INDEX used_proofs_until ON used_proofs (until_at);

CREATE TABLE activations (
    id            TEXT NOT NULL PRIMARY KEY,
    user_id       TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at    INTEGER NOT NULL,
    session_id    TEXT NOT NULL,
    state         TEXT NOT NULL,
    code_id       BLOB UNIQUE,
    code          BLOB,
    es            BLOB,
    offer         TEXT NOT NULL,
    offer_mac     BLOB,
    handle        BLOB,
    challenge     BLOB,
    key_id        TEXT NOT NULL,
    submission    BLOB,
    digits        BLOB,
    sealed_digits BLOB,
    digit_tries   INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX activations_of ON activations (user_id, created_at, id);
CREATE INDEX activations_end ON activations (expires_at);
CREATE INDEX activations_secret ON activations (expires_at) WHERE code IS NOT NULL;

CREATE TABLE approvals (
    id         TEXT NOT NULL PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    key_ids    TEXT NOT NULL, -- with a space between
    kind       TEXT NOT NULL,
    state      TEXT NOT NULL,
    statement  TEXT NOT NULL,
    digest     BLOB,
    number     INTEGER NOT NULL,
    notified   INTEGER NOT NULL,
    known      INTEGER NOT NULL,
    source     TEXT NOT NULL,
    session_id TEXT NOT NULL,
    subject    TEXT NOT NULL,
    payload    BLOB,
    expires_at INTEGER NOT NULL,
    decided_at INTEGER NOT NULL,
    decided_by TEXT NOT NULL,
    decision   TEXT NOT NULL,
    factor     TEXT NOT NULL,
    reason     TEXT NOT NULL
) STRICT;
CREATE INDEX approvals_of ON approvals (user_id, created_at, id);
CREATE INDEX approvals_end ON approvals (expires_at);
CREATE INDEX approvals_open ON approvals (user_id, created_at, id) WHERE state = 'open';
CREATE INDEX approvals_run_out ON approvals (expires_at, id) WHERE state = 'open';

CREATE TABLE sign_ins (
    id          TEXT NOT NULL PRIMARY KEY,
    user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at  INTEGER NOT NULL,
    state       TEXT NOT NULL,
    token       TEXT UNIQUE,
    approval_id TEXT NOT NULL,
    source      TEXT NOT NULL,
    agent       TEXT NOT NULL,
    known       INTEGER NOT NULL,
    notified    INTEGER NOT NULL,
    cause       TEXT NOT NULL,
    key_id      TEXT NOT NULL,
    session_id  TEXT NOT NULL,
    expires_at  INTEGER NOT NULL,
    ended_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_ins_of ON sign_ins (user_id, created_at, id);
CREATE INDEX sign_ins_end ON sign_ins (expires_at);

CREATE TABLE sessions (
    id           TEXT NOT NULL PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL,
    token        TEXT UNIQUE,
    level        TEXT NOT NULL,
    may_activate INTEGER NOT NULL,
    key_id       TEXT NOT NULL,
    approval_id  TEXT NOT NULL,
    source       TEXT NOT NULL,
    agent        TEXT NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_of ON sessions (user_id, created_at, id);
CREATE INDEX sessions_end ON sessions (expires_at);

CREATE TABLE known_browsers (
    browser TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    at      INTEGER NOT NULL,
    PRIMARY KEY (browser, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX known_browsers_of ON known_browsers (user_id);
CREATE INDEX known_browsers_at ON known_browsers (at);

CREATE TABLE limits (
    name    TEXT NOT NULL PRIMARY KEY,
    level   REAL NOT NULL,
    at      INTEGER NOT NULL,
    empty_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX limits_empty ON limits (empty_at);

CREATE TABLE audit_blocks (
    number    INTEGER NOT NULL PRIMARY KEY,
    at        INTEGER NOT NULL,
    row_count INTEGER NOT NULL,
    prev      BLOB,
    root      BLOB,
    signature TEXT NOT NULL
) STRICT;

-- Rows outlive what they tell of: no reference to a user. The engine gives seq: the highest there is, and one.
CREATE TABLE audit_rows (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    action  TEXT NOT NULL,
    user_id TEXT NOT NULL,
    actor   TEXT NOT NULL,
    source  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL,
    block   INTEGER REFERENCES audit_blocks (number) -- NULL: not sealed yet
) STRICT;
CREATE INDEX audit_rows_of ON audit_rows (user_id, seq);
CREATE INDEX audit_rows_block ON audit_rows (block, seq);
CREATE INDEX audit_rows_unsealed ON audit_rows (seq) WHERE block IS NULL;

CREATE TABLE install (
    one        INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    server_id  TEXT NOT NULL,
    rp_id      TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE secrets (
    name   TEXT NOT NULL PRIMARY KEY,
    sealed BLOB
) STRICT, WITHOUT ROWID;

CREATE TABLE data_keys (
    version INTEGER NOT NULL PRIMARY KEY,
    wrapped BLOB
) STRICT;
