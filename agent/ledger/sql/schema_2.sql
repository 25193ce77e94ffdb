-- Names, birthdays and phones: mutable, outside the journal, so that erasing a person breaks no chain.
CREATE TABLE profiles (
    account      TEXT PRIMARY KEY,
    display_name TEXT,
    birthday     TEXT CHECK (birthday GLOB '[01][0-9]-[0-3][0-9]'),
    phone        TEXT UNIQUE
) STRICT, WITHOUT ROWID;

-- Sealed files that hold what was moved out of the journal; see agent/ledger/segments.py.
CREATE TABLE segments (
    epoch     INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL CHECK (last_seq >= first_seq),
    last_hash BLOB    NOT NULL CHECK (length(last_hash) = 32),
    seal      BLOB    NOT NULL CHECK (length(seal) = 32),
    PRIMARY KEY (epoch, first_seq)
) STRICT, WITHOUT ROWID;

-- An entry leaves the journal only for a sealed segment that holds it.
DROP TRIGGER journal_is_never_deleted;

CREATE TRIGGER journal_is_never_deleted BEFORE DELETE ON journal
WHEN NOT EXISTS (
    SELECT 1 FROM segments
     WHERE epoch = OLD.epoch AND OLD.seq BETWEEN first_seq AND last_seq
)
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

