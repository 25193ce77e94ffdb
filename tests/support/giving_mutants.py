"""Ways in which points for bringing a friend, or the sales of an hour, could be wrong."""

from text_mutant import Mutant

__all__ = ["MUTANTS"]

_FRIENDS = "tests/unit/test_who_brings_a_friend_is_given_points.py"
_HOUR = "tests/unit/test_sales_of_an_hour_are_limited.py"
_TOGETHER = "tests/unit/test_what_costs_nothing_goes_with_others_or_not.py"
MUTANTS = {
    "referral_paid_with_each_sale": Mutant(
        file="agent/ledger/sql/queries.sql",
        old="SELECT referrer FROM referrals WHERE account = ? AND sale_id IS NULL;",
        new="SELECT referrer FROM referrals WHERE account = ?;",
        caught_by=f"{_FRIENDS}::test_the_first_sale_pays_both_once",
    ),
    "referral_paid_below_its_minimum": Mutant(
        file="agent/core/referring.py",
        old="    return 0 < spent_minor >= minimum_minor\n",
        new="    return 0 < spent_minor\n",
        caught_by=f"{_FRIENDS}::test_a_smaller_sale_changes_nothing",
    ),
    "referral_paid_with_points": Mutant(
        file="agent/core/referring.py",
        old="paid_minor - sale.paid_with_points_minor, sale",
        new="paid_minor, sale",
        caught_by=f"{_FRIENDS}::test_only_money_counts[paid with points]",
    ),
    "referrer_keeps_the_points": Mutant(
        file="agent/till/referring.py",
        old="    return Lost(referrer=paid.referrer, referral_points=paid.friend_points)\n",
        new="    return Lost(referrer=None, referral_points=paid.friend_points)\n",
        caught_by=f"{_FRIENDS}::test_what_comes_back_below_the_minimum_takes_it[False]",
    ),
    "referral_taken_twice": Mutant(
        file="agent/till/referring.py",
        old="    if paid is None or paid.is_back:\n",
        new="    if paid is None:\n",
        caught_by=f"{_FRIENDS}::test_what_comes_back_below_the_minimum_takes_it[True]",
    ),
    "referral_shared_by_money": Mutant(
        file="agent/till/referring.py",
        old="points=sale.points - paid.friend_points, taken_back=taken_back)",
        new="taken_back=taken_back)",
        caught_by=f"{_FRIENDS}::test_what_comes_back_below_the_minimum_takes_it[False]",
    ),
    "friends_part_forgotten_between_returns": Mutant(
        file="agent/till/referring.py",
        old="paid.friend_points if paid.is_back else 0",
        new="0 if paid.is_back else 0",
        caught_by=f"{_FRIENDS}::test_a_return_between_two_others_takes_its_own",
    ),
    "referral_used_up_by_a_void": Mutant(
        file="agent/ledger/referrals.py",
        old='    connection.execute(SQL["reopen_referral"], (fact.sale_id,))\n',
        new="",
        caught_by=f"{_FRIENDS}::test_the_next_sale_pays_after_that",
    ),
    "referrer_never_in_debt": Mutant(
        file="agent/till/referring.py",
        old="MOST_POINTS + balance)",
        new="max(0, balance))",
        caught_by=f"{_FRIENDS}::test_who_has_spent_it_owes_it",
    ),
    "claim_pays_no_referrer": Mutant(
        file="agent/till/claims.py",
        old="    pay_referrer(transaction, terms, fact, basket.business_date, counts_on)\n",
        new="",
        caught_by=f"{_FRIENDS}::test_a_card_that_is_shown_later_pays",
    ),
    "referral_leads_to_a_tier": Mutant(
        file="agent/ledger/progress.py",
        old="0 if fact.referral is None else fact.referral.friend_points",
        new="0",
        caught_by=f"{_FRIENDS}::test_they_lead_to_no_tier_and_fill_no_limit",
    ),
    "referral_taken_off_a_tier": Mutant(
        file="agent/ledger/progress.py",
        old="fact.from_active + fact.from_pending - fact.referral_points",
        new="fact.from_active + fact.from_pending",
        caught_by=f"{_FRIENDS}::test_they_lead_to_no_tier_and_fill_no_limit",
    ),
    "blocked_card_refers": Mutant(
        file="agent/till/brought.py",
        old='if row.card_state == "active" else',
        new="if row.card_state else",
        caught_by=f"{_FRIENDS}::test_a_blocked_card_refers_nobody[lost]",
    ),
    "own_number_is_a_strangers": Mutant(
        file="agent/till/brought.py",
        old="    if shown == own or (",
        new="    if shown == own and (",
        caught_by=f"{_FRIENDS}::test_whoever_is_named_the_member_is_made[0000000009-self]",
    ),
    "referrer_without_rights": Mutant(
        file="agent/till/referring.py",
        old="            lease=terms.earned_lease(transaction, paid.referrer, active),\n",
        new="            lease=0,\n",
        caught_by=f"{_FRIENDS}::test_they_can_be_spent_where_they_were_given[False]",
    ),
    "referrer_loses_it_twice": Mutant(
        file="agent/ledger/referrals.py",
        old='SQL["take_referral_back"], taken).rowcount != 1:',
        new='SQL["take_referral_back"], taken).rowcount > 1:',
        caught_by=f"{_FRIENDS}::test_nothing_is_paid_twice",
    ),
    "referrer_paid_twice": Mutant(
        file="agent/ledger/sql/queries.sql",
        old=" AND promotion = ? AND points = ? AND seq IS NULL;",
        new=" AND promotion = ? AND points = ?;",
        caught_by=f"{_FRIENDS}::test_nothing_is_paid_twice",
    ),
    "hour_by_the_pos_alone": Mutant(
        file="agent/ledger/sql/queries.sql",
        old="?1 AND recorded_s > ?2 - ?4 AND recorded_s < ?2 + ?4\n",
        new="?1 AND ?2 > 0\n",
        caught_by=f"{_HOUR}::test_a_pos_whose_clock_stands_still_locks_nobody_out[0]",
    ),
    "hour_by_the_device_alone": Mutant(
        file="agent/ledger/sql/queries.sql",
        old="   AND occurred_s > ?3 - ?4 AND occurred_s < ?3 + ?4 AND voided = 0;",
        new="   AND ?3 IS NOT NULL AND voided = 0;",
        caught_by=f"{_HOUR}::test_a_queue_that_comes_late_is_not_punished",
    ),
    "hour_counts_what_was_called_off": Mutant(
        file="agent/ledger/sql/queries.sql",
        old="occurred_s < ?3 + ?4 AND voided = 0;",
        new="occurred_s < ?3 + ?4;",
        caught_by=f"{_HOUR}::test_a_sale_called_off_counts_no_more",
    ),
    "hour_counts_what_earned_nothing": Mutant(
        file="agent/till/judging.py",
        old="seconds_of(sale.occurred_at) if is_counted and earned.points else None",
        new="seconds_of(sale.occurred_at) if is_counted else None",
        caught_by=f"{_HOUR}::test_what_goes_beyond_is_withheld",
    ),
    "hour_never_asked": Mutant(
        file="agent/till/judging.py",
        old="and per_day is None and per_hour is None:",
        new="and per_day is None:",
        caught_by=f"{_HOUR}::test_what_goes_beyond_is_withheld",
    ),
    "hour_grows_with_history": Mutant(
        file="agent/ledger/recent.py",
        old="(recorded_s - HOUR_S, _MOST_DROPPED)",
        new="(recorded_s - HOUR_S, 0)",
        caught_by=f"{_HOUR}::test_the_table_is_as_large_as_an_hour",
    ),
    "referral_paid_with_a_voucher": Mutant(
        file="agent/core/referring.py",
        old='for each in sale.tenders if each.kind == "voucher")',
        new='for each in sale.tenders if each.kind == "nothing")',
        caught_by=f"{_FRIENDS}::test_only_money_counts[paid with a voucher]",
    ),
    "friends_part_frees_a_budget": Mutant(
        file="agent/ledger/progress.py",
        old="        points, taken = points - apart, taken - apart_taken\n",
        new="        pass\n",
        caught_by="tests/unit/test_a_friends_part_frees_no_budget.py"
        "::test_a_budget_has_the_goods_share_again[it stays]",
    ),
    "sale_refused_for_a_voucher_too_late": Mutant(
        file="agent/till/sales.py",
        old="    refuse_names(transaction, sale_id, sale, named)\n",
        new="",
        caught_by="tests/unit/test_a_sale_refused_for_a_voucher_writes_nothing.py"
        "::test_the_same_day_too",
    ),
    "thing_by_its_code_beside_anything": Mutant(
        file="agent/till/voucher_uses.py",
        old="voucher.account, wish.sale_id, voucher.reward)",
        new="voucher.account, None, voucher.reward)",
        caught_by=f"{_TOGETHER}::test_its_code_is_refused_too[alone]",
    ),
    "thing_no_reward_of_its_sale": Mutant(
        file="agent/till/fitting.py",
        old="            yield from _thing(view, program, redemption_id, captured=captured)\n",
        new="",
        caught_by=f"{_TOGETHER}::test_a_quote_and_a_sale_say_it[alone]",
    ),
}
