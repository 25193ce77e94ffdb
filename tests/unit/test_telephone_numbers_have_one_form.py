"""A telephone number is one number, however a cashier writes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from agent.core.phones import Country, Phone, PhoneRefused, is_by_phone


@pytest.mark.parametrize(
    "written",
    [
        "2025550143",
        "(202) 555-0143",
        "202.555.0143",
        "+1 202 555 0143",
        "1-202-555-0143",
        " 202 555 0143 ",
    ],
)
def test_one_number_has_one_form(written: str) -> None:
    """Blanks, brackets, dots and the country's code make no other number of it."""
    assert Phone.parse(written, "US").number == "+12025550143"


def test_a_national_number_is_read_in_the_stores_country() -> None:
    """The same digits are another number in another country; a code goes before the country."""
    assert Phone.parse("06 20 123 4567", "HU").number == "+36201234567"
    assert Phone.parse("020 7946 0958", "GB").number == "+442079460958"
    assert Phone.parse("+36 20 123 4567", "GB").number == "+36201234567"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "555-0143",
        "911",
        "123",
        "nobody",
        "2025550143 ext 5",
        "+999 123 456 789",
        "20255501431234567",
        "\x00",
        "1" * 60,
    ],
)
def test_what_is_no_whole_number_is_refused(written: str) -> None:
    """Local, short, long, extended and foreign to every country: refused, and not repeated."""
    with pytest.raises(PhoneRefused) as refused:
        Phone.parse(written, "US")
    assert len(written) < 3 or written not in str(refused.value)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading(written: str) -> None:
    """Whatever is typed is a number in E.164 or refused, and reading that number again keeps it."""
    try:
        phone = Phone.parse(written, "US")
    except PhoneRefused:
        return
    assert phone.number[0] == "+"
    assert phone.number[1:].isdigit()
    assert Phone.parse(phone.number, "HU") == phone


@pytest.mark.parametrize("country", ["us", "USA", "XX", "", "1", "United States"])
def test_a_country_is_one_that_has_numbers(country: str) -> None:
    """A setting that names no country says how to write one, before any number is misread."""
    assert TypeAdapter(Country).validate_python("HU") == "HU"
    with pytest.raises(ValidationError, match="such as US"):
        TypeAdapter(Country).validate_python(country)


def test_a_number_does_not_print() -> None:
    """Neither a log nor a journal can hold one by accident."""
    phone = Phone.parse("2025550143", "US")
    assert str(phone) == "phone"
    assert "2025550143"[:6] not in repr(phone)


def test_who_is_named_by_telephone_is_told_from_a_card() -> None:
    """The word before the colon decides, in whichever case; a card's scheme is none."""
    assert all(is_by_phone(text) for text in ("phone:1", "PHONE: 1", " phone:x", "phone:"))
    assert not any(is_by_phone(text) for text in ("em4100:0C000621A5", "2025550143", "phones:1"))
