"""Ways in which a journal could be misread: lots, holds, leases, sales; and clocks misquoted."""

from text_mutant import Mutant

__all__ = ["MUTANTS"]

_LOTS = "tests/unit/test_lots_are_spent_oldest_first.py"
_REFUSED = "tests/unit/test_what_contradicts_an_entry_is_refused.py"
_FROZEN = "tests/unit/test_a_frozen_ledger_spends_nothing.py"
_RIGHTS = "tests/unit/test_rights_follow_the_grants.py"
_STAMPS = "tests/unit/test_stamps_tell_what_the_clock_did.py"
_CLOCK = "tests/unit/test_a_clock_that_was_set_is_an_entry.py"
MUTANTS = {
    "youngest_lot_first": Mutant(
        file="agent/ledger/sql/queries.sql",
        old="activates_on IS NULL ORDER BY earned_on, epoch, seq LIMIT 1;",
        new="activates_on IS NULL ORDER BY earned_on DESC, epoch DESC, seq DESC LIMIT 1;",
        caught_by=f"{_LOTS}::test_the_oldest_day_goes_first",
    ),
    "debt_not_paid_first": Mutant(
        file="agent/ledger/sql/queries.sql",
        old="SELECT ?1, ?2, ?3, ?4, min(?5, points - ?6) FROM balances",
        new="SELECT ?1, ?2, ?3, ?4, ?5 FROM balances",
        caught_by=f"{_LOTS}::test_a_debt_is_paid_before_a_lot_is_made",
    ),
    "debt_paid_by_the_last_lot_alone": Mutant(
        file="agent/ledger/projections.py",
        old="made_by, part.points, to_come=to_come)",
        new="made_by, part.points, to_come=0)",
        caught_by="tests/unit/test_lots_add_up_to_the_balance.py"
        "::test_lots_that_become_active_together_pay_a_debt_once",
    ),
    "release_leaves_the_hold": Mutant(
        file="agent/ledger/lots.py",
        old="        _shrink_held(connection, redemption_id, lot, taken)\n        back, kept",
        new="        back, kept",
        caught_by=f"{_LOTS}::test_what_is_released_goes_back_youngest_first",
    ),
    "release_gives_nothing_back": Mutant(
        file="agent/ledger/lots.py",
        old="        if back > 0:",
        new="        if back < 0:",
        caught_by=f"{_LOTS}::test_what_is_released_goes_back_youngest_first",
    ),
    "hold_captured_twice": Mutant(
        file="agent/ledger/sql/schema_2.sql",
        old="    CHECK (captured >= 0 AND released >= 0 AND captured + released <= points)",
        new="    CHECK (captured >= 0 AND released >= 0)",
        caught_by=f"{_REFUSED}::test_each_is_refused_alone",
    ),
    "anybodys_hold_made_anew": Mutant(
        file="agent/ledger/sql/queries.sql",
        old=" WHERE account = excluded.account AND captured = 0 AND released = points;",
        new=" WHERE captured = 0 AND released = points;",
        caught_by=f"{_REFUSED}::test_each_is_refused_alone",
    ),
    "open_hold_made_anew": Mutant(
        file="agent/ledger/sql/queries.sql",
        old=" WHERE account = excluded.account AND captured = 0 AND released = points;",
        new=" WHERE account = excluded.account AND captured = 0;",
        caught_by=f"{_REFUSED}::test_each_is_refused_alone",
    ),
    "captured_for_no_sale_and_given_back_with_none": Mutant(
        file="agent/ledger/naming.py",
        old='    is_by_points = fact.redeemed or "points_not_redeemed" in fact.flags\n',
        new='    is_by_points = "points_not_redeemed" in fact.flags\n',
        caught_by="tests/unit/test_a_sale_spends_what_was_held_for_it.py"
        "::test_a_sale_counts_what_was_captured_for_no_sale",
    ),
    "named_while_frozen_and_given_back_with_none": Mutant(
        file="agent/ledger/naming.py",
        old='    is_by_points = fact.redeemed or "points_not_redeemed" in fact.flags\n',
        new="    is_by_points = fact.redeemed\n",
        caught_by=f"{_FROZEN}::test_what_is_captured_later_is_its_sales[None]",
    ),
    "named_while_frozen_and_left_with_another_sale": Mutant(
        file="agent/ledger/sql/queries.sql",
        old="   AND (captured = 0 OR sale_id IS NULL);",
        new="   AND sale_id IS NULL;",
        caught_by=f"{_FROZEN}::test_what_is_captured_later_is_its_sales[s-9]",
    ),
    "named_while_frozen_by_another_member": Mutant(
        file="agent/ledger/sql/queries.sql",
        old=" WHERE redemption_id = ? AND account = ? AND released < points\n",
        new=" WHERE redemption_id = ? AND account || ? <> '' AND released < points\n",
        caught_by=f"{_FROZEN}::test_what_anothers_sale_names_stays_its_members[False]",
    ),
    "named_before_it_was_held_and_forgotten": Mutant(
        file="agent/ledger/naming.py",
        old="    if named is not None:\n",
        new="    if named is None and fact.points < 0:\n",
        caught_by=f"{_FROZEN}::test_what_was_lost_with_the_disk_is_its_sales",
    ),
    "voucher_held_twice": Mutant(
        file="agent/ledger/sql/queries.sql",
        old=" WHERE code = ?2 AND account = ?3 AND state = 'issued'\n",
        new=" WHERE code = ?2 AND account = ?3 AND state <> 'gone'\n",
        caught_by=f"{_REFUSED}::test_each_is_refused_alone",
    ),
    "voucher_used_for_two_sales": Mutant(
        file="agent/ledger/sql/queries.sql",
        old="(state = 'used' AND sale_id IS NULL AND ?1 IS NOT NULL)",
        new="(state = 'used' AND ?1 IS NOT NULL)",
        caught_by=f"{_REFUSED}::test_each_is_refused_alone",
    ),
    "anybodys_hold_captured": Mutant(
        file="agent/ledger/sql/queries.sql",
        old=" WHERE redemption_id = ?2 AND account = ?3;",
        new=" WHERE redemption_id = ?2 AND ?3 <> '';",
        caught_by=f"{_REFUSED}::test_each_is_refused_alone",
    ),
    "sale_voided_twice": Mutant(
        file="agent/ledger/sql/queries.sql",
        old=" WHERE sale_id = ? AND voided = 0 AND (returned_minor",
        new=" WHERE sale_id = ? AND (returned_minor",
        caught_by=f"{_REFUSED}::test_each_is_refused_alone",
    ),
    "lease_outlives_its_epoch": Mutant(
        file="agent/ledger/rights.py",
        old='        connection.execute(SQL["forget_leases"])\n',
        new="        pass\n",
        caught_by=f"{_RIGHTS}::test_a_new_epoch_begins_without_rights",
    ),
    "old_grant_shrinks_the_lease": Mutant(
        file="agent/ledger/sql/queries.sql",
        old="SET granted = max(granted, excluded.granted);",
        new="SET granted = excluded.granted;",
        caught_by=f"{_RIGHTS}::test_a_grant_is_a_total_and_only_grows",
    ),
    "jump_not_recorded": Mutant(
        file="agent/ledger/transaction.py",
        old="            if jump_ms:\n",
        new="            if jump_ms > 10**12:\n",
        caught_by=f"{_CLOCK}::test_a_jump_comes_before_what_was_written_after_it",
    ),
    "clock_quality_lost": Mutant(
        file="agent/core/stamp.py",
        old="            synchronised=moment.synchronised,\n",
        new="            synchronised=True,\n",
        caught_by=f"{_CLOCK}::test_each_entry_quotes_every_clock",
    ),
    "jump_forgotten": Mutant(
        file="agent/core/stamp.py",
        old="            jumped=jump_ms != 0 or jumped_before,\n",
        new="            jumped=jump_ms != 0,\n",
        caught_by=f"{_STAMPS}::test_a_jump_stays_said_until_the_next_boot",
    ),
}
