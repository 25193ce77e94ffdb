"""Many workers move the rights of the same members at once, and no point is in two places."""

import queue
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from books import NOW, Books, Life, a_hold, a_sale
from sqlalchemy import Connection, insert, select

from agent.core.facts import AddCard, LeaseGrant, LeaseReturn
from agent.core.instant import rfc3339
from sync.hub.asking import answer_ask
from sync.hub.batch import Batch
from sync.hub.booking import book
from sync.hub.deciding import merge_accounts
from sync.hub.granting import grants_after
from sync.hub.notices import Notice
from sync.hub.registry import device_of
from sync.hub.tables import accounts, programs, rights
from sync.messages import Allowance, Ask, DeviceAddress, Grant, Presence, Recall, encode

MEMBERS = ("a", "b")
PROGRAM = """
id = "corner"
version = 1
name = "Corner points"
currency = "USD"
[[earn]]
id = "base"
points = 1
per_minor = 100
text = "1 point per $1"
[leases]
points = 40
devices = 2
"""

Inbox = queue.SimpleQueue[Grant | Recall | Allowance]


class Shop:
    """A device that one worker works for. What others have for it waits in its inbox."""

    def __init__(self, books: Books, inboxes: dict[str, Inbox], name: str) -> None:
        self.books, self.inboxes, self.name = books, inboxes, name
        self.address = DeviceAddress(tenant="house", store=name, device="edge-1")
        self.dice = random.Random(name)  # noqa: S311
        self.life = Life(0, name).then(1)
        self.granted = dict.fromkeys(MEMBERS, 0)
        self.change = dict.fromkeys(MEMBERS, 0)
        booked = books.take(self.life.batch(), self.address)
        assert booked.journal is not None
        self.sent = 1
        presence = encode(Presence(online=True)).decode()
        books.device(
            self.address,
            state="live",
            journal_id=booked.journal.id,
            presence=presence,
            last_seen_at=rfc3339(NOW),
        )

    def right(self, member: str) -> int:
        """Answer what may be spent here."""
        return self.granted[member] + self.change[member]

    def trade(self, steps: int) -> None:
        """Sell, redeem and ask for a while."""
        for step in range(steps):
            member = self.dice.choice(MEMBERS)
            self._listen()
            if self.dice.random() < 0.4:
                ask = Ask(ask=f"{self.name}-{step}", epoch=1, account=member, points=200)
                self._work(
                    lambda c, ask=ask: answer_ask(
                        c, device_of(c, self.address, now=NOW), ask, now=NOW
                    )
                )
            elif self.dice.random() < 0.5 and self.right(member):
                points = self.dice.randint(1, self.right(member))
                self.change[member] -= points
                self.life.write(a_hold(f"{self.name}-{step}", member, points))
                self._send()
            else:
                self.change[member] += 20
                self.life.write(a_sale(f"{self.name}-{step}", member, 20, lease=20))
                self._send()

    def _listen(self) -> None:
        while not self.inboxes[self.name].empty():
            message = self.inboxes[self.name].get()
            if isinstance(message, Grant) and message.granted_total > self.granted[message.account]:
                self.granted[message.account] = message.granted_total
                fact = LeaseGrant(
                    account=message.account, granted_total=message.granted_total, generation=0
                )
                self.life.write(fact)
            if isinstance(message, Recall):
                points = max(0, self.right(message.account) - message.keep)
                self.change[message.account] -= points
                returned = LeaseReturn(
                    account=message.account, recall=message.recall, points=points
                )
                self.life.write(returned)

    def _send(self) -> None:
        batch = self.life.batch(self.sent + 1)
        self.sent = len(self.life.lines)
        self._work(lambda c: self._book(c, Batch(*batch)))

    def _book(self, c: Connection, batch: Batch) -> list[Notice]:
        device = device_of(c, self.address, now=NOW)
        booked = book(c, device, batch, now=NOW)
        return grants_after(c, device, booked.accounts_changed, now=NOW)

    def _work(self, work: Callable[[Connection], list[Notice]]) -> None:
        for to, message in self.books.database.transact(work):
            self.inboxes[to.store].put(message)


@pytest.fixture(name="postgres_books")
def _postgres_books(request: pytest.FixtureRequest) -> Iterator[Books]:
    books = Books(request.getfixturevalue("_templates").url())
    yield books
    books.stop()


def test_no_point_is_in_two_places(postgres_books: Books) -> None:
    """Four workers on PostgreSQL, each with a device of its own, two members for all of them."""
    books = postgres_books
    names = ("s1", "s2", "s3", "s4")
    row = {"tenant": "house", "name": "corner", "edition": "corner@1", "put_at": "2026"}
    books.database.transact(lambda c: c.execute(insert(programs).values(text=PROGRAM, **row)))
    inboxes: dict[str, Inbox] = {name: queue.SimpleQueue() for name in names}
    shops = [Shop(books, inboxes, name) for name in names]
    with ThreadPoolExecutor(len(shops)) as workers:
        for done in [workers.submit(shop.trade, 12) for shop in shops]:
            done.result()
    assert books.faults() == []
    posted = books.database.read(lambda c: c.execute(select(accounts)).all())
    granted = books.database.read(lambda c: c.execute(select(rights)).all())
    assert sum(each.granted for each in granted) > 0
    for account in posted:
        out = sum(r.granted + r.change for r in granted if r.account == account.account)
        spendable = sum(shop.right(account.account) for shop in shops)
        assert account.available >= 0
        assert account.active == account.available + out
        assert spendable + account.available <= account.active


def test_a_member_whose_row_is_not_locked_is_not_passed_on(any_books: Books) -> None:
    """A batch hands the members on to the lease policy as it has written them, which locks them.
    Of an account that was merged and got nothing it has not written the one that has the points.
    """
    life = Life(0, "disk-1").then(1).write(a_sale("s-1", "a", 5), a_sale("s-2", "b", 5))
    assert (any_books.take(life.batch()).members or {}).keys() == {"a", "b"}
    any_books.database.transact(lambda c: merge_accounts(c, "house", "a", "b", now=NOW))
    first = life.head().seq + 1
    life.write(AddCard(account="a", token="em4100:0C000621A5"))
    booked = any_books.take(life.batch(first))
    assert (booked.accounts_changed, booked.members) == ({"a", "b"}, None)
    life.write(a_sale("s-3", "a", 5))
    assert (any_books.take(life.batch(first + 1)).members or {}).keys() == {"a", "b"}
