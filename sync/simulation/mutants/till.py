"""Rules of rights and ids that a till leaves out."""

import sqlite3
from types import SimpleNamespace
from typing import Any

from agent.core.entry import Entry
from agent.core.facts import LeaseReturn, OpenEpoch, ReturnSale, VoidSale
from agent.ledger import KnownSale, Transaction, View, budget, rights, sealing
from agent.ledger.queries import SQL
from agent.ledger.rights_view import RightsView
from agent.till import redemptions, till, voucher_issue
from agent.till import rights as till_rights
from agent.till.back import Back
from agent.till.covering import Covered
from agent.till.members import find, shown_in
from agent.till.take_back import RecordedBack
from agent.till.terms import Terms
from sync.simulation.ledger import SimulatedLedger
from sync.simulation.mutants.mutant import Mutant, Patch, original
from sync.simulation.scripts import disks, floors
from sync.simulation.scripts import rights as of_rights

__all__ = ["TILL_MUTANTS"]


def _unguarded() -> Patch:
    """Have the ledger's tables take what they would refuse: the rule stands there, too."""
    kept = original(SimulatedLedger, "start")

    def start(self: SimulatedLedger) -> None:
        kept(self)
        self.connection.execute("PRAGMA ignore_check_constraints = ON")

    return (SimulatedLedger, "start", start)


