"""What a barcode scanner sends is a member's card, a product, or refused with its reason."""

import re

import biip
import pytest
from biip.gs1_messages import GS1Message
from hypothesis import given
from hypothesis import strategies as st

from agent.core.gs1 import with_check_digit
from agent.core.tokens import Token
from drivers.events import Event, ProductRead, RefusedFrame, TokenRead
from drivers.scanners.barcode import LONGEST_SCAN, BarcodeParser
from drivers.scanners.element_strings import element_strings

GSRN = "061414112345678902"  # GS1 EPC Tag Data Standard, section E.3
MEMBER = TokenRead(token=Token("gsrn", GSRN))
EAN_13 = "5901234123457"
PRODUCT = ProductRead(gtin=EAN_13)


def events_in(*scans: str | bytes, prefixes: tuple[str, ...] = (), end: str = "\r") -> list[Event]:
    """What one parser says of these scans, each with its suffix."""
    parser = BarcodeParser(member_prefixes=prefixes, this_year=lambda: 2026)
    raw = [scan.encode() if isinstance(scan, str) else scan for scan in scans]
    events = [event for scan in raw for event in parser.feed(scan + end.encode())]
    return events + parser.idle()


def refused(reason: str) -> list[Event]:
    """One refusal."""
    return [RefusedFrame(reason=reason)]  # type: ignore[arg-type]  # the tests' own words


@pytest.mark.parametrize(
    "scan",
    [
        f"]C18018{GSRN}",
        f"]d28018{GSRN}\x1d21XYZ",
        f"]d28018{GSRN}21XYZ",
        f"]Q38018{GSRN}",
        f"]e08018{GSRN}",
        f"]J18018{GSRN}",
        f"]C1\x1d8018{GSRN}",
        f"]C1802012\x1d8018{GSRN}",
        f"8018{GSRN}",
        f"\x1d8018{GSRN}",
        f"]C0{GSRN}",
        f"]Q1{GSRN}",
        f"]A0{GSRN}",
        GSRN,
        f" {GSRN}\t",
        f"]Q1https://id.gs1.org/8018/{GSRN}",
        f"]d1https://id.gs1.org/8018/{GSRN}",
        f"https://id.gs1.org/8018/{GSRN}",
        f"HTTPS://CLUB.EXAMPLE.TEST/a/b/8018/{GSRN}/8019/12/?utm=x#top",
        f"http://127.0.0.1:8080/8018/{GSRN}/",
    ],
)
@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", ""])
def test_a_member_is_read_however_the_number_is_carried(scan: str, end: str) -> None:
    """Every symbology, with AIM id or without, and every link, names the same member."""
    assert events_in(scan, end=end) == [MEMBER]


@pytest.mark.parametrize(
    "scan",
    [
        f"]C18017{GSRN}",
        f"8017{GSRN}",
        f"]C18017{GSRN}8018{GSRN}",
        f"https://id.gs1.org/8017/{GSRN}",
    ],
)
def test_staff_are_no_members(scan: str) -> None:
    """A provider's number is refused as that, also beside a member's."""
    assert events_in(scan) == refused("provider_gsrn")


@pytest.mark.parametrize(
    "scan",
    [
        "]C18018061414112345678903",
        "]C18017061414112345678903",
        "https://id.gs1.org/8018/061414112345678903",
        "]C10105901234123458",
        "https://id.gs1.org/01/05901234123458",
        "]E05901234123458",
        "5901234123458",
        "]E496385075",
    ],
)
def test_a_wrong_check_digit_is_refused(scan: str) -> None:
    """Where a check digit must be right, a wrong one is refused as that: biip would take it."""
    assert events_in(scan) == refused("check_digit")


