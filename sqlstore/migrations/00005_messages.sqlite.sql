-- The message centre. What people write, the names and contents of their files, and their addresses are sealed.

-- +goose Up
CREATE TABLE message_numbers (
    year INTEGER NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;

CREATE TABLE message_settings (
    user_id       TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    first         TEXT NOT NULL,
    second        TEXT NOT NULL,
    delivery      TEXT NOT NULL,
    account       INTEGER NOT NULL,
    announcements INTEGER NOT NULL,
    reminders     INTEGER NOT NULL,
    quiet_from    INTEGER NOT NULL, -- minutes of the day; the same as quiet_to: no quiet hours
    quiet_to      INTEGER NOT NULL,
    zone          TEXT NOT NULL
) STRICT;

CREATE TABLE announcements (
    id         TEXT NOT NULL PRIMARY KEY,
    created_at INTEGER NOT NULL,
    author     TEXT NOT NULL,
    category   TEXT NOT NULL,
    topic      TEXT NOT NULL,
    priority   TEXT NOT NULL,
    audience   TEXT NOT NULL,
    state      TEXT NOT NULL,
    starts_at  INTEGER NOT NULL,
    position   TEXT NOT NULL, -- the last user who has it: by name, of a list by id
    sent       INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX announcements_made ON announcements (created_at, id);
CREATE INDEX announcements_due ON announcements (starts_at, id) WHERE state = 'sending';

CREATE TABLE announcement_texts (
    id              TEXT NOT NULL PRIMARY KEY, -- announcement/language
    announcement_id TEXT NOT NULL REFERENCES announcements (id) ON DELETE CASCADE,
    language        TEXT NOT NULL,
    subject         BLOB,
    text            BLOB
) STRICT;
CREATE INDEX announcement_texts_of ON announcement_texts (announcement_id, language);

CREATE TABLE announcement_users (
    announcement_id TEXT NOT NULL REFERENCES announcements (id) ON DELETE CASCADE,
    user_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (announcement_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX announcement_users_user ON announcement_users (user_id);

CREATE TABLE messages (
    id              TEXT NOT NULL PRIMARY KEY,
    user_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at      INTEGER NOT NULL,
    year            INTEGER NOT NULL,
    number          INTEGER NOT NULL,
    kind            TEXT NOT NULL,
    announcement_id TEXT REFERENCES announcements (id), -- NULL: none
    category        TEXT NOT NULL,
    topic           TEXT NOT NULL,
    priority        TEXT NOT NULL,
    status          TEXT NOT NULL,
    subject         BLOB,
    notice          BLOB,
    entries         INTEGER NOT NULL, -- how many it has
    updated_at      INTEGER NOT NULL,
    unread          INTEGER NOT NULL,
    desk_unread     INTEGER NOT NULL,
    remind_at       INTEGER NOT NULL,
    reminders       INTEGER NOT NULL,
    UNIQUE (year, number)
) STRICT;
CREATE UNIQUE INDEX messages_announced ON messages (announcement_id, user_id) WHERE announcement_id IS NOT NULL;
CREATE INDEX messages_of ON messages (user_id, unread, updated_at, id, kind, status);
CREATE INDEX messages_desk ON messages (desk_unread, updated_at, id, status) WHERE kind = 'ticket';
CREATE INDEX messages_remind ON messages (remind_at, id) WHERE remind_at > 0;

CREATE TABLE message_entries (
    id         TEXT NOT NULL PRIMARY KEY,
    message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    at         INTEGER NOT NULL,
    number     INTEGER NOT NULL, -- from 1, in its message
    author     TEXT NOT NULL,
    name       TEXT NOT NULL,
    language   TEXT NOT NULL,
    files      INTEGER NOT NULL, -- how many it has
    text       BLOB,
    signature  BLOB,
    UNIQUE (message_id, number)
) STRICT;

CREATE TABLE message_files (
    id         TEXT NOT NULL PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    by_desk    INTEGER NOT NULL,
    entry_id   TEXT REFERENCES message_entries (id) ON DELETE CASCADE, -- NULL: not sent yet
    type       TEXT NOT NULL,
    size       INTEGER NOT NULL,
    chunks     INTEGER NOT NULL,
    ready      INTEGER NOT NULL,
    name       BLOB,
    expires_at INTEGER NOT NULL -- 0 once it is sent
) STRICT;
CREATE INDEX message_files_entry ON message_files (entry_id, id) WHERE entry_id IS NOT NULL;
CREATE INDEX message_files_waiting ON message_files (user_id, expires_at);
CREATE INDEX message_files_end ON message_files (expires_at) WHERE expires_at > 0;

CREATE TABLE file_chunks (
    id      TEXT NOT NULL PRIMARY KEY, -- file/number, from 0
    file_id TEXT NOT NULL REFERENCES message_files (id) ON DELETE CASCADE,
    data    BLOB
) STRICT;
CREATE INDEX file_chunks_of ON file_chunks (file_id);

CREATE TABLE summaries (
    id         TEXT NOT NULL PRIMARY KEY,
    message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    channel    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    reason     TEXT NOT NULL,
    urgent     INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    address    BLOB, -- NULL: the user's own
    state      TEXT NOT NULL,
    due_at     INTEGER NOT NULL,
    attempts   INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    failure    TEXT NOT NULL
) STRICT;
CREATE INDEX summaries_due ON summaries (channel, urgent, due_at, id) WHERE state = 'waiting';
CREATE UNIQUE INDEX summaries_once ON summaries (message_id, channel) WHERE state = 'waiting' AND address IS NULL;
CREATE INDEX summaries_of ON summaries (message_id, created_at, id);
CREATE INDEX summaries_user ON summaries (user_id);
CREATE INDEX summaries_end ON summaries (ended_at);

CREATE TABLE contacts (
    id          TEXT NOT NULL PRIMARY KEY, -- user/channel
    user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    channel     TEXT NOT NULL,
    address     BLOB,
    verified_at INTEGER NOT NULL
) STRICT;
CREATE INDEX contacts_of ON contacts (user_id, channel);

CREATE TABLE contact_tries (
    id         TEXT NOT NULL PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    channel    TEXT NOT NULL,
    address    BLOB,
    code       BLOB, -- NULL once it was sent
    code_hash  BLOB,
    language   TEXT NOT NULL,
    tries      INTEGER NOT NULL,
    state      TEXT NOT NULL,
    due_at     INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX contact_tries_of ON contact_tries (user_id, channel, created_at, id);
CREATE INDEX contact_tries_due ON contact_tries (channel, due_at, id) WHERE code IS NOT NULL;
CREATE INDEX contact_tries_end ON contact_tries (expires_at);
