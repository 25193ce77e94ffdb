"""Rules that the protocol leaves out, at a store."""

from dataclasses import replace
from datetime import date
from typing import Any

from agent.core.floor import FloorUse
from agent.ledger.queries import SQL
from agent.ledger.rights_view import RightsView
from sync.session import Session
from sync.simulation.mutants.mutant import Mutant, Patch, original
from sync.simulation.scripts import disks, floors, offices
from sync.uplink import hearing

__all__ = ["WIRE_MUTANTS"]


def _without_hash() -> tuple[Patch, ...]:
    async def compare(self: Any, epoch: int, seq: int, hash_hex: str) -> str:
        return "same"

    return ((hearing.Hearing, "_compare", compare),)


def _ok_without_hash() -> tuple[Patch, ...]:
    kept_ok, kept_compare = (
        original(hearing.Hearing, "_take_ok"),
        original(hearing.Hearing, "_compare"),
    )
    believing: list[bool] = []

    async def take_ok(self: Any, payload: bytes, now_s: float) -> None:
        believing.append(True)
        try:
            await kept_ok(self, payload, now_s)
        finally:
            believing.clear()

    async def compare(self: Any, epoch: int, seq: int, hash_hex: str) -> Any:
        return "same" if believing else await kept_compare(self, epoch, seq, hash_hex)

    return ((hearing.Hearing, "_take_ok", take_ok), (hearing.Hearing, "_compare", compare))


def _stale_ok() -> tuple[Patch, ...]:
    def expects(self: Session, nonce: str) -> bool:
        return self.state == "greeting"

    return ((Session, "expects", expects),)


def _reset_on_contact() -> tuple[Patch, ...]:
    kept_ok = original(hearing.Hearing, "_take_ok")
    kept_use = original(RightsView, "floor_use")

    async def take_ok(self: Any, payload: bytes, now_s: float) -> None:
        await kept_ok(self, payload, now_s)
        if self._session.state == "open":
            head = self._journal.head
            at = f"{head.epoch}:{head.seq}"
            await self._journal.write(lambda transaction: transaction.remember("contact", at))

    def floor_use(self: RightsView, account: str, epoch: int, day: date) -> FloorUse:
        found: FloorUse = kept_use(self, account, epoch, day)
        key = (account, *self._pair("contact"))
        spent = self._connection.execute(SQL["floor_of_account"], key).fetchone()
        return replace(found, account_points=spent[0], account_times=spent[1])

    return ((hearing.Hearing, "_take_ok", take_ok), (RightsView, "floor_use", floor_use))


def _deaf_to_generations() -> tuple[Patch, ...]:
    async def is_newer(self: Any, generation: int, now_s: float) -> bool:
        return False

    async def adopt(self: Any, generation: int) -> bool:
        return False

    return ((hearing.Hearing, "_is_newer", is_newer), (hearing.Hearing, "_adopt", adopt))


def _deaf_to_halts() -> tuple[Patch, ...]:
    async def take_halt(self: Any, payload: bytes, now_s: float) -> None:
        """A HALT is nothing to stop for."""

    return ((hearing.Hearing, "_take_halt", take_halt),)


WIRE_MUTANTS = (
    Mutant(
        name="ack_without_hash",
        breaks="what head office holds is compared by its number, not by its hash",
        caught_by=("I1", "I4", "I5", "I8", "I9", "I11", "I12"),
        patches=_without_hash,
        mixes=("restored", "cloned", "everything"),
        script=disks.an_older_ledger_goes_on_unseen,
    ),
    Mutant(
        name="ok_without_hash",
        breaks="an OK is taken for a clean match, whatever hash it names",
        caught_by=("I8", "I11"),
        patches=_ok_without_hash,
        mixes=("restored", "cloned", "everything"),
        script=disks.an_older_ledger_goes_on_unseen,
    ),
    Mutant(
        name="stale_ok",
        breaks="an OK to an older HELLO opens the session",
        caught_by=("I11",),
        patches=_stale_ok,
        mixes=("restored", "everything"),
        script=disks.an_older_ok_comes_late,
    ),
    Mutant(
        name="floor_reset_on_contact",
        breaks="the floor of an account begins anew with each contact, acknowledged or not",
        caught_by=("I6",),
        patches=_reset_on_contact,
        mixes=("one_way", "storm_islands", "broker"),
        script=floors.floor_after_contact,
    ),
    Mutant(
        name="generation_not_heard",
        breaks="a device goes on as before with a head office that was set back",
        caught_by=("I1", "I4", "I9", "I10", "I12"),
        patches=_deaf_to_generations,
        mixes=("office",),
        script=offices.a_forgotten_epoch,
    ),
    Mutant(
        name="halt_not_heard",
        breaks="a device that was halted goes on",
        caught_by=("I11", "I12", "I9", "I4"),
        patches=_deaf_to_halts,
        mixes=("cloned",),
        script=disks.a_box_is_copied,
    ),
)
