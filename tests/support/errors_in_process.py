"""Requests that are refused for the state of the ledger, asked of an application in this process.

Till, lanes and ledger are real; only the port is not there. Each case has a ledger of its own.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from errors_reached import Asked, asked
from fastapi import FastAPI
from stocked import CARD, Stock, sale_of
from structlog.testing import capture_logs

from agent.api import create_app
from agent.api.positions import POSITION
from agent.clock import mint_id
from agent.core.facts import IssueVoucher
from agent.core.vouchers import CODE_BYTES, code_of
from agent.lanes import Lanes
from agent.ledger import Ledger
from agent.ledger.budget import DiskBudget
from agent.metrics import make_metrics
from agent.till import Enrolment, Terms, Till
from agent.tools.documents import _no_health
from agent.tools.site import TILL_TOKEN

__all__ = ["IN_PROCESS", "app_without_ledger", "ask_in_process", "ask_without_ledger"]

_FROM_A_LIFE_TO_COME = {POSITION: f"7:1:{'0' * 64}"}
_SALE = sale_of(1_000).model_dump(mode="json")
_WISH = {"token": CARD, "reward": "coffee"}
_OTHER_CARD = {"token": "em4100:0C000621A6"}
_PHONE = "+12125550100"
_SPOKEN = f"phone:{_PHONE}"

_TAKEN: dict[str, Any] = {
    "POST /v1/identify": {"token": CARD},
    "POST /v1/accounts": {"token": CARD},
    "PUT /v1/accounts/{account}/profile": {},
    "POST /v1/accounts/{account}/cards": _OTHER_CARD,
    "POST /v1/accounts/{account}/adjust": {"points": 1, "reason": "goodwill", "cashier": "ana"},
    "POST /v1/cards/{token}/replace": {"by": CARD},
    "POST /v1/cards/{token}/block": {},
    "POST /v1/quotes": _SALE,
    "PUT /v1/sales/{sale_id}": _SALE,
    "PUT /v1/sales/{sale_id}/returns/{return_id}": {"amount_minor": 1},
    "PUT /v1/sales/{sale_id}/claim": {"token": CARD},
    "PUT /v1/redemptions/{redemption_id}": _WISH,
    "PUT /v1/vouchers/{voucher}": {"token": CARD, "points": 500},
}
"""Bodies that are taken as far as the ledger."""

_FROM_MEMORY = {
    "POST /v1/lanes/{lane}/card": _OTHER_CARD,
    "POST /v1/lanes/{lane}/card/move": {"to": "2"},
}
"""Calls that ask the ledger nothing themselves; only a position that comes with them does."""


State = tuple[Callable[[Stock, Ledger], Till], Asked | Callable[[Till], Asked]]
Case = tuple[tuple[str, str], State]


def _app(till: Till, ledger: Ledger, *, lookups_per_minute: int = 30) -> FastAPI:
    return create_app(
        till=till,
        lanes=Lanes(till, ("1", "2")),
        health=_no_health,
        metrics=make_metrics(_no_health, ledger, 0),
        till_tokens=(TILL_TOKEN,),
        lookups_per_minute=lookups_per_minute,
    )


def _send(app: FastAPI, call: str, what: Asked) -> httpx.Response:
    async def send() -> httpx.Response:
        # A mistake of our own is answered too, and not raised here.
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {TILL_TOKEN}"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", headers=headers
        ) as client:
            for _ in range(what.times):
                answer = await client.request(**what.request(call))
            return answer

    with capture_logs():  # a mistake is logged with all that led to it, which takes seconds to draw
        return asyncio.run(send())


def app_without_ledger(directory: Path) -> FastAPI:
    """An application whose ledger does not run, as during a recovery."""
    stock = Stock(directory / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
    return _app(stock.till(ledger), ledger)


def ask_without_ledger(app: FastAPI, call: str) -> httpx.Response:
    """Ask such an application for what only a ledger can answer."""
    what = Asked(path={}, query={"lane": "1"}, body=_TAKEN.get(call))
    if call in _FROM_MEMORY:
        what = Asked(path={}, body=_FROM_MEMORY[call], headers=_FROM_A_LIFE_TO_COME)
    return _send(app, call, what)


def ask_in_process(directory: Path, call: str, code: str) -> httpx.Response:
    """Bring a ledger into the state of a case, and ask."""
    prepare, what = IN_PROCESS[call, code]
    stock = Stock(directory / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        till = prepare(stock, ledger)
        app = _app(till, ledger, lookups_per_minute=1)
        return _send(app, call, what(till) if callable(what) else what)


def _beside_a_hub(stock: Stock, ledger: Ledger) -> Till:
    """A member whose points head office has not lent to this device."""
    asyncio.run(stock.till(ledger).commit("before", sale_of(60_000)))
    terms = Terms(program=stock.till(ledger).program, alone=False)
    return Till(ledger, terms, mint_id=mint_id)


def _years_later(stock: Stock, ledger: Ledger) -> Till:
    """Sales whose entries were given up for a budget of nothing."""
    stock.sell_and_seal(ledger, 3)
    stock.acknowledge(ledger)
    asyncio.run(DiskBudget(ledger, budget_bytes=0, alone=False).hold())
    return stock.till(ledger)


def _with_a_phone(stock: Stock, ledger: Ledger) -> Till:
    """Another member, whose telephone number is known, and a sale without a card."""
    till = stock.till(ledger)
    other = Enrolment(token="em4100:0C000621A7", phone=_PHONE)
    asyncio.run(till.members.enrol(other))
    asyncio.run(till.commit("before", sale_of(1_000, token=None)))
    return till


def _with_a_withdrawn_voucher(stock: Stock, ledger: Ledger) -> Till:
    """A coffee that came with a sale which was voided; its code is that of the number 1."""
    till = stock.till(ledger)
    account = asyncio.run(till.identify(CARD)).account
    asyncio.run(till.commit("before", sale_of(1_000)))
    code = code_of((1 << 4).to_bytes(CODE_BYTES))
    coffee = IssueVoucher(account=account, code=code, reward="coffee", sale_id="before")
    asyncio.run(ledger.write(lambda transaction: transaction.append(coffee)))
    asyncio.run(till.void("before"))
    return till


def _again(body: Any, **path: str) -> Asked:
    """Look for a member until there is no look-up left."""
    return Asked(path=path, body=body, times=3)


def _to_profile(till: Till, times: int) -> Asked:
    account = asyncio.run(till.identify(CARD)).account
    return Asked(path={"account": account}, body={"phone": _PHONE}, times=times)


def _too_many(call: str, body: dict[str, Any], **path: str) -> Case:
    return (call, "too_many_lookups"), (_with_a_phone, _again(body, **path))


IN_PROCESS: dict[tuple[str, str], State] = {
    **dict(
        (
            _too_many("POST /v1/identify", {"token": _SPOKEN}),
            _too_many("POST /v1/quotes", _SALE | {"token": _SPOKEN}),
            _too_many("PUT /v1/sales/{sale_id}/claim", {"token": _SPOKEN}, sale_id="before"),
            _too_many(
                "PUT /v1/redemptions/{redemption_id}", {"token": _SPOKEN, "reward": "coffee"}
            ),
            _too_many("PUT /v1/vouchers/{voucher}", {"token": _SPOKEN, "points": 500}),
            _too_many("POST /v1/accounts", _OTHER_CARD | {"phone": _PHONE}),
        )
    ),
    ("PUT /v1/accounts/{account}/profile", "too_many_lookups"): (
        _with_a_phone,
        lambda till: _to_profile(till, 3),
    ),
    ("POST /v1/accounts", "phone_in_use"): (
        _with_a_phone,
        asked(_OTHER_CARD | {"phone": _PHONE}),
    ),
    ("PUT /v1/accounts/{account}/profile", "phone_in_use"): (
        _with_a_phone,
        lambda till: _to_profile(till, 1),
    ),
    ("PUT /v1/redemptions/{redemption_id}", "frozen"): (
        Stock.till,
        Asked(path={}, body=_WISH, headers=_FROM_A_LIFE_TO_COME),
    ),
    ("PUT /v1/redemptions/{redemption_id}", "voucher_expired"): (
        _with_a_withdrawn_voucher,
        asked({"voucher": "0000-0000-0001-2"}),
    ),
    ("PUT /v1/vouchers/{voucher}", "offline_limit"): (
        _beside_a_hub,
        asked({"token": CARD, "points": 500}),
    ),
    ("PUT /v1/vouchers/{voucher}", "frozen"): (
        Stock.till,
        Asked(path={}, body={"token": CARD, "points": 500}, headers=_FROM_A_LIFE_TO_COME),
    ),
    ("PUT /v1/redemptions/{redemption_id}", "offline_limit"): (_beside_a_hub, asked(_WISH)),
    ("PUT /v1/sales/{sale_id}", "sale_recorded"): (_years_later, asked(_SALE, sale_id="sale-1")),
    ("PUT /v1/sales/{sale_id}/returns/{return_id}", "sale_recorded"): (
        _years_later,
        asked({"lines": [{"line": 0, "quantity": "1"}]}, sale_id="sale-1"),
    ),
    ("GET /metrics", "internal"): (Stock.till, asked()),  # nobody there knows the health
}
"""By call and code: how to bring about the state, and what is asked then."""
