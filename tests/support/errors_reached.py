"""Requests that are refused: for each call of the API and each code that it answers, how to get it.

A call is named as the description names it, ``PUT /v1/sales/{sale_id}``. What every call may answer
is provoked from the description alone; what only some do is in ``AT_THE_TILL``, asked of an agent
that has been running all the while: each case brings members, cards and sales of its own, so that
none depends on another. What needs a ledger in a special state is in ``errors_in_process.py``.
"""

import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from agent.api.positions import POSITION
from agent.core.tokens import Token
from agent.tools.site import StoreKit
from agent.web.limits import MAX_BODY_BYTES

__all__ = ["AT_THE_TILL", "CONTROLS", "GENERIC", "Asked", "Member", "Shop", "asked", "send"]

CONTROLS = """
[members]
lookups_per_minute = 6000
[controls]
adjust_day_points = 500
claims_per_day = 1
"""
"""Limits that are reached with the second request, but for look-ups, which all cases share."""

_PLAIN = {
    "account": "nobody",
    "token": "em4100:0C000621A5",
    "sale_id": "no-sale",
    "return_id": "back",
    "redemption_id": "no-redemption",
    "voucher": "0000-0000-0001-2",
    "lane": "1",
    "business_date": "2026-11-21",
}
"""A well-formed value for each parameter of a path."""

_SENDS_BODY = "requestBody"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is asked of a call; ``times`` is how often at most, until it is refused otherwise."""

    path: dict[str, str]
    body: Any = None
    content: bytes | None = None
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1

    def request(self, call: str) -> dict[str, Any]:
        """The arguments of an HTTP client's ``request``."""
        method, _, address = call.partition(" ")
        made: dict[str, Any] = {
            "method": method,
            "url": address.format(**_PLAIN | self.path),
            "params": self.query,
            "headers": self.headers,
        }
        if self.content is not None:
            return made | {"content": self.content}
        return made if self.body is None else made | {"json": self.body}


def asked(body: Any = None, **path: str) -> Asked:
    """Ask with a body, and with these parameters in the path; any others are plain ones."""
    return Asked(body=body, path=path)


def _over_and_over(body: Any, **path: str) -> Asked:
    return Asked(body=body, path=path, times=6)


def send(client: httpx.Client, call: str, what: Asked, code: str) -> httpx.Response:
    """Ask until the answer has this code, or as often as may be; answers the last answer."""
    for _ in range(what.times):
        answer = client.request(**what.request(call))
        if answer.json().get("code") == code:
            break
    return answer


def _no_token(_described: dict[str, Any]) -> Asked:
    return Asked(path={}, query={"lane": "1"}, headers={"Authorization": "Bearer of-nobody"})


def _too_large(_described: dict[str, Any]) -> Asked:
    return Asked(path={}, query={"lane": "1"}, content=b" " * (MAX_BODY_BYTES + 1))


def _malformed(described: dict[str, Any]) -> Asked:
    """A body that breaks off, or else a header that is no position, or no query at all."""
    if _SENDS_BODY in described:
        return Asked(path={}, content=b"{", headers={"Content-Type": "application/json"})
    parameters = {each["name"]: each for each in described.get("parameters", ())}
    if POSITION in parameters:
        return Asked(path={}, headers={POSITION: "nowhere"})
    required = [each for each in parameters.values() if each["in"] == "query" and each["required"]]
    assert required, "the description says 422, and nothing in this call can be malformed"
    return asked()


