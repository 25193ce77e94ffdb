"""A company of real processes that things happen to, and the proof that all sides agree after.

Head office and its stores are real, and so are the broker and the lines between them. Members shop
in every store. ``agree`` is the question behind all of it: is each entry of every store held at
head office, do head office's books come to what a replay from zero makes of them, and does every
store show each member what head office has posted?
"""

import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

import httpx
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import func, select

from agent.ledger import View
from agent.ledger.connection import open_reader
from agent.paths import shipped_program
from agent.tools.compare import compare
from agent.tools.site import TILL_TOKEN, HeadOffice, StoreKit
from agent.tools.waiting import wait_until
from drivers.virtual.pos import NO_TLS, VirtualPos
from sync.broker import Broker
from sync.hub.checks import check_books
from sync.hub.database import Database
from sync.hub.tables import marks
from sync.messages import DeviceAddress

__all__ = ["DAY", "FLOOR", "TENANT", "Company", "new_id", "until"]

TENANT = "demo"
DAY = "2026-11-21"

FLOOR = """
[offline]
per_redemption = 200
per_account = 400
per_device = 3000
per_day = 3000
soft_count = 20
hard_count = 40
"""
"""What a store may give beyond its rights while it is cut off: a coffee, and another."""

_cards = itertools.count(0x7A00000001)
_ids = itertools.count(1)
_ASK_EVERY_S = 0.05


