"""Ways in which a till could be wrong: what is earned, redeemed, claimed, taken back, and twice."""

from text_mutant import Mutant

__all__ = ["MUTANTS"]

_AFRESH = "tests/unit/test_what_was_given_back_is_judged_afresh.py"
_APART = "tests/unit/test_a_reward_and_money_off_come_back_apart.py"
_BACK = "tests/unit/test_what_comes_back_is_taken_back.py"
_BLOCKED = "tests/unit/test_a_blocked_card_collects_and_spends_nothing.py"
_CAME_BACK = "tests/unit/test_a_promotion_comes_back_with_its_sale.py"
_CLUB = "tests/unit/test_the_till_agrees_with_a_plain_model.py::test_some_days_of_a_club"
_LEFT_TIER = "tests/unit/test_the_till_agrees_with_a_plain_model.py::test_a_tier_of_a_club_is_left"
_DATES = "tests/unit/test_a_date_that_cannot_be_moves_no_limit.py"
_EARNS = "tests/unit/test_a_sale_earns_points_floored_once.py"
_FLAGGED = "tests/unit/test_what_insiders_do_is_flagged.py"
_FOR_WHOM = "tests/unit/test_a_reward_is_for_who_shows_it.py"
_FROZEN = "tests/unit/test_a_frozen_ledger_spends_nothing.py"
_HELD = "tests/unit/test_points_are_held_then_spent.py"
_LEFT = "tests/unit/test_a_void_gives_back_what_returns_left.py"
_LOTS = "tests/unit/test_lots_are_spent_oldest_first.py"
_NOTHING = "tests/unit/test_what_points_paid_earns_nothing.py"
_OWN = "tests/unit/test_a_redemption_belongs_to_its_member.py"
_PROMOTED = "tests/unit/test_a_promotion_is_given_within_its_bounds.py"
_SPENDS = "tests/unit/test_a_sale_spends_what_was_held_for_it.py"
_TIER = "tests/unit/test_a_member_is_in_a_tier.py"
_TOLD = "tests/unit/test_a_cashier_is_told_why_points_stay.py"
_VOUCHERS = "tests/unit/test_a_voucher_is_used_once.py"
_WAITS = "tests/unit/test_pending_points_become_active_in_time.py"
MUTANTS = {
    "next_reward_of_days_gone_by": Mutant(
        file="agent/core/rewards.py",
        old=" and reward.last_day < day\n",
        new=" and reward.last_day > day\n",
        caught_by=f"{_FOR_WHOM}::test_the_next_reward_is_one_that_the_member_could_have",
    ),
    "hold_for_anybody": Mutant(
        file="agent/till/fitting.py",
        old="        if why_not := why_not_for(reward, who):\n",
        new="        if (why_not := why_not_for(reward, who)) and not reward:\n",
        caught_by=f"{_FOR_WHOM}::test_a_hold_is_for_its_tier",
    ),
    "typed_proves_as_much_as_read": Mutant(
        file="agent/core/tokens.py",
        old='    if token is None or how == "typed":\n',
        new="    if token is None:\n",
        caught_by=f"{_FOR_WHOM}::test_a_hold_is_for_what_the_card_proves",
    ),
    "barcode_proves_a_chip": Mutant(
        file="agent/core/tokens.py",
        old='    return _PROVED.get(token.scheme, "any")\n',
        new='    return _PROVED.get(token.scheme, "uid")\n',
        caught_by=f"{_FOR_WHOM}::test_a_hold_is_for_what_the_card_proves",
    ),
    "any_day_is_believed_for_a_reward": Mutant(
        file="agent/till/fitting.py",
        old="None if said is None or transaction.denies(said) else said",
        new="said",
        caught_by=f"{_FOR_WHOM}::test_a_day_that_cannot_be_brings_no_reward",
    ),
    "what_was_given_back_is_still_held": Mutant(
        file="agent/till/fitting.py",
        old="        if (known.released or captured) and not known.captured:\n",
        new="        if captured and not known.captured:\n",
        caught_by=f"{_FOR_WHOM}::test_a_hold_for_a_sale_goes_with_what_is_held_for_it",
    ),
    "captured_before_and_forgotten": Mutant(
        file="agent/till/fitting.py",
        old="        *_chosen(transaction, program, before, account, captured=True),\n",
        new="",
        caught_by=f"{_FOR_WHOM}::test_what_was_captured_before_counts_too",
    ),
    "reward_of_any_day_in_a_sale": Mutant(
        file="agent/till/fitting.py",
        old="    who = Asking(tier=tier, day=sale.business_date)\n",
        new="    who = Asking(tier=tier)\n",
        caught_by=f"{_FOR_WHOM}::test_a_sale_is_taken_and_says_what_does_not_fit",
    ),
    "return_without_cap": Mutant(
        file="agent/core/taking_back.py",
        old="    if not 0 <= back <= sold:\n",
        new="    if back < 0:\n",
        caught_by=f"{_BACK}::test_no_more_comes_back_than_was_sold",
    ),
    "money_back_without_cap": Mutant(
        file="agent/core/taking_back.py",
        old="    if not 0 <= returned <= total:\n",
        new="    if returned < 0:\n",
        caught_by=f"{_BACK}::test_no_more_comes_back_than_was_sold",
    ),
    "hold_without_time_out": Mutant(
        file="agent/ledger/sql/queries.sql",
        old=" WHERE points > captured + released AND expires_at <= ?1",
        new=" WHERE points > captured + released AND expires_at > ?1",
        caught_by=f"{_HELD}::test_a_hold_that_nobody_ends_goes_back",
    ),
    "hold_of_a_day": Mutant(
        file="agent/till/terms.py",
        old="    hold_for: timedelta = timedelta(minutes=15)",
        new="    hold_for: timedelta = timedelta(days=1)",
        caught_by=f"{_HELD}::test_a_hold_that_nobody_ends_goes_back",
    ),
    "held_points_still_spendable": Mutant(
        file="agent/core/postings.py",
        old='            moves = _move(fact.account, "active", "held", fact.points)',
        new='            moves = _move("program", "issued", "redeemed", fact.points)',
        caught_by=f"{_HELD}::test_held_points_cannot_be_spent_twice",
    ),
    "voucher_good_again_with_a_part": Mutant(
        file="agent/till/take_back.py",
        old="    if left.minor == 0 < sale.total_minor:\n",
        new="    if left.minor < sale.total_minor:\n",
        caught_by=f"{_VOUCHERS}::test_a_part_that_comes_back_leaves_it_used",
    ),
    "voucher_kept_by_a_dead_till": Mutant(
        file="agent/ledger/sql/queries.sql",
        old=" WHERE state = 'held' AND expires_at <= ?1\n",
        new=" WHERE state = 'held' AND expires_at < '0'\n",
        caught_by=f"{_VOUCHERS}::test_a_hold_that_nobody_ends_is_over_in_time",
    ),
    "late_sale_uses_what_another_has": Mutant(
        file="agent/till/voucher_sales.py",
        old='    is_good = voucher.state == "issued" and is_good_on(',
        new="    is_good = is_good_on(",
        caught_by=f"{_VOUCHERS}::test_a_late_sale_is_taken_without_it[used]",
    ),
    "coffee_back_for_money": Mutant(
        file="agent/till/voucher_sales.py",
        old="        if goods or known_voucher(transaction, known.code).reward is None:\n",
        new="        if known_voucher(transaction, known.code):\n",
        caught_by=f"{_VOUCHERS}::test_money_alone_brings_no_coffee_back",
    ),
    "reward_line_earns": Mutant(
        file="agent/core/program/parts.py",
        old="        return self.exclude_categories | {REWARD}\n",
        new="        return self.exclude_categories\n",
        caught_by=f"{_NOTHING}::test_a_reward_line_earns_nothing",
    ),
    "points_paid_with_points_earn": Mutant(
        file="agent/core/earning.py",
        old="sale.paid_with_points_minor if by_points and not redeemed_part_earns else 0",
        new="0 if by_points and not redeemed_part_earns else 0",
        caught_by=f"{_NOTHING}::test_money_that_points_paid_earns_nothing",
    ),
    "floored_per_line": Mutant(
        file="agent/core/earning.py",
        old="sum([amounts_minor[index] for index in counted])",
        new="sum([amounts_minor[index] // 100 * 100 for index in counted])",
        caught_by=f"{_EARNS}::test_fractions_are_dropped_once_a_sale",
    ),
    "another_currency_earns": Mutant(
        file="agent/core/accumulate.py",
        old="    if sale.currency != program.currency:\n",
        new="    if not sale.currency:\n",
        caught_by=f"{_EARNS}::test_another_currency_earns_nothing",
    ),
    "tier_of_after_the_sale": Mutant(
        file="agent/till/judging.py",
        old="            tier=None if standing is None else standing.tier,\n"
        "            enrolled_on=_day",
        new="            tier=None,\n            enrolled_on=_day",
        caught_by=f"{_TIER}::test_a_tier_counts_from_the_next_sale_on",
    ),
    "tier_of_now_judges_what_comes_back": Mutant(
        file="agent/till/judging.py",
        old="Account.model_construct(tier=judged.tier), again",
        new='Account.model_construct(tier="gold"), again',
        caught_by=f"{_TIER}::test_what_comes_back_is_judged_in_the_tier_of_then",
    ),
    "what_came_back_still_counts": Mutant(
        file="agent/ledger/progress.py",
        old="(fact.account, day, -taken, was",
        new="(fact.account, day, taken, was",
        caught_by=f"{_TIER}::test_what_came_back_no_longer_counts",
    ),
    "promotion_used_and_not_counted": Mutant(
        file="agent/ledger/sql/queries.sql",
        old="VALUES (?1, '', ?3, 1, ?4), (?1, ?2, ?3, 1, ?4)",
        new="VALUES (?1, '', ?3, 0, ?4), (?1, ?2, ?3, 0, ?4)",
        caught_by=f"{_PROMOTED}::test_a_cap_counts_what_was_given",
    ),
    "void_gives_no_times_back": Mutant(
        file="agent/ledger/progress.py",
        old="(*of_it, int(is_back), back - before))",
        new="(*of_it, 0, back - before))",
        caught_by=f"{_CAME_BACK}::test_once_is_once_of_what_was_kept",
    ),
    "part_gives_times_back": Mutant(
        file="agent/ledger/progress.py",
        old="(*of_it, int(is_back), back - before))",
        new="(*of_it, 1, back - before))",
        caught_by=f"{_CAME_BACK}::test_once_is_once_of_what_was_kept",
    ),
    "budget_not_given_back": Mutant(
        file="agent/ledger/progress.py",
        old='        connection.execute(SQL["give_promotion"], (promotion, before - back))\n',
        new="",
        caught_by=f"{_CAME_BACK}::test_a_budget_has_its_points_again",
    ),
    "void_leaves_a_purchase": Mutant(
        file="agent/ledger/progress.py",
        old="    if is_back and not was_back:\n",
        new="    if is_back and was_back:\n",
        caught_by=f"{_CAME_BACK}::test_what_came_back_whole_was_no_purchase",
    ),
    "allowance_of_no_end": Mutant(
        file="agent/till/judging.py",
        old="        given=view.given() if",
        new="        given={} if",
        caught_by=f"{_PROMOTED}::test_an_allowance_is_the_stores",
    ),
    "promotions_stay_with_what_came_back": Mutant(
        file="agent/till/judging.py",
        old=", again=Then.of(fact.sale, because)\n",
        new=", again=Then.of(fact.sale, because[:1])\n",
        caught_by=f"{_PROMOTED}::test_what_a_promotion_gave_goes_back_with_the_sale",
    ),
    "captured_twice": Mutant(
        file="agent/till/redemptions.py",
        old="    if known.captured:\n        if part is not None",
        new="    if known.captured > known.points:\n        if part is not None",
        caught_by=f"{_HELD}::test_a_capture_spends_what_is_held_once",
    ),
    "rest_of_a_capture_kept": Mutant(
        file="agent/till/redemptions.py",
        old="    if spent < known.points:\n",
        new="    if spent > known.points:\n",
        caught_by=f"{_HELD}::test_a_part_can_be_spent",
    ),
    "release_after_capture": Mutant(
        file="agent/till/redemptions.py",
        old='    if known.captured:\n        raise RedemptionEnded("its points were captured;',
        new="    if known.captured > known.points:\n"
        '        raise RedemptionEnded("its points were captured;',
        caught_by=f"{_HELD}::test_a_capture_spends_what_is_held_once",
    ),
    "capture_after_release": Mutant(
        file="agent/till/redemptions.py",
        old="    if known.released:\n"
        '        raise RedemptionEnded("its points were given back before;',
        new="    if known.released > known.points:\n"
        '        raise RedemptionEnded("its points were given back before;',
        caught_by=f"{_HELD}::test_a_release_gives_everything_back_once",
    ),
    "hold_retried_is_another": Mutant(
        file="agent/till/redemptions.py",
        old="    if known is not None:\n"
        "        _hold_same(transaction, redemption_id, known, wish, shown)\n",
        new="    if known is not None and known.captured:\n"
        "        _hold_same(transaction, redemption_id, known, wish, shown)\n",
        caught_by=f"{_HELD}::test_the_same_hold_again_is_the_same_hold",
    ),
    "debt_ignored": Mutant(
        file="agent/till/covering.py",
        old="    if member.balance < points:\n",
        new="    if abs(member.balance) < points:\n",
        caught_by=f"{_BACK}::test_a_return_may_lead_into_debt_and_the_next_points_pay_it",
    ),
    "debt_not_paid_by_what_is_released": Mutant(
        file="agent/ledger/lots.py",
        old="    kept = min(released.points, max(0, balance))",
        new="    kept = released.points",
        caught_by=f"{_LOTS}::test_a_debt_keeps_the_oldest_of_what_is_released",
    ),
    "others_rights_spent": Mutant(
        file="agent/till/terms.py",
        old="        return max(0, min(row.balance, there))\n",
        new="        return max(0, row.balance)\n",
        caught_by=f"{_HELD}::test_with_a_head_office_only_own_points_are_spent",
    ),
    "blocked_card_spends": Mutant(
        file="agent/till/members.py",
        old="    if refused is not None:\n        raise CardBlocked(refused)\n    return row\n",
        new='    if refused and row.card_state == "replaced":\n        raise CardBlocked(refused)\n'
        "    return row\n",
        caught_by=f"{_BLOCKED}::test_a_card_that_is_not_active_spends_nothing",
    ),
    "blocked_card_earns_nothing": Mutant(
        file="agent/till/sales.py",
        old="    status: SaleStatus = ",
        new='    row = row if row and row.card_state == "active" else None\n'
        "    status: SaleStatus = ",
        caught_by=f"{_BLOCKED}::test_a_card_that_is_not_active_still_collects",
    ),
    "anothers_redemption_in_a_sale": Mutant(
        file="agent/till/settling.py",
        old="    if member is None or not transaction.is_same_member(member.account, ",
        new="    if member is None or not str(",
        caught_by=f"{_HELD}::test_a_sale_does_not_spend_another_members_points",
    ),
    "redemption_in_a_sale_without_a_member": Mutant(
        file="agent/till/settling.py",
        old="    if member is None or not transaction.is_same_member(member.account, ",
        new="    if member is not None and not transaction.is_same_member(member.account, ",
        caught_by=f"{_OWN}::test_a_sale_without_a_member_spends_nobodys_points",
    ),
    "redeemed_points_not_given_back": Mutant(
        file="agent/till/take_back.py",
        old="    redeemed = sale.redeemed - left.redeemed - sale.given_back\n",
        new="    redeemed = 0\n",
        caught_by=f"{_BACK}::test_redeemed_points_come_back_as_points",
    ),
    "redeemed_points_come_back_as_money": Mutant(
        file="agent/core/taking_back.py",
        old='        _shrink(each, share) if each.kind == "points" else each for each',
        new="        each for each",
        caught_by=f"{_BACK}::test_redeemed_points_come_back_as_points",
    ),
    "void_gives_nothing_back": Mutant(
        file="agent/till/take_back.py",
        old="    redeemed = sale.redeemed - sale.given_back\n",
        new="    redeemed = 0\n",
        caught_by=f"{_OWN}::test_what_a_voided_sale_redeemed_is_its_members_again",
    ),
    "void_after_a_return_takes_twice": Mutant(
        file="agent/till/take_back.py",
        old="    taken = sale.points - sale.taken_back\n",
        new="    taken = sale.points\n",
        caught_by=f"{_BACK}::test_a_void_after_a_return_takes_the_rest",
    ),
    "void_retried_is_another": Mutant(
        file="agent/till/take_back.py",
        old="    if sale.voided is not None:\n        return _entry(",
        new="    if sale.voided is not None and sale.account is None:\n        return _entry(",
        caught_by=f"{_BACK}::test_a_void_takes_back_what_a_sale_earned",
    ),
    "return_retried_is_another": Mutant(
        file="agent/till/take_back.py",
        old="    if return_id in earlier:\n        return",
        new="    if return_id not in earlier and return_id in earlier:\n        return",
        caught_by=f"{_BACK}::test_the_same_return_again_is_the_same_return",
    ),
    "returns_rounded_one_by_one": Mutant(
        file="agent/till/take_back.py",
        old="own.points - left.points - own.taken_back + lost",
        new="min(own.points - left.points, own.points - own.taken_back) + lost",
        caught_by=f"{_BACK}::test_lines_take_back_what_they_earned",
    ),
    "pending_spent_inside_the_window": Mutant(
        file="agent/till/terms.py",
        old="        if points == 0 or self.program.return_window_days == 0:",
        new="        if points >= 0 or self.program.return_window_days == 0:",
        caught_by=f"{_BACK}::test_pending_points_wait_for_the_end_of_the_window",
    ),
    "pending_a_day_too_short": Mutant(
        file="agent/till/terms.py",
        old="timedelta(days=self.program.return_window_days)\n",
        new="timedelta(days=self.program.return_window_days - 1)\n",
        caught_by=f"{_BACK}::test_pending_points_wait_for_the_end_of_the_window",
    ),
    "pending_taken_from_active": Mutant(
        file="agent/till/take_back.py",
        old="    pending = min(taken, view.waiting(sale.account, sale.place))",
        new="    pending = 0",
        caught_by=f"{_BACK}::test_a_return_inside_the_window_takes_what_is_pending",
    ),
    "claimed_twice": Mutant(
        file="agent/till/claims.py",
        old="    if sale.account is not None:\n        raise SaleHasCard(",
        new="    if sale.account is not None and sale.claimed is None:\n        raise SaleHasCard(",
        caught_by=f"{_BACK}::test_a_card_shown_afterwards_earns_the_sale",
    ),
    "claimed_on_any_day": Mutant(
        file="agent/till/claims.py",
        old="    if said is not None and min(said, transaction.today) > basket.business_date:",
        new="    if said is None:",
        caught_by=f"{_BACK}::test_a_sale_is_claimed_on_its_own_day",
    ),
    "quote_earns_otherwise": Mutant(
        file="agent/till/quotes.py",
        old="        points=judged.earned.points,\n",
        new="        points=sale.total_minor // 100 + 1,\n",
        caught_by=f"{_HELD}::test_a_quote_says_what_could_be_redeemed",
    ),
    "quote_writes": Mutant(
        file="agent/till/till.py",
        old="        return await self._ledger.read(lambda view: quote(",
        new='        await self.commit("quoted", sale)\n'
        "        return await self._ledger.read(lambda view: quote(",
        caught_by=f"{_HELD}::test_a_quote_says_what_could_be_redeemed",
    ),
    "quote_offers_more_than_the_basket": Mutant(
        file="agent/core/rewards.py",
        old="        points = min(points, takes_minor // ",
        new="        points = max(points, takes_minor // ",
        caught_by=f"{_HELD}::test_a_quote_says_what_could_be_redeemed",
    ),
    "short_of_what_is_kept_back": Mutant(
        file="agent/core/rewards.py",
        old="    short = cost_points - points.balance\n",
        new="    short = cost_points - points.usable\n",
        caught_by=f"{_TOLD}::test_a_blocked_card_is_the_reason",
    ),
    "debt_untold": Mutant(
        file="agent/till/members.py",
        old="    if row.balance < 0:\n",
        new="    if row.balance < -(10**9):\n",
        caught_by=f"{_TOLD}::test_a_debt_is_added_to_what_is_missing",
    ),
    "another_sales_redemption_in_a_sale": Mutant(
        file="agent/till/settling.py",
        old="    if known.captured and known.sale_id not in (None, sale_id):\n",
        new="    if known.captured and known.sale_id is None:\n",
        caught_by=f"{_HELD}::test_a_sale_spends_what_it_names",
    ),
    "held_for_a_sale_and_not_spent": Mutant(
        file="agent/till/settling.py",
        old="        if held and is_paid and not sale.redemptions and not transaction.is_frozen:",
        new="        if held and redemption_id in named:",
        caught_by=f"{_SPENDS}::test_a_sale_paid_with_points_spends_what_was_held_for_it",
    ),
    "captured_before_its_sale_and_not_counted": Mutant(
        file="agent/till/settling.py",
        old="        points += captured\n",
        new="",
        caught_by=f"{_SPENDS}::test_what_was_captured_before_its_sale_pays_for_it",
    ),
    "late_sale_refused": Mutant(
        file="agent/till/settling.py",
        old="    if known.captured and known.sale_id not in (None, sale_id):\n",
        new="    if known.released or known.captured and known.sale_id not in (None, sale_id):\n",
        caught_by=f"{_AFRESH}::test_a_sale_that_comes_late_is_taken_and_judged_afresh",
    ),
    "late_sale_spends_the_same_points_twice": Mutant(
        file="agent/till/afresh.py",
        old="balance=row.balance + known.points - known.released)",
        new="balance=row.balance + known.points)",
        caught_by=f"{_AFRESH}::test_points_are_there_once_for_all_that_a_late_sale_names",
    ),
    "late_reward_without_a_flag": Mutant(
        file="agent/till/settling.py",
        old="    is_short = short > 0 or (is_paid and points == 0)\n",
        new="    is_short = is_paid and points == 0\n",
        caught_by=f"{_AFRESH}::test_a_sale_paid_with_money_takes_no_points",
    ),
    "late_sale_paid_with_money_spends": Mutant(
        file="agent/till/settling.py",
        old="        if not sale.is_paid_with_points or member.card_state",
        new="        if member.card_state",
        caught_by=f"{_AFRESH}::test_a_sale_paid_with_money_takes_no_points",
    ),
    "others_held_for_the_sale_spent_too": Mutant(
        file="agent/till/settling.py",
        old="        if held and is_paid and not sale.redemptions and not transaction.is_frozen:",
        new="        if held and is_paid and redemption_id not in named:",
        caught_by=f"{_SPENDS}::test_a_sale_paid_with_points_spends_what_it_names_only",
    ),
    "frozen_ledger_refuses_a_sale": Mutant(
        file="agent/till/settling.py",
        old="            if not (transaction.is_frozen or is_a_voucher):\n",
        new="            if not is_a_voucher:\n",
        caught_by=f"{_FROZEN}::test_it_takes_a_sale_that_names_a_redemption[nobody's]",
    ),
    "held_afresh_for_the_sale_that_named_it_last": Mutant(
        file="agent/till/afresh.py",
        old="            floor=covered.floor,\n",
        new="            floor=covered.floor,\n            sale_id=known.sale_id,\n",
        caught_by=f"{_FROZEN}::test_a_hold_is_known_by_what_it_was_held_for",
    ),
    "settled_without_what_is_due": Mutant(
        file="agent/till/sales.py",
        old="row.account if row else None):\n        row = find(transaction, shown)\n",
        new="row.account if row else None):\n        pass\n",
        caught_by=f"{_WAITS}::test_a_sale_is_settled_with_what_is_due",
    ),
    "captured_for_a_sale_that_came_back": Mutant(
        file="agent/till/fitting.py",
        old="    if sale.voided is not None or sale.is_paid_back:\n",
        new="    if sale.returned_minor > sale.total_minor:\n",
        caught_by=f"{_HELD}::test_nothing_is_spent_for_a_sale_that_came_back[void]",
    ),
    "captured_for_another_members_sale": Mutant(
        file="agent/till/fitting.py",
        old="    if not view.is_same_member(sale.account, known.account):\n",
        new="    if sale.account is None:\n",
        caught_by=f"{_OWN}::test_nothing_is_captured_for_another_members_sale[em4100:67003B51C6]",
    ),
    "captured_for_nobodys_sale": Mutant(
        file="agent/till/fitting.py",
        old="    if not view.is_same_member(sale.account, known.account):\n",
        new="    if sale.account not in (None, known.account):\n",
        caught_by=f"{_OWN}::test_nothing_is_captured_for_another_members_sale[None]",
    ),
    "part_of_less_than_can_be_held": Mutant(
        file="agent/till/wishes.py",
        old="    if points < discount.minimum or points",
        new="    if points < discount.step or points",
        caught_by=f"{_HELD}::test_no_less_is_spent_than_can_be_held",
    ),
    "hold_for_another_sale_is_the_same": Mutant(
        file="agent/till/redemptions.py",
        old="same_thing and same_sale):",
        new="same_thing):",
        caught_by=f"{_HELD}::test_a_hold_is_for_one_sale",
    ),
    "reward_comes_back_with_the_food": Mutant(
        file="agent/core/taking_back.py",
        old="    if not goods_left and not is_a_line_itself:",
        new="    if not goods_left:",
        caught_by=f"{_SPENDS}::test_a_reward_stays_with_who_kept_it",
    ),
    "reward_without_a_line_never_comes_back": Mutant(
        file="agent/core/taking_back.py",
        old="    if not goods_left and not is_a_line_itself:",
        new="    if rewards and not goods_left and not is_a_line_itself:",
        caught_by=f"{_SPENDS}::test_a_reward_without_a_line_comes_back_with_the_last_of_the_goods",
    ),
    "money_off_stays_with_what_is_kept": Mutant(
        file="agent/core/taking_back.py",
        old="_shrink_line(line, share) if index in off else line",
        new="line",
        caught_by=f"{_SPENDS}::test_money_off_comes_back_in_the_share_of_the_goods",
    ),
    "coffee_is_money_off": Mutant(
        file="agent/till/take_back.py",
        old="things=sale.rewarded > 0",
        new="things=False",
        caught_by=f"{_APART}::test_a_coffee_that_a_line_takes_off_is_told_by_its_amount",
    ),
    "money_off_is_a_coffee": Mutant(
        file="agent/core/taking_back.py",
        old="    if found or tendered or not worth_minor:",
        new="    if things:",
        caught_by=f"{_APART}::test_what_matches_nothing_is_judged_one_way",
    ),
    "discounts_line_gives_a_coffee_back": Mutant(
        file="agent/core/taking_back.py",
        old="        if line.is_reward and index not in off\n",
        new="        if line.is_reward\n",
        caught_by=f"{_APART}::test_the_coffees_line_is_the_coffee_and_the_discounts_is_not",
    ),
    "void_refused_while_points_are_left": Mutant(
        file="agent/till/take_back.py",
        old="if sale.is_paid_back and taken <= 0 and redeemed <= 0:",
        new="if sale.is_paid_back:",
        caught_by=f"{_LEFT}::test_the_coffees_points_are_left_to_a_void",
    ),
    "void_of_another_day_unseen": Mutant(
        file="agent/till/take_back.py",
        old="without_customer=_is_later(transaction, sale, business_date),",
        new="without_customer=False,",
        caught_by=f"{_FLAGGED}::test_a_void_of_a_later_day_is_a_return_without_its_customer",
    ),
    "return_of_a_date_ahead_unseen": Mutant(
        file="agent/till/take_back.py",
        old="    return said is not None and transaction.denies(said)",
        new="    return False",
        caught_by=f"{_WAITS}::test_what_comes_back_on_a_date_that_has_not_come_is_flagged",
    ),
    "return_retried_in_other_digits_is_another": Mutant(
        file="agent/till/back.py",
        old="    return {each.line: Decimal(each.quantity) for each in lines}",
        new="    return {each.line: each.quantity for each in lines}",
        caught_by=f"{_BACK}::test_a_retry_may_write_its_lines_otherwise",
    ),
    "part_of_a_reward_spent": Mutant(
        file="agent/till/wishes.py",
        old="        if held.reward is not None:\n",
        new="        if held.reward is not None and self.program.discount is None:\n",
        caught_by=f"{_SPENDS}::test_a_reward_is_one_whole_thing[wish2-500]",
    ),
    "clock_trusted_after_it_was_set": Mutant(
        file="agent/core/stamp.py",
        old="        return self.clock.synchronised and not self.clock.jumped",
        new="        return self.clock.synchronised",
        caught_by=f"{_WAITS}::test_a_clock_of_no_trust_flags_no_date",
    ),
    "member_at_the_till_waits_their_turn": Mutant(
        file="agent/till/pending.py",
        old="    if account is not None:\n"
        "        _activate(transaction, terms, said, transaction.due_lots_of"
        "(account, day.isoformat()))\n",
        new="",
        caught_by=f"{_WAITS}::test_the_member_at_the_till_comes_first",
    ),
    "claims_limited_by_the_date_of_the_sale": Mutant(
        file="agent/till/claims.py",
        old="    day = transaction.counts_on or basket.business_date",
        new="    day = basket.business_date",
        caught_by=f"{_DATES}::test_a_sale_of_a_date_that_cannot_be_is_claimed_within_the_limit",
    ),
    "capitals_begin_a_limit_anew": Mutant(
        file="agent/ledger/sql/queries.sql",
        old="lower(cashier) = lower(?)",
        new="cashier = ?",
        caught_by=f"{_DATES}::test_a_name_is_one_name_in_capitals_too",
    ),
    "a_day_brings_anything": Mutant(
        file="agent/till/judging.py",
        old="            earned_today=0 if per_day is None else max(0, ",
        new="            earned_today=0 if per_day is not None else max(0, ",
        caught_by=f"{_CLUB}[club-month]",
    ),
    "tier_reached_and_forgotten": Mutant(
        file="agent/till/judging.py",
        old="        standing=after if is_news else None,",
        new="        standing=None,",
        caught_by=f"{_LEFT_TIER}[club-month]",
    ),
    "nobody_bought_before": Mutant(
        file="agent/till/judging.py",
        old="    bought_before = row.bought_before",
        new="    bought_before = row.last_redeemed is not None",
        caught_by=f"{_CLUB}[club-year]",
    ),
    "budget_of_each_member": Mutant(
        file="agent/ledger/progress.py",
        old='            connection.execute(SQL["give_promotion"], use)\n',
        new='            connection.execute(SQL["give_promotion"], (because.rule, 0))\n',
        caught_by=f"{_PROMOTED}::test_an_allowance_is_the_stores",
    ),
    "voided_money_still_counts": Mutant(
        file="agent/ledger/progress.py",
        old="    is_back_minor = spend_minor  # ",
        new="    is_back_minor = was_back_minor  # ",
        caught_by="tests/unit/test_a_voided_sale_leads_to_no_tier.py"
        "::test_goods_and_coupons_that_came_to_nothing",
    ),
    "claim_counts_on_another_day": Mutant(
        file="agent/ledger/projections.py",
        old="    progress.sell(connection, entry, fact, fact.account, sold_on)",
        new="    progress.sell(connection, entry, fact, fact.account, _day(entry))",
        caught_by=f"{_TIER}::test_a_claim_counts_on_the_day_of_its_sale",
    ),
    "tier_without_grace": Mutant(
        file="agent/core/tiers.py",
        old="day <= days_after(before.kept_until, rules.grace_days):",
        new="day <= before.kept_until:",
        caught_by=f"{_LEFT_TIER}[club-month]",
    ),
    "tier_never_kept_anew": Mutant(
        file="agent/core/tiers.py",
        old="    return first <= day and reached(first) >= ",
        new="    return first > day and reached(first) >= ",
        caught_by=f"{_LEFT_TIER}[club-month]",
    ),
}
