"""Rules that the protocol leaves out, at a store."""

from typing import Any

from sync.simulation import scripts
from sync.simulation.mutants.mutant import Mutant, Patch
from sync.uplink import hearing

__all__ = ["WIRE_MUTANTS"]


def _without_hash() -> tuple[Patch, ...]:
    async def compare(self: Any, epoch: int, seq: int, hash_hex: str) -> str:
        return "same"

    return ((hearing.Hearing, "_compare", compare),)


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
        caught_by=("I1", "I4", "I5", "I9", "I11", "I12"),
        patches=_without_hash,
        mixes=("restored", "cloned", "everything"),
        script=scripts.an_older_ledger_goes_on_unseen,
    ),
    Mutant(
        name="generation_not_heard",
        breaks="a device goes on as before with a head office that was set back",
        caught_by=("I1", "I4", "I9", "I10", "I12"),
        patches=_deaf_to_generations,
        mixes=("office",),
    ),
    Mutant(
        name="halt_not_heard",
        breaks="a device that was halted goes on",
        caught_by=("I11", "I12", "I9", "I4"),
        patches=_deaf_to_halts,
        mixes=("cloned",),
    ),
)
