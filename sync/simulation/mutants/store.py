"""Rules that a store leaves out: epochs, grants, the floor, and what is written once."""

import sqlite3
from dataclasses import replace
from datetime import date
from typing import Any

from agent.core.entry import Entry
from agent.core.facts import DeleteReward, LeaseGrant
from agent.core.floor import FloorUse
from agent.ledger import HoldRow, KnownSale, Transaction, View, epochs, offering, rights
from agent.ledger.queries import SQL
from agent.ledger.rights_view import RightsView
from agent.till import afresh, redemptions
from agent.till import rights as till_rights
from agent.till.covering import Covered
from agent.till.terms import Terms
from sync.simulation.ledger import SimulatedLedger
from sync.simulation.mutants.mutant import Mutant, Patch, original
from sync.simulation.scripts import disks, floors, offices
from sync.simulation.scripts import rights as of_rights
from sync.uplink.hearing import Hearing

__all__ = ["STORE_MUTANTS"]

_CAP_POINTS = 60
"""What the program lets one device give of the floor; head office allows less after a loss."""
_FORGETFUL = ("crashes", "restored", "everything")


def _delta_grant() -> tuple[Patch, ...]:
    kept = original(rights, "move")

    def move(connection: sqlite3.Connection, entry: Entry) -> None:
        kept(connection, entry)
        if isinstance(entry.fact, LeaseGrant):
            change = (entry.fact.account, entry.fact.granted_total)
            connection.execute(SQL["change_lease"], change)

    return ((rights, "move", move),)


def _covered(**wrong: Any) -> tuple[Patch, ...]:
    kept = original(redemptions, "cover")

    def cover(*args: Any, **options: Any) -> Covered:
        found: Covered = kept(*args, **options)
        return replace(found, **wrong)

    return ((redemptions, "cover", cover),)


def _late_capture_free() -> tuple[Patch, ...]:
    kept = original(afresh, "cover")

    def cover(*args: Any, **options: Any) -> Covered:
        found: Covered = kept(*args, **options)
        return replace(found, lease=0, floor=0)

    return ((afresh, "cover", cover),)


def _floor_use(**wrong: Any) -> tuple[Patch, ...]:
    kept = original(RightsView, "floor_use")

    def floor_use(self: RightsView, account: str, epoch: int, day: date) -> FloorUse:
        found: FloorUse = kept(self, account, epoch, day)
        return replace(found, **wrong)

    return ((RightsView, "floor_use", floor_use),)


def _unopened_earns() -> tuple[Patch, ...]:
    def earned_lease(self: Terms, transaction: Transaction, account: str, points: int) -> int:
        return points if transaction.root(account) == account else 0

    return ((Terms, "earned_lease", earned_lease),)


def _give_back_all() -> tuple[Patch, ...]:
    def give_back(
        transaction: Transaction, redemption_id: str, known: HoldRow, reason: Any, points: int
    ) -> None:
        fact = DeleteReward(
            redemption_id=redemption_id,
            account=known.account,
            points=points,
            reason=reason,
            lease=points,
        )
        transaction.append(fact)

    return ((redemptions, "_give_back", give_back),)


def _any_grant() -> tuple[Patch, ...]:
    async def grant(
        self: till_rights.Rights,
        epoch: int,
        account: str,
        granted_total: int,
        generation: int,
    ) -> bool:
        def take(transaction: Transaction) -> bool:
            fact = LeaseGrant(
                account=account,
                granted_total=transaction.granted(account) + granted_total,
                generation=generation,
            )
            transaction.append(fact)
            return True

        return await self._ledger.write(take)

    return ((till_rights.Rights, "grant", grant),)


def _grants_of_any_epoch() -> tuple[Patch, ...]:
    async def is_for_now(self: Hearing, epoch: int, generation: int, now_s: float) -> bool:
        return self._session.state == "open"

    def is_of_now(transaction: Transaction, epoch: int, generation: int) -> bool:
        return bool(transaction.opened())

    return ((Hearing, "_is_for_now", is_for_now), (till_rights, "_is_of_now", is_of_now))


def _no_tails() -> tuple[Patch, ...]:
    return ((epochs.Epochs, "tails", property(lambda _self: ())),)


def _offer_nothing_again() -> tuple[Patch, ...]:
    async def offer_again(self: offering.Offering) -> None:
        """Everything was acknowledged once."""

    return ((offering.Offering, "offer_again", offer_again),)


def _ids_compacted() -> tuple[Patch, ...]:
    kept = original(View, "sale")

    def sale(self: View, sale_id: str) -> KnownSale | None:
        known = kept(self, sale_id)
        return None if known is not None and self.head().seq - known.place[1] > 2 else known

    return ((View, "sale", sale),)