-- What head office tells of the rest of the world; see agent/ledger/mirrored.py. Not of the journal:
-- it is asked for again where it is lost. round counts how often everything was told from the start.
CREATE TABLE mirror_accounts (
    account     TEXT    PRIMARY KEY,
    active      INTEGER NOT NULL,
    pending     INTEGER NOT NULL,
    enrolled_on TEXT,
    tier        TEXT,
    tier_since  TEXT,
    tier_until  TEXT,
    root        TEXT CHECK (root <> account),
    denied      INTEGER NOT NULL CHECK (denied IN (0, 1)),
    erased      INTEGER NOT NULL CHECK (erased IN (0, 1)),
    lots        TEXT    NOT NULL,
    last_active_on TEXT,
    bought      INTEGER NOT NULL CHECK (bought IN (0, 1)),
    toward      TEXT    NOT NULL,
    round       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX mirror_accounts_of_root ON mirror_accounts (root) WHERE root IS NOT NULL;

CREATE TABLE mirror_cards (
    token       TEXT PRIMARY KEY,
    account     TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('active', 'blocked', 'lost', 'replaced')),
    replaced_by TEXT,
    round       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX mirror_cards_of_account ON mirror_cards (account);

CREATE TABLE mirror_meta (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    generation INTEGER NOT NULL,
    cursor     INTEGER NOT NULL,
    round      INTEGER NOT NULL,
    is_whole   INTEGER NOT NULL CHECK (is_whole IN (0, 1)),
    run        TEXT,
    heard_at   TEXT,
    left_out_by TEXT,  -- the version of this program that could not take all that it was told
    scope      TEXT CHECK (scope IN ('all', 'seen'))  -- whom it hears of; none where nobody asked
) STRICT;

INSERT INTO mirror_meta (id, generation, cursor, round, is_whole) VALUES (1, 0, 0, 1, 0);

-- Below: projections. They are made anew from the journal when their shape changes.

DROP TABLE balances;
DROP TABLE cards;
DROP TABLE sales;
DROP TABLE accounts;

CREATE TABLE balances (
    owner  TEXT    NOT NULL,
    bucket TEXT    NOT NULL CHECK (bucket IN
           ('pending', 'active', 'held', 'issued', 'redeemed', 'expired', 'adjusted')),
    points INTEGER NOT NULL CHECK (bucket NOT IN ('pending', 'held') OR points >= 0),
    PRIMARY KEY (owner, bucket)
) STRICT, WITHOUT ROWID;

-- Members that were seen here; enrolled_on is none where they were not enrolled here.
CREATE TABLE accounts (
    account         TEXT PRIMARY KEY,
    enrolled_on     TEXT,
    last_sale_epoch INTEGER,
    last_sale_seq   INTEGER,
    last_day        TEXT,
    last_cashier    TEXT,
    in_a_row        INTEGER NOT NULL DEFAULT 0,
    last_redeemed   TEXT,
    purchases       INTEGER NOT NULL DEFAULT 0 CHECK (purchases >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE cards (
    token       TEXT PRIMARY KEY,
    account     TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('active', 'blocked', 'lost', 'replaced')),
    replaced_by TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX cards_of_account ON cards (account);

-- Points in the order they are spent: the oldest business date first. Named by the entry they
-- came with; an empty lot is no lot.
CREATE TABLE lots (
    account      TEXT    NOT NULL,
    earned_on    TEXT    NOT NULL,
    epoch        INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    points       INTEGER NOT NULL CHECK (points > 0),
    activates_on TEXT,
    PRIMARY KEY (account, earned_on, epoch, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX pending_lots ON lots (activates_on) WHERE activates_on IS NOT NULL;

CREATE TABLE holds (
    redemption_id TEXT    PRIMARY KEY,
    epoch         INTEGER NOT NULL,
    seq           INTEGER NOT NULL,
    account       TEXT    NOT NULL,
    expires_at    TEXT    NOT NULL,
    points        INTEGER NOT NULL CHECK (points > 0),
    captured      INTEGER NOT NULL DEFAULT 0,
    released      INTEGER NOT NULL DEFAULT 0,
    reward        TEXT,
    sale_id       TEXT,
    CHECK (captured >= 0 AND released >= 0 AND captured + released <= points)
) STRICT, WITHOUT ROWID;

CREATE INDEX holds_of_sale ON holds (sale_id) WHERE sale_id IS NOT NULL;

-- Written as the question is asked: with the column on the right, SQLite would not find the index.
CREATE INDEX open_holds ON holds (expires_at) WHERE points > captured + released;

-- Redemptions that a sale named on a frozen ledger, and that were not here.
CREATE TABLE named (
    redemption_id TEXT PRIMARY KEY,
    account       TEXT NOT NULL,
    sale_id       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE held_lots (
    redemption_id TEXT    NOT NULL,
    earned_on     TEXT    NOT NULL,
    epoch         INTEGER NOT NULL,
    seq           INTEGER NOT NULL,
    points        INTEGER NOT NULL CHECK (points > 0),
    PRIMARY KEY (redemption_id, earned_on, epoch, seq)
) STRICT, WITHOUT ROWID;

-- Vouchers by their codes. What is held or used says by which redemption.
CREATE TABLE vouchers (
    code          TEXT    PRIMARY KEY,
    epoch         INTEGER NOT NULL,
    seq           INTEGER NOT NULL,
    account       TEXT    NOT NULL,
    points        INTEGER NOT NULL CHECK (points >= 0),
    value_minor   INTEGER CHECK (value_minor >= 0),
    currency      TEXT,
    reward        TEXT,
    good_until    TEXT,
    partner       INTEGER NOT NULL CHECK (partner IN (0, 1)),
    voucher_id    TEXT    UNIQUE,
    sale_id       TEXT,
    state         TEXT    NOT NULL DEFAULT 'issued'
                  CHECK (state IN ('issued', 'held', 'used', 'gone')),
    redemption_id TEXT,
    CHECK ((value_minor IS NULL) <> (reward IS NULL)),
    CHECK ((value_minor IS NULL) = (currency IS NULL)),
    CHECK ((redemption_id IS NOT NULL) = (state IN ('held', 'used')))
) STRICT, WITHOUT ROWID;

CREATE INDEX vouchers_of_sale ON vouchers (sale_id) WHERE sale_id IS NOT NULL;

-- Redemptions that held a voucher, and how each stands.
CREATE TABLE voucher_uses (
    redemption_id TEXT    PRIMARY KEY,
    epoch         INTEGER NOT NULL,
    seq           INTEGER NOT NULL,
    code          TEXT    NOT NULL,
    expires_at    TEXT    NOT NULL,
    state         TEXT    NOT NULL DEFAULT 'held'
                  CHECK (state IN ('held', 'used', 'released', 'came_back')),
    sale_id       TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX voucher_uses_of_sale ON voucher_uses (sale_id) WHERE sale_id IS NOT NULL;

CREATE INDEX held_vouchers ON voucher_uses (expires_at) WHERE state = 'held';

CREATE TABLE leases (
    account TEXT    PRIMARY KEY,
    granted INTEGER NOT NULL,
    change  INTEGER NOT NULL,
    CHECK (granted >= 0 AND granted + change >= 0)
) STRICT, WITHOUT ROWID;

-- What was redeemed beyond this device's rights, by the entry that held it.
CREATE TABLE floors (
    epoch         INTEGER NOT NULL,
    seq           INTEGER NOT NULL,
    account       TEXT    NOT NULL,
    business_date TEXT    NOT NULL,
    points        INTEGER NOT NULL CHECK (points > 0),
    PRIMARY KEY (epoch, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX floors_of_account ON floors (account, epoch, seq);

CREATE INDEX floors_of_day ON floors (business_date);

-- Head office's recalls that were answered in the present epoch; each is answered once.
CREATE TABLE recalls (
    account TEXT    NOT NULL,
    recall  INTEGER NOT NULL,
    PRIMARY KEY (account, recall)
) STRICT, WITHOUT ROWID;

CREATE TABLE tiers (
    account    TEXT PRIMARY KEY,
    tier       TEXT NOT NULL,
    since      TEXT NOT NULL,
    kept_until TEXT
) STRICT, WITHOUT ROWID;

-- What counts toward tiers and limits, a row for each day on which a member bought or brought back.
CREATE TABLE counted (
    account       TEXT    NOT NULL,
    business_date TEXT    NOT NULL,
    points        INTEGER NOT NULL,
    spend_minor   INTEGER NOT NULL,
    PRIMARY KEY (account, business_date)
) STRICT, WITHOUT ROWID;

-- What a member had of a promotion and kept: on each business date, and in all under ''.
CREATE TABLE uses (
    account       TEXT    NOT NULL,
    business_date TEXT    NOT NULL,
    promotion     TEXT    NOT NULL,
    times         INTEGER NOT NULL CHECK (times >= 0),
    points        INTEGER NOT NULL CHECK (points >= 0),
    PRIMARY KEY (account, business_date, promotion)
) STRICT, WITHOUT ROWID;

-- What a sale had of a promotion, and how much of it came back; nothing once all of it did.
CREATE TABLE promoted (
    sale_id       TEXT    NOT NULL,
    promotion     TEXT    NOT NULL,
    business_date TEXT    NOT NULL,
    points        INTEGER NOT NULL,
    back          INTEGER NOT NULL DEFAULT 0 CHECK (back BETWEEN 0 AND points),
    PRIMARY KEY (sale_id, promotion)
) STRICT, WITHOUT ROWID;

-- What this device gave of a promotion, for its budget.
CREATE TABLE given (
    promotion TEXT    PRIMARY KEY,
    points    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who brought whom. sale_id is the friend's sale that has paid for it, and stands.
CREATE TABLE referrals (
    account  TEXT PRIMARY KEY,
    referrer TEXT NOT NULL CHECK (referrer <> account),
    sale_id  TEXT
) STRICT, WITHOUT ROWID;

-- What a friend's sale gave for it; the referrer's points are the lot of the entry (epoch, seq).
CREATE TABLE paid_referrals (
    sale_id       TEXT    PRIMARY KEY,
    account       TEXT    NOT NULL,
    referrer      TEXT    NOT NULL,
    promotion     TEXT    NOT NULL,
    points        INTEGER NOT NULL,
    friend_points INTEGER NOT NULL,
    spent_minor   INTEGER NOT NULL,
    minimum_minor INTEGER NOT NULL,
    epoch         INTEGER,
    seq           INTEGER,
    is_back       INTEGER NOT NULL DEFAULT 0 CHECK (is_back IN (0, 1))
) STRICT, WITHOUT ROWID;

-- Sales that earned within the last hour, where the program limits them: when each was by the POS's
-- clock and by the device's, in seconds since 1970.
CREATE TABLE recent_sales (
    account    TEXT    NOT NULL,
    recorded_s INTEGER NOT NULL,
    sale_id    TEXT    NOT NULL,
    occurred_s INTEGER NOT NULL,
    PRIMARY KEY (account, recorded_s, sale_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX recent_sales_by_age ON recent_sales (recorded_s);

-- The things that a member was given as vouchers, by the reward or stamp card that gave each.
CREATE TABLE things (
    account  TEXT NOT NULL,
    reward   TEXT NOT NULL,
    code     TEXT NOT NULL,
    given_on TEXT NOT NULL,
    PRIMARY KEY (account, reward, code)
) STRICT, WITHOUT ROWID;

CREATE INDEX things_to_be_had ON vouchers (account, reward)
 WHERE reward IS NOT NULL AND state = 'issued';

-- The stamps on each member's cards, below zero where some are owed.
CREATE TABLE stamps (
    account TEXT    NOT NULL,
    card    TEXT    NOT NULL,
    stamps  INTEGER NOT NULL,
    PRIMARY KEY (account, card)
) STRICT, WITHOUT ROWID;

-- What a sale brought to a card, and what of it was taken back.
CREATE TABLE stamped (
    sale_id    TEXT    NOT NULL,
    card       TEXT    NOT NULL,
    text       TEXT    NOT NULL,
    fills      INTEGER NOT NULL,
    stamps     INTEGER NOT NULL,
    taken_back INTEGER NOT NULL DEFAULT 0 CHECK (taken_back BETWEEN 0 AND stamps),
    PRIMARY KEY (sale_id, card)
) STRICT, WITHOUT ROWID;

CREATE TABLE sales (
    sale_id        TEXT    PRIMARY KEY,
    epoch          INTEGER NOT NULL,
    seq            INTEGER NOT NULL,
    account        TEXT,
    total_minor    INTEGER NOT NULL,
    currency       TEXT    NOT NULL DEFAULT '',
    points         INTEGER NOT NULL,
    returned_minor INTEGER NOT NULL DEFAULT 0,
    taken_back     INTEGER NOT NULL DEFAULT 0,
    voided         INTEGER NOT NULL DEFAULT 0 CHECK (voided IN (0, 1)),
    claim_epoch    INTEGER,
    claim_seq      INTEGER,
    void_epoch     INTEGER,
    void_seq       INTEGER,
    redeemed       INTEGER NOT NULL DEFAULT 0,
    given_back     INTEGER NOT NULL DEFAULT 0,
    rewarded       INTEGER NOT NULL DEFAULT 0,
    spend_minor    INTEGER,
    CHECK (returned_minor BETWEEN 0 AND total_minor),
    CHECK (taken_back BETWEEN 0 AND points)
) STRICT, WITHOUT ROWID;

CREATE TABLE returns (
    sale_id   TEXT    NOT NULL,
    return_id TEXT    NOT NULL,
    epoch     INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    PRIMARY KEY (sale_id, return_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE adjustments (
    adjust_id TEXT    PRIMARY KEY,
    epoch     INTEGER NOT NULL,
    seq       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a POS reports at the end of its day, by lane and cashier; '' where nobody said who.
CREATE TABLE days (
    business_date   TEXT    NOT NULL,
    lane            TEXT    NOT NULL,
    cashier         TEXT    NOT NULL,
    currency        TEXT    NOT NULL,
    sales           INTEGER NOT NULL DEFAULT 0,
    total_minor     INTEGER NOT NULL DEFAULT 0,
    points          INTEGER NOT NULL DEFAULT 0,
    claims          INTEGER NOT NULL DEFAULT 0,
    redemptions     INTEGER NOT NULL DEFAULT 0,
    redeemed_points INTEGER NOT NULL DEFAULT 0,
    returns         INTEGER NOT NULL DEFAULT 0,
    returned_minor  INTEGER NOT NULL DEFAULT 0,
    voids           INTEGER NOT NULL DEFAULT 0,
    voided_minor    INTEGER NOT NULL DEFAULT 0,
    points_taken    INTEGER NOT NULL DEFAULT 0,
    points_given    INTEGER NOT NULL DEFAULT 0,
    adjustments     INTEGER NOT NULL DEFAULT 0,
    adjusted_points INTEGER NOT NULL DEFAULT 0,
    adjusted_net    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (business_date, lane, cashier, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE flags (
    epoch         INTEGER NOT NULL,
    seq           INTEGER NOT NULL,
    flag          TEXT    NOT NULL,
    business_date TEXT    NOT NULL,
    recorded_at   TEXT    NOT NULL,
    account       TEXT,
    lane          TEXT,
    cashier       TEXT,
    sale_id       TEXT,
    reason        TEXT    NOT NULL,
    PRIMARY KEY (epoch, seq, flag)
) STRICT, WITHOUT ROWID;

CREATE TABLE epochs (
    epoch       INTEGER PRIMARY KEY,
    incarnation TEXT    NOT NULL,
    cause       TEXT    NOT NULL CHECK (cause IN ('welcomed', 'confirmed', 'restored', 'rebuilt')),
    reason      TEXT    NOT NULL
) STRICT;

INSERT INTO meta (key, value) VALUES ('projections', 'stale');
