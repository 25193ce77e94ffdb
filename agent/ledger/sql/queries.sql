-- name: append_entry
INSERT INTO journal (epoch, seq, id, canonical, hash) VALUES (?, ?, ?, ?, ?);

-- name: entry_at
SELECT canonical, hash FROM journal WHERE epoch = ? AND seq = ?;

-- name: newest
SELECT epoch, seq, hash, canonical FROM journal ORDER BY epoch DESC, seq DESC LIMIT 1;

-- name: entries_after
SELECT epoch, seq, canonical, hash FROM journal
 WHERE (epoch, seq) > (?, ?) ORDER BY epoch, seq LIMIT ?;

-- name: entries_as_stored
SELECT epoch, seq, canonical, hash FROM journal NOT INDEXED;

-- name: epoch_numbers
SELECT 0 UNION SELECT epoch FROM epochs ORDER BY 1;

-- name: epoch_head
SELECT max((SELECT coalesce(max(seq), 0) FROM journal WHERE epoch = :epoch),
           (SELECT coalesce(max(last_seq), 0) FROM segments WHERE epoch = :epoch));

-- name: count_entries
SELECT (SELECT count(*) FROM journal)
     + (SELECT coalesce(sum(last_seq - first_seq + 1), 0) FROM segments);

-- name: segment_of
SELECT epoch, first_seq, last_seq, last_hash, seal FROM segments
 WHERE epoch = ? AND first_seq <= ? AND last_seq >= ?;

-- name: segments
SELECT epoch, first_seq, last_seq, last_hash, seal FROM segments ORDER BY epoch, first_seq;

-- name: segment_after
SELECT epoch, first_seq, last_seq, last_hash, seal FROM segments
 WHERE (epoch, last_seq) > (?, ?) ORDER BY epoch, first_seq LIMIT 1;

-- name: add_segment
INSERT INTO segments (epoch, first_seq, last_seq, last_hash, seal) VALUES (?, ?, ?, ?, ?);

-- name: drop_segment
DELETE FROM segments WHERE epoch = ? AND first_seq = ?;

-- name: drop_segments_up_to
DELETE FROM segments WHERE (epoch, last_seq) <= (?, ?);

-- name: still_journaled
SELECT 1 FROM journal WHERE epoch = ? AND seq BETWEEN ? AND ? LIMIT 1;

-- name: unload_entries
DELETE FROM journal WHERE epoch = ? AND seq BETWEEN ? AND ?;

-- name: give_a_page_back
PRAGMA incremental_vacuum(1);

-- name: free_pages
PRAGMA freelist_count;

-- name: first_kept_place
SELECT epoch, seq FROM journal UNION ALL SELECT epoch, first_seq FROM segments ORDER BY 1, 2 LIMIT 1;

-- name: attach_live
ATTACH ? AS live;

-- name: last_live_place_before_newest
SELECT epoch, seq, hash FROM live.journal
 WHERE (epoch, seq) <= (?, ?)
   AND (epoch, seq) < (SELECT epoch, seq FROM live.journal ORDER BY epoch DESC, seq DESC LIMIT 1)
 ORDER BY epoch DESC, seq DESC LIMIT 1;

-- name: copy_live_entries_after
INSERT INTO main.journal SELECT * FROM live.journal
 WHERE (epoch, seq) > (?, ?) ORDER BY epoch, seq;

-- name: first_entries
SELECT epoch, seq, canonical, hash FROM journal WHERE epoch > 0 AND seq = 1 ORDER BY epoch;

-- name: misnamed_entry
SELECT epoch, seq FROM journal
 WHERE substr(canonical, 1, length(id) + 8) <> CAST('{"id":"' || id || '"' AS BLOB)
 ORDER BY epoch, seq LIMIT 1;

-- name: own_schema
SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema
 WHERE tbl_name <> '_sqlite_migrations';

-- name: columns_of
SELECT name FROM pragma_table_info(?) ORDER BY cid;

-- name: sum_of_postings
SELECT coalesce(sum(points), 0) FROM balances;

-- name: put_meta
INSERT INTO meta (key, value) VALUES (?, ?)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: get_meta
SELECT value FROM meta WHERE key = ?;

-- name: forget_meta
DELETE FROM meta WHERE key = ?;