def _unsynced() -> tuple[Patch, ...]:
    kept = original(SimulatedLedger, "write")
    images: dict[int, bytes] = {}

    async def write(self: SimulatedLedger, job: Any) -> Any:
        before = self.connection.serialize()  # type: ignore[attr-defined,unused-ignore]
        head = self.head
        answer = await kept(self, job)
        if self.head != head:
            images[id(self)] = before
        return answer

    kept_image = original(SimulatedLedger, "image")

    def image_of(self: SimulatedLedger) -> bytes:
        return images.get(id(self)) or kept_image(self)

    return ((SimulatedLedger, "write", write), (SimulatedLedger, "image", image_of))


STORE_MUTANTS = (
    Mutant(
        name="delta_grant",
        breaks="a grant is added to what is there, not taken as a total",
        caught_by=("I5", "I4", "I9"),
        patches=_delta_grant,
    ),
    Mutant(
        name="grant_taken_twice",
        breaks="a grant that comes again is journaled as more",
        caught_by=("I4", "I5"),
        patches=_any_grant,
    ),
    Mutant(
        name="hold_not_spent",
        breaks="points that are held take nothing of the rights",
        caught_by=("I5",),
        patches=lambda: _covered(lease=0),
    ),
    Mutant(
        name="floor_unjournaled",
        breaks="what is redeemed beyond rights is not written into the entry",
        caught_by=("I5",),
        patches=lambda: _covered(floor=0),
        mixes=("islands", "storm_islands", "broker", "long_away"),
    ),
    Mutant(
        name="late_capture_free",
        breaks="a redemption that was given back is captured without being judged afresh",
        caught_by=("I5",),
        patches=_late_capture_free,
        script=of_rights.a_customer_pays_late,
    ),
    Mutant(
        name="cap_per_device",
        breaks="the floor of one account is not capped, only that of the device",
        caught_by=("I6",),
        patches=lambda: _floor_use(account_points=0, account_times=0),
        mixes=("islands", "storm_islands", "long_away", "one_way"),
        script=floors.floor_at_one_member,
    ),
    Mutant(
        name="allowance_ignored",
        breaks="a device redeems more of the floor than head office allowed",
        caught_by=("I6",),
        patches=lambda: _floor_use(device_allowed=10**6),
        script=floors.floor_at_many_members,
    ),
    Mutant(
        name="floor_local",
        breaks="how much of the floor a device may give is its own word, not head office's",
        caught_by=("I6",),
        patches=lambda: _floor_use(device_allowed=_CAP_POINTS),
        mixes=("lost", "islands"),
        script=floors.floor_after_a_lost_disk,
    ),
    Mutant(
        name="unopened_epoch_earns",
        breaks="points join the lease in an epoch that head office did not open",
        caught_by=("I10", "I4"),
        patches=_unopened_earns,
    ),
    Mutant(
        name="late_grant_old_epoch",
        breaks="a grant for an epoch that is over is taken in the next one",
        caught_by=("I5", "I4"),
        patches=_grants_of_any_epoch,
        mixes=("restored", "lost"),
        script=disks.grant_after_the_epoch,
    ),
    Mutant(
        name="release_beyond_hold",
        breaks="a release gives back more rights than the hold took",
        caught_by=("I5", "I10", "I4"),
        patches=_give_back_all,
        mixes=("islands", "storm_islands", "long_away", "everything", "restored"),
    ),
    Mutant(
        name="old_tail_dropped",
        breaks="entries of an epoch that is over are not offered any more",
        caught_by=("I1", "I9", "I12", "I4"),
        patches=_no_tails,
    ),
    Mutant(
        name="old_entries_dropped",
        breaks="a head office that was set back is not offered older entries again",
        caught_by=("I1", "I9", "I12", "I4"),
        patches=_offer_nothing_again,
        mixes=("office",),
        script=offices.a_forgotten_epoch,
    ),
    Mutant(
        name="ids_compacted",
        breaks="a sale's id is forgotten while a POS may still ask again",
        caught_by=("I2",),
        patches=_ids_compacted,
        mixes=("fair", "clocks"),
        script=of_rights.a_pos_asks_again,
    ),
    Mutant(
        name="unsynced_write_lost",
        breaks="the last commit is not on the disk when the power goes",
        caught_by=("I1", "I4", "I2", "I9", "I11"),
        patches=_unsynced,
        mixes=_FORGETFUL,
        script=disks.the_power_goes,
    ),
)
