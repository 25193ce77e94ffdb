"""Bad input is refused with a problem that says why, is not repeated, and writes nothing."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

MARK = "5105105105105100"
"""Stands somewhere in every bad body; no answer may repeat it."""

JSON = {"content-type": "application/json"}

Spoil = Callable[[dict[str, Any]], bytes]


def _with(**replaced: Any) -> Spoil:
    return lambda sale: json.dumps(sale | replaced).encode()


def _without(field: str) -> Spoil:
    return lambda sale: json.dumps({k: v for k, v in sale.items() if k != field}).encode()


def _with_line(**replaced: Any) -> Spoil:
    return lambda sale: json.dumps(sale | {"lines": [sale["lines"][0] | replaced]}).encode()


def _paid(amount: Any) -> Spoil:
    """Write ``amount`` for every amount, so that nothing but its type is wrong."""

    def spoil(sale: dict[str, Any]) -> bytes:
        line = sale["lines"][0] | {"unit_price_minor": amount, "amount_minor": amount}
        tender = {"kind": "cash", "amount_minor": amount}
        paid = {"lines": [line], "tenders": [tender], "total_minor": amount}
        return json.dumps(sale | paid).encode()

    return spoil


def _exactly(body: bytes) -> Spoil:
    return lambda _: body


BAD: dict[str, Spoil] = {
    "nothing": _exactly(b""),
    "malformed JSON": lambda sale: json.dumps(sale).encode()[:-1],
    "no UTF-8": _exactly(b'{"lane":"\xff\xfe ' + MARK.encode() + b'"}'),
    "lists nested 100,000 deep": _exactly(b"[" * 100_000 + MARK.encode() + b"]" * 100_000),
    "objects nested 100,000 deep": _exactly(b'{"a":' * 100_000 + MARK.encode() + b"}" * 100_000),
    "a deep field": lambda sale: (
        json.dumps(sale).encode()[:-1] + b',"deep":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    ),
    "a number of 5,000 digits": _exactly(b'{"total_minor":' + MARK.encode() + b"9" * 5_000 + b"}"),
    "a list": lambda sale: json.dumps([sale]).encode(),
    "null": _exactly(b"null"),
    "a text": _exactly(f'"{MARK}"'.encode()),
    "a number": _exactly(MARK.encode()),
    "no lane": _without("lane"),
    "no cashier": _without("cashier"),
    "no business date": _without("business_date"),
    "no time": _without("occurred_at"),
    "no currency": _without("currency"),
    "no lines": _without("lines"),
    "no tenders": _without("tenders"),
    "no total": _without("total_minor"),
    "an unknown field": _with(colour=MARK),
    "an unknown field of a line": _with_line(colour=MARK),
    "float money": _paid(1425.0),
    "money as text": _paid("1425"),
    "bool money": _paid(True),
    "NaN money": _paid(float("nan")),
    "infinite money": _paid(float("inf")),
    "null money": _paid(None),
    "more money than there is": _paid(10**13),
    "a negative total": _paid(-1425),
    "a negative quantity": _with_line(quantity="-1.000"),
    "a quantity of zero": _with_line(quantity="0.000"),
    "a quantity as number": _with_line(quantity=1),
    "a quantity with an exponent": _with_line(quantity="1e3"),
    "a total that does not add up": _with(total_minor=1424),
    "tenders that do not add up": _with(tenders=[{"kind": "cash", "amount_minor": 1424}]),
    "an unknown kind of tender": _with(tenders=[{"kind": MARK, "amount_minor": 1425}]),
    "a lone surrogate": _with_line(description="\ud800" + MARK),
    "a lone surrogate as token": _with(token="\ud800" + MARK),
    "a lone surrogate as field": _with(**{"\ud800": MARK}),
    "a date as number": _with(business_date=20261121),
    "a time as number": _with(occurred_at=1795219200),
    "a time without offset": _with(occurred_at="2026-11-21T10:15:00"),
    "a day that never was": _with(business_date="2026-02-30"),
    "a token as number": _with(token=int(MARK)),
    "a token of 129 characters": _with(token=MARK * 8 + "1"),
    "an empty lane": _with(lane=""),
    "a cashier of 65 characters": _with(cashier=MARK * 4 + "1"),
    "a line feed in a code": _with(lane="1\n"),
    "a currency in small letters": _with(currency="usd"),
    "10,001 lines": _with(
        lines=[
            {"sku": "1", "category": "a", "quantity": "1", "unit_price_minor": 0, "amount_minor": 0}
        ]
        * 10_001,
        tenders=[],
        total_minor=0,
    ),
}

IN_TEXT: dict[str, Spoil] = {
    "a date as number in quotes": _with(business_date="1795219200"),
    "a time as number in quotes": _with(occurred_at="1795219200"),
    "a time for a date": _with(business_date="2026-11-21T00:00:00"),
}


@pytest.mark.parametrize(
    "spoil",
    [
        *(pytest.param(spoil, id=name) for name, spoil in BAD.items()),
        *(pytest.param(spoil, id=name) for name, spoil in IN_TEXT.items()),
    ],
)
def test_bad_sale(
    till: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
    journal_seq: Callable[[], int],
    spoil: Spoil,
) -> None:
    """A sale that is not what the call takes is 422 malformed, not repeated and not written."""
    before = journal_seq()
    body = spoil(make_sale(cashier=MARK))
    answer = till.put(f"/v1/sales/{new_sale_id()}", content=body, headers=JSON)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["status"]) == ("malformed", 422)
    assert problem["type"] == "urn:tapledger:problem:malformed"
    assert problem["detail"]
    assert MARK not in answer.text
    assert journal_seq() == before


def test_unspoilt_sale(
    till: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
) -> None:
    """The sale that the bad ones are made from is taken, so that each is refused for its fault."""
    sale = make_sale(cashier=MARK)
    for spoil in (_with(), _with_line(), _paid(1425)):
        path = f"/v1/sales/{new_sale_id()}"
        assert till.put(path, content=spoil(sale), headers=JSON).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"token":null}',
        b'{"token":""}',
        b'{"token":5105105105105100}',
        b'{"token":"no number at all"}',
        b'{"token":"\\ud800"}',
        b'{"token":"em4100:0C000621A5","colour":"5105105105105100"}',
        '{"token":"²²²²²²²²²²²²²"}'.encode(),
    ],
    ids=ascii,
)
@pytest.mark.parametrize("call", ["/v1/identify", "/v1/accounts"])
def test_bad_card(
    till: httpx.Client, journal_seq: Callable[[], int], call: str, body: bytes
) -> None:
    """What is no card is 422 malformed where a card is asked for, and not written."""
    before = journal_seq()
    answer = till.post(call, content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert answer.headers["content-type"] == "application/problem+json"
    assert MARK not in answer.text
    assert journal_seq() == before


@pytest.mark.parametrize(
    "sale_id",
    [
        "two words",
        "%20",
        "x" * 65,
        "x" * 300,
        "caf\u00e9",
        "%00",
        "%FF",
        "\U0001f34c",
    ],
    ids=ascii,
)
def test_bad_sale_id(
    till: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    journal_seq: Callable[[], int],
    sale_id: str,
) -> None:
    """A sale_id with blanks, control characters, letters beyond ASCII or over 64 is 422."""
    before = journal_seq()
    answer = till.put(f"/v1/sales/{sale_id}", json=make_sale())
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert journal_seq() == before


@pytest.mark.parametrize(
    "replaced",
    [{MARK: 1}, {"lines": [{MARK: 1}]}, {"redemptions": [MARK]}],
    ids=["field", "field of a line", "redemption"],
)
def test_names_are_not_repeated(
    till: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
    replaced: dict[str, Any],
) -> None:
    """Not even the name of an unknown field or an id is repeated: it may be a card number."""
    answer = till.put(f"/v1/sales/{new_sale_id()}", json=make_sale(**replaced))
    assert answer.status_code in (404, 422)
    assert MARK not in answer.text
