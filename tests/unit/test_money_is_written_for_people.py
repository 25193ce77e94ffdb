"""Amounts are written with the digits of their currency, and can be read back without doubt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.money import format_money


@pytest.mark.parametrize(
    ("amount_minor", "currency", "written"),
    [
        (0, "USD", "0.00 USD"),
        (5, "USD", "0.05 USD"),
        (-5, "EUR", "-0.05 EUR"),
        (142005, "USD", "1,420.05 USD"),
        (-123456789, "GBP", "-1,234,567.89 GBP"),
        (1200, "JPY", "1,200 JPY"),
        (-7, "KRW", "-7 KRW"),
        (1234, "KWD", "1.234 KWD"),
        (12345, "CLF", "1.2345 CLF"),
        (100, "XYZ", "1.00 XYZ"),
    ],
)
def test_an_amount_has_the_digits_of_its_currency(
    amount_minor: int, currency: str, written: str
) -> None:
    """Dollars have two decimals, yen none, dinars three, as ISO 4217 lists them."""
    assert format_money(amount_minor, currency) == written


@given(st.integers(), st.sampled_from(["USD", "EUR", "JPY", "KWD", "CLF"]))
def test_no_digit_is_lost(amount_minor: int, currency: str) -> None:
    """Without separators and point, what is written is the amount in minor units, sign and all."""
    number, _, code = format_money(amount_minor, currency).partition(" ")
    assert code == currency
    assert int(number.replace(",", "").replace(".", "")) == amount_minor
