-- +goose Up
CREATE TABLE countries (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    country TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (user_id, country)
) STRICT, WITHOUT ROWID;
