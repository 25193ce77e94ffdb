"""Ways in which a store could spend what it has no right to, or forget what it spent."""

from text_mutant import Mutant

__all__ = ["MUTANTS"]

_RESTS = "tests/unit/test_a_redemption_rests_on_a_right.py"
_WORD = "tests/unit/test_head_offices_word_is_taken_once.py"
_HISTORY = (
    "tests/unit/test_no_history_spends_beyond_rights_and_floor.py"
    "::test_no_history_spends_beyond_rights_and_floor[0]"
)

MUTANTS = {
    "delta_grant": Mutant(
        file="agent/ledger/sql/queries.sql",
        old="DO UPDATE SET granted = max(granted, excluded.granted);",
        new="DO UPDATE SET granted = granted + excluded.granted;",
        caught_by=f"{_WORD}::test_a_grant_is_a_total_and_only_grows",
    ),
    "grant_of_any_epoch": Mutant(
        file="agent/till/rights.py",
        old="    is_ours = transaction.opened() and epoch == transaction.head().epoch\n",
        new="    is_ours = transaction.opened()\n",
        caught_by=f"{_WORD}::test_another_epoch_or_generation_changes_nothing[-1-0]",
    ),
    "word_of_any_generation": Mutant(
        file="agent/till/rights.py",
        old="    return is_ours and generation == transaction.generation()\n",
        new="    return is_ours\n",
        caught_by=f"{_WORD}::test_another_epoch_or_generation_changes_nothing[0--1]",
    ),
    "recall_unnumbered": Mutant(
        file="agent/till/rights.py",
        old="            if recall < 1 or transaction.is_answered(account, recall):\n",
        new="            if recall < 1:\n",
        caught_by=f"{_WORD}::test_a_recall_is_answered_once",
    ),
    "recall_keeps_nothing": Mutant(
        file="agent/till/rights.py",
        old="            points = max(0, transaction.right(account) - keep)\n",
        new="            points = transaction.right(account)\n",
        caught_by=f"{_WORD}::test_a_recall_is_answered_once",
    ),
    "merge_keeps_own": Mutant(
        file="agent/till/rights.py",
        old="    points = transaction.right(account) if transaction.opened() else 0\n",
        new="    points = transaction.right(account) if transaction.is_frozen else 0\n",
        caught_by=f"{_RESTS}::test_rights_under_a_merged_account_go_back_at_once",
    ),
    "release_under_a_merged_account": Mutant(
        file="agent/till/redemptions.py",
        old="        transaction.root(known.account) == known.account\n",
        new="        known.account != ''\n",
        caught_by=f"{_RESTS}::test_rights_under_a_merged_account_go_back_at_once",
    ),
    "epoch_of_its_own_earns_rights": Mutant(
        file="agent/till/terms.py",
        old="        if self.alone or not transaction.opened() or ",
        new="        if self.alone or ",
        caught_by=f"{_RESTS}::test_nothing_is_redeemed_before_a_welcome",
    ),
    "giveback_local": Mutant(
        file="agent/till/redemptions.py",
        old="            lease=min(points, covered) if is_mine else 0,\n",
        new="            lease=points if is_mine else 0,\n",
        caught_by=f"{_RESTS}::test_a_release_gives_back_what_was_covered_once",
    ),
    "release_of_another_epoch": Mutant(
        file="agent/till/redemptions.py",
        old="known.place[0] == transaction.head().epoch and (",
        new="known.place[0] <= transaction.head().epoch and (",
        caught_by=f"{_RESTS}::test_a_hold_of_another_epoch_gives_nothing_back",
    ),
    "late_capture_free": Mutant(
        file="agent/till/afresh.py",
        old="    return is_held and not terms.alone and known.place[0] != view.head().epoch\n",
        new="    return is_held and not terms.alone and known.place[0] > view.head().epoch\n",
        caught_by=f"{_RESTS}::test_a_hold_of_another_epoch_is_judged_afresh",
    ),
    "return_not_min": Mutant(
        file="agent/till/terms.py",
        old="        return -min(view.right(account), points)\n",
        new="        return -points\n",
        caught_by=f"{_RESTS}::test_a_return_takes_no_more_rights_than_there_are",
    ),
    "hold_not_spent": Mutant(
        file="agent/till/covering.py",
        old="        return Covered(authority=authority, lease=-points, floor=0)\n",
        new="        return Covered(authority=authority, lease=0, floor=0)\n",
        caught_by=_HISTORY,
    ),
    "floor_unjournaled": Mutant(
        file="agent/till/redemptions.py",
        old="            floor=covered.floor,\n",
        new="            floor=0,\n",
        caught_by=_HISTORY,
    ),
    "floor_without_a_cap_for_one": Mutant(
        file="agent/core/floor.py",
        old="            rules.per_redemption,\n",
        new="",
        caught_by=f"{_RESTS}::test_one_redemption_is_capped",
    ),
    "floor_without_a_cap_for_a_member": Mutant(
        file="agent/core/floor.py",
        old="            rules.per_account - used.account_points,\n",
        new="",
        caught_by=f"{_RESTS}::test_a_member_is_capped_until_it_is_acknowledged",
    ),
    "floor_without_a_cap_for_a_day": Mutant(
        file="agent/core/floor.py",
        old="            rules.per_day - used.day_points,\n",
        new="",
        caught_by=f"{_RESTS}::test_a_day_is_capped",
    ),
    "floor_without_a_cap_for_a_device": Mutant(
        file="agent/core/floor.py",
        old="            used.device_allowed - used.device_points,\n",
        new="",
        caught_by=f"{_RESTS}::test_a_device_is_capped_by_what_head_office_allows",
    ),
    "floor_without_an_end": Mutant(
        file="agent/core/floor.py",
        old=" or used.account_times >= rules.hard_count:",
        new=":",
        caught_by=f"{_RESTS}::test_so_many_times_and_then_the_card_and_then_not_at_all",
    ),
    "floor_for_a_typed_number": Mutant(
        file="agent/core/floor.py",
        old="    if not is_proved and used.account_times >= rules.soft_count:\n        return 0\n",
        new="",
        caught_by=f"{_RESTS}::test_so_many_times_and_then_the_card_and_then_not_at_all",
    ),
    "floor_for_a_debtor": Mutant(
        file="agent/core/floor.py",
        old=" or used.is_denied",
        new="",
        caught_by=f"{_RESTS}::test_who_owes_gets_no_floor",
    ),
    "floor_given_back_by_a_release": Mutant(
        file="agent/ledger/sql/queries.sql",
        old=" WHERE account = ? AND (epoch, seq) > (?, ?);\n\n-- name: floor_of_epoch",
        new=" WHERE account = ? AND (epoch, seq) > (?, ?)\n"
        "   AND (epoch, seq) IN (SELECT epoch, seq FROM holds WHERE released = 0);\n\n"
        "-- name: floor_of_epoch",
        caught_by=f"{_RESTS}::test_a_release_gives_back_what_was_covered_once",
    ),
    "voucher_on_the_floor": Mutant(
        file="agent/till/voucher_issue.py",
        old='"lease" if by == "floor" else by',
        new="by",
        caught_by=f"{_RESTS}::test_a_voucher_is_never_issued_on_the_floor",
    ),
    "no_taken_for_silence": Mutant(
        file="agent/till/covering.py",
        old="        if why:\n            raise",
        new="        if why is None:\n            raise",
        caught_by=f"{_RESTS}::test_its_no_is_a_no",
    ),
    "allowance_shrinks": Mutant(
        file="agent/till/rights.py",
        old="            if floor_total <= transaction.floor_allowed(epoch):\n"
        "                return False\n",
        new="",
        caught_by=f"{_RESTS}::test_a_device_is_capped_by_what_head_office_allows",
    ),
}
"""Ways to be wrong about rights, each with the test that has to notice."""
