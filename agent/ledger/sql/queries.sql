-- name: append_entry
INSERT INTO journal (epoch, seq, id, canonical, hash) VALUES (?, ?, ?, ?, ?);

-- name: entry_at
SELECT canonical, hash FROM journal WHERE epoch = ? AND seq = ?;

-- name: head
SELECT epoch, seq, hash FROM journal ORDER BY epoch DESC, seq DESC LIMIT 1;

-- name: entries_after
SELECT epoch, seq, canonical, hash FROM journal
 WHERE (epoch, seq) > (?, ?) ORDER BY epoch, seq LIMIT ?;

-- name: count_entries
SELECT count(*) FROM journal;

-- name: misnamed_entry
SELECT epoch, seq FROM journal
 WHERE id IS NOT json_extract(CAST(canonical AS TEXT), '$.id') ORDER BY epoch, seq LIMIT 1;

-- name: put_meta
INSERT INTO meta (key, value) VALUES (?, ?)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: get_meta
SELECT value FROM meta WHERE key = ?;

-- name: post
INSERT INTO balances (owner, bucket, points) VALUES (?, ?, ?)
    ON CONFLICT (owner, bucket) DO UPDATE SET points = points + excluded.points;

-- name: balance
SELECT points FROM balances WHERE owner = ? AND bucket = ?;

-- name: balances
SELECT account, coalesce(points, 0) FROM accounts
  LEFT JOIN balances ON owner = account AND bucket = 'active' ORDER BY account;

-- name: add_account
INSERT INTO accounts (account) VALUES (?);

-- name: add_card
INSERT INTO cards (token, account) VALUES (?, ?);

-- name: add_sale
INSERT INTO sales (sale_id, epoch, seq) VALUES (?, ?, ?);

-- name: set_last_sale
UPDATE accounts SET last_sale_epoch = ?, last_sale_seq = ? WHERE account = ?;

-- name: account_of_card
SELECT account, last_sale_epoch, last_sale_seq
  FROM cards JOIN accounts USING (account) WHERE token = ?;

-- name: position_of_sale
SELECT epoch, seq FROM sales WHERE sale_id = ?;
