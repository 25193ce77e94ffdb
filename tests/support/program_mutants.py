"""Ways in which the rules of a program could be wrong: what is earned, promoted, kept and spent."""

from text_mutant import Mutant

__all__ = ["MUTANTS"]

_BACK = "tests/unit/test_what_came_back_was_never_bought.py"
_COPY = "tests/unit/test_a_copy_works_its_own_out.py"
_LOWEST = "tests/unit/test_who_is_in_no_tier_is_in_the_lowest.py"
_PUSHED = "tests/unit/test_a_pushed_promotion_fits_the_program.py"
_SHARED = "tests/unit/test_what_a_gone_promotion_gave_is_shared.py"
_CAPS = "tests/unit/test_caps_and_budgets_hold_over_any_sales.py"
_EARNS = "tests/unit/test_a_sale_earns_points_floored_once.py"
_EXPLAINED = "tests/unit/test_an_explanation_states_its_number.py"
_PROMOTED = "tests/unit/test_promotions_apply_where_and_when_they_say.py"
_REFUSED = "tests/unit/test_a_program_that_contradicts_itself_is_refused.py"
_TOGETHER = "tests/unit/test_rewards_go_together_or_not.py"
_REWARDS = "tests/unit/test_rewards_are_there_when_they_can_be_had.py"
_RUN_OUT = "tests/unit/test_points_run_out_when_promised.py"
_STACKED = "tests/unit/test_promotions_stack_as_the_program_says.py"
_TIERS = "tests/unit/test_a_tier_is_kept_as_long_as_promised.py"
MUTANTS = {
    "things_share_a_piece": Mutant(
        file="agent/core/pieces.py",
        old="    if len(owned) < len(rules):\n        return None\n",
        new="",
        caught_by=f"{_TOGETHER}::test_what_goes_together",
    ),
    "a_piece_given_away_for_good": Mutant(
        file="agent/core/pieces.py",
        old="        if thing not in owned or _give(owned[thing], owned, asked):\n",
        new="        if thing not in owned:\n",
        caught_by=f"{_TOGETHER}::test_a_thing_makes_room_for_another",
    ),
    "a_thing_leaves_its_money": Mutant(
        file="agent/core/combining.py",
        old="        max(0, line.amount_minor - taken[index]) if index in taken else",
        new="        line.amount_minor if index in taken else",
        caught_by=f"{_TOGETHER}::test_what_goes_together",
    ),
    "money_comes_off_twice": Mutant(
        file="agent/core/combining.py",
        old="        most_minor = min(most_minor, bound_minor)\n",
        new="        most_minor = bound_minor\n",
        caught_by=f"{_TOGETHER}::test_what_goes_together",
    ),
    "alone_beside_others": Mutant(
        file="agent/core/combining.py",
        old="    if len(together) > 1 and any(each.rule.alone",
        new="    if len(together) > 9 and any(each.rule.alone",
        caught_by=f"{_TOGETHER}::test_what_goes_together",
    ),
    "one_more_for_a_sale": Mutant(
        file="agent/core/combining.py",
        old="    if most is not None and len(together) > most:\n",
        new="    if most is not None and len(together) > most + 1:\n",
        caught_by=f"{_TOGETHER}::test_what_goes_together",
    ),
    "reward_lines_make_the_basket_smaller": Mutant(
        file="agent/core/combining.py",
        old="max(0, sum([line.amount_minor for line in goods]))",
        new="max(0, sum([line.amount_minor for line in sale.lines]))",
        caught_by=f"{_TOGETHER}::test_what_goes_together",
    ),
    "discount_pays_for_any_goods": Mutant(
        file="agent/core/combining.py",
        old="        if rule.takes_any:\n            return self.goods_minor\n",
        new="        if rule.takes_any or rule.exclude_categories:\n"
        "            return self.goods_minor\n",
        caught_by=f"{_TOGETHER}::test_what_goes_together",
    ),
    "tier_rate_ignored": Mutant(
        file="agent/core/earning.py",
        old='    rate = rule.tier_rates.get(tier or "")\n',
        new='    rate = rule.tier_rates.get("")\n',
        caught_by=f"{_PROMOTED}::test_fractions_are_dropped_after_the_multiplier",
    ),
    "tier_rate_after_flooring": Mutant(
        file="agent/core/earning.py",
        old="Fraction(basis * rule.points * factor.numerator, unit * factor.denominator)",
        new="basis // unit * rule.points * factor",
        caught_by=f"{_PROMOTED}::test_fractions_are_dropped_after_the_multiplier",
    ),
    "excluded_category_earns": Mutant(
        file="agent/core/program/parts.py",
        old="        return self.exclude_categories | {REWARD}\n",
        new="        return frozenset({REWARD})\n",
        caught_by=f"{_EARNS}::test_excluded_categories_earn_nothing",
    ),
    "excluded_article_in_a_promotion": Mutant(
        file="agent/core/program/parts.py",
        old=" or sku in self.exclude_skus:",
        new=":",
        caught_by=f"{_PROMOTED}::test_what_it_gives",
    ),
    "promotion_at_its_last_moment": Mutant(
        file="agent/core/program/promotions.py",
        old="            return self.start <= at < self.end\n",
        new="            return self.start <= at <= self.end\n",
        caught_by=f"{_PROMOTED}::test_hours_are_those_on_the_shops_wall",
    ),
    "promotion_at_any_hour": Mutant(
        file="agent/core/promoting.py",
        old="any(hours.has(at.time()) for hours in promotion.hours)",
        new="any(promotion.hours)",
        caught_by=f"{_PROMOTED}::test_hours_are_those_on_the_shops_wall",
    ),
    "hours_end_at_midnight": Mutant(
        file="agent/core/program/promotions.py",
        old="        return at >= self.start or at < self.end\n",
        new="        return at >= self.start\n",
        caught_by=f"{_PROMOTED}::test_hours_are_those_on_the_shops_wall",
    ),
    "hours_of_another_zone": Mutant(
        file="agent/core/promoting.py",
        old="any(hours.has(at.time())",
        new="any(hours.has((at - (at.utcoffset() or timedelta())).time())",
        caught_by=f"{_PROMOTED}::test_hours_are_those_on_the_shops_wall",
    ),
    "last_day_excluded": Mutant(
        file="agent/core/program/parts.py",
        old="(last_day is None or day <= last_day)",
        new="(last_day is None or day < last_day)",
        caught_by=f"{_PROMOTED}::test_both_ends_of_its_days_belong_to_it",
    ),
    "cap_of_a_day_ignored": Mutant(
        file="agent/core/promoting.py",
        old="        most.append(caps.points_per_day - use.points_today)\n",
        new="        most.append(caps.points_per_day)\n",
        caught_by=f"{_CAPS}::test_what_is_used_up_is_not_given",
    ),
    "cap_in_all_ignored": Mutant(
        file="agent/core/promoting.py",
        old="        most.append(caps.points_in_all - use.points)\n",
        new="        most.append(caps.points_in_all)\n",
        caught_by=f"{_CAPS}::test_what_is_used_up_is_not_given",
    ),
    "once_more_than_allowed": Mutant(
        file="agent/core/promoting.py",
        old="use.times >= caps.times_in_all:",
        new="use.times > caps.times_in_all:",
        caught_by=f"{_CAPS}::test_what_is_used_up_is_not_given",
    ),
    "budget_ignored": Mutant(
        file="agent/core/promoting.py",
        old="        most.append(allowance - when.given.get(promotion.id, 0))\n",
        new="        most.append(allowance)\n",
        caught_by=f"{_CAPS}::test_what_is_used_up_is_not_given",
    ),
    "stores_share_more_than_the_budget": Mutant(
        file="agent/core/program/promotions.py",
        old="        if shared > self.points:\n",
        new="        if shared > 2 * self.points:\n",
        caught_by=f"{_CAPS}::test_stores_share_no_more_than_the_budget",
    ),
    "withheld_not_withheld": Mutant(
        file="agent/core/accumulate.py",
        old="    return (_trimmed(given, withheld) if withheld else given), withheld\n",
        new="    return given, 0\n",
        caught_by=f"{_CAPS}::test_too_many_sales_an_hour_earn_nothing",
    ),
    "withheld_twice": Mutant(
        file="agent/core/accumulate.py",
        old="        withheld -= taken\n",
        new="",
        caught_by=f"{_BACK}::test_what_is_withheld_is_taken_of_promotions_first",
    ),
    "best_gives_worst": Mutant(
        file="agent/core/promoting.py",
        old="        best = max(competing, key=",
        new="        best = min(competing, key=",
        caught_by=f"{_STACKED}::test_of_two_the_better_is_given",
    ),
    "always_competes": Mutant(
        file="agent/core/promoting.py",
        old="        offered = [each for each in offered if each[1].always or each is best]\n",
        new="        offered = [best]\n",
        caught_by=f"{_STACKED}::test_of_two_the_better_is_given",
    ),
    "birthday_off_by_one": Mutant(
        file="agent/core/promoting.py",
        old="            return days_since_birthday(day, month, day_of_month) <= within_days\n",
        new="            return days_since_birthday(day, month, day_of_month) < within_days\n",
        caught_by=f"{_PROMOTED}::test_occasions",
    ),
    "leap_day_birthday_forgotten": Mutant(
        file="agent/core/calendar.py",
        old="    return days_after(date(year, month, 1), day_of_month - 1)\n",
        new="    return days_after(date(year, month, 1), min(day_of_month, 28) - 1)\n",
        caught_by=f"{_PROMOTED}::test_a_birthday_of_the_leap_day",
    ),
    "minimum_of_litres": Mutant(
        file="agent/core/promoting.py",
        old="    basis = _paid_minor(bought, taken)\n",
        new="    basis = sum([whole.basis for _, whole, _ in based])\n",
        caught_by=f"{_PROMOTED}::test_a_minimum_is_money_once",
    ),
    "expiry_a_month_early": Mutant(
        file="agent/core/expiry.py",
        old="        gone = first_of_month(since, expiry.months + 1)\n",
        new="        gone = first_of_month(since, expiry.months)\n",
        caught_by=f"{_RUN_OUT}::test_the_calendar_at_its_edges",
    ),
    "month_cut_short": Mutant(
        file="agent/core/calendar.py",
        old="    return same if same.month == first.month else first_of_month(first, 1)\n",
        new="    return same if same.month == first.month else days_after(first, 27)\n",
        caught_by=f"{_RUN_OUT}::test_the_calendar_at_its_edges",
    ),
    "points_of_a_tier_run_out": Mutant(
        file="agent/core/expiry.py",
        old="    if expiry is None or account.tier in expiry.never_tiers:\n",
        new="    if expiry is None:\n",
        caught_by=f"{_RUN_OUT}::test_points_of_some_tiers_stay",
    ),
    "kept_until_ignored": Mutant(
        file="agent/core/tiers.py",
        old="    if before.kept_until is None or day <= days_after(before.kept_until,",
        new="    if before.kept_until is None or day <= days_after(before.since,",
        caught_by=f"{_TIERS}::test_a_tier_is_kept_to_its_last_day_and_grace",
    ),
    "grace_ignored": Mutant(
        file="agent/core/tiers.py",
        old="day <= days_after(before.kept_until, rules.grace_days):",
        new="day <= before.kept_until:",
        caught_by=f"{_TIERS}::test_a_tier_is_kept_to_its_last_day_and_grace",
    ),
    "calendar_year_does_not_reset": Mutant(
        file="agent/core/tiers.py",
        old="        return date(day.year, 1, 1)\n",
        new="        return date(day.year - 1, 1, 1)\n",
        caught_by=f"{_TIERS}::test_a_calendar_year_begins_at_nothing",
    ),
    "all_steps_down_at_once": Mutant(
        file="agent/core/tiers.py",
        old='    if rules.down == "one" and rules.index(left.tier) < had:\n',
        new='    if rules.down == "one" and rules.index(left.tier) < 0:\n',
        caught_by=f"{_TIERS}::test_one_step_down_at_a_time",
    ),
    "leap_day_loses_a_day": Mutant(
        file="agent/core/tiers.py",
        old="    return min(days_after(month, day.day), first_of_month(month, 1))\n",
        new="    return days_after(month, day.day)\n",
        caught_by=f"{_TIERS}::test_the_period_at_its_edges",
    ),
    "reward_for_the_wrong_tier": Mutant(
        file="agent/core/rewards.py",
        old="shown.tier == _UNKNOWN or shown.tier in reward.tiers\n",
        new="shown.tier == _UNKNOWN or shown.tier is not None\n",
        caught_by=f"{_REWARDS}::test_who_may_have_it",
    ),
    "reward_to_any_card": Mutant(
        file="agent/core/rewards.py",
        old="PROOFS.index(shown.proof) < PROOFS.index(reward.proof)",
        new="PROOFS.index(shown.proof) > PROOFS.index(reward.proof)",
        caught_by=f"{_REWARDS}::test_who_may_have_it",
    ),
    "share_of_the_basket_ignored": Mutant(
        file="agent/core/combining.py",
        old="        share_minor = self.goods_minor * rule.most_percent // 100\n",
        new="        share_minor = self.goods_minor\n",
        caught_by=f"{_REWARDS}::test_a_share_of_the_basket",
    ),
    "again_gives_more_than_before": Mutant(
        file="agent/core/accumulate.py",
        old="        if again is not None and worth.points > again.most(rule.id):\n",
        new="        if again is not None and worth.points > 10**9:\n",
        caught_by=f"{_BACK}::test_what_was_withheld_is_not_given_by_a_return",
    ),
    "no_tier_is_no_tier": Mutant(
        file="agent/core/promoting.py",
        old="    if rules is None or when.account.tier in rules.places:\n",
        new="    if rules is None or when.account.tier in (None, *rules.places):\n",
        caught_by=f"{_LOWEST}::test_the_lowest_tier_is_everybodys",
    ),
    "gone_promotion_leaves_nothing": Mutant(
        file="agent/core/again.py",
        old="        if exact >= 1:\n",
        new="        if exact >= because.points:\n",
        caught_by=f"{_SHARED}::test_it_is_shared_by_money_of_its_own_lines",
    ),
    "gone_promotion_stays_whole": Mutant(
        file="agent/core/again.py",
        old="        whole, left = sums[0], max(0, min(sums))\n",
        new="        whole, left = sums[0], sums[0]\n",
        caught_by=f"{_SHARED}::test_it_is_shared_by_money_of_its_own_lines",
    ),
    "other_stores_not_counted": Mutant(
        file="agent/core/program/promotions.py",
        old="        others = self.each_store * (self.other_stores or 0)\n",
        new="        others = self.each_store\n",
        caught_by=f"{_CAPS}::test_stores_share_no_more_than_the_budget",
    ),
    "pushed_for_ever": Mutant(
        file="agent/core/pushing.py",
        old="            if getattr(each, key) is None:\n",
        new="            if key == 'starts_at' and each.starts_at is None:\n",
        caught_by=f"{_PUSHED}::test_what_does_not_fit_is_refused",
    ),
    "copy_keeps_what_was_worked_out": Mutant(
        file="agent/core/values.py",
        old="if name not in fields]:",
        new="if name in ()]:",
        caught_by=f"{_COPY}::test_a_copy_has_its_own_promotions_and_edition",
    ),
    "again_asks_the_hour_anew": Mutant(
        file="agent/core/promoting.py",
        old="        return promotion.id in when.again.because\n",
        new="        pass\n",
        caught_by=f"{_BACK}::test_a_promotion_gives_again_what_it_gave",
    ),
    "tax_stays_with_the_customer": Mutant(
        file="agent/core/taking_back.py",
        old='            "tax_minor": int(line.tax_minor * left // sold),\n',
        new="",
        caught_by=f"{_BACK}::test_tax_and_discount_come_back_with_their_goods",
    ),
    "explained_before_it_was_lowered": Mutant(
        file="agent/core/explain.py",
        old="    if worth.points < int(worth.exact):\n",
        new="    if worth.points < 0:\n",
        caught_by=f"{_EXPLAINED}::test_what_was_lowered_says_so",
    ),
    "tiers_may_overlap": Mutant(
        file="agent/core/program/tiers.py",
        old="            if above.reach <= below.reach:\n",
        new="            if above.reach < below.reach:\n",
        caught_by=f"{_REFUSED}::test_a_contradiction_is_named",
    ),
}
