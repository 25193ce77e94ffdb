"""The verdict: whether both sides came to the same, and how each conflict was settled."""

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import click
from sqlalchemy import func, select

from agent.tools.compare import Comparison, compare
from agent.tools.demo.trade import Progress
from agent.tools.demo.voice import Voice
from agent.tools.shown import differing
from agent.tools.site import HeadOffice, StoreKit
from agent.tools.waiting import wait_until
from sync.hub.checks import check_books
from sync.hub.database import Database
from sync.hub.tables import accounts

__all__ = ["Verdict", "judge", "tell", "wait_until_quiet"]

_QUIET_S = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What both sides came to; ``differences`` is empty where they agree."""

    sides: dict[str, Comparison]
    """Each store's journal, here and at head office."""
    members: int
    posted: int
    """Points that head office has posted, of all members."""
    conflicts: tuple[dict[str, Any], ...]
    differences: tuple[str, ...]

    @property
    def entries(self) -> int:
        """Entries that the stores wrote."""
        return sum(side.entries for side in self.sides.values())

    @property
    def summary(self) -> str:
        """The last line."""
        return (
            f"converged: {self.entries} entries, {self.members} accounts, "
            f"{len(self.conflicts)} conflicts resolved"
        )


def wait_until_quiet(office: HeadOffice, stores: Sequence[StoreKit], tokens: set[str]) -> None:
    """Wait until head office holds every entry and each store shows every member as head office
    does. What is not so in time is the verdict's to tell.
    """
    left: Collection[str] = tokens

    def are_quiet() -> bool:
        nonlocal left
        if any(store.health()["unacknowledged"] for store in stores):
            return False
        left = differing(office, stores, left)
        return not left

    try:
        wait_until(are_quiet, "both sides to agree", timeout_s=_QUIET_S)
        for store in stores:
            store.wait_acknowledged()
    except TimeoutError:
        return


def judge(office: HeadOffice, stores: Sequence[StoreKit], progress: Progress) -> Verdict:
    """Replay and compare everything."""
    shown = differing(office, stores, sorted(progress.tokens))
    differences = [f"card …{token[-4:]}: {said}" for token in shown for said in shown[token]]
    held = Database(f"sqlite:///{office.database}")
    held.start(migrate=False)
    try:
        sides = {each.name: compare(each.ledger_path, held, each.address) for each in stores}
        differences += held.read(check_books)
        of_members = select(func.count(), func.sum(accounts.c.active)).where(
            accounts.c.root.is_(None)
        )
        members, posted = held.read(lambda c: c.execute(of_members).one())
    finally:
        held.stop()
    differences += itertools.chain(*(side.differences for side in sides.values()))
    points = sum(side.points for side in sides.values())
    if points != progress.points:
        differences.append(f"the tills were told {progress.points} points, not {points}")
    conflicts = office.ask("GET", "/v1/conflicts?limit=1000")
    differences += [
        f"nobody has settled this: {each['text']}" for each in conflicts if each["state"] == "open"
    ]
    return Verdict(
        sides=sides,
        members=members,
        posted=posted,
        conflicts=tuple(reversed(conflicts)),
        differences=tuple(differences),
    )


def tell(verdict: Verdict, progress: Progress, voice: Voice, *, offline: int) -> None:
    """Print the conflicts in plain words, and the table."""
    voice.step("How head office settled what the stores could not know")
    for each in verdict.conflicts:
        voice.at(each["kind"].replace("_", " "), each["text"])
    voice.step("Both sides, each replayed from zero")
    voice.say(_row("", "entries", "members", "points", ""))
    for name, side in verdict.sides.items():
        agrees = _verdict("the same at head office", "differ", holds=not side.differences)
        voice.say(_row(f"store {name}", side.entries, side.accounts, side.points, agrees))
    agrees = _verdict("as each store shows", "see below", holds=not verdict.differences)
    voice.say(_row("settled", verdict.entries, verdict.members, verdict.posted, agrees))
    voice.add(
        f"{progress.sold} baskets, each sent twice; {progress.enrolled} cards enrolled at the "
        f"tills; {offline} entries written while a store was cut off"
    )


def _row(what: str, entries: int | str, members: int | str, points: int | str, end: str) -> str:
    cells = (each if isinstance(each, str) else f"{each:,}" for each in (entries, members, points))
    return f"  {what:<19}{'{:>9}{:>10}{:>9}'.format(*cells)}  {end}".rstrip()


def _verdict(good: str, bad: str, *, holds: bool) -> str:
    return click.style(good, fg="green") if holds else click.style(bad, fg="red")
