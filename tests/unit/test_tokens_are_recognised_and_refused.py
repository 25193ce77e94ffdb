"""What a reader, a scanner or a cashier's fingers deliver becomes a token, or is refused."""

import contextlib
from typing import get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.core.tokens import Scheme, Token, TokenRefused, proof_of
from agent.till.members import parse_token
from agent.till.refusals import MalformedToken


def refusal_of(text: str) -> str:
    """The reason word with which ``text`` is refused."""
    with pytest.raises(TokenRefused) as refused:
        Token.parse(text)
    return str(refused.value)


def with_luhn_digit(digits: str) -> str:
    """``digits`` and the digit that ISO/IEC 7812-1 annex B asks for after them."""
    doubled = [int(d) * 2 if place % 2 == 0 else int(d) for place, d in enumerate(reversed(digits))]
    total = sum(n // 10 + n % 10 for n in doubled)
    return f"{digits}{-total % 10}"


def with_gs1_digit(digits: str) -> str:
    """``digits`` and their check digit: threes and ones from the right (GS1 section 7.9)."""
    total = sum(int(d) * (3, 1)[place % 2] for place, d in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        # ID-2/12/20LA datasheet, 11 April 2013, page 4
        ("em4100:0C000621A5", "em4100:0C000621A5"),
        ("em4100:0c000621a5", "em4100:0C000621A5"),
        ("uid:0416c6c2d73881", "uid:0416C6C2D73881"),  # nfcpy tests/test_base_clf_pn53x.py
        ("wiegand:212-7041", "wiegand:212-7041"),  # Civintec CN56 manual, 6.4.2
        ("gsrn:061414112345678902", "gsrn:061414112345678902"),  # EPC Tag Data Standard
        (
            "epc:urn:epc:id:gsrn:0614141.1234567890",
            "epc:urn:epc:id:gsrn:0614141.1234567890",
        ),
        ("ean13:5901234123457", "ean13:5901234123457"),
        ("card:79927398713", "card:79927398713"),
        ("sdm:04de5f1eacc040", "sdm:04DE5F1EACC040"),  # NXP AN12196
        ("  em4100:0C000621A5\r\n", "em4100:0C000621A5"),
    ],
)
def test_a_token_that_names_its_scheme_is_taken_as_that(text: str, whole: str) -> None:
    """``scheme:value`` is read as that scheme, with the value in upper case."""
    assert str(Token.parse(text)) == whole


@pytest.mark.parametrize(
    ("typed", "scheme"),
    [
        ("0C000621A5", "em4100"),
        ("67003b51c6", "em4100"),
        ("061414112345678902", "gsrn"),
        ("012345678901012342", "gsrn"),
        ("5901234123457", "ean13"),
        ("79927398713", "card"),
        ("5901234123458", "card"),  # 13 digits, but not an EAN: its check digit is wrong
        ("1234", "card"),
        ("0000402721", "card"),  # ten digits are printed on something; on an EM4100 in decimal
        ("0416C6C2D73881", "uid"),
        ("04a1b2c3", "uid"),
    ],
)
def test_the_scheme_of_a_bare_value_is_guessed(typed: str, scheme: str) -> None:
    """A bare value gets the scheme whose form and check digit it has."""
    token = Token.parse(typed)
    assert (token.scheme, token.value) == (scheme, typed.upper())


def test_the_element_string_of_a_member_is_that_member() -> None:
    """What a POS reads with a scanner of its own, AI 8018, is the card that our scanner reads."""
    assert str(Token.parse("8018061414112345678902")) == "gsrn:061414112345678902"
    assert refusal_of("8018061414112345678903") == "check_digit"


def test_the_element_string_of_staff_is_refused() -> None:
    """AI 8017 names who serves, and no number of theirs becomes a member's card."""
    assert refusal_of("8017061414112345678902") == "provider_gsrn"
    assert refusal_of("8017061414112345678903") == "check_digit"
    with pytest.raises(MalformedToken, match="member of staff"):
        parse_token("8017061414112345678902")