class Company:
    """Head office and two stores; ``start`` starts all of it, ``stop`` ends it."""

    def __init__(
        self,
        directory: Path,
        *,
        stores: tuple[str, ...] = ("s001", "s002"),
        others: tuple[str, ...] = (),
        more_rules: str = "",
        **office: Any,
    ) -> None:
        """``others`` are users of the broker beside the stores."""
        directory.mkdir(parents=True, exist_ok=True)
        self.program_text = shipped_program("simple").read_text("utf-8") + FLOOR
        program = directory / "program.toml"
        program.write_text(self.program_text, "utf-8")
        self.office = HeadOffice(directory / "office", stores=stores, users=others, **office)
        with self.office.broker.rules.open("a") as rules:
            rules.write(more_rules)
        port = self.office.broker.port
        self.stores = {
            name: StoreKit(name=name, directory=directory / name, broker_port=port, program=program)
            for name in stores
        }
        self.members: list[str] = []
        """The cards of those who shop here."""

    def start(self) -> None:
        """Start everything, and wait until every store may redeem."""
        self.office.start()
        self.office.ask("PUT", "/v1/programs/simple", {"text": self.program_text})
        for store in self.stores.values():
            store.start()
        self.wait_open()
        for name, store in self.stores.items():
            until(lambda s=store: _has_floor(s), f"head office to have trusted {name}")

    def stop(self) -> None:
        """End everything."""
        for store in self.stores.values():
            store.stop()
        self.office.stop()

    @contextmanager
    def running(self) -> Iterator[Self]:
        """It runs for as long as this lasts."""
        try:
            self.start()
            yield self
        finally:
            self.stop()

    def wait_open(self) -> None:
        """Wait until head office has answered every store."""
        for name, store in self.stores.items():
            until(lambda s=store: _is_open(s), f"head office to have welcomed {name}")

    def begin_anew(self, *, restart_broker: bool = False) -> None:
        """Start every agent again: none remembers how often its line failed before.

        They greet head office once, also where the broker and the hub are started anew meanwhile.
        """
        for store in self.stores.values():
            assert store.line is not None
            store.line.heal()
            store.agent.stop()
        if restart_broker:
            self.restart_broker()
        for store in self.stores.values():
            store.agent.start()
        self.wait_open()

    def restart_broker(self) -> None:
        """Start the broker anew, and the hub, which remembers no failure then."""
        self.office.hub.stop()
        self.office.broker.stop()
        self.office.broker.start()
        self.office.hub.start()

    def pos(self, store: str) -> VirtualPos:
        """The POS of a store's only lane."""
        return self.stores[store].lanes["1"].pos

    @contextmanager
    def cut(self, *names: str) -> Iterator[None]:
        """Cut the lines of stores, and heal them after."""
        for name in names:
            self.line(name).cut()
        for name in names:
            until(lambda n=name: not self.health(n)["online"], f"{name} to notice")
        yield
        for name in names:
            self.line(name).heal()

    def line(self, name: str) -> Any:
        """The line of a store."""
        line = self.stores[name].line
        assert line is not None
        return line

    def health(self, name: str) -> dict[str, Any]:
        """Ask a store how it is."""
        return self.stores[name].health()

    def incarnation(self, name: str) -> str:
        """Answer which life of its disk a store is in."""
        with closing(open_reader(self.stores[name].ledger_path)) as connection:
            view = View(connection)
            return view.incarnation(view.head().epoch)

    def member(self, store: str, points: int = 0) -> str:
        """Make a member at a store, who buys for so many points; answers their card."""
        card = f"em4100:{next(_cards):010X}"
        assert self.pos(store).enrol(card).status_code == 201
        self.members.append(card)
        if points:
            self.sell(store, card, points)
        return card

    def account(self, store: str, card: str) -> str:
        """Answer a member's account, as a store has it."""
        account: str = self.pos(store).identify(card).json()["account"]
        return account

    def sell(
        self, store: str, card: str | None, points: int, *, sale_id: str | None = None, **said: Any
    ) -> dict[str, Any]:
        """Sell somebody groceries for so many points."""
        body = self.basket(card, points) | said
        answer = self.pos(store).sell(sale_id or new_id(), body)
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def basket(self, card: str | None, points: int) -> dict[str, Any]:
        """Groceries that give so many points."""
        line = {
            "sku": "1082185",
            "description": "BANANAS",
            "category": "grocery",
            "quantity": "1.000",
            "unit_price_minor": points * 100,
            "amount_minor": points * 100,
            "discount_minor": 0,
            "tax_minor": 0,
        }
        return {
            "lane": "1",
            "cashier": "c1",
            "business_date": DAY,
            "occurred_at": f"{DAY}T10:15:00+01:00",
            "currency": "USD",
            "token": card,
            "lines": [line],
            "tenders": [{"kind": "cash", "amount_minor": points * 100}],
            "total_minor": points * 100,
        }

    def redeem(
        self, store: str, card: str, *, redemption_id: str | None = None, **wish: Any
    ) -> str:
        """Redeem and capture, a coffee unless said otherwise; answers by what authority."""
        name = redemption_id or new_id()
        held = self.pos(store).hold(name, token=card, **(wish or {"reward": "coffee"}))
        assert held.status_code == 201, held.text
        assert self.pos(store).capture(name).status_code == 200
        authority: str = held.json()["authority"]
        return authority

    def return_elsewhere(self, store: str, sale_id: str, points: int) -> None:
        """Take a sale back where it was not sold."""
        answer = httpx.put(
            f"{self.stores[store].url}/v1/sales/{sale_id}/returns/{new_id()}",
            json={"elsewhere": True, "amount_minor": points * 100, "lane": "1"},
            headers={"Authorization": f"Bearer {TILL_TOKEN}"},
            timeout=10,
            verify=NO_TLS,
        )
        assert answer.status_code == 201, answer.text

    @contextmanager
    def stopped(self, name: str) -> Iterator[None]:
        """Something is done to a store's disk while its agent is down."""
        self.stores[name].agent.stop()
        yield
        self.stores[name].agent.start()

    def login(self, device: DeviceAddress) -> Broker:
        """Answer how a device on paper reaches the broker."""
        return self.office.broker_login(str(device))

    def hub_health(self) -> dict[str, Any]:
        """Ask head office how it is."""
        health: dict[str, Any] = httpx.get(
            f"{self.office.url}/healthz", timeout=10, verify=NO_TLS
        ).json()
        return health

    def conflicts(self, kind: str) -> list[dict[str, Any]]:
        """Ask head office which conflicts of a kind it found."""
        found: list[dict[str, Any]] = self.office.ask("GET", f"/v1/conflicts?kind={kind}")
        return found

    def metric(self, name: str, **labels: str) -> float:
        """Read one of head office's metrics: the sum over all that have these labels."""
        text = httpx.get(f"{self.office.url}/metrics", timeout=10, verify=NO_TLS).text
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Open head office's database beside the hub."""
        database = Database(self.office.database_url)
        database.start(migrate=False)
        try:
            yield database
        finally:
            database.stop()

    def agree(self, *, expected: Mapping[str, str] | None = None) -> None:
        """Hold that all sides agree once everything has been heard. Raises AssertionError.

        ``expected`` are differences that stay, by store: what a disk lost stays at head office.
        """
        for store in self.stores.values():
            store.wait_acknowledged()
        with self.database() as database:
            assert database.read(check_books) == []
            for name, store in self.stores.items():
                self._agree_on_entries(store, database, (expected or {}).get(name))
        self.agree_about(*self.members)

    def _agree_on_entries(self, store: StoreKit, database: Database, stays: str | None) -> None:
        """Hold that a store and head office have the same entries, once what is under way came: a
        till that is closed still takes the grants that its last sales brought.
        """
        last: list[str] = []

        def same() -> bool:
            found = compare(store.ledger_path, database, store.address).differences
            last[:] = [each for each in found if stays is None or not each.startswith(stays)]
            return not last

        try:
            until(same, "store and head office to have the same entries", timeout_s=45)
        except TimeoutError as error:
            raise AssertionError("\n".join(last)) from error

    def wait_numbered(self) -> None:
        """Wait until every change has its number, and so is told to who asks for the feed."""
        with self.database() as database:
            left = select(func.count()).select_from(marks)
            until(lambda: not database.read(lambda c: c.execute(left).scalar_one()), "numbers")

    def agree_about(self, *cards: str) -> None:
        """Hold that every store comes to show of members what head office has posted.

        Raises AssertionError.
        """
        for store in self.stores.values():
            store.wait_acknowledged()
        last: list[str] = []

        def all_show() -> bool:
            last[:] = self._shown_otherwise(cards)
            return not last

        try:
            until(all_show, "every store to show what head office has posted", timeout_s=45)
        except TimeoutError as error:
            raise AssertionError("\n".join(last)) from error

    def _shown_otherwise(self, cards: Iterable[str]) -> list[str]:
        """Say which store shows a member another balance than head office has posted."""
        wrong = []
        for card in cards:
            posted = self.office.ask("GET", f"/v1/cards/{card}")["balance"]
            for name in self.stores:
                seen = self.pos(name).identify(card).json()
                if seen.get("balance") != posted:
                    wrong.append(f"{name} shows {seen.get('balance')} of {card}, not {posted}")
        return wrong


def new_id() -> str:
    """Mint an id that nothing else in a test has."""
    return f"id-{next(_ids)}"


def _is_open(store: StoreKit) -> bool:
    health = store.health()
    return bool(health["online"] and health["opened"])


def _has_floor(store: StoreKit) -> bool:
    with closing(open_reader(store.ledger_path)) as connection:
        view = View(connection)
        return view.floor_allowed(view.head().epoch) > 0


def until(condition: Callable[[], bool], what: str, *, timeout_s: float = 60.0) -> None:
    """Wait for something that is dear to ask; raises TimeoutError."""

    def holds() -> bool:
        holds = condition()
        if not holds:
            time.sleep(_ASK_EVERY_S)
        return holds

    wait_until(holds, what, timeout_s=timeout_s)
