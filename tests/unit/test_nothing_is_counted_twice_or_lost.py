"""What a till shows is what head office posted and what this device wrote that it has not heard.

Whatever was heard, in whatever order pages come, however often and late. Head office here is the
sum of a list: it hears this device's entries in parts, others' points come and go beside them, and
it writes a page at any moment, which may wait before it is taken.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from welcomed import grant, welcome

from agent.core.entry import Entry
from agent.core.facts import AdjustPoints
from agent.core.postings import postings_of
from agent.ledger import Ledger, Mirror, MirroredAccount, MirrorPage, Transaction, replay

RunningLedger = Callable[..., AbstractContextManager[Ledger]]

_NAMES = ("ana", "ben", "eve")


class Office:
    """Head office as a list of what it heard, and of what changed when."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.posted: defaultdict[str, int] = defaultdict(int)
        self.own: defaultdict[str, int] = defaultdict(int)
        self.root = {name: name for name in _NAMES}
        self.changed: dict[str, int] = {}
        self.heard = (0, 0)
        self.seq = 0

    def entries_after(self, place: tuple[int, int]) -> list[Entry]:
        """What this device wrote after a place."""
        pages = asyncio.run(self.ledger.read_after(place, at_most=1_000))
        return [Entry.parse(canonical) for canonical in pages]

    def hear(self, at_most: int) -> None:
        """Post some of this device's next entries."""
        for entry in self.entries_after(self.heard)[:at_most]:
            for owner, bucket, points in postings_of(entry.fact):
                if bucket == "active":
                    self.posted[self.root[owner]] += points
                    self.own[owner] += points
                    self.mark(owner)
            self.heard = (entry.epoch, entry.seq)

    def post(self, name: str, points: int) -> None:
        """Have another store's entry arrive."""
        self.posted[self.root[name]] += points
        self.mark(name)

    def merge(self, old: str, new: str) -> None:
        """Let one account stand for another from now on."""
        old, new = self.root[old], self.root[new]
        if old == new:
            return
        self.posted[new] += self.posted.pop(old, 0)
        self.root = {name: new if root == old else root for name, root in self.root.items()}
        for name in _NAMES:
            self.mark(name)

    def mark(self, name: str) -> None:
        """Note what a page has to tell from now on."""
        for each in {name, self.root[name]}:
            self.seq += 1
            self.changed[each] = self.seq

    def page(self, since: int, at_most: int) -> MirrorPage:
        """Tell what changed after a cursor, as it stands now."""
        new = sorted((seq, name) for name, seq in self.changed.items() if seq > since)
        told = new[:at_most]
        return MirrorPage(
            accounts=tuple(
                MirroredAccount(
                    account=name,
                    active=self.posted[name] - self.own[name],
                    root=None if self.root[name] == name else self.root[name],
                )
                for _, name in told
            ),
            cursor=told[-1][0] if told else since,
            generation=1,
            since=since,
            more=len(new) > len(told),
        )

    def shown(self, name: str) -> int:
        """What a till has to show once all was told."""
        family = {each for each in _NAMES if self.root[each] == self.root[name]}
        under_way = sum(
            points
            for entry in self.entries_after(self.heard)
            for owner, bucket, points in postings_of(entry.fact)
            if bucket == "active" and owner in family
        )
        return self.posted[self.root[name]] + under_way


def _write(ledger: Ledger, name: str, points: int) -> None:
    def adjust(transaction: Transaction) -> None:
        account = transaction.root(name)
        transaction.append(AdjustPoints(account=account, points=points, reason="?", cashier="c"))

    asyncio.run(ledger.write(adjust))


def _catch_up(office: Office, mirror: Mirror, dice: random.Random) -> None:
    """Ask until nothing more is told."""
    more = True
    while more:
        page = office.page(asyncio.run(mirror.place(1))[0], dice.randint(1, 3))
        assert asyncio.run(mirror.apply(page))
        more = page.more


@pytest.mark.parametrize("seed", range(12))
def test_own_and_told_add_up(seed: int, tmp_path: Path, running_ledger: RunningLedger) -> None:
    """For any entries here and elsewhere, any hearing, merging and telling of them."""
    dice = random.Random(seed)  # noqa: S311 - a repeatable history
    with running_ledger(tmp_path / "ledger.db") as ledger:
        welcome(ledger)
        grant(ledger, "ana", 10)
        office, mirror = Office(ledger), Mirror(ledger)
        late: list[MirrorPage] = []
        for _ in range(60):
            name, points = dice.choice(_NAMES), dice.choice((-30, -7, 5, 40))
            match dice.randrange(6):
                case 0 | 1:
                    _write(ledger, name, points)
                case 2:
                    office.post(name, points)
                case 3:
                    office.hear(dice.randint(1, 4))
                case 4:
                    late.append(office.page(asyncio.run(mirror.place(1))[0], dice.randint(1, 3)))
                case _:
                    for page in dice.sample(late, min(2, len(late))):
                        asyncio.run(mirror.apply(page))
            if dice.random() < 0.03:
                office.merge(name, dice.choice(_NAMES))
            if dice.random() < 0.2:
                _catch_up(office, mirror, dice)
                for each in _NAMES:
                    found = asyncio.run(ledger.read(lambda view, each=each: view.balance(each)))
                    assert found == office.shown(each), (seed, each)
        _catch_up(office, mirror, dice)
        balances = asyncio.run(ledger.read(lambda view: view.balances()))
        for name in office.changed:
            assert balances[office.root[name]] == office.shown(name), (seed, name)
        replay(ledger.path)
