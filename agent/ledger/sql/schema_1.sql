CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
    epoch     INTEGER NOT NULL CHECK (epoch >= 0),
    seq       INTEGER NOT NULL CHECK (seq >= 1),
    id        TEXT    NOT NULL UNIQUE,
    canonical BLOB    NOT NULL CHECK (length(canonical) > 0),
    hash      BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (epoch, seq)
) STRICT;

CREATE TRIGGER journal_is_never_updated BEFORE UPDATE ON journal
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

CREATE TRIGGER journal_is_never_deleted BEFORE DELETE ON journal
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

-- Below: projections. Each can be rebuilt from the journal by agent/ledger/projections.py.

CREATE TABLE balances (
    owner  TEXT    NOT NULL,
    bucket TEXT    NOT NULL CHECK (bucket IN ('active', 'issued')),
    points INTEGER NOT NULL,
    PRIMARY KEY (owner, bucket)
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    account         TEXT    PRIMARY KEY,
    last_sale_epoch INTEGER,
    last_sale_seq   INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE cards (
    token   TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (account)
) STRICT, WITHOUT ROWID;

CREATE TABLE sales (
    sale_id TEXT    PRIMARY KEY,
    epoch   INTEGER NOT NULL,
    seq     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
