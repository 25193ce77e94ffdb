"""Four people, and what happens to their points while one store is cut off.

Ana has points of both stores and spends them in both at once; Ben is new and joins in both; Cleo's
sale is sent to both; Dora's card is blocked where the store cannot hear of it. Each time both tills
do what they must with what they can know, and head office settles it once it hears of both.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from agent.core.tokens import Token
from agent.paths import shipped_program
from agent.tools.demo.failed import DemoFailed
from agent.tools.demo.trade import Progress
from agent.tools.demo.voice import Voice
from agent.tools.site import HeadOffice, StoreKit
from agent.tools.waiting import wait_until

__all__ = ["PROGRAM_TEXT", "Story"]

_FLOOR = 100
_COFFEE = 150
_ANA, _BEN, _CLEO, _DORA = (Token.parse(f"em4100:DE0000000{n}") for n in (1, 2, 3, 4))

PROGRAM_TEXT = (
    shipped_program("simple").read_text("utf-8")
    + f"""
[offline]                # what a store that is cut off may risk beyond its leases
per_redemption = {_FLOOR}
per_account = {_FLOOR}
per_device = 1000
"""
)
"""The shipped program with a floor: how much a store may give that others may have given, too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """What the four do. ``cut`` is the store whose line is cut meanwhile, ``other`` is not."""

    office: HeadOffice
    cut: StoreKit
    other: StoreKit
    progress: Progress
    voice: Voice
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def prepare(self) -> None:
        """While all is well: they join, and earn their first points."""
        for store, token, dollars in (
            (self.other, _ANA, 300),
            (self.cut, _DORA, 200),
            (self.other, _CLEO, 50),
        ):
            self._enrol(store, token)
            self._sell(store, token, dollars)
        # Ana's card comes to the other store with its number alone: head office knows it.
        self._wait_for(self.cut, _ANA, 300)
        self._sell(self.cut, _ANA, 200)

    def wait_until_all_is_known(self) -> None:
        """Wait until each store knows of the other's, so that the cut finds them as is told."""
        for store, token, points in (
            (self.other, _ANA, 500),
            (self.cut, _ANA, 500),
            (self.cut, _CLEO, 50),
            (self.other, _DORA, 200),
        ):
            self._wait_for(store, token, points)
        wait_until(
            lambda: self.cut.health()["floor_left"] >= _FLOOR, "head office to allow the floor"
        )

    def play(self) -> None:
        """While ``cut`` is cut off: everything that it cannot know."""
        self._lease_and_floor()
        self._spent_elsewhere()
        self._joined_twice()
        self._sent_twice()
        self._blocked_unheard()

    def pay(self) -> None:
        """After the line is back: Ana's next purchase pays what she owes."""
        owed = -self._account(_ANA)["balance"]
        self.voice.at("head office", f"Ana's balance is {-owed} points: what both stores gave.")
        points = self._sell(self.other, _ANA, 150)
        self.voice.at(self.other.name, f"Ana buys for $150: {points} points, which pay her debt.")

    def _lease_and_floor(self) -> None:
        seen = self._seen(self.cut, _ANA)
        self.voice.at(
            self.cut.name,
            f"Ana has {seen['balance']} points: 200 earned here and 300 at store "
            f"{self.other.name}. Only the 200 are leased to this store: nobody else may spend "
            f"them, so it need not ask.",
        )
        first = self._redeem(self.cut, _ANA, "lease")
        self.voice.at(self.cut.name, f"{_coffee(first)} 50 points of the lease are left.")
        second = self._redeem(self.cut, _ANA, "floor")
        self.voice.at(
            self.cut.name,
            f"{_coffee(second)} 50 from the lease, and 100 from the floor: points that may have "
            "been spent elsewhere by now. The program lets a store risk so many, and no more.",
        )
        refused = self._hold(self.cut, _ANA)
        if refused.status_code != 409 or refused.json()["code"] != "offline_limit":
            raise DemoFailed(f"a coffee beyond every right was not refused: {refused.text}")
        self.voice.at(self.cut.name, f"A third coffee is refused: “{refused.json()['detail']}”.")

    def _spent_elsewhere(self) -> None:
        for _ in range(2):
            self._redeem(self.other, _ANA, "lease")
        self.voice.at(
            self.other.name,
            "Ana's husband drinks two coffees with her 300 points from here, on this store's "
            f"lease. So the 100 points on the floor of {self.cut.name} were spent twice.",
        )

    def _joined_twice(self) -> None:
        for store, dollars in ((self.cut, 40), (self.other, 60)):
            self._enrol(store, _BEN)
            points = self._sell(store, _BEN, dollars)
            self.voice.at(store.name, f"Ben shows a new card, joins, and earns {points} points.")

    def _sent_twice(self) -> None:
        sale_id, sale = "demo-sent-twice", _sale(_CLEO, 80)
        for store in (self.cut, self.other):
            self._commit(store, sale_id, sale)
        self.voice.at(
            self.cut.name,
            "Cleo buys for $80. The POS misses the answer, and sends the sale to store "
            f"{self.other.name}'s agent as well: 80 points at both.",
        )

    def _blocked_unheard(self) -> None:
        self.office.ask("POST", f"/v1/cards/{_DORA}/block", {"reason": "stolen", "state": "lost"})
        self.voice.at("head office", "Dora telephones: her card was stolen. It is blocked.")
        self._redeem(self.cut, _DORA, "lease")
        self.voice.at(
            self.cut.name, "Who has Dora's card gets a coffee: this store cannot have heard."
        )

    def _wait_for(self, store: StoreKit, token: Token, points: int) -> None:
        """Wait until a store shows so many points of a card."""
        wait_until(
            lambda: self._seen(store, token).get("balance") == points,
            f"store {store.name} to show {points} points of card {token.masked}",
        )

    def _seen(self, store: StoreKit, token: Token) -> dict[str, Any]:
        answer: dict[str, Any] = store.lanes["1"].pos.identify(str(token)).json()
        return answer

    def _account(self, token: Token) -> dict[str, Any]:
        answer: dict[str, Any] = self.office.ask("GET", f"/v1/cards/{token}")
        return answer

    def _enrol(self, store: StoreKit, token: Token) -> None:
        lane = store.lanes["1"]
        if lane.tap(token)["status"] != "unknown_card":
            raise DemoFailed(f"store {store.name} knows card {token.masked} before it was enrolled")
        answer = lane.pos.enrol(str(token))
        _hold_status(answer, 201)
        self.progress.add(enrolled=1, token=str(token))

    def _sell(self, store: StoreKit, token: Token, dollars: int) -> int:
        store.lanes["1"].tap(token)
        return self._commit(store, f"demo-sale-{next(self._numbers)}", _sale(token, dollars))

    def _commit(self, store: StoreKit, sale_id: str, sale: dict[str, Any]) -> int:
        answer = store.lanes["1"].pos.sell(sale_id, sale)
        _hold_status(answer, 201)
        points: int = answer.json()["points"]
        self.progress.add(points=points)
        return points

    def _hold(self, store: StoreKit, token: Token) -> httpx.Response:
        redemption_id = f"demo-coffee-{next(self._numbers)}"
        return store.lanes["1"].pos.hold(redemption_id, token=str(token), reward="coffee")

    def _redeem(self, store: StoreKit, token: Token, authority: str) -> dict[str, Any]:
        """Have a coffee for points. Raises DemoFailed where it is by another right than told."""
        held = self._hold(store, token)
        _hold_status(held, 201)
        answer: dict[str, Any] = held.json()
        if answer["authority"] != authority:
            raise DemoFailed(f"a coffee was by {answer['authority']}, not by {authority}")
        _hold_status(store.lanes["1"].pos.capture(answer["redemption_id"]), 200)
        self.progress.add(points=-_COFFEE)
        return answer


def _coffee(answer: dict[str, Any]) -> str:
    return f"A coffee for {answer['points']} points, by “{answer['authority']}”."


def _hold_status(answer: httpx.Response, status: int) -> None:
    if answer.status_code != status:
        raise DemoFailed(f"{answer.request.url.path}: {answer.status_code} {answer.text}")


def _sale(token: Token, dollars: int) -> dict[str, Any]:
    now, minor = datetime.now(UTC), dollars * 100
    return {
        "lane": "1",
        "cashier": "c1",
        "business_date": now.date().isoformat(),
        "occurred_at": now.isoformat(timespec="seconds"),
        "currency": "USD",
        "token": str(token),
        "lines": [
            {
                "sku": "4011",
                "description": "GROCERIES",
                "category": "grocery",
                "quantity": "1.000",
                "unit_price_minor": minor,
                "amount_minor": minor,
            }
        ],
        "tenders": [{"kind": "card", "amount_minor": minor}],
        "total_minor": minor,
    }
