"""A sale is checked once, at the border: it adds up in whole minor units, or it is refused."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agent.core.basket import Sale

SaleBody = Callable[..., dict[str, Any]]

MINOR_KEYS = ("unit_price_minor", "amount_minor", "discount_minor", "tax_minor")


def as_json(body: dict[str, Any]) -> Sale:
    """Read a body the way it arrives."""
    return Sale.model_validate_json(json.dumps(body))


def mistakes_in(body: dict[str, Any]) -> set[str]:
    """The keys of a refused body that are wrong; both ways of reading it must agree."""
    with pytest.raises(ValidationError) as from_python:
        Sale.model_validate(body)
    with pytest.raises(ValidationError) as from_json:
        as_json(body)
    found, also_found = (
        {".".join(map(str, error["loc"])) for error in refused.value.errors()}
        for refused in (from_python, from_json)
    )
    assert found == also_found
    return found


def test_a_basket_that_adds_up_is_taken(sale_body: SaleBody) -> None:
    """Lines, tenders and total that agree make a sale, with a deposit returned as a minus."""
    sale = as_json(sale_body(1999, 250, -25))
    assert sale.total_minor == 2224
    assert [line.amount_minor for line in sale.lines] == [1999, 250, -25]


def test_change_is_a_negative_tender(sale_body: SaleBody) -> None:
    """A twenty handed over and change given back pay a smaller basket."""
    tenders = [
        {"kind": "cash", "amount_minor": 2000},
        {"kind": "cash", "amount_minor": -575},
    ]
    assert as_json(sale_body(1425, tenders=tenders)).total_minor == 1425


@pytest.mark.parametrize(
    "changes",
    [
        {"total_minor": 1424},
        {"tenders": [{"kind": "cash", "amount_minor": 1426}]},
        {"tenders": []},
        {"lines": []},
    ],
)
def test_a_basket_that_does_not_add_up_is_refused(
    sale_body: SaleBody, changes: dict[str, Any]
) -> None:
    """Lines, tenders and total must be one amount, whichever of them is off."""
    assert mistakes_in(sale_body(1425) | changes) == {""}


@given(sale=st.from_type(Sale), off_by=st.integers(1, 10**6))
def test_no_total_but_the_right_one_is_taken(sale: Sale, off_by: int) -> None:
    """A sale is taken as it is and with no other total."""
    body = json.loads(sale.model_dump_json())
    assert as_json(body) == sale
    assert mistakes_in(body | {"total_minor": sale.total_minor + off_by}) == {""}


def test_a_negative_total_is_refused(sale_body: SaleBody) -> None:
    """A basket that pays the customer is a return, not a sale."""
    assert mistakes_in(sale_body(-100)) == {"total_minor"}


@pytest.mark.parametrize("key", MINOR_KEYS)
@pytest.mark.parametrize("amount", [100.0, 100.5, "100", True, None, [100], 10**12 + 1, -(10**30)])
def test_money_is_a_whole_number(sale_body: SaleBody, key: str, amount: object) -> None:
    """A line's money is an integer of sensible size: no float, text, true or astronomic number."""
    body = sale_body(100)
    body["lines"][0][key] = amount
    assert mistakes_in(body) == {f"lines.0.{key}"}


@pytest.mark.parametrize("amount", [100.0, "100", True, None, 10**400])
def test_tenders_and_total_are_whole_numbers_too(sale_body: SaleBody, amount: object) -> None:
    """What was paid and the total are held to the same rule as the lines."""
    body = sale_body(100, tenders=[{"kind": "cash", "amount_minor": amount}], total_minor=amount)
    assert mistakes_in(body) == {"tenders.0.amount_minor", "total_minor"}


@pytest.mark.parametrize(
    "quantity", ["0", "0.000", "-1", "1.2345", "1e3", "", " 1", "1,5", "٣", 1, 1.0, True, "NaN"]
)
def test_a_quantity_is_a_plain_decimal_above_zero(sale_body: SaleBody, quantity: object) -> None:
    """A quantity is a text with up to three places, and something was sold."""
    body = sale_body(100)
    body["lines"][0]["quantity"] = quantity
    assert {mistake.partition(".quantity")[0] for mistake in mistakes_in(body)} == {"lines.0"}


@pytest.mark.parametrize("quantity", ["1", "0.001", "38.442", "999999999.999"])
def test_fuel_is_sold_by_the_thousandth(sale_body: SaleBody, quantity: str) -> None:
    """A quantity is kept as the POS wrote it."""
    body = sale_body(100)
    body["lines"][0]["quantity"] = quantity
    assert as_json(body).lines[0].quantity == quantity


def test_unknown_keys_are_refused_wherever_they_stand(sale_body: SaleBody) -> None:
    """A key that means nothing is a mistake in the sale, in a line and in a tender."""
    body = sale_body(100, totall_minor=100)
    body["lines"][0]["ammount_minor"] = 100
    body["tenders"][0]["currency"] = "USD"
    assert mistakes_in(body) == {"totall_minor", "lines.0.ammount_minor", "tenders.0.currency"}


