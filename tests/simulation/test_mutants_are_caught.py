"""A rule that is left out shows in the histories: or they would prove nothing."""

import pickle

import pytest

from sync.simulation.histories import Caught, hunt
from sync.simulation.history import act, tell
from sync.simulation.mutants import MUTANTS
from sync.simulation.scripts import Script, disks, floors, offices, persons, rights, versions

_QUICK = (
    "ack_before_commit",
    "any_place_in_the_feed",
    "another_parent",
    "cap_per_device",
    "days_by_the_clock",
    "grant_unbounded",
    "merge_keeps_own",
    "no_seal",
    "stale_ok",
    "unacked_compacted",
)
"""Mutants that the first history shows, by the dice or by hand."""

_NAMED = (
    "delta_grant",
    "foreign_return_negative",
    "giveback_local",
    "no_challenge",
    "recall_unnumbered",
    "recall_stale_read",
    "ack_without_hash",
    "ok_without_hash",
    "expire_leased",
    "merge_drops_lease",
    "merge_keeps_own",
    "close_on_fence",
    "close_on_timeout",
    "witness_seq_only",
    "witness_any_lane",
    "no_return_push",
    "no_witness",
    "floor_local",
    "floor_unjournaled",
    "floor_reset_on_contact",
    "late_capture_free",
    "duplicate_lease_ignored",
    "cap_per_device",
    "returns_by_entry",
    "early_return_dropped",
    "ack_before_commit",
    "unsynced_write_lost",
    "fork_counts_lease",
    "hold_not_spent",
    "head_office_times_out_hold",
    "two_live_not_halted",
    "double_release",
    "dedup_in_memory",
    "old_tail_dropped",
    "ids_compacted",
    "unacked_compacted",
    "voucher_on_floor",
    "grant_unbounded",
    "return_not_min",
    "frozen_spends",
    "hub_without_generation",
    "hub_not_adopting",
    "old_entries_dropped",
    "late_grant_old_epoch",
    "no_seal",
    "hub_grants_at_once",
    "stale_ok",
)
"""The rules whose loss the protocol's own model was seen to fail by."""

_SCRIPTS: dict[str, Script] = {
    name: getattr(module, name)
    for module in (disks, floors, offices, persons, rights, versions)
    for name in module.__all__
}


@pytest.mark.parametrize("name", _QUICK)
def test_a_rule_left_out_is_seen(name: str) -> None:
    """A product that leaves the rule out breaks an invariant that is meant to show it."""
    (caught,) = hunt([name], seed=1, at_most=3, jobs=1)

    assert caught.outcome is not None
    assert caught.outcome.violation is not None
    assert caught.outcome.violation.invariant in MUTANTS[name].caught_by


@pytest.mark.parametrize("name", sorted(_SCRIPTS))
def test_the_product_passes_what_was_made_by_hand(name: str) -> None:
    """A history made by hand, in which one rule left out would show, shows nothing as it is."""
    outcome = act(_SCRIPTS[name])

    assert outcome.violation is None, tell(outcome)


def test_every_history_made_by_hand_shows_a_mutant() -> None:
    """A history that no mutant needs would prove nothing."""
    needed = {mutant.script.__name__ for mutant in MUTANTS.values() if mutant.script is not None}

    assert needed == set(_SCRIPTS)


def test_every_rule_of_the_protocol_is_left_out_once() -> None:
    """Of each rule whose loss the protocol's model failed by there is a mutant, which says what it
    breaks, and what should show it.
    """
    assert set(_NAMED) <= set(MUTANTS)
    assert len(_NAMED) == 47
    assert all(mutant.breaks and mutant.caught_by for mutant in MUTANTS.values())


@pytest.mark.torture
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_every_rule_left_out_is_seen(name: str) -> None:
    """Every mutant is caught, and the same history on the product as it is shows nothing."""
    (caught,) = hunt([name], seed=1, at_most=30, jobs=1)

    assert caught.outcome is not None
    assert caught.control is not None
    assert caught.control.violation is None


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_what_became_of_a_mutant_is_told_by_another_process(name: str) -> None:
    """Mutants are hunted on every core: what was found goes from one process to another."""
    told = pickle.loads(pickle.dumps(Caught(name=name, histories=1, outcome=None)))  # noqa: S301
    assert told.mutant is MUTANTS[name]


def test_no_invariant_is_left_to_one_look_alone() -> None:
    """Each that is held at every step is what some mutant is caught by, most of them by it alone: a
    look that never fails proves nothing. Returns beyond a sale (I14) the ledger itself refuses as
    well, so that no rule left out alone would show: ``test_what_is_watched_shows_at_once`` has
    them. What shows in I3, I8 or I12 may show in another invariant first, and one that is dead
    would not be missed: ``test_every_look_can_fail`` has these.
    """
    caught_by = [mutant.caught_by for mutant in MUTANTS.values()]
    shown = {invariant for each in caught_by for invariant in each}
    assert shown == {f"I{number}" for number in (*range(1, 14), *range(15, 18))}
    alone = {each[0] for each in caught_by if len(each) == 1}
    assert shown - alone == {"I3", "I8", "I12"}
