"""A rule that is left out shows in the histories: or they would prove nothing."""

import pickle

import pytest

from sync.simulation.histories import Caught, hunt
from sync.simulation.mutants import MUTANTS

_QUICK = ("ack_before_commit", "delta_grant", "grant_unbounded", "cap_per_device")
"""Mutants that few histories show, by the dice or by hand."""


@pytest.mark.parametrize("name", _QUICK)
def test_a_rule_left_out_is_seen(name: str) -> None:
    """A product that leaves the rule out breaks an invariant that is meant to show it."""
    (caught,) = hunt([name], seed=1, at_most=40, jobs=1)

    assert caught.outcome is not None
    assert caught.outcome.violation is not None
    assert caught.outcome.violation.invariant in MUTANTS[name].caught_by


def test_there_are_twenty_mutants_at_least() -> None:
    """Each says what it breaks, and what should show it."""
    assert len(MUTANTS) >= 20
    assert all(mutant.breaks and mutant.caught_by for mutant in MUTANTS.values())


@pytest.mark.torture
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_every_rule_left_out_is_seen(name: str) -> None:
    """Every mutant is caught, and the same history on the product as it is shows nothing."""
    (caught,) = hunt([name], seed=1, at_most=400, jobs=1)

    assert caught.outcome is not None
    assert caught.control is not None
    assert caught.control.violation is None


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_what_became_of_a_mutant_is_told_by_another_process(name: str) -> None:
    """Mutants are hunted on every core: what was found goes from one process to another."""
    told = pickle.loads(pickle.dumps(Caught(name=name, histories=1, outcome=None)))  # noqa: S301
    assert told.mutant is MUTANTS[name]