@pytest.mark.parametrize("key", ["lane", "cashier", "business_date", "occurred_at", "currency"])
def test_what_must_be_said_must_be_said(sale_body: SaleBody, key: str) -> None:
    """Lane, cashier, day, moment and currency have no default."""
    body = sale_body(100)
    del body[key]
    assert mistakes_in(body) == {key}


@pytest.mark.parametrize(
    "changes",
    [
        {"lane": ""},
        {"lane": "a b"},
        {"lane": "x" * 65},
        {"lane": 1},
        {"cashier": "ana\n"},
        {"cashier": "ána"},
        {"currency": "usd"},
        {"currency": "US"},
        {"currency": "USD\n"},
        {"currency": 840},
        {"token": 4},
        {"token": "9" * 129},
        {"redemptions": ["a b"]},
    ],
)
def test_codes_have_their_form(sale_body: SaleBody, changes: dict[str, Any]) -> None:
    """Lane, cashier, currency, token and redemption ids are short texts of their own form."""
    (key,) = changes
    assert {mistake.partition(".")[0] for mistake in mistakes_in(sale_body(100, **changes))} == {
        key
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"business_date": 20261121},
        {"business_date": 1763683200},
        {"business_date": 1763683200.0},
        {"business_date": True},
        {"business_date": None},
        {"business_date": "21.11.2026"},
        {"business_date": "2026-02-30"},
        {"occurred_at": 1763730309},
        {"occurred_at": 1763730309.5},
        {"occurred_at": None},
        {"occurred_at": "2026-11-21"},
        {"occurred_at": "14:05:09+01:00"},
        {"occurred_at": "2026-11-21T25:00:00Z"},
    ],
)
def test_days_and_moments_are_texts(sale_body: SaleBody, changes: dict[str, Any]) -> None:
    """A number is never read as seconds since 1970, and a text must be a real day or moment."""
    assert mistakes_in(sale_body(100, **changes)) == set(changes)


def test_a_number_in_quotes_is_no_date(sale_body: SaleBody) -> None:
    """Digits in quotes are not seconds either, and a business date has no time of day."""
    for key, text in (
        ("business_date", "1763683200"),
        ("business_date", "2026-11-21T00:00:00"),
        ("occurred_at", "1763730309"),
    ):
        assert mistakes_in(sale_body(100, **{key: text})) == {key}


@pytest.mark.parametrize("fraction", ["1234567", "123456789"])
def test_a_moment_may_have_any_number_of_digits(sale_body: SaleBody, fraction: str) -> None:
    """RFC 3339 does not limit the digits of a second, and many a POS writes seven or nine."""
    sale = as_json(sale_body(100, occurred_at=f"2026-11-21T14:05:09.{fraction}+01:00"))
    assert sale.occurred_at.microsecond == 123456


@pytest.mark.parametrize("moment", ["2026-11-21T14:05:09", "2026-11-21 14:05:09.250"])
def test_a_moment_without_its_offset_is_refused(sale_body: SaleBody, moment: str) -> None:
    """A naive moment could be any of a day's hours, so it is no moment."""
    assert mistakes_in(sale_body(100, occurred_at=moment)) == {"occurred_at"}


@pytest.mark.parametrize(
    ("moment", "offset"),
    [
        ("2026-11-21T14:05:09+01:00", timedelta(hours=1)),
        ("2026-11-21T14:05:09-03:30", -timedelta(hours=3, minutes=30)),
        ("2026-11-21T14:05:09Z", timedelta()),
    ],
)
def test_the_offset_is_kept(sale_body: SaleBody, moment: str, offset: timedelta) -> None:
    """The till's own hour survives: reading and writing a moment does not move it to UTC."""
    sale = as_json(sale_body(100, occurred_at=moment))
    assert sale.occurred_at.utcoffset() == offset
    assert sale.occurred_at.hour == 14
    assert json.loads(sale.model_dump_json())["occurred_at"] == moment


def test_a_refusal_does_not_echo_the_body(sale_body: SaleBody) -> None:
    """The text of a refusal holds no card number, whatever else is wrong with the body."""
    with pytest.raises(ValidationError) as refused:
        as_json(sale_body(100, token="4111111111111111" * 9, total_minor=4111111111111111))
    assert "4111" not in str(refused.value)


def test_a_sale_cannot_be_changed(sale_body: SaleBody) -> None:
    """A sale that was read stays as it is."""
    sale = as_json(sale_body(100))
    with pytest.raises(ValidationError):
        sale.total_minor = 0  # type: ignore[misc]  # that it is refused is the promise


@pytest.mark.parametrize(
    ("token", "shown"),
    [(None, None), ("em4100:0C000621A5", "em4100:0C000621A5"), ("no such card", None)],
)
def test_what_is_no_card_is_nobodys(
    sale_body: Callable[..., dict[str, Any]], token: str | None, shown: str | None
) -> None:
    """A sale's card is what can be read as one; anything else does not stop the sale."""
    card = Sale.model_validate(sale_body(100, token=token)).card
    assert (None if card is None else str(card)) == shown
