-- name: make
CREATE TABLE IF NOT EXISTS taps (
    card TEXT NOT NULL PRIMARY KEY CHECK (length(card) BETWEEN 1 AND 64),
    counter INTEGER NOT NULL CHECK (counter BETWEEN 0 AND 16777215)
) STRICT, WITHOUT ROWID;

-- name: take
INSERT INTO taps (card, counter) VALUES (:card, :counter)
    ON CONFLICT (card) DO UPDATE SET counter = excluded.counter
    WHERE excluded.counter > taps.counter;

-- name: highest
SELECT counter FROM taps WHERE card = :card;