GENERIC: dict[str, Callable[[dict[str, Any]], Asked]] = {
    "bad_token": _no_token,
    "too_large": _too_large,
    "malformed": _malformed,
}
"""How to get what a call may answer whatever it does, from what the description says of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """A card, and its account."""

    card: str
    account: str


class Shop:
    """What a case begins with, at one running agent: members, sales, holds, each a new one."""

    def __init__(
        self, store: StoreKit, till: httpx.Client, make_sale: Callable[..., dict[str, Any]]
    ) -> None:
        self.till = till
        self.sale = make_sale
        self._store = store
        self._phones = itertools.count(2_125_550_100)

    def new_id(self) -> str:
        """An id that nothing else has."""
        return uuid.uuid4().hex

    def card(self) -> str:
        """A card that nobody has."""
        return f"em4100:{uuid.uuid4().hex[:10].upper()}"

    def phone(self) -> str:
        """A telephone number that nobody has."""
        return f"+1{next(self._phones)}"

    def done(self, call: str, what: Asked) -> dict[str, Any]:
        """Do what has to succeed before the case."""
        answer: dict[str, Any]
        answer = self.till.request(**what.request(call)).raise_for_status().json()
        return answer

    def member(self, **personal: str) -> Member:
        """Enrol somebody."""
        card = self.card()
        answer = self.done("POST /v1/accounts", asked({"token": card} | personal))
        return Member(card=card, account=answer["account"])

    def blocked(self) -> Member:
        """A member whose card is blocked."""
        member = self.member()
        self.done("POST /v1/cards/{token}/block", asked({}, token=member.card))
        return member

    def replaced(self) -> Member:
        """A member with an old card, which another one took the place of."""
        member = self.member()
        replacement = asked({"by": self.card()}, token=member.card)
        self.done("POST /v1/cards/{token}/replace", replacement)
        return member

    def sold(self, **replaced: Any) -> str:
        """Commit a sale of 14.25, or as it is said; each cashier has a day of their own."""
        sale_id = self.new_id()
        sale = self.sale(**{"cashier": self.new_id()} | replaced)
        self.done("PUT /v1/sales/{sale_id}", asked(sale, sale_id=sale_id))
        return sale_id

    def voided(self) -> str:
        """A sale that was called off."""
        sale_id = self.sold()
        self.done("DELETE /v1/sales/{sale_id}", asked(sale_id=sale_id))
        return sale_id

    def returned(self, amount_minor: int) -> tuple[str, str]:
        """A sale of 14.25 of which so much came back, and the return's id."""
        ids = {"sale_id": self.sold(), "return_id": self.new_id()}
        back = asked({"amount_minor": amount_minor}, **ids)
        self.done("PUT /v1/sales/{sale_id}/returns/{return_id}", back)
        return ids["sale_id"], ids["return_id"]

    def held(self) -> tuple[Member, str]:
        """A member for whom a coffee is held, and the redemption's id."""
        member, redemption_id = self.member(), self.new_id()
        self.sold(amount_minor=20_000, token=member.card)
        wish = asked({"token": member.card, "reward": "coffee"}, redemption_id=redemption_id)
        self.done("PUT /v1/redemptions/{redemption_id}", wish)
        return member, redemption_id

    def captured(self) -> tuple[Member, str]:
        """The same, and it was drunk."""
        member, redemption_id = self.held()
        capture = asked(redemption_id=redemption_id)
        self.done("POST /v1/redemptions/{redemption_id}/capture", capture)
        return member, redemption_id

    def released(self) -> tuple[Member, str]:
        """The same, and the member thought better of it."""
        member, redemption_id = self.held()
        self.done("DELETE /v1/redemptions/{redemption_id}", asked(redemption_id=redemption_id))
        return member, redemption_id

    def with_points(self) -> Member:
        """A member with points enough for a voucher."""
        member = self.member()
        self.sold(amount_minor=60_000, token=member.card)
        return member

    def voucher(self, **more: Any) -> tuple[Member, dict[str, Any]]:
        """A member who turned 500 points into a voucher, and the answer to that."""
        member = self.with_points()
        order = asked({"token": member.card, "points": 500} | more, voucher=self.new_id())
        return member, self.done("PUT /v1/vouchers/{voucher}", order)

    def adjusted(self, points: int, **more: Any) -> tuple[Member, dict[str, Any]]:
        """A member whose balance was changed by hand, and what was asked."""
        member = self.member()
        body = {"points": points, "reason": "goodwill", "cashier": self.new_id()} | more
        self.done("POST /v1/accounts/{account}/adjust", asked(body, account=member.account))
        return member, body

    def lay(self, lane: str) -> None:
        """Lay a member's card on a lane's reader."""
        self._store.lanes[lane].tap(Token.parse(self.member().card))


