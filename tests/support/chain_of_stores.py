"""A chain: the real head office, and stores with the agent's own till, in one process.

Messages arrive within milliseconds, and time passes when a test says so.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time
from itertools import count
from typing import Any

from sqlalchemy import Connection, insert, select

from agent.core.basket import Line, Sale, Tender
from agent.core.facts import AdjustPoints
from agent.core.program import Program
from agent.till import Back, Enrolment, Wish
from sync.hub.checks import check_books
from sync.hub.deciding import Expired, expire_due
from sync.hub.decisions import decide
from sync.hub.member_days import days_of, left_of
from sync.hub.tables import accounts, programs
from sync.simulation.device import Device
from sync.simulation.faults import Mix
from sync.simulation.house import House
from sync.simulation.now import run_now
from sync.simulation.program import TENANT, program
from sync.simulation.rules import SimulatedRules

__all__ = ["CARD", "Chain"]

CARD = "em4100:0C00000001"
_TURNS, _TURN_S = 3, 12.0


class Chain:
    """Head office and stores under one program: the simulation's, with ``more`` tables."""

    def __init__(self, more: str = "", *, stores: int = 2) -> None:
        self.house = House(7, Mix(name="calm"), stores=stores, cards=0)
        self.house.versions.clear()  # the shops have another program
        self._ids = count(1)
        self._text = program_text(more)
        self.program = Program.parse(self._text, source="chain.toml")
        self.head.database.transact(self._put_program)
        self.stores: list[Device] = self.house.devices
        for store in self.stores:
            self._adopt(store)
        self.settle()

    @property
    def head(self) -> Any:
        """Head office with its tables."""
        return self.house.office

    def _put_program(self, c: Connection) -> None:
        row = {"tenant": TENANT, "name": self.program.id, "edition": self.program.edition}
        c.execute(insert(programs).values(**row, text=self._text, put_at="2026-03-02T08:00:00Z"))

    def _adopt(self, store: Device) -> None:
        store.till.adopt(replace(SimulatedRules(store.shop).terms, program=self.program))

    def settle(self) -> None:
        """Let everything be heard everywhere."""
        for _ in range(_TURNS):
            self.house.advance(_TURN_S)
        assert self.house.is_settled(), self.house.unsettled()

    def on(self, day: str) -> None:
        """Go on to the morning of a day, with everything heard by then."""
        morning = datetime.combine(date.fromisoformat(day), time(9), UTC)
        self.house.world.now_s += (morning - self.house.world.at).total_seconds()
        self.settle()

    @contextmanager
    def cut_off(self, store: Device) -> Iterator[None]:
        """A store loses its line, and has it again after."""
        self.house.network.cut_off(str(store.address))
        yield
        self.house.network.mend(str(store.address))
        self.settle()

    def enrol(self, store: Device, token: str = CARD) -> str:
        """Make a member; answers the account."""
        view = run_now(store.till.members.enrol(Enrolment(token=token)))
        self.settle()
        return view.account

    def sell(self, store: Device, points: int, token: str = CARD) -> str:
        """Sell somebody groceries for so many points today; answers the sale's id."""
        sale_id = f"sale-{next(self._ids)}"
        run_now(store.till.commit(sale_id, _sale(points * 100, self.house.world.day, token)))
        return sale_id

    def bring_back(self, store: Device, sale_id: str, points: int) -> None:
        """Bring back so much of a sale as gave so many points, where it was sold or elsewhere."""
        today = self.house.world.day
        back = Back(amount_minor=points * 100, lane="1", business_date=today, elsewhere=True)
        run_now(store.till.take_back(sale_id, f"back-{next(self._ids)}", back))

    def redeem(self, store: Device, points: int, token: str = CARD) -> None:
        """Spend points."""
        name = f"red-{next(self._ids)}"
        run_now(store.till.hold(name, Wish(token=token, points=points, lane="1")))
        run_now(store.till.capture(name))

    def shown(self, store: Device, token: str = CARD) -> Any:
        """What a till shows of a member's account, before a basket of nothing."""
        sale = _sale(0, self.house.world.day, token)
        return run_now(store.till.quote(sale))

    def lots(self, store: Device, account: str) -> dict[str, int]:
        """Answer which points a store has of which day."""
        listed = run_now(store.ledger.read(lambda view: view.lots(account)))
        days: dict[str, int] = {}
        for points, day in listed:
            days[day] = days.get(day, 0) + points
        return days

    def rights(self, store: Device, account: str) -> int:
        """Answer how many points a store may spend alone."""
        return run_now(store.ledger.read(lambda view: view.right(account)))

    def left(self, account: str) -> dict[str, int]:
        """Answer which points head office has of which day."""

        def read(c: Connection) -> dict[str, int]:
            row = c.execute(select(accounts).where(accounts.c.account == account)).one()
            days = days_of(c, TENANT, [account])[account]
            return dict(left_of(days, active=row.active, pending=row.pending))

        found: dict[str, int] = self.head.database.read(read)
        return found

    def amiss(self) -> list[str]:
        """Hold head office's books to a replay from zero; answers what differs."""
        found: list[str] = self.head.database.read(check_books)
        return found

    def give(self, account: str, points: int) -> None:
        """Have head office give a member points."""
        fact = AdjustPoints(account=account, points=points, reason="sorry", cashier="head-office")
        now = self.house.world.at
        self.head.database.transact(lambda c: decide(c, TENANT, fact, now=now))

    def expire(self, day: str) -> Expired:
        """Let run out at head office what is due on a day."""
        on, now = date.fromisoformat(day), self.house.world.at
        expired: Expired = self.head.database.transact(lambda c: expire_due(c, TENANT, on, now=now))
        return expired

    def close(self) -> None:
        """Leave nothing behind."""
        self.house.close()


def program_text(more: str) -> str:
    """Write the program of a chain: points and money off, with ``more``."""
    plain = program()
    return f"""
id = "chain"
version = 1
name = "Chain points"
currency = "{plain.currency}"
categories = ["grocery"]
[[earn]]
id = "base"
points = 1
per_minor = 100
text = "1 point per euro"
[discount]
id = "money-off"
points = 1
worth_minor = 1
step = 10
text = "Money off"
{more}
"""


def _sale(minor: int, day: date, token: str | None) -> Sale:
    line = Line(
        sku="1",
        description="Milk",
        category="grocery",
        quantity="1.000",
        unit_price_minor=minor,
        amount_minor=minor,
    )
    return Sale(
        lane="1",
        cashier="ana",
        business_date=day,
        occurred_at=datetime.combine(day, time(10), UTC),
        currency=program().currency,
        token=token,
        lines=(line,),
        tenders=(Tender(kind="cash", amount_minor=minor),),
        total_minor=minor,
    )