@pytest.mark.parametrize("text", ["gsrn:061414112345678903", "ean13:5901234123458"])
def test_a_wrong_check_digit_is_refused(text: str) -> None:
    """A GSRN or EAN-13 with a wrong check digit is refused and says so."""
    assert refusal_of(text) == "check_digit"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        ":",
        "em4100:",
        "em4100:0C000621A",
        "em4100:0C000621A5F",
        "em4100:0C000621AG",
        "uid:0416C6C2D7388",
        "uid:041",
        "wiegand:212",
        "wiegand:1234-1",
        "wiegand:1-123456",
        "gsrn:0614141",
        "epc:0614141",
        "ean13:590123412345",
        "card:123",
        "card:" + "1" * 33,
        "card:12 34",
        "sdm:04DE5F1EACC0",
        "loyalty:12345",
        "4111 1111 1111 1111",
        "em4100:0C000621A5\n0C000621A5",
        "card:١٢٣٤",
    ],
)
def test_what_is_no_token_is_refused(text: str) -> None:
    """Text that has no scheme's form is refused as unknown."""
    assert refusal_of(text) == "unknown"


@pytest.mark.parametrize("prefix", ["", "card:"])
@pytest.mark.parametrize(
    "number",
    [
        # The test numbers that payment companies publish.
        "4111111111111111",
        "5555555555554444",
        "2223003122003222",
        "378282246310005",
        "6011111111111117",
        "4222222222222",
    ],
)
def test_a_payment_card_is_refused(prefix: str, number: str) -> None:
    """A number that looks like a payment card is refused, with or without the scheme."""
    assert refusal_of(prefix + number) == "payment_card"


@given(st.from_regex(r"[23456][0-9]{11,17}", fullmatch=True).map(with_luhn_digit))
def test_every_number_of_a_payment_issuer_is_refused(number: str) -> None:
    """13 to 19 digits of a payment issuer that end in a Luhn digit are never a card token."""
    assert refusal_of(f"card:{number}") == "payment_card"


@given(st.from_regex(r"[0-9]{17}", fullmatch=True).map(with_gs1_digit), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(gsrn: str, error: int) -> None:
    """A GSRN is taken, and never with another last digit."""
    assert str(Token.parse(gsrn)) == f"gsrn:{gsrn}"
    wrong = f"{gsrn[:-1]}{(int(gsrn[-1]) + error) % 10}"
    assert refusal_of(f"gsrn:{wrong}") == "check_digit"


ASCII = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=24)
PLAUSIBLE = st.one_of(
    ASCII,
    st.text("0123456789", max_size=34),
    st.text("0123456789abcdefABCDEF", max_size=24),
    st.tuples(st.sampled_from(get_args(Scheme)), st.text("0123456789abcdef-", max_size=20)).map(
        ":".join
    ),
    st.text("0123456789.", max_size=20).map("epc:urn:epc:id:gsrn:".__add__),
)


@given(PLAUSIBLE)
@example("0C000621A5")
@example("epc:urn:epc:id:gsrn:0614141.1234567890")
def test_a_token_is_read_back_as_itself(text: str) -> None:
    """What a token writes of itself is read back as the same token."""
    with contextlib.suppress(TokenRefused):
        token = Token.parse(text)
        assert Token.parse(str(token)) == token


@given(PLAUSIBLE)
def test_a_refusal_never_repeats_what_was_read(text: str) -> None:
    """A refusal is one of three reason words and so cannot carry a card number into a log."""
    said = "nothing"
    try:
        Token.parse(text)
    except TokenRefused as refused:
        said = str(refused)
    assert said in ("nothing", "unknown", "check_digit", "payment_card")


def test_digits_of_other_scripts_are_refused() -> None:
    """Digits that are not ASCII are no card number, and are refused like any other text."""
    for text in ("²" * 18, "²" * 13):
        assert refusal_of(text) == "unknown"


def test_an_epc_is_ascii() -> None:
    """A letter that merely becomes ASCII in upper case does not get into a token."""
    assert refusal_of("epc:urn:epc:id:gsrn:0614141.\u017f") == "unknown"


def test_the_prefix_of_an_epc_has_no_case() -> None:
    """``URN:EPC:`` and ``urn:epc:`` begin the same token (RFC 8141 section 3.1)."""
    lower = Token.parse("epc:urn:epc:id:gsrn:0614141.1234567890")
    assert Token.parse("epc:URN:EPC:id:gsrn:0614141.1234567890") == lower


def test_only_a_card_that_was_read_proves_anything() -> None:
    """The same number proves nothing once it is typed, and neither does a telephone number."""
    card = Token.parse("em4100:0C000621A5")
    assert (proof_of(card), proof_of(card, "typed"), proof_of(None)) == ("uid", "any", "any")