def _foreign_return() -> tuple[Patch, ...]:
    kept = original(till, "take_back_anywhere")

    def anywhere(
        transaction: Transaction, terms: Terms, sale_id: str, return_id: str, back: Back
    ) -> RecordedBack:
        row = find(transaction, shown_in(back.token, terms))
        is_ours = transaction.sale(sale_id) is not None
        if is_ours or row is None or transaction.returns_of(sale_id):
            found: RecordedBack = kept(transaction, terms, sale_id, return_id, back)
            return found
        minor = back.amount_minor or 0
        fact = ReturnSale(
            sale_id=sale_id,
            return_id=return_id,
            amount_minor=minor,
            account=row.account,
            lease=-(minor // 100),
        )
        return transaction.append(fact, business_date=back.business_date), False

    return (_unguarded(), (till, "take_back_anywhere", anywhere))


def _recall_unnumbered() -> tuple[Patch, ...]:
    kept = original(rights, "move")

    def move(connection: sqlite3.Connection, entry: Entry) -> None:
        if isinstance(entry.fact, LeaseReturn):
            change = (entry.fact.account, -entry.fact.points)
            connection.execute(SQL["change_lease"], change)
        else:
            kept(connection, entry)

    def is_answered(self: RightsView, account: str, recall: int) -> bool:
        return False

    return ((rights, "move", move), (RightsView, "is_answered", is_answered))


def _recall_stale_read() -> tuple[Patch, ...]:
    kept_write, kept_recall = (
        original(SimulatedLedger, "write"),
        original(till_rights.Rights, "recall"),
    )
    before: dict[int, dict[str, int]] = {}
    """What each ledger's rights were before its newest entry."""
    stale: list[int] = []
    """The ledger that answers a recall now."""

    async def write(self: SimulatedLedger, job: Any) -> Any:
        sql = "SELECT account, granted + change FROM leases"
        were, head = dict(self.connection.execute(sql).fetchall()), self.head
        answer = await kept_write(self, job)
        if self.head != head:
            before[id(self)] = were
        return answer

    async def recall(self: till_rights.Rights, *args: Any, **options: Any) -> bool:
        stale.append(id(self._ledger))
        try:
            answered: bool = await kept_recall(self, *args, **options)
            return answered
        finally:
            stale.clear()

    kept_right = original(RightsView, "right")

    def right(self: RightsView, account: str) -> int:
        were = before.get(stale[0], {}) if stale else {}
        now: int = kept_right(self, account)
        return were.get(account, now)

    return (
        _unguarded(),
        (SimulatedLedger, "write", write),
        (till_rights.Rights, "recall", recall),
        (RightsView, "right", right),
    )


def _double_release() -> tuple[Patch, ...]:
    kept = original(redemptions, "release")

    def release(transaction: Transaction, redemption_id: str) -> Any:
        known = transaction.hold(redemption_id)
        if known is not None and known.released and not known.captured:
            redemptions._give_back(transaction, redemption_id, known, "released", known.points)
        return kept(transaction, redemption_id)

    return (_unguarded(), (redemptions, "release", release))


def _in_memory() -> tuple[Patch, ...]:
    kept_start, kept_sale = original(SimulatedLedger, "start"), original(View, "sale")
    since: dict[int, tuple[int, int]] = {}
    """What each ledger's newest place was when it started."""

    def start(self: SimulatedLedger) -> None:
        kept_start(self)
        since[id(self.connection)] = self.head.place

    def sale(self: View, sale_id: str) -> KnownSale | None:
        known: KnownSale | None = kept_sale(self, sale_id)
        is_older = known is not None and known.place <= since[id(self._connection)]
        return None if is_older else known

    return ((SimulatedLedger, "start", start), (View, "sale", sale))


def _unacked_compacted() -> tuple[Patch, ...]:
    kept_seal, kept_drop = original(sealing, "_seal_next"), original(budget, "_drop_segment")

    class HeldWhole:
        """A ledger of which head office is said to hold everything."""

        epochs = SimpleNamespace(acknowledged=(10**9, 0))

        def __init__(self, ledger: Any) -> None:
            self._ledger = ledger

        def __getattr__(self, name: str) -> Any:
            return getattr(self._ledger, name)

    async def drop(ledger: Any) -> Any:
        return await kept_drop(HeldWhole(ledger))

    def seal_next(ledger: Any, young: Any, alone: bool) -> Any:
        return kept_seal(ledger, young, True)

    return ((sealing, "_seal_next", seal_next), (budget, "_drop_segment", drop))


def _voucher_on_floor() -> tuple[Patch, ...]:
    kept = original(voucher_issue, "cover")

    def cover(
        transaction: Any, terms: Any, member: Any, points: Any, by: Any, **options: Any
    ) -> Covered:
        covered: Covered = kept(transaction, terms, member, points, "floor", **options)
        return covered

    return ((voucher_issue, "cover", cover),)


def _giveback_local() -> tuple[Patch, ...]:
    kept = original(rights, "move")

    def move(connection: sqlite3.Connection, entry: Entry) -> None:
        kept(connection, entry)
        fact = entry.fact
        if isinstance(fact, ReturnSale | VoidSale) and fact.given_back:
            connection.execute(SQL["change_lease"], (fact.account, fact.given_back))

    return ((rights, "move", move),)


def _return_not_min() -> tuple[Patch, ...]:
    def taken_lease(self: Terms, view: View, account: str | None, points: int) -> int:
        return 0 if account is None else -points

    return (_unguarded(), (Terms, "taken_lease", taken_lease))


def _frozen_spends() -> tuple[Patch, ...]:
    kept = original(rights, "move")

    def move(connection: sqlite3.Connection, entry: Entry) -> None:
        fact = entry.fact
        if not isinstance(fact, OpenEpoch) or fact.cause == "welcomed":
            kept(connection, entry)

    def refuse_frozen(self: Transaction) -> None:
        """Redeem on."""

    def why_wait(self: Terms, view: View) -> str | None:
        return self.why_unheard()

    return (
        (rights, "move", move),
        (Transaction, "refuse_frozen", refuse_frozen),
        (Terms, "why_wait", why_wait),
    )


TILL_MUTANTS = (
    Mutant(
        name="foreign_return_negative",
        breaks="a return of another store's sale takes rights that are not there",
        caught_by=("I5",),
        patches=_foreign_return,
        script=of_rights.a_return_elsewhere,
    ),
    Mutant(
        name="recall_unnumbered",
        breaks="a recall is answered as often as it is heard",
        caught_by=("I2",),
        patches=_recall_unnumbered,
        script=of_rights.a_recall_comes_again,
    ),
    Mutant(
        name="recall_stale_read",
        breaks="what a recall returns is read before the transaction that returns it",
        caught_by=("I5",),
        patches=_recall_stale_read,
        script=of_rights.a_hold_while_rights_are_recalled,
    ),
    Mutant(
        name="double_release",
        breaks="what was given back is given back again",
        caught_by=("I5",),
        patches=_double_release,
        script=of_rights.a_hold_is_released_late,
    ),
    Mutant(
        name="dedup_in_memory",
        breaks="a sale's id is known only until the agent starts again",
        caught_by=("I2",),
        patches=_in_memory,
        mixes=("crashes", "clocks", "everything"),
        script=of_rights.a_pos_asks_again,
    ),
    Mutant(
        name="unacked_compacted",
        breaks="a full disk drops entries that head office has not acknowledged",
        caught_by=("I1",),
        patches=_unacked_compacted,
        script=disks.a_full_disk,
    ),
    Mutant(
        name="voucher_on_floor",
        breaks="a voucher is issued for points that no right covers",
        caught_by=("I5",),
        patches=_voucher_on_floor,
        script=floors.a_voucher_is_asked_for,
    ),
    Mutant(
        name="giveback_local",
        breaks="points that a return gives back join this device's rights",
        caught_by=("I5",),
        patches=_giveback_local,
        script=of_rights.a_redeemed_sale_comes_back,
    ),
    Mutant(
        name="return_not_min",
        breaks="a return takes rights that are spent",
        caught_by=("I5",),
        patches=_return_not_min,
        script=of_rights.a_return_of_what_is_spent,
    ),
    Mutant(
        name="frozen_spends",
        breaks="a ledger that a till knows to be set back redeems on, by the rights it had",
        caught_by=("I10", "I5", "I11"),
        patches=_frozen_spends,
        mixes=("restored",),
        script=disks.an_older_ledger_goes_on,
    ),
)