-- name: put_profile
INSERT INTO profiles (account, display_name, birthday, phone) VALUES (?, ?, ?, ?)
    ON CONFLICT (account) DO UPDATE SET
        display_name = excluded.display_name, birthday = excluded.birthday, phone = excluded.phone;

-- name: erase_profile
DELETE FROM profiles WHERE account = ?;

-- name: erase_profiles
DELETE FROM profiles;

-- name: profiles
SELECT account, display_name, birthday, phone FROM profiles;

-- name: profile_of
SELECT account, display_name, birthday, phone FROM profiles WHERE account = ?;

-- name: account_of_phone
SELECT account FROM profiles WHERE phone = ?;

-- name: mirror_standing
SELECT generation, cursor, round, is_whole, run, heard_at FROM mirror_meta;

-- name: set_mirror_standing
UPDATE mirror_meta SET generation = ?, cursor = ?, round = ?, is_whole = ?, run = ?;

-- name: mirror_heard
UPDATE mirror_meta SET heard_at = ?;

-- name: ask_mirror_again
UPDATE mirror_meta SET cursor = 0, round = round + 1, is_whole = 0, run = NULL, left_out_by = NULL;

-- name: mirror_heard_as
SELECT left_out_by, scope FROM mirror_meta;

-- name: set_mirror_left_out
UPDATE mirror_meta SET left_out_by = ?;

-- name: set_mirror_scope
UPDATE mirror_meta SET scope = ?;

-- name: put_mirrored_account
INSERT INTO mirror_accounts (account, active, pending, enrolled_on, tier, tier_since, tier_until,
                             root, denied, erased, lots, last_active_on, bought, toward,
                             round)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (account) DO UPDATE SET
       active = excluded.active, pending = excluded.pending, enrolled_on = excluded.enrolled_on,
       tier = excluded.tier, tier_since = excluded.tier_since, tier_until = excluded.tier_until,
       root = excluded.root, denied = excluded.denied, erased = excluded.erased,
       lots = excluded.lots, last_active_on = excluded.last_active_on, bought = excluded.bought,
       toward = excluded.toward, round = excluded.round;

-- name: put_mirrored_card
INSERT INTO mirror_cards (token, account, state, replaced_by, round) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (token) DO UPDATE SET
       account = excluded.account, state = excluded.state, replaced_by = excluded.replaced_by,
       round = excluded.round;

-- name: add_mirrored_card
-- The card of a member who was erased may be another's since, and a page would not tell of it here.
INSERT INTO mirror_cards (token, account, state, replaced_by, round) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (token) DO UPDATE SET
       account = excluded.account, state = excluded.state, replaced_by = excluded.replaced_by,
       round = excluded.round
    WHERE mirror_cards.account IN (SELECT account FROM mirror_accounts WHERE erased = 1);

-- name: forget_mirrored_accounts
DELETE FROM mirror_accounts WHERE round < ?;

-- name: forget_mirrored_cards
DELETE FROM mirror_cards WHERE round < ?;

-- name: told_of
SELECT account, active, pending, enrolled_on, tier, tier_since, tier_until, root, denied, erased, lots,
       last_active_on, bought, toward
  FROM mirror_accounts WHERE account = ?1 OR root = ?1;

-- name: root_of
SELECT root FROM mirror_accounts WHERE account = ?;

-- name: whose_card
SELECT 0, account, state FROM cards WHERE token = ?1
 UNION ALL
SELECT 1, account, state FROM mirror_cards WHERE token = ?1;

-- name: post
UPDATE balances SET points = points + ?3 WHERE owner = ?1 AND bucket = ?2;

-- name: first_posting
INSERT INTO balances (owner, bucket, points) VALUES (?, ?, ?);

-- name: own_balance
SELECT points FROM balances WHERE owner = ? AND bucket = ?;

-- name: is_account
SELECT 1 FROM accounts WHERE account = ?1
 UNION ALL
SELECT 1 FROM mirror_accounts WHERE account = ?1
 UNION ALL
SELECT 1 FROM balances WHERE owner = ?1 AND bucket IN ('active', 'pending', 'held') LIMIT 1;

-- name: balances
SELECT account, coalesce(points, 0) FROM accounts
  LEFT JOIN balances ON owner = account AND bucket = 'active' ORDER BY account;

