"""Rules of a program's versions that are left out."""

from typing import Any

from agent.core.program import Editions
from agent.core.skew import Skew
from agent.till import Terms
from sync.hub import settling, skewed_sales
from sync.simulation.mutants.mutant import Mutant, Patch, original
from sync.simulation.scripts import versions

__all__ = ["VERSION_MUTANTS"]

_MIXES = ("versions", "members")


def _skew_unseen() -> tuple[Patch, ...]:
    def settle(*_args: Any, **_options: Any) -> bool:
        return False

    return ((settling, "settle_skew", settle),)


def _all_anew() -> tuple[Patch, ...]:
    return ((Skew, "more", property(lambda self: self.due or 0)),)


def _first_forever() -> tuple[Patch, ...]:
    return ((Terms, "on", lambda self, _day: self),)


def _replaced_forgotten() -> tuple[Patch, ...]:
    kept = original(Editions, "of")

    def of(self: Editions, edition: str) -> Any:
        found = kept(self, edition)
        return found if found in self.programs else None

    return ((Editions, "of", of),)


def _added_for_good() -> tuple[Patch, ...]:
    def wanted(missing: int, _mentions: Any, _due_of: Any) -> int:
        return missing

    return ((skewed_sales, "_wanted", wanted),)


VERSION_MUTANTS = (
    Mutant(
        name="skew_unseen",
        breaks="what the version in force gives beyond another one is not added",
        caught_by=("I17",),
        patches=_skew_unseen,
        mixes=_MIXES,
    ),
    Mutant(
        name="skew_given_anew",
        breaks="a sale of another version is given all that the one in force gives, once more",
        caught_by=("I17",),
        patches=_all_anew,
        mixes=_MIXES,
    ),
    Mutant(
        name="newest_version_at_once",
        breaks="a store judges by the newest version before its day has come",
        caught_by=("I17",),
        patches=_first_forever,
        mixes=_MIXES,
    ),
    Mutant(
        name="replaced_version_forgotten",
        breaks="a version that judged sales is unknown once another one took its place",
        caught_by=("I17",),
        patches=_replaced_forgotten,
        mixes=_MIXES,
        script=versions.a_version_is_replaced,
    ),
    Mutant(
        name="added_for_good",
        breaks="what was added to a sale of another version stays when that comes back",
        caught_by=("I17",),
        patches=_added_for_good,
        mixes=_MIXES,
        script=versions.a_sale_of_another_version_comes_back,
    ),
)
