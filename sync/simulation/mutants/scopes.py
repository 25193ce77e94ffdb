"""Rules of whom a store is told of that are left out: all members, or those that it has seen."""

from typing import Any

from agent.ledger.mirror import Mirror
from agent.till.asked_whose import AskedWhose
from sync.hub import card_book, feeding, spreading
from sync.simulation.mutants.mutant import Mutant, Patch, original
from sync.simulation.scripts import persons

__all__ = ["SCOPE_MUTANTS"]

_SEEN = ("seen", "members")


def _asks_nobody() -> tuple[Patch, ...]:
    async def or_there(_self: AskedWhose, _shown: Any, find: Any) -> Any:
        return await find()

    return ((AskedWhose, "or_there", or_there),)


def _any_scope() -> tuple[Patch, ...]:
    kept = original(Mirror, "place")

    async def place(
        self: Mirror, generation: int, _scope: str | None = None
    ) -> tuple[int, str | None]:
        found: tuple[int, str | None] = await kept(self, generation)
        return found

    return ((Mirror, "place", place),)


def _unseen() -> tuple[Patch, ...]:
    kept = original(feeding, "_marks_after")

    def marks(c: Any, device: Any, scope: Any, cursor: int, at_most: int) -> Any:
        found = kept(c, device, scope, cursor, at_most)
        return [each for each in found if scope == "all" or each.kind != "card"]

    return ((feeding, "_marks_after", marks),)


def _not_introduced() -> tuple[Patch, ...]:
    def introduce(*_args: Any, **_options: Any) -> None:
        """Who has met the one has not met the other."""

    return ((card_book, "_introduce", introduce),)


def _told_in_part() -> tuple[Patch, ...]:
    def mark_again(*_args: Any) -> None:
        """What is older was told before."""

    return ((spreading, "_mark_again", mark_again),)


SCOPE_MUTANTS = (
    Mutant(
        name="asks_nobody",
        breaks="a store that hears of its own members alone asks for nobody else",
        caught_by=("I9",),
        patches=_asks_nobody,
        mixes=_SEEN,
    ),
    Mutant(
        name="any_scope",
        breaks="a store that is to hear of other members goes on from where it stood",
        caught_by=("I9", "I16"),
        patches=_any_scope,
        mixes=_SEEN,
        script=persons.a_store_hears_of_fewer,
    ),
    Mutant(
        name="cards_of_the_seen_untold",
        breaks="a store that hears of its own members alone is not told of their cards",
        caught_by=("I16",),
        patches=_unseen,
        mixes=_SEEN,
    ),
    Mutant(
        name="new_holder_untold",
        breaks="a store that knew the card of a member who was erased hears nothing of who has it",
        caught_by=("I9",),
        patches=_not_introduced,
        mixes=_SEEN,
        script=persons.a_known_card_is_anothers,
    ),
    Mutant(
        name="told_in_part",
        breaks="a store that has just met a member is not told what of them is older",
        caught_by=("I16", "I9"),
        patches=_told_in_part,
        mixes=_SEEN,
        script=persons.a_lost_answer,
    ),
)