-- name: balances_with_mirror
SELECT account, coalesce(points, 0) + coalesce(active, 0)
  FROM (SELECT account FROM accounts UNION SELECT account FROM mirror_accounts)
  LEFT JOIN mirror_accounts USING (account)
  LEFT JOIN balances ON owner = account AND bucket = 'active' ORDER BY account;

-- name: add_account
INSERT INTO accounts (account, enrolled_on) VALUES (?, ?)
    ON CONFLICT (account) DO UPDATE SET enrolled_on = excluded.enrolled_on
 WHERE enrolled_on IS NULL;

-- name: see_account
INSERT INTO accounts (account) VALUES (?) ON CONFLICT (account) DO NOTHING;

-- name: add_card
INSERT INTO cards (token, account, state) VALUES (?, ?, 'active');

-- name: set_card
INSERT INTO cards (token, account, state, replaced_by) VALUES (?, ?, ?, ?)
    ON CONFLICT (token) DO UPDATE
   SET account = excluded.account, state = excluded.state, replaced_by = excluded.replaced_by;

-- name: add_sale
INSERT INTO sales (sale_id, epoch, seq, account, total_minor, currency, points, spend_minor)
VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: claim_sale
UPDATE sales SET claim_epoch = ?, claim_seq = ?, account = ?, points = ?, spend_minor = ?
 WHERE sale_id = ? AND account IS NULL AND voided = 0;

-- name: promote_sale
UPDATE sales SET points = points + ? WHERE sale_id = ? AND account = ?;

-- name: void_sale
UPDATE sales SET voided = 1, void_epoch = ?, void_seq = ?,
                 taken_back = taken_back + ?, given_back = given_back + ?
 WHERE sale_id = ? AND voided = 0 AND (returned_minor < total_minor OR total_minor = 0
                                      OR taken_back < points OR given_back < redeemed);

-- name: return_sale
UPDATE sales SET returned_minor = returned_minor + ?, taken_back = taken_back + ?,
                 given_back = given_back + ?
 WHERE sale_id = ?;

-- name: redeem_for_sale
UPDATE sales SET redeemed = redeemed + ?1, rewarded = rewarded + ?2
 WHERE sale_id = ?3 AND (account = ?4 OR (?5 AND account IS NOT NULL));

-- name: returns_of
SELECT return_id, epoch, seq FROM returns WHERE sale_id = ?;

-- name: places_of_sale
SELECT NULL, epoch, seq FROM sales WHERE sale_id = ?1
 UNION ALL
SELECT redemption_id, epoch, seq FROM holds WHERE sale_id = ?1
 UNION ALL
SELECT redemption_id, epoch, seq FROM voucher_uses WHERE sale_id = ?1;

-- name: add_return
INSERT INTO returns (sale_id, return_id, epoch, seq) VALUES (?, ?, ?, ?);

-- name: set_last_sale
UPDATE accounts SET last_sale_epoch = ?1, last_sale_seq = ?2, last_day = ?4, last_cashier = ?5,
       in_a_row = 1 + iif(last_day IS ?4 AND lower(last_cashier) IS lower(?5), in_a_row, 0),
       purchases = purchases + 1
 WHERE account = ?3;

-- name: set_last_sale_if_later
UPDATE accounts SET last_sale_epoch = ?1, last_sale_seq = ?2
 WHERE account = ?3
   AND (last_sale_seq IS NULL OR (last_sale_epoch, last_sale_seq) < (?1, ?2));

-- name: count_purchase
UPDATE accounts SET purchases = max(0, purchases + ?2) WHERE account = ?1;

-- name: set_last_redeemed
UPDATE accounts SET last_redeemed = ?1
 WHERE account = ?2 AND coalesce(last_redeemed, '') < ?1;

-- name: account
SELECT last_sale_epoch, last_sale_seq, last_day, last_cashier, in_a_row, enrolled_on, last_redeemed,
       purchases
  FROM accounts WHERE account = ?;

-- name: cards_of_account
SELECT token, state FROM cards WHERE account = ?1
 UNION
SELECT token, state FROM mirror_cards WHERE account = ?1;

-- name: sale
SELECT epoch, seq, account, total_minor, points, returned_minor, taken_back, voided,
       redeemed, given_back, void_epoch, void_seq, claim_epoch, claim_seq, rewarded,
       spend_minor, currency
  FROM sales WHERE sale_id = ?;

-- name: is_voided
SELECT voided FROM sales WHERE sale_id = ?;

