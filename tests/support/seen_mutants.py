"""Ways in which what devices tell could go wrong: taps, visits, what a card proves."""

from text_mutant import Mutant

__all__ = ["MUTANTS"]

_LANES = "tests/unit/test_a_lane_is_slowed_by_no_other.py"
_PROVED = "tests/unit/test_many_points_need_more_proof.py"
_VISITS = "tests/unit/test_a_visit_counts_on_its_day.py"

_INBOX = "agent/inbox.py"
_FILE = "agent/till/visits.py"

MUTANTS = {
    "flood_without_bound": Mutant(
        file=_INBOX,
        old="            if self._waiting[device] < WAITING_MOST:\n",
        new="            if self._waiting[device] >= 0:\n",
        caught_by=f"{_LANES}::test_a_flood_takes_no_room_of_others",
    ),
    "flood_takes_the_lanes_room": Mutant(
        file=_INBOX,
        old="            if self._waiting[device] < WAITING_MOST:\n",
        new="            if sum(self._waiting.values()) < WAITING_MOST:\n",
        caught_by=f"{_LANES}::test_a_flood_takes_no_room_of_others",
    ),
    "room_never_made": Mutant(
        file=_INBOX,
        old="        self._waiting[device] -= 1\n",
        new="",
        caught_by=f"{_LANES}::test_room_is_made_and_a_new_flood_is_said_again",
    ),
    "flood_said_once_for_all": Mutant(
        file=_INBOX,
        old="            self._full.discard(device)\n",
        new="            pass\n",
        caught_by=f"{_LANES}::test_room_is_made_and_a_new_flood_is_said_again",
    ),
    "what_is_nothing_waits": Mutant(
        file=_INBOX,
        old="            if self._loop is None or desk is None:\n",
        new="            desk = desk or self.visits\n            if self._loop is None:\n",
        caught_by=f"{_LANES}::test_what_is_nothing_to_a_lane_does_not_wait",
    ),
    "what_is_nothing_is_dropped": Mutant(
        file=_INBOX,
        old="            desk = self._desk_of(device, event)\n",
        new="            full = self._waiting[device] >= WAITING_MOST\n"
        "            desk = self.visits if full else self._desk_of(device, event)\n",
        caught_by=f"{_LANES}::test_nobody_loses_what_is_nothing_to_a_lane",
    ),
    "leavers_are_visits": Mutant(
        file=_INBOX,
        old='ZoneVisited(change="arrived"):\n                return self',
        new="ZoneVisited():\n                return self",
        caught_by=f"{_LANES}::test_what_is_nothing_to_a_lane_does_not_wait",
    ),
    "closed_inbox_takes": Mutant(
        file=_INBOX,
        old="            self._loop = None\n",
        new="            pass\n",
        caught_by=f"{_LANES}::test_a_closed_inbox_takes_nothing",
    ),
    "one_desk_for_all": Mutant(
        file="agent/daemon.py",
        old='            yield f"taps of lane {lane}", partial(self._serve_taps, lane)\n',
        new='            if lane == "1":\n'
        '                yield "taps", partial(self._serve_taps, lane)\n',
        caught_by=f"{_LANES}::test_a_look_up_that_hangs_holds_up_its_lane_only",
    ),
    "visit_counts_for_ever": Mutant(
        file=_FILE,
        old=" for zone, days in seen.items() if day in days]",
        new=" for zone, days in seen.items() if days]",
        caught_by=f"{_VISITS}::test_another_day_is_another_visit",
    ),
    "visit_of_the_day_said_only": Mutant(
        file=_FILE,
        old="        return frozenset({said or calendar, calendar})\n",
        new="        return frozenset({said or calendar})\n",
        caught_by=f"{_VISITS}::test_who_comes_before_the_first_sale_is_here_today",
    ),
    "visit_of_the_calendars_day_only": Mutant(
        file=_FILE,
        old="        return frozenset({said or calendar, calendar})\n",
        new="        return frozenset({calendar})\n",
        caught_by=f"{_VISITS}::test_a_wrong_clock_costs_nothing_once_a_day_was_said",
    ),
    "visits_are_kept": Mutant(
        file=_FILE,
        old=" in seen.items() if days & today})\n",
        new=" in seen.items()})\n",
        caught_by=f"{_VISITS}::test_a_day_that_is_over_is_forgotten",
    ),
    "visitors_without_bound": Mutant(
        file=_FILE,
        old="            if len(self._days) > _MEMBERS_MOST:\n",
        new="            if not self._days:\n",
        caught_by=f"{_VISITS}::test_a_crowd_is_bounded",
    ),
    "zones_without_bound": Mutant(
        file=_FILE,
        old="            if zone in seen or len(seen) < _ZONES_MOST:\n",
        new="            if True:\n",
        caught_by=f"{_VISITS}::test_a_crowd_is_bounded",
    ),
    "visit_of_any_zone": Mutant(
        file="agent/till/judging.py",
        old="    return terms.zones(row.account, day) & asked if asked else frozenset()\n",
        new="    return frozenset(map(str, asked)) & (terms.zones(row.account, day) and asked)\n",
        caught_by=f"{_VISITS}::test_each_zone_counts_for_itself",
    ),
    "zones_not_in_the_entry": Mutant(
        file="agent/till/judging.py",
        old='    progress["zones"] = tuple(sorted(when.account.zones))\n',
        new="",
        caught_by=f"{_VISITS}::test_the_entry_names_what_counted",
    ),
    "visits_lost_with_a_new_program": Mutant(
        file="agent/till/till.py",
        old="        terms = self._terms = self._here(terms)\n        self.members.adopt(terms)\n",
        new="        self._terms = terms\n        self.members.adopt(terms)\n",
        caught_by=f"{_VISITS}::test_a_changed_program_knows_who_was_seen",
    ),
    "proof_of_each_hold_alone": Mutant(
        file="agent/till/fitting.py",
        old="        points += sum(each.points for each in beside)\n",
        new="",
        caught_by=f"{_PROVED}::test_those_of_one_sale_are_added_up",
    ),
    "proof_of_no_hold": Mutant(
        file="agent/till/redemptions.py",
        old="    refuse_unproved(transaction, terms.program, member, shown, wish, points)\n",
        new="",
        caught_by=f"{_PROVED}::test_those_of_one_sale_are_added_up",
    ),
    "proof_of_no_voucher": Mutant(
        file="agent/till/voucher_issue.py",
        old="    refuse_unproved(transaction, terms.program, member, shown, order, order.points)\n",
        new="",
        caught_by=f"{_PROVED}::test_a_voucher_needs_it_too",
    ),
    "typed_voucher_proves": Mutant(
        file="agent/till/fitting.py",
        old="proof_of(token, wish.entry)):\n",
        new="proof_of(token)):\n",
        caught_by=f"{_PROVED}::test_a_voucher_needs_it_too",
    ),
    "offers_beside_forgotten": Mutant(
        file="agent/core/rewards.py",
        old="        usable = min(usable, provable - asked.points_beside)\n",
        new="        usable = min(usable, provable)\n",
        caught_by=f"{_PROVED}::test_a_quote_knows_what_is_held_beside",
    ),
    "rewards_offered_unproved": Mutant(
        file="agent/core/rewards.py",
        old="        or (None if reward.is_free else asked.why_not_proved(cost))\n",
        new="",
        caught_by=f"{_PROVED}::test_what_is_offered_can_be_had",
    ),
    "one_point_too_many": Mutant(
        file="agent/core/proving.py",
        old="    if most is None or points <= most:\n",
        new="    if most is None or points <= most + 1:\n",
        caught_by=f"{_PROVED}::test_the_sentence_and_the_bound_agree",
    ),
}
