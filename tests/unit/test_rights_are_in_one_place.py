"""Whatever is lost, repeated or late between head office and the tills, rights are in one place."""

import random

import pytest
from rights_office import AHEAD, OFFLINE, ONLINE, TENANT, Office, Till
from sqlalchemy import select

from sync.hub.asking import answer_ask
from sync.hub.granting import grants_after, resend_rights
from sync.hub.notices import Notice
from sync.hub.sweeping import sweep_rights
from sync.hub.tables import accounts, asks, devices, recalls, rights
from sync.messages import Ask, Grant, Recall

MEMBERS = ("a", "b")


class World:
    """Three tills, two members, and a network that loses, repeats and reorders."""

    def __init__(self, books: Office, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311
        self.books = books
        books.put_program(AHEAD)
        for member in MEMBERS:
            books.member(member, 200)
        self.tills = {name: Till(books, books.device(name)) for name in ("x", "y", "z")}
        self.under_way: list[Notice] = []
        self.totals: dict[tuple[int, str], int] = {}
        self.questions: set[str] = set()
        self.answers: set[str] = set()

    def step(self) -> None:
        """Let one thing happen, anywhere."""
        act = self.dice.choice(
            (self.sell, self.redeem, self.ask, self.deliver, self.deliver, self.sweep, self.greet)
        )
        act(self.dice.choice(list(self.tills.values())), self.dice.choice(MEMBERS))
        self.check()

    def say(self, notices: list[Notice]) -> None:
        """Send: some messages are lost, some come twice."""
        for notice in notices:
            message = notice[1]
            if isinstance(message, Grant) and message.ask is not None:
                self.answers.add(message.ask)
            self.under_way += [notice] * self.dice.choice((0, 1, 1, 1, 2))

    def booked(self, till: Till, member: str) -> None:
        """Let head office act on what it has just booked."""
        self.say(grants_after(self.books.c, till.device, [member], now=self.books.later(1)))

    def sell(self, till: Till, member: str) -> None:
        """Earn points, which join the till's own rights."""
        points = self.dice.randint(1, 60)
        till.move(member, points, points)
        self.books.visit(till.device, member)
        self.booked(till, member)

    def redeem(self, till: Till, member: str) -> None:
        """Spend some of what the till has rights to."""
        points = self.dice.randint(0, till.right(member))
        till.move(member, -points, -points)
        self.booked(till, member)

    def ask(self, till: Till, member: str) -> None:
        """Ask for more than the till has."""
        name = f"ask-{len(self.questions)}"
        self.questions.add(name)
        points = till.right(member) + self.dice.randint(1, 80)
        ask = Ask(ask=name, epoch=1, account=member, points=points)
        for _ in range(self.dice.choice((1, 1, 2))):
            self.say(answer_ask(self.books.c, till.device, ask, now=self.books.later(0.1)))

    def deliver(self, *_: object) -> None:
        """Deliver any of the messages under way, not only the oldest."""
        if not self.under_way:
            return
        notice = self.under_way.pop(self.dice.randrange(len(self.under_way)))
        till = self.tills[notice[0].device]
        till.take(notice)
        if isinstance(notice[1], Grant | Recall):
            self.booked(till, notice[1].account)

    def sweep(self, till: Till, _: str) -> None:
        """Let some seconds pass; a till is connected or not."""
        presence = self.dice.choice((ONLINE, ONLINE, OFFLINE))
        self.books.change(devices, till.device.id, presence=presence)
        self.say(sweep_rights(self.books.c, now=self.books.later(self.dice.choice((1, 7)))))

    def greet(self, till: Till, _: str) -> None:
        """Connect anew."""
        self.books.change(devices, till.device.id, presence=ONLINE)
        self.say(resend_rights(self.books.c, till.device, now=self.books.now))

    def check(self) -> None:
        """Hold that points are in one place, and that totals only grow."""
        assert self.books.amiss() == []
        for row in self.books.c.execute(select(accounts)):
            assert row.available >= 0
            tills = sum(till.right(row.account) for till in self.tills.values())
            assert tills + row.available <= row.active
        for row in self.books.c.execute(select(rights)):
            key = (row.journal_id, row.account)
            assert row.granted >= self.totals.get(key, 0)
            self.totals[key] = row.granted

    def heal(self) -> None:
        """Lose nothing any more, until nobody has anything to say."""
        self.dice = random.Random(0)  # noqa: S311
        for _ in range(6):
            self.under_way = []
            for till in self.tills.values():
                self.books.change(devices, till.device.id, presence=ONLINE)
                for notice in resend_rights(self.books.c, till.device, now=self.books.now):
                    till.take(notice)
                for member in MEMBERS:
                    self.booked(till, member)
            self.say(sweep_rights(self.books.c, now=self.books.later(9)))
            self.check()


@pytest.mark.parametrize("seed", range(4))
def test_points_are_available_or_leased_never_both(seed: int) -> None:
    """I4 holds after every step; no till can spend what another can; every ask is answered; and
    once nothing is lost any more, nothing stays open.
    """
    with Office() as books:
        world = World(books, seed)
        for _ in range(40):
            world.step()
        world.heal()
        assert world.questions == world.answers
        assert books.c.execute(select(asks)).all() == []
        still_open = select(recalls).where(
            recalls.c.tenant == TENANT, recalls.c.answered_points.is_(None)
        )
        assert books.c.execute(still_open).all() == []
        for till in world.tills.values():
            for member in MEMBERS:
                assert books.right(till.device, member) == till.right(member)