-- name: add_lot
INSERT INTO lots (account, earned_on, epoch, seq, points, activates_on) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (account, earned_on, epoch, seq) DO UPDATE SET points = points + excluded.points;

-- name: add_lot_beyond_debt
INSERT INTO lots (account, earned_on, epoch, seq, points)
SELECT ?1, ?2, ?3, ?4, min(?5, points - ?6) FROM balances
 WHERE owner = ?1 AND bucket = 'active' AND points > ?6 AND ?5 > 0
    ON CONFLICT (account, earned_on, epoch, seq) DO UPDATE SET points = points + excluded.points;

-- name: oldest_lot
SELECT earned_on, epoch, seq, points FROM lots
 WHERE account = ? AND activates_on IS NULL ORDER BY earned_on, epoch, seq LIMIT 1;

-- name: oldest_pending_lot
SELECT earned_on, epoch, seq, points FROM lots
 WHERE account = ? AND activates_on IS NOT NULL ORDER BY earned_on, epoch, seq LIMIT 1;

-- name: lot
SELECT earned_on, points, activates_on FROM lots WHERE account = ? AND epoch = ? AND seq = ?;

-- name: due_lots
SELECT account, epoch, seq, points FROM lots
 WHERE activates_on <= ? ORDER BY activates_on, account, earned_on, epoch, seq LIMIT ?;

-- name: due_lots_of
SELECT account, epoch, seq, points FROM lots
 WHERE account = ? AND activates_on <= ? ORDER BY earned_on, epoch, seq;

-- name: resize_lot
UPDATE lots SET points = ? WHERE account = ? AND earned_on = ? AND epoch = ? AND seq = ?;

-- name: drop_lot
DELETE FROM lots WHERE account = ? AND earned_on = ? AND epoch = ? AND seq = ?;

-- name: hold
SELECT epoch, seq, account, points, captured, released, expires_at, reward, sale_id
  FROM holds WHERE redemption_id = ?;

-- name: holds_of_sale
SELECT redemption_id, captured, points - captured - released
  FROM holds WHERE sale_id = ? AND account = ? ORDER BY redemption_id;

-- name: redeemed_before_sale
SELECT coalesce(sum(captured), 0), coalesce(sum(iif(reward IS NULL, 0, captured)), 0)
  FROM holds WHERE sale_id = ?1 AND (account = ?2 OR ?3);

-- name: overdue_holds
SELECT redemption_id, expires_at FROM holds
 WHERE points > captured + released AND expires_at <= ?1
 UNION ALL
SELECT redemption_id, expires_at FROM holds
 WHERE points > captured + released AND expires_at > ?2
 ORDER BY expires_at LIMIT ?3;