@pytest.mark.parametrize(
    ("scan", "product"),
    [
        ("]E05901234123457", PRODUCT),
        ("5901234123457", PRODUCT),
        ("]E3590123412345712", PRODUCT),
        ("]E3590123412345712345", PRODUCT),
        ("]E00614141000036", ProductRead(gtin="0614141000036")),
        ("]E0614141000036", ProductRead(gtin="0614141000036")),
        ("614141000036", ProductRead(gtin="0614141000036")),
        ("]E496385074", ProductRead(gtin="96385074")),
        ("96385074", ProductRead(gtin="96385074")),
        ("]C10105901234123457", PRODUCT),
        ("]C10100614141000036", ProductRead(gtin="0614141000036")),
        ("]C10100000096385074", ProductRead(gtin="96385074")),
        ("]I110614141000415", ProductRead(gtin="10614141000415")),
        ("]C10110614141000415", ProductRead(gtin="10614141000415")),
        (
            "]d20105901234123457172612311012B/4\x1d21XYZ",
            ProductRead(gtin=EAN_13, lot="12B/4", expiry="2026-12-31", serial="XYZ"),
        ),
        ("]C101059012341234571726020010A", ProductRead(gtin=EAN_13, lot="A", expiry="2026-02-28")),
        ("]C1010590123412345717280200", ProductRead(gtin=EAN_13, expiry="2028-02-29")),
        ("]C1010590123412345717760101", ProductRead(gtin=EAN_13, expiry="2076-01-01")),
        ("]C1010590123412345717770101", ProductRead(gtin=EAN_13, expiry="1977-01-01")),
        ("010590123412345710AB\x1d21C", ProductRead(gtin=EAN_13, lot="AB", serial="C")),
        (
            "https://id.gs1.org/01/05901234123457/10/A%2F1/21/S9?17=270100&utm_source=3",
            ProductRead(gtin=EAN_13, lot="A/1", expiry="2027-01-31", serial="S9"),
        ),
        ("]Q1https://shop.example.test/2024/01/5901234123457", PRODUCT),
        ("https://shop.example.test/p/01/05901234123457?10=L1", ProductRead(gtin=EAN_13, lot="L1")),
    ],
)
def test_a_product_is_read_with_what_its_code_says(scan: str, product: ProductRead) -> None:
    """One article has one number whatever carried it, with lot, expiry and serial beside it."""
    assert events_in(scan) == [product]


@pytest.mark.parametrize("scan", ["]E02912345678905", "2912345678905"])
def test_a_prefix_makes_an_ean_13_a_member(scan: str) -> None:
    """An EAN-13 of a member's range is a card, and a product where nobody says so."""
    number = with_check_digit("291234567890")
    scan = scan.replace("2912345678905", number)
    assert events_in(scan, prefixes=("40", "29")) == [TokenRead(token=Token("ean13", number))]
    assert events_in(scan, prefixes=("28",)) == [ProductRead(gtin=number)]
    assert events_in(scan) == [ProductRead(gtin=number)]
    wrong = scan[:-1] + str((int(scan[-1]) + 1) % 10)
    assert events_in(wrong, prefixes=("29",)) == refused("check_digit")


def test_a_prefix_is_of_the_thirteen_digits() -> None:
    """UPC-A of a member's range is a card with its zero, and a range makes no EAN-8 a card."""
    upc = with_check_digit("41234567890")
    assert events_in(upc, prefixes=("04",)) == [TokenRead(token=Token("ean13", f"0{upc}"))]
    assert events_in("]E496385074", prefixes=("96",)) == [ProductRead(gtin="96385074")]


@pytest.mark.parametrize(
    "digits", ["1234", "0000401829", "12345679", "061414112345678903", "61414100003", "9" * 32]
)
@pytest.mark.parametrize("aim", ["", "]C0", "]Q1", "]A0", "]F0"])
def test_other_digits_are_a_card(aim: str, digits: str) -> None:
    """Digits of no form that GS1 knows are the number of a card of the shop's own."""
    assert events_in(aim + digits) == [TokenRead(token=Token("card", digits))]


def test_an_id_that_says_no_ean_makes_thirteen_digits_a_card() -> None:
    """Thirteen digits in a Code 128 are a card's, or a member's where the range says so."""
    assert events_in("]C05901234123458") == [TokenRead(token=Token("card", "5901234123458"))]
    number = with_check_digit("901234123456")
    assert events_in(f"]C0{number}") == [TokenRead(token=Token("card", number))]
    assert events_in(f"]C0{number}", prefixes=("90",)) == [TokenRead(token=Token("ean13", number))]