Case = Callable[[Shop], Asked]

_IDENTIFY = "POST /v1/identify"
_ENROL = "POST /v1/accounts"
_PROFILE = "PUT /v1/accounts/{account}/profile"
_ERASE = "DELETE /v1/accounts/{account}/profile"
_CARDS = "POST /v1/accounts/{account}/cards"
_ADJUST = "POST /v1/accounts/{account}/adjust"
_REPLACE = "POST /v1/cards/{token}/replace"
_BLOCK = "POST /v1/cards/{token}/block"
_QUOTE = "POST /v1/quotes"
_SELL = "PUT /v1/sales/{sale_id}"
_VOID = "DELETE /v1/sales/{sale_id}"
_RETURN = "PUT /v1/sales/{sale_id}/returns/{return_id}"
_CLAIM = "PUT /v1/sales/{sale_id}/claim"
_HOLD = "PUT /v1/redemptions/{redemption_id}"
_CAPTURE = "POST /v1/redemptions/{redemption_id}/capture"
_RELEASE = "DELETE /v1/redemptions/{redemption_id}"
_VOUCHER = "PUT /v1/vouchers/{voucher}"
_CHOOSE = "POST /v1/lanes/{lane}/card"
_MOVE = "POST /v1/lanes/{lane}/card/move"


def _adjust(points: int, **more: Any) -> dict[str, Any]:
    return {"points": points, "reason": "goodwill", "cashier": uuid.uuid4().hex} | more


def _one_more_claim(shop: Shop) -> Asked:
    cashier = shop.new_id()
    claim = {"token": shop.member().card, "cashier": cashier}
    shop.done(_CLAIM, asked(claim, sale_id=shop.sold()))
    return asked(claim, sale_id=shop.sold())


def _another_return(shop: Shop) -> Asked:
    sale_id, return_id = shop.returned(100)
    return asked({"amount_minor": 200}, sale_id=sale_id, return_id=return_id)


def _captured_twice(shop: Shop) -> Asked:
    member, redemption_id = shop.held()
    shop.sold(token=member.card, redemptions=[redemption_id])
    return asked(shop.sale(token=member.card, redemptions=[redemption_id]), sale_id=shop.new_id())


def _another_wish(shop: Shop) -> Asked:
    member, redemption_id = shop.held()
    return asked({"token": member.card, "points": 500}, redemption_id=redemption_id)


def _another_voucher(shop: Shop) -> Asked:
    member, voucher = shop.voucher()
    return asked({"token": member.card, "points": 600}, voucher=voucher["voucher_id"])


def _a_voucher_that_is_held(shop: Shop) -> Asked:
    wish = {"voucher": shop.voucher()[1]["code"]}
    shop.done(_HOLD, asked(wish, redemption_id=shop.new_id()))
    return asked(wish, redemption_id=shop.new_id())


def _order(member: Member, points: int = 500, **more: Any) -> Asked:
    return asked({"token": member.card, "points": points} | more, voucher="new")


def _another_adjustment(shop: Shop) -> Asked:
    member, body = shop.adjusted(1, adjust_id=shop.new_id())
    return asked(body | {"points": 2}, account=member.account)


def _one_more_adjustment(shop: Shop) -> Asked:
    member, body = shop.adjusted(500)
    return asked(body | {"points": 1}, account=member.account)