-- name: add_hold
INSERT INTO holds (redemption_id, epoch, seq, account, expires_at, points, reward, sale_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (redemption_id) DO UPDATE
   SET epoch = excluded.epoch, seq = excluded.seq, expires_at = excluded.expires_at,
       points = excluded.points, released = 0, reward = excluded.reward, sale_id = excluded.sale_id
 WHERE account = excluded.account AND captured = 0 AND released = points;

-- name: adopt_redemption
UPDATE holds SET sale_id = ?
 WHERE redemption_id = ? AND account = ? AND released < points
   AND (captured = 0 OR sale_id IS NULL);

-- name: name_redemption
INSERT INTO named (redemption_id, account, sale_id)
SELECT ?2, ?3, ?1 WHERE NOT EXISTS (SELECT 1 FROM holds WHERE redemption_id = ?2)
   AND NOT EXISTS (SELECT 1 FROM voucher_uses WHERE redemption_id = ?2)
    ON CONFLICT (redemption_id) DO NOTHING;

-- name: forget_named
DELETE FROM named WHERE redemption_id = ? AND account = ? RETURNING sale_id;

-- name: capture_hold
UPDATE holds SET captured = captured + ?1, sale_id = coalesce(?4, sale_id)
 WHERE redemption_id = ?2 AND account = ?3;

-- name: release_hold
UPDATE holds SET released = released + ? WHERE redemption_id = ? AND account = ?;

-- name: add_held_lot
INSERT INTO held_lots (redemption_id, earned_on, epoch, seq, points) VALUES (?, ?, ?, ?, ?);

-- name: held_lots
SELECT earned_on, epoch, seq, points FROM held_lots
 WHERE redemption_id = ? ORDER BY earned_on, epoch, seq;

-- name: resize_held_lot
UPDATE held_lots SET points = ?
 WHERE redemption_id = ? AND earned_on = ? AND epoch = ? AND seq = ?;

-- name: drop_held_lot
DELETE FROM held_lots WHERE redemption_id = ? AND earned_on = ? AND epoch = ? AND seq = ?;

-- name: add_voucher
INSERT INTO vouchers (code, epoch, seq, account, points, value_minor, currency, reward, good_until,
                      partner, voucher_id, sale_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: hold_voucher
UPDATE vouchers SET state = 'held', redemption_id = ?1
 WHERE code = ?2 AND account = ?3 AND state = 'issued'
   AND NOT EXISTS (SELECT 1 FROM holds WHERE redemption_id = ?1);

-- name: add_voucher_use
INSERT INTO voucher_uses (redemption_id, epoch, seq, code, expires_at, sale_id)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (redemption_id) DO UPDATE
   SET epoch = excluded.epoch, seq = excluded.seq, expires_at = excluded.expires_at,
       state = 'held', sale_id = excluded.sale_id
 WHERE code = excluded.code AND state = 'released';

-- name: use_voucher
UPDATE vouchers SET state = 'used'
 WHERE code = ?1 AND account = ?2 AND redemption_id = ?3;

-- name: end_voucher_use
UPDATE voucher_uses SET state = 'used', sale_id = coalesce(?1, sale_id)
 WHERE redemption_id = ?2
   AND (state = 'held' OR (state = 'used' AND sale_id IS NULL AND ?1 IS NOT NULL));

-- name: free_voucher
UPDATE vouchers SET state = 'issued', redemption_id = NULL
 WHERE code = ?1 AND account = ?2 AND redemption_id = ?3;

-- name: free_voucher_use
UPDATE voucher_uses SET state = iif(?1 = 'sale_came_back', 'came_back', 'released')
 WHERE redemption_id = ?2 AND state = iif(?1 = 'sale_came_back', 'used', 'held');

-- name: withdraw_voucher
UPDATE vouchers SET state = 'gone' WHERE code = ? AND account = ? AND state = 'issued';

-- name: voucher
SELECT code, epoch, seq, account, points, value_minor, currency, reward, good_until, partner,
       voucher_id, sale_id, state, redemption_id
  FROM vouchers WHERE code = ?;

-- name: code_of_voucher
SELECT code FROM vouchers WHERE voucher_id = ?;

-- name: vouchers_with_sale
SELECT code FROM vouchers WHERE sale_id = ? AND state = 'issued' ORDER BY code;

-- name: voucher_use
SELECT redemption_id, epoch, seq, code, expires_at, state, sale_id
  FROM voucher_uses WHERE redemption_id = ?;

-- name: voucher_uses_of_sale
SELECT redemption_id FROM voucher_uses WHERE sale_id = ? AND state = ? ORDER BY redemption_id;

-- name: overdue_vouchers
SELECT redemption_id, expires_at FROM voucher_uses WHERE state = 'held' AND expires_at <= ?1
 UNION ALL
SELECT redemption_id, expires_at FROM voucher_uses WHERE state = 'held' AND expires_at > ?2
 ORDER BY expires_at LIMIT ?3;

-- name: change_lease
INSERT INTO leases (account, granted, change)
SELECT ?1, coalesce(max(granted), 0), ?2 + coalesce(max(change), 0) FROM leases WHERE account = ?1
    ON CONFLICT (account) DO UPDATE SET change = excluded.change;

-- name: grant_lease
INSERT INTO leases (account, granted, change) VALUES (?, ?, 0)
    ON CONFLICT (account) DO UPDATE SET granted = max(granted, excluded.granted);

-- name: lease
SELECT granted + change FROM leases WHERE account = ?;

-- name: forget_leases
DELETE FROM leases;

-- name: granted
SELECT granted FROM leases WHERE account = ?;

-- name: leased
SELECT coalesce(sum(granted + change), 0) FROM leases;

-- name: answer_recall
INSERT INTO recalls (account, recall) VALUES (?, ?);

-- name: is_answered
SELECT 1 FROM recalls WHERE account = ? AND recall = ?;

-- name: forget_recalls
DELETE FROM recalls;

-- name: add_floor
INSERT INTO floors (epoch, seq, account, business_date, points) VALUES (?, ?, ?, ?, ?);

-- name: floor_of_account
SELECT coalesce(sum(points), 0), count(*) FROM floors
 WHERE account = ? AND (epoch, seq) > (?, ?);

-- name: floor_of_epoch
SELECT coalesce(sum(points), 0) FROM floors WHERE epoch = ?;

-- name: floor_of_day
SELECT coalesce(sum(points), 0) FROM floors WHERE business_date = ?;

-- name: set_tier
INSERT INTO tiers (account, tier, since, kept_until) VALUES (?, ?, ?, ?)
    ON CONFLICT (account) DO UPDATE
   SET tier = excluded.tier, since = excluded.since, kept_until = excluded.kept_until;

-- name: tier
SELECT tier, since, kept_until FROM tiers WHERE account = ?;

-- name: count_toward
INSERT INTO counted (account, business_date, points, spend_minor) VALUES (?, ?, ?, ?)
    ON CONFLICT (account, business_date) DO UPDATE
   SET points = points + excluded.points, spend_minor = spend_minor + excluded.spend_minor;

-- name: counted_between
SELECT coalesce(sum(points), 0), coalesce(sum(spend_minor), 0) FROM counted
 WHERE account = ? AND business_date BETWEEN ? AND ?;

-- name: use_promotion
INSERT INTO uses (account, business_date, promotion, times, points)
VALUES (?1, '', ?3, 1, ?4), (?1, ?2, ?3, 1, ?4)
    ON CONFLICT (account, business_date, promotion) DO UPDATE
   SET times = times + 1, points = points + excluded.points;

-- name: unuse_promotion
UPDATE uses SET times = times - ?4, points = points - ?5
 WHERE account = ?1 AND business_date IN ('', ?2) AND promotion = ?3;

-- name: uses_of
SELECT promotion, business_date <> '', times, points FROM uses
 WHERE account = ? AND business_date IN ('', ?);

-- name: add_promoted
INSERT INTO promoted (sale_id, promotion, business_date, points) VALUES (?, ?, ?, ?);

-- name: promoted_of
SELECT promotion, business_date, points, back FROM promoted WHERE sale_id = ?;

-- name: forget_promoted
DELETE FROM promoted WHERE sale_id = ?;

-- name: promoted_back
UPDATE promoted SET back = ? WHERE sale_id = ? AND promotion = ?;

-- name: give_promotion
INSERT INTO given (promotion, points) VALUES (?, ?)
    ON CONFLICT (promotion) DO UPDATE SET points = points + excluded.points;

-- name: given
SELECT promotion, points FROM given;

-- name: add_thing
INSERT INTO things (account, reward, code, given_on) VALUES (?, ?, ?, ?);

-- name: things_given
SELECT given_on FROM things WHERE account = ? AND reward = ? ORDER BY given_on;

-- name: things_to_be_had
SELECT reward, code, good_until FROM vouchers
 WHERE account = ?1 AND reward IS NOT NULL AND state = 'issued' AND NOT partner
   AND (good_until IS NULL OR good_until >= ?2)
 ORDER BY reward, coalesce(good_until, '9999'), code;

-- name: add_stamps
INSERT INTO stamps (account, card, stamps) VALUES (?, ?, ?)
    ON CONFLICT (account, card) DO UPDATE SET stamps = stamps + excluded.stamps;

-- name: stamps_of
SELECT card, stamps FROM stamps WHERE account = ?;

-- name: add_stamped
INSERT INTO stamped (sale_id, card, text, fills, stamps) VALUES (?, ?, ?, ?, ?);

-- name: take_stamped
UPDATE stamped SET taken_back = taken_back + ? WHERE sale_id = ? AND card = ?;

-- name: stamped
SELECT card, text, fills, stamps, taken_back FROM stamped WHERE sale_id = ? ORDER BY card;

-- name: lots_of
SELECT points, earned_on, epoch, seq FROM lots WHERE account = ? AND activates_on IS NULL
 ORDER BY earned_on, epoch, seq;

-- name: refer
INSERT INTO referrals (account, referrer) VALUES (?, ?);

-- name: referrer_of
SELECT referrer FROM referrals WHERE account = ? AND sale_id IS NULL;

-- name: settle_referral
UPDATE referrals SET sale_id = ? WHERE account = ? AND referrer = ? AND sale_id IS NULL;

-- name: pay_referral
INSERT INTO paid_referrals (sale_id, account, referrer, promotion, points, friend_points,
                            spent_minor, minimum_minor)
VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: paid_referral
SELECT referrer, promotion, points, friend_points, spent_minor, minimum_minor, epoch, seq, is_back
  FROM paid_referrals WHERE sale_id = ?;

-- name: place_referral
UPDATE paid_referrals SET epoch = ?, seq = ?
 WHERE sale_id = ? AND referrer = ? AND promotion = ? AND points = ? AND seq IS NULL;

-- name: take_referral_back
UPDATE paid_referrals SET is_back = 1
 WHERE sale_id = ? AND referrer = ? AND promotion = ? AND seq IS NOT NULL AND is_back = 0;

-- name: reopen_referral
UPDATE referrals SET sale_id = NULL
 WHERE account = (SELECT account FROM paid_referrals WHERE sale_id = ?1) AND sale_id = ?1;

-- name: add_recent_sale
INSERT INTO recent_sales (account, recorded_s, sale_id, occurred_s) VALUES (?, ?, ?, ?);

-- name: drop_old_sales
DELETE FROM recent_sales WHERE (account, recorded_s, sale_id) IN (
    SELECT account, recorded_s, sale_id FROM recent_sales
     WHERE recorded_s <= ? ORDER BY recorded_s, account, sale_id LIMIT ?
);

-- name: count_recent_sales
SELECT count(*) FROM recent_sales JOIN sales USING (sale_id)
 WHERE recent_sales.account = ?1 AND recorded_s > ?2 - ?4 AND recorded_s < ?2 + ?4
   AND occurred_s > ?3 - ?4 AND occurred_s < ?3 + ?4 AND voided = 0;

-- name: add_epoch
INSERT INTO epochs (epoch, incarnation, cause, reason) VALUES (?, ?, ?, ?);

-- name: newest_epoch
SELECT epoch, incarnation, cause, reason FROM epochs ORDER BY epoch DESC LIMIT 1;

-- name: epoch
SELECT incarnation, cause, reason FROM epochs WHERE epoch = ?;

-- name: add_to_day
UPDATE days SET sales = sales + ?5, total_minor = total_minor + ?6, points = points + ?7,
                claims = claims + ?8, redemptions = redemptions + ?9,
                redeemed_points = redeemed_points + ?10, returns = returns + ?11,
                returned_minor = returned_minor + ?12, voids = voids + ?13,
                voided_minor = voided_minor + ?14, points_taken = points_taken + ?15,
                points_given = points_given + ?16, adjustments = adjustments + ?17,
                adjusted_points = adjusted_points + ?18, adjusted_net = adjusted_net + ?19
 WHERE business_date = ?1 AND lane = ?2 AND cashier = ?3 AND currency = ?4;

-- name: begin_day
INSERT INTO days (business_date, lane, cashier, currency,
                  sales, total_minor, points, claims, redemptions, redeemed_points, returns,
                  returned_minor, voids, voided_minor, points_taken, points_given, adjustments,
                  adjusted_points, adjusted_net)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: day
SELECT lane, cashier, currency,
       sales, total_minor, points, claims, redemptions, redeemed_points, returns, returned_minor,
       voids, voided_minor, points_taken, points_given, adjustments, adjusted_points, adjusted_net
  FROM days WHERE business_date = ? ORDER BY lane, cashier, currency;

-- name: adjusted_by_cashier
SELECT coalesce(sum(adjusted_points), 0) FROM days WHERE business_date = ? AND lower(cashier) = lower(?);

-- name: add_adjustment
INSERT INTO adjustments (adjust_id, epoch, seq) VALUES (?, ?, ?);

-- name: adjustment
SELECT epoch, seq FROM adjustments WHERE adjust_id = ?;

-- name: add_flag
INSERT INTO flags (epoch, seq, flag, business_date, recorded_at,
                   account, lane, cashier, sale_id, reason)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: flags
SELECT epoch, seq, flag, business_date, recorded_at, account, lane, cashier, sale_id, reason
  FROM flags WHERE (epoch, seq, flag) > (?, ?, ?) ORDER BY epoch, seq, flag LIMIT ?;