@pytest.mark.parametrize(
    ("scan", "reason"),
    [
        ("hello", "unknown"),
        ("0C000621A5", "unknown"),
        ("123", "unknown"),
        ("1" * 33, "unknown"),
        ("]C1", "unknown"),
        ("]C1999", "unknown"),
        ("]C100106141412345678908", "unknown"),
        ("]C1801806141411234567890", "unknown"),
        (f"]C18018{GSRN}8018{with_check_digit('1' * 17)}", "unknown"),
        ("]C1010590123412345717261301", "unknown"),
        ("]C1010590123412345717260231", "unknown"),
        ("]C1010590123412345710", "unknown"),
        (f"]C1010590123412345710{'A' * 21}", "unknown"),
        (f"8018{GSRN}x", "unknown"),
        ("https://example.test/", "unknown"),
        ("https://example.test/8018/1234", "length"),
        (f"https://example.test/?8018={GSRN}", "unknown"),
        (f"https://example.test/8018/{GSRN}/10", "unknown"),
        (f"https://example.test/8018/{GSRN}/xx/1", "unknown"),
        ("https://example.test/01/05901234123457?17=269901", "unknown"),
        (f"ftp://example.test/8018/{GSRN}", "unknown"),
        ("https://[/8018/", "unknown"),
        ("Grüße", "unknown"),
        ("\u0665" * 18, "unknown"),  # digits, but not of ASCII
        ("]C18018" + "\u0665" * 18, "unknown"),
        ("]E0590123412345", "check_digit"),
        ("]E059012341234", "length"),
        ("]E0590123412345X", "framing"),
        ("]E4963850745", "length"),
        (b"\xff\xfe\xfd", "framing"),
        (b"5901234\x00123457", "framing"),
        ("A" * 257, "length"),
        ("5" * 5000, "length"),
    ],
)
def test_what_is_neither_is_refused(scan: str | bytes, reason: str) -> None:
    """Anything else is one refusal with its reason, and the next scan is read."""
    assert events_in(scan, f"]C18018{GSRN}") == [*refused(reason), MEMBER]


def test_the_longest_scan_is_read() -> None:
    """A scan of as many bytes as may be is read; one more is refused."""
    head = f"https://example.test/8018/{GSRN}?x="
    whole = head + "y" * (LONGEST_SCAN - len(head))
    assert events_in(whole) == [MEMBER]
    assert events_in(whole + "y") == refused("length")


@pytest.mark.parametrize(("digits", "year"), [("40", 2040), ("99", 2099), ("00", 2100)])
def test_the_century_follows_the_calendar(digits: str, year: int) -> None:
    """Two digits of a year mean the nearest one, and a parser that runs on learns of new years."""
    now = [2026]
    parser = BarcodeParser(this_year=lambda: now[0])
    scan = f"]C1010590123412345717{digits}0101\r".encode()
    parser.feed(scan)
    now[0] = 2080
    assert parser.feed(scan) == [ProductRead(gtin=EAN_13, expiry=f"{year}-01-01")]


def test_what_scans_meant_is_remembered_within_bounds() -> None:
    """Hundreds of meanings are kept, so that the same article is read at once; no more."""
    parser = BarcodeParser()
    scans = [f"]C0{number:06}\r".encode() for number in range(3_000)]
    for scan in [*scans, *scans]:
        assert len(parser.feed(scan)) == 1
        assert len(parser._meanings) <= 512


AI_TEXT = st.lists(
    st.one_of(
        st.integers(0, 10**13 - 1).map(lambda n: "01" + with_check_digit(f"{n:013}")),
        st.integers(0, 10**17 - 1).map(lambda n: "8018" + with_check_digit(f"{n:017}")),
        st.dates().map(lambda day: f"17{day:%y%m%d}"),
        st.from_regex(r"(10|21)[A-Z0-9a-z/.\-]{1,20}\x1d", fullmatch=True),
        st.from_regex(r"310[0-5][0-9]{6}", fullmatch=True),
        st.from_regex(r"[0-9]{1,12}\x1d?", fullmatch=True),
    ),
    min_size=1,
    max_size=4,
).map("".join)


@given(AI_TEXT)
def test_element_strings_are_those_that_biip_reads(text: str) -> None:
    """Whatever we read from a symbol, biip reads the same."""
    ours = element_strings(text)
    if ours is None:
        return
    config = biip.ParseConfig(gs1_element_strings_verify_date=False)
    theirs = GS1Message.parse(text, config=config).element_strings
    assert ours == {element.ai.ai: element.value for element in theirs}


@given(
    number=st.integers(0, 10**17 - 1),
    lot=st.from_regex(r"[A-Z0-9/.\-]{1,10}", fullmatch=True),
    gtin=st.integers(0, 10**12 - 1),
)
def test_what_is_whole_is_read(number: int, lot: str, gtin: int) -> None:
    """Every member and every product with a lot is read from a symbol that names them."""
    gsrn, ean = with_check_digit(f"{number:017}"), with_check_digit(f"{gtin:012}")
    assert events_in(f"]C18018{gsrn}") == [TokenRead(token=Token("gsrn", gsrn))]
    printed = re.sub("^00000", "", ean)
    assert events_in(f"]C1010{ean}10{lot}") == [ProductRead(gtin=printed, lot=lot)]
