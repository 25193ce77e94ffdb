"""Rules that a store leaves out: what its journal says of days, and of what it grew from."""

from datetime import date

from msgspec.structs import replace

from agent.core.entry import Recorded
from agent.core.facts import Fact, OpenEpoch
from agent.core.stamp import Stamp
from agent.ledger import Transaction
from sync.simulation.mutants.mutant import Mutant, Patch, original

__all__ = ["JOURNAL_MUTANTS"]


def _days_by_the_clock() -> tuple[Patch, ...]:
    kept = original(Transaction, "append")

    def append(
        self: Transaction,
        fact: Fact,
        *,
        business_date: date | None = None,
        counts_on: date | None = None,
    ) -> Recorded:
        day = business_date and self._clocks()[0].at.date()
        recorded: Recorded = kept(self, fact, business_date=day, counts_on=counts_on)
        return recorded

    return ((Transaction, "append", append),)


def _another_parent() -> tuple[Patch, ...]:
    kept = original(Transaction, "_append")

    def _append(
        self: Transaction, fact: Fact, stamp: Stamp, counts_on: date | None = None
    ) -> Recorded:
        if isinstance(fact, OpenEpoch):
            fact = replace(fact, parent_seq=fact.parent_seq + 1)
        recorded: Recorded = kept(self, fact, stamp, counts_on)
        return recorded

    return ((Transaction, "_append", _append),)


JOURNAL_MUTANTS = (
    Mutant(
        name="days_by_the_clock",
        breaks="a sale counts on the day of the device's clock, not on that of the POS",
        caught_by=("I13",),
        patches=_days_by_the_clock,
        mixes=("clocks", "everything"),
    ),
    Mutant(
        name="another_parent",
        breaks="an epoch names an entry that it did not grow from",
        caught_by=("I7",),
        patches=_another_parent,
    ),
)
