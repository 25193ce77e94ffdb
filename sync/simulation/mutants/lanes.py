"""Rules of what tills were told: they know of a disk that was set back before it does."""

from typing import Any

from agent.core.heard import Heard
from agent.till import rights as till_rights
from agent.till import till
from agent.till.witnesses import Witnesses
from sync.simulation.mutants.mutant import Mutant, Patch
from sync.simulation.scripts import disks
from sync.simulation.scripts import rights as of_rights

__all__ = ["LANE_MUTANTS"]


def _no_witness() -> tuple[Patch, ...]:
    async def hear(*_args: Any, **_options: Any) -> None:
        """What a till was told is nothing to look at."""

    return ((till, "hear", hear),)


def _witness_seq_only() -> tuple[Patch, ...]:
    return ((Heard, "_fits", lambda _self, _kept: True),)


def _any_lane() -> tuple[Patch, ...]:
    def heard(self: Witnesses, till: int | None) -> None:
        if till is not None:
            self._missing = frozenset()

    return ((Witnesses, "heard", heard),)


def _no_push() -> tuple[Patch, ...]:
    return ((till_rights.Rights, "_tell", lambda _self, done: done),)


LANE_MUTANTS = (
    Mutant(
        name="witness_any_lane",
        breaks="points are redeemed once any till was heard since the start, not each",
        caught_by=("I11",),
        patches=_any_lane,
        script=disks.one_of_two_lanes_is_heard,
    ),
    Mutant(
        name="no_return_push",
        breaks="tills are not told of rights that go back",
        caught_by=("I11",),
        patches=_no_push,
        script=of_rights.a_recall_comes_again,
    ),
    Mutant(
        name="no_witness",
        breaks="a till's word for a lost position is not listened to",
        caught_by=("I11",),
        patches=_no_witness,
        mixes=("restored",),
        script=disks.an_older_ledger_goes_on,
    ),
    Mutant(
        name="witness_seq_only",
        breaks="a till's position is compared by its number, not by its hash",
        caught_by=("I11",),
        patches=_witness_seq_only,
        mixes=("restored", "cloned", "everything"),
        script=disks.an_older_ledger_goes_on,
    ),
)