def _a_full_account(shop: Shop) -> Asked:
    member = shop.member()
    for _ in range(100):
        shop.sold(amount_minor=10**12, token=member.card)
    return asked(_adjust(1), account=member.account)


def _wrong_pins(shop: Shop) -> Asked:
    guess = _adjust(501, approver="nobody", pin="40717704")
    return _over_and_over(guess, account=shop.member().account)


def _not_on_the_lane(shop: Shop, body: dict[str, str]) -> Asked:
    shop.lay("2")
    return asked({"token": shop.card()} | body, lane="2")


# A lane on which nothing is ever laid is 1, one that lies full of cards is 2.
AT_THE_TILL: dict[tuple[str, str], Case] = {
    (_IDENTIFY, "unknown_card"): lambda shop: asked({"token": shop.card()}),
    (_IDENTIFY, "malformed"): lambda _shop: asked({"token": "4111111111111111"}),
    (_ENROL, "card_in_use"): lambda shop: asked({"token": shop.member().card}),
    (_PROFILE, "unknown_account"): lambda _shop: asked({"display_name": "Ana"}),
    (_ERASE, "unknown_account"): lambda _shop: asked(),
    (_CARDS, "unknown_account"): lambda shop: asked({"token": shop.card()}),
    (_CARDS, "card_in_use"): lambda shop: asked(
        {"token": shop.member().card}, account=shop.member().account
    ),
    (_CARDS, "card_blocked"): lambda shop: _same_card(shop.blocked()),
    (_REPLACE, "unknown_card"): lambda shop: asked({"by": shop.card()}, token=shop.card()),
    (_REPLACE, "card_in_use"): lambda shop: asked(
        {"by": shop.member().card}, token=shop.member().card
    ),
    (_REPLACE, "card_blocked"): lambda shop: asked({"by": shop.card()}, token=shop.replaced().card),
    (_BLOCK, "unknown_card"): lambda shop: asked({}, token=shop.card()),
    (_BLOCK, "card_blocked"): lambda shop: asked({}, token=shop.replaced().card),
    (_SELL, "unknown_redemption"): lambda shop: asked(
        shop.sale(token=shop.member().card, redemptions=["none"]), sale_id=shop.new_id()
    ),
    (_SELL, "redemption_ended"): _captured_twice,
    (_SELL, "sale_id_reused"): lambda shop: asked(shop.sale(amount_minor=999), sale_id=shop.sold()),
    (_VOID, "unknown_sale"): lambda _shop: asked(),
    (_VOID, "sale_returned"): lambda shop: asked(sale_id=shop.returned(1425)[0]),
    (_RETURN, "unknown_sale"): lambda _shop: asked({"amount_minor": 1}),
    (_RETURN, "sale_voided"): lambda shop: asked({"amount_minor": 1}, sale_id=shop.voided()),
    (_RETURN, "return_exceeds_sale"): lambda shop: asked(
        {"amount_minor": 1426}, sale_id=shop.sold()
    ),
    (_RETURN, "return_id_reused"): _another_return,
    (_CLAIM, "unknown_sale"): lambda shop: asked({"token": shop.member().card}),
    (_CLAIM, "unknown_card"): lambda shop: asked({"token": shop.card()}, sale_id=shop.sold()),
    (_CLAIM, "sale_has_card"): lambda shop: asked(
        {"token": shop.member().card}, sale_id=shop.sold(token=shop.member().card)
    ),
    (_CLAIM, "sale_voided"): lambda shop: asked(
        {"token": shop.member().card}, sale_id=shop.voided()
    ),
    (_CLAIM, "claim_too_late"): lambda shop: asked(
        {"token": shop.member().card}, sale_id=shop.returned(100)[0]
    ),
    (_CLAIM, "cashier_limit"): _one_more_claim,
    (_HOLD, "unknown_card"): lambda shop: asked({"token": shop.card(), "reward": "coffee"}),
    (_HOLD, "unknown_reward"): lambda shop: asked({"token": shop.member().card, "reward": "tea"}),
    (_HOLD, "card_blocked"): lambda shop: asked({"token": shop.blocked().card, "reward": "coffee"}),
    (_HOLD, "not_redeemable"): lambda shop: asked({"token": shop.member().card, "points": 7}),
    (_HOLD, "insufficient_points"): lambda shop: asked(
        {"token": shop.member().card, "reward": "coffee"}
    ),
    (_HOLD, "redemption_id_reused"): _another_wish,
    (_HOLD, "unknown_voucher"): lambda _shop: asked({"voucher": "0000-0000-0001-2"}),
    (_HOLD, "malformed"): lambda _shop: asked({"voucher": "0000-0000-0001-3"}),
    (_HOLD, "voucher_used"): _a_voucher_that_is_held,
    (_VOUCHER, "unknown_card"): lambda shop: asked({"token": shop.card(), "points": 500}),
    (_VOUCHER, "card_blocked"): lambda shop: _order(shop.blocked()),
    (_VOUCHER, "not_redeemable"): lambda shop: _order(shop.with_points(), partner=True),
    (_VOUCHER, "insufficient_points"): lambda shop: _order(shop.member()),
    (_VOUCHER, "voucher_id_reused"): _another_voucher,
    ("GET /v1/vouchers/{voucher}", "unknown_voucher"): lambda _shop: asked(),
    ("GET /v1/vouchers/{voucher}", "malformed"): lambda _shop: asked(voucher="0000"),
    (_CAPTURE, "unknown_redemption"): lambda _shop: asked(),
    (_CAPTURE, "redemption_ended"): lambda shop: asked(redemption_id=shop.released()[1]),
    (_CAPTURE, "not_redeemable"): lambda shop: asked({"points": 151}, redemption_id=shop.held()[1]),
    (_RELEASE, "unknown_redemption"): lambda _shop: asked(),
    (_RELEASE, "redemption_ended"): lambda shop: asked(redemption_id=shop.captured()[1]),
    (_ADJUST, "approval_needed"): lambda shop: asked(_adjust(501), account=shop.member().account),
    (_ADJUST, "unknown_account"): lambda _shop: asked(_adjust(1)),
    (_ADJUST, "insufficient_points"): lambda shop: asked(
        _adjust(-1), account=shop.member().account
    ),
    (_ADJUST, "adjust_id_reused"): _another_adjustment,
    (_ADJUST, "cashier_limit"): _one_more_adjustment,
    (_ADJUST, "too_many_pins"): _wrong_pins,
    (_ADJUST, "too_many_points"): _a_full_account,
    (_CHOOSE, "unknown_lane"): lambda shop: asked({"token": shop.card()}, lane="9"),
    (_CHOOSE, "no_card_shown"): lambda shop: asked({"token": shop.card()}),
    (_CHOOSE, "no_such_card"): lambda shop: _not_on_the_lane(shop, {}),
    (_MOVE, "unknown_lane"): lambda _shop: asked({"to": "9"}),
    (_MOVE, "no_card_shown"): lambda _shop: asked({"to": "2"}),
    (_MOVE, "no_such_card"): lambda shop: _not_on_the_lane(shop, {"to": "1"}),
    (_MOVE, "same_lane"): lambda _shop: asked({"to": "1"}),
    ("GET /v1/events", "unknown_lane"): lambda _shop: Asked(path={}, query={"lane": "9"}),
    ("GET /lane/{lane}", "forbidden"): lambda _shop: Asked(
        path={}, headers={"Host": "shop.example"}
    ),
    ("GET /nowhere", "not_found"): lambda _shop: asked(),
    ("PATCH /v1/identify", "method_not_allowed"): lambda _shop: asked(),
}
"""By call and code; the last ones are of addresses that the description leaves out."""


def _same_card(member: Member) -> Asked:
    return asked({"token": member.card}, account=member.account)
