-- Whose yes put an address in force: what a stranger's phone did goes with it.

-- +goose Up
ALTER TABLE contacts ADD COLUMN key_id TEXT NOT NULL DEFAULT ''; -- empty: the desk's
