"""A payment card's number that comes by scanner is refused, printed nowhere, and not kept."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drivers.decode import Options, decode
from drivers.payment_cards import holds_payment_card
from drivers.scanners.barcode import BarcodeParser

# The test numbers that payment companies publish.
NUMBERS = [
    "4111111111111111",
    "4222222222222",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "6011111111111117",
    "30569309025904",
    "3530111333300000",
    "6200000000000005",
]
VISA = NUMBERS[0]


def reasons(scan: str) -> list[str]:
    """What ``decode barcode`` refuses a scan for; fails where it is not refused."""
    return [seen["reason"] for seen in decode("barcode", scan.encode(), Options())]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("aim", ["", "]C0", "]Q1", "]A0", "]E0"])
def test_the_bare_number_is_refused(number: str, aim: str) -> None:
    """In whatever symbology, the number alone is refused as what it is."""
    assert reasons(f"{aim}{number}\r") == ["payment_card"]


@pytest.mark.parametrize("number", [number for number in NUMBERS if len(number) > 13])
@pytest.mark.parametrize(
    "scan",
    [
        "{}=2512101",
        "%B{}^DOE/JANE^2512101?",
        "my card is {}.",
        "https://pay.example.test/?card={}&x=1",
        "https://id.gs1.org/01/05901234123457/21/{}",
        "]C1010590123412345721{}",
        "]C1010590123412345710{}\x1d21A",
        "]C1010590123412345721XY{}",
        "]C191{}",
        "77{}77777777",
    ],
)
def test_it_is_refused_wherever_it_stands(number: str, scan: str) -> None:
    """In a text, a link, a lot or a serial the number makes the whole scan refused."""
    assert reasons(scan.format(number)) == ["payment_card"]


@pytest.mark.parametrize("written", ["4111 1111 1111 1111", "4111-1111-1111-1111"])
def test_it_is_known_however_it_is_written(written: str) -> None:
    """Blanks and hyphens between the digits hide nothing."""
    assert reasons(written) == ["payment_card"]
    assert reasons(f"pay {written} now") == ["payment_card"]


@pytest.mark.parametrize(
    "scan",
    [
        f"https://id.gs1.org/8018/061414112345678902?card={VISA}",
        f"https://id.gs1.org/01/05901234123457?card={VISA}",
        f"]C1010590123412345791{VISA}",
        f"]C1801806141411234567890291{VISA}",
    ],
)
def test_a_number_beside_a_card_or_product_is_not_told(scan: str) -> None:
    """What is read beside such a number is told without it, and the scan is not remembered."""
    (seen,) = decode("barcode", scan.encode(), Options())
    assert VISA not in str(seen)
    parser = BarcodeParser()
    parser.feed(scan.encode() + b"\r")
    assert not parser._meanings


@pytest.mark.parametrize(
    "text",
    ["lot 4111111111111112", "061414112345678902", "1234567890123", "4" * 12, ""],
)
def test_other_numbers_are_none(text: str) -> None:
    """A wrong Luhn digit, another first digit or too few digits are no payment card."""
    assert not holds_payment_card(text)


@given(
    before=st.text(max_size=20),
    after=st.text(max_size=20),
    number=st.sampled_from(NUMBERS),
    aim=st.sampled_from(["", "]C0", "]C1", "]Q1", "]d2", "]E0"]),
)
def test_no_words_around_it_carry_it_out(before: str, after: str, number: str, aim: str) -> None:
    """Whatever stands around the number, no output of ``decode`` holds it.

    With more digits beside it, it is another number, and judged as a whole.
    """
    assume(not before[-1:].isdigit() and not after[:1].isdigit())
    scan = f"{aim}{before}{number}{after}\r"
    for seen in decode("barcode", scan.encode("utf-8", "ignore"), Options()):
        if len(number) > 13 or seen["kind"] != "product":
            assert number not in str(seen)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    "scan",
    [
        "{}",
        "]C0{}",
        "]E0{}",
        "]C10105901234123457{}",
        "]C1010590123412345791{}",
        "]d2801806141411123456789021{}",
        "]Q391{}",
        "https://a/01/05901234123457?91={}",
    ],
)
def test_no_number_is_remembered(scan: str, number: str) -> None:
    """Where a scan had such a number, nothing of it stays in the parser."""
    parser = BarcodeParser()
    parser.feed(f"{scan.format(number)}\r".encode())
    assert number not in str(vars(parser) | vars(parser._lines))
