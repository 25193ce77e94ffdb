"""Ways in which stamp cards and what costs nothing could be wrong."""

from text_mutant import Mutant

__all__ = ["MUTANTS"]

_ADD_UP = "tests/unit/test_stamp_cards_add_up.py"
_GIVES = "tests/unit/test_a_full_card_gives_its_thing.py"
_ONCE = "tests/unit/test_a_treat_is_had_once_for_its_occasion.py"

MUTANTS = {
    "stamps_for_what_a_voucher_paid": Mutant(
        file="agent/core/stamp_cards.py",
        old='if each.kind == "voucher")',
        new='if each.kind == "vouchers")',
        caught_by=f"{_ADD_UP}::test_points_that_earn_bring_stamps_and_vouchers_never_do",
    ),
    "one_thing_for_many_stamps": Mutant(
        file="agent/core/stamp_cards.py",
        old="given = max(0, count) // card.stamps if gives else 0",
        new="given = int(count >= card.stamps) if gives else 0",
        caught_by=f"{_ADD_UP}::test_it_is_the_same_in_one_sale_or_in_many",
    ),
    "stamps_beyond_are_lost": Mutant(
        file="agent/core/stamp_cards.py",
        old="_standing(card, count - given * card.stamps)",
        new="_standing(card, 0 if given else count)",
        caught_by=f"{_ADD_UP}::test_no_thing_without_its_stamps",
    ),
    "owed_stamps_are_forgiven": Mutant(
        file="agent/core/stamp_cards.py",
        old="count = before + stamps\n",
        new="count = max(0, before) + stamps\n",
        caught_by=f"{_ADD_UP}::test_what_was_given_is_kept_and_its_stamps_are_owed",
    ),
    "stamps_only_for_cards_that_brought_some": Mutant(
        file="agent/core/stamp_cards.py",
        old="if each.collects(day, tier)]\n        again",
        new="if each.id in brought]\n        again",
        caught_by=f"{_ADD_UP}::test_a_return_bears_what_points_paid_as_the_sale_did",
    ),
    "a_return_takes_no_stamps": Mutant(
        file="agent/till/take_back.py",
        old="stamps=stamps_back(transaction, terms, sale_id, sale, left.share)",
        new="stamps=()",
        caught_by=f"{_GIVES}::test_what_comes_back_takes_its_stamps",
    ),
    "a_return_takes_stamps_twice": Mutant(
        file="agent/till/stamping.py",
        old="taken = stamps - now.get(card, 0) - taken_back",
        new="taken = stamps - now.get(card, 0)",
        caught_by=f"{_GIVES}::test_what_comes_back_takes_its_stamps",
    ),
    "a_frozen_ledger_gives_things": Mutant(
        file="agent/till/stamping.py",
        old="gives=view.frozen() is None",
        new="gives=True",
        caught_by=f"{_GIVES}::test_a_frozen_ledger_counts_and_gives_nothing",
    ),
    "stamps_asked_for_by_every_sale": Mutant(
        file="agent/till/stamping.py",
        old="    if not program.stamp_card:\n        return ()\n    counts",
        new="    counts",
        caught_by=f"{_GIVES}::test_a_program_without_them_writes_nothing_of_them",
    ),
    "a_treat_by_the_calendars_year": Mutant(
        file="agent/core/free_rewards.py",
        old="this_time = sum(each >= began for each in had)",
        new="this_time = sum(each.year == day.year for each in had)",
        caught_by=f"{_ONCE}::test_it_is_had_so_often",
    ),
    "a_treat_a_day_too_long": Mutant(
        file="agent/core/free_rewards.py",
        old="day > reward.last_day_of(began, account.tier)",
        new="(day - began).days > reward.days_for(account.tier) + 1",
        caught_by=f"{_ONCE}::test_a_birthday_treat_is_there_around_the_birthday",
    ),
    "a_treat_without_a_card": Mutant(
        file="agent/core/rewards.py",
        old="shown.free.get(reward.id, NOBODY)",
        new="shown.free.get(reward.id)",
        caught_by=f"{_ONCE}::test_an_offer_says_why_not",
    ),
    "a_treat_is_saved_for": Mutant(
        file="agent/core/rewards.py",
        old="        if not reward.is_free and _is_for(reward, shown)",
        new="        if _is_for(reward, shown)",
        caught_by=f"{_ONCE}::test_it_is_no_reward_to_save_for",
    ),
    "a_treat_at_each_hold": Mutant(
        file="agent/till/things.py",
        old="    if there is not None:\n        return there\n",
        new="",
        caught_by=f"{_GIVES}::test_a_hold_that_ends_gives_the_thing_back",
    ),
    "a_treat_whenever_it_is_asked_for": Mutant(
        file="agent/till/things.py",
        old="    if not offer.available:\n",
        new="    if offer is None:\n",
        caught_by=f"{_GIVES}::test_a_treat_is_for_who_has_the_occasion",
    ),
}
