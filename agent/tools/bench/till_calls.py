"""Every call a till makes, as requests that each do real work: one row of ``CALLS`` a call.

A call that needs something to be there first, such as a sale to void, has it made ``before`` its
own requests, and what it leaves open is ended ``after``; neither is measured.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any, Literal

from agent.tools.bench.driving import request, with_newest_position
from agent.tools.bench.ledger_http import sell_requests
from agent.tools.bench.ledger_sales import Work, card, phone
from agent.tools.bench.till_sales import DAY, REWARD, sales_of_a_day
from agent.tools.site import TILL_TOKEN

__all__ = ["CALLS", "Batch", "Call", "Raw", "Requests"]

Raw = Literal["keep", "take", "look"]
"""A bare handler: it commits a sale's body as a row, only takes one, or answers a small body."""

_NEW_CARDS = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """So many requests of one call to prepare, with ids that no other ``number`` has.

    ``accounts`` are those of the members, by the number that ``card`` makes their card of; each
    has points to spend.
    """

    number: int
    count: int
    accounts: tuple[str, ...]

    @property
    def sales(self) -> Work:
        """Sales to members, all of one business date."""
        members = len(self.accounts)
        prefix = f"till-{self.number}"
        return sales_of_a_day(prefix, self.count, accounts=members, seed=self.number)

    @property
    def sales_without_card(self) -> Work:
        """The same sales to nobody."""
        return [(sale_id, sale.model_copy(update={"token": None})) for sale_id, sale in self.sales]

    @property
    def members(self) -> list[tuple[int, str]]:
        """A member for each request, in turn: which number, and whose account."""
        return list(islice(cycle(enumerate(self.accounts)), self.count))

    @property
    def new_cards(self) -> list[str]:
        """Cards that nobody has."""
        first = self.number * _NEW_CARDS
        return [card(first + place) for place in range(self.count)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Requests:
    """``before`` is answered with 201, ``after`` with 200, and what is measured as expected."""

    measured: list[str]
    expected: int
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call, how its requests are prepared, and the bare handler it stands beside."""

    name: str
    prepare: Callable[[Batch], Requests]
    raw: Raw = "keep"


def _ask(method: str, path: str, body: Any = None) -> str:
    return request(method, path, body, bearer_token=TILL_TOKEN)


def _commit(batch: Batch) -> Requests:
    return Requests(measured=sell_requests(batch.sales), expected=201)


def _identify_card(batch: Batch) -> Requests:
    asked = [_ask("POST", "/v1/identify", {"token": sale.token}) for _, sale in batch.sales]
    return Requests(measured=asked, expected=200)


def _commit_telling_position(batch: Batch) -> Requests:
    told = [with_newest_position(sale) for sale in sell_requests(batch.sales)]
    return Requests(measured=told, expected=201)


def _identify_phone(batch: Batch) -> Requests:
    asked = [
        _ask("POST", "/v1/identify", {"token": f"phone:{phone(member)}"})
        for member, _ in batch.members
    ]
    return Requests(measured=asked, expected=200)


def _enrol(batch: Batch) -> Requests:
    cards = [_ask("POST", "/v1/accounts", {"token": token}) for token in batch.new_cards]
    return Requests(measured=cards, expected=201)


def _add_card(batch: Batch) -> Requests:
    cards = [
        _ask("POST", f"/v1/accounts/{account}/cards", {"token": token})
        for (_, account), token in zip(batch.members, batch.new_cards, strict=True)
    ]
    return Requests(measured=cards, expected=201)


def _adjust(batch: Batch) -> Requests:
    adjusted = [
        _ask(
            "POST",
            f"/v1/accounts/{account}/adjust",
            {
                "points": 1,
                "reason": "measured",
                "cashier": "c1",
                "adjust_id": f"adjust-{batch.number}-{place}",
            },
        )
        for place, (_, account) in enumerate(batch.members)
    ]
    return Requests(measured=adjusted, expected=201)


def _day(batch: Batch) -> Requests:
    asked = _ask("GET", f"/v1/days/{DAY.isoformat()}")
    return Requests(measured=[asked] * batch.count, expected=200)


def _quote(batch: Batch) -> Requests:
    sales = [sale.model_dump(mode="json", exclude_none=True) for _, sale in batch.sales]
    return Requests(measured=[_ask("POST", "/v1/quotes", sale) for sale in sales], expected=200)


def _claim(batch: Batch) -> Requests:
    claims = [
        _ask("PUT", f"/v1/sales/{sale_id}/claim", {"token": sale.token})
        for sale_id, sale in batch.sales
    ]
    sold = sell_requests(batch.sales_without_card)
    return Requests(before=tuple(sold), measured=claims, expected=201)


def _void(batch: Batch) -> Requests:
    voids = [_ask("DELETE", f"/v1/sales/{sale_id}") for sale_id, _ in batch.sales]
    return Requests(before=tuple(sell_requests(batch.sales)), measured=voids, expected=200)


def _return_a_line(batch: Batch) -> Requests:
    back = [
        _return(sale_id, {"lines": [{"line": 0, "quantity": sale.lines[0].quantity}]})
        for sale_id, sale in batch.sales
    ]
    return Requests(before=tuple(sell_requests(batch.sales)), measured=back, expected=201)


def _return_an_amount(batch: Batch) -> Requests:
    back = [
        _return(sale_id, {"amount_minor": max(1, sale.total_minor // 2)})
        for sale_id, sale in batch.sales
    ]
    return Requests(before=tuple(sell_requests(batch.sales)), measured=back, expected=201)


def _return(sale_id: str, back: dict[str, Any]) -> str:
    return _ask("PUT", f"/v1/sales/{sale_id}/returns/{sale_id}-r", back)


def _redemption(sale_id: str) -> str:
    return f"/v1/redemptions/{sale_id}"


def _held(batch: Batch) -> tuple[str, ...]:
    return tuple(
        _ask("PUT", _redemption(sale_id), {"token": sale.token, "reward": REWARD})
        for sale_id, sale in batch.sales
    )


def _released(batch: Batch) -> tuple[str, ...]:
    return tuple(_ask("DELETE", _redemption(sale_id)) for sale_id, _ in batch.sales)


def _hold(batch: Batch) -> Requests:
    return Requests(measured=list(_held(batch)), after=_released(batch), expected=201)


def _capture(batch: Batch) -> Requests:
    spent = [_ask("POST", f"{_redemption(sale_id)}/capture") for sale_id, _ in batch.sales]
    return Requests(before=_held(batch), measured=spent, expected=200)


def _release(batch: Batch) -> Requests:
    return Requests(before=_held(batch), measured=list(_released(batch)), expected=200)


def _commit_capturing(batch: Batch) -> Requests:
    sales = [
        (sale_id, sale.model_copy(update={"redemptions": (sale_id,)}))
        for sale_id, sale in batch.sales
    ]
    return Requests(before=_held(batch), measured=sell_requests(sales), expected=201)


CALLS = (
    Call(name="PUT sale", prepare=_commit),
    Call(name="PUT sale telling a position", prepare=_commit_telling_position),
    Call(name="identify by card", prepare=_identify_card, raw="look"),
    Call(name="identify by phone", prepare=_identify_phone, raw="look"),
    Call(name="enrol", prepare=_enrol),
    Call(name="add a card", prepare=_add_card),
    Call(name="adjust", prepare=_adjust),
    Call(name="add up a day", prepare=_day, raw="look"),
    Call(name="quote", prepare=_quote, raw="take"),
    Call(name="claim", prepare=_claim),
    Call(name="void", prepare=_void),
    Call(name="return a line", prepare=_return_a_line),
    Call(name="return an amount", prepare=_return_an_amount),
    Call(name="hold", prepare=_hold),
    Call(name="capture", prepare=_capture),
    Call(name="release", prepare=_release),
    Call(name="PUT sale that captures", prepare=_commit_capturing),
)
"""Every call that is measured; the first is what the others are held to."""
