"""A token may be logged: it shows how a card number ends and never the number."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.tokens import Token

LONG_TOKENS = st.one_of(
    st.from_regex(r"[0-9A-F]{10}", fullmatch=True).map("em4100:".__add__),
    st.from_regex(r"([0-9A-F]{2}){4,10}", fullmatch=True).map("uid:".__add__),
    st.from_regex(r"1[0-9]{4,31}", fullmatch=True).map("card:".__add__),
    st.from_regex(r"[1-9][0-9]{1,2}-[1-9][0-9]{1,4}", fullmatch=True).map("wiegand:".__add__),
    st.from_regex(r"[0-9]{3,60}", fullmatch=True).map("epc:urn:epc:id:gsrn:".__add__),
).map(Token.parse)


@given(LONG_TOKENS)
def test_only_the_ending_is_shown(token: Token) -> None:
    """The masked form has the number's length, its last four characters, and stars before them."""
    scheme, _, masked = token.masked.partition(":")
    assert scheme == token.scheme
    assert masked == "*" * (len(token.value) - 4) + token.value[-4:]
    assert token.ending == token.value[-4:]


@given(LONG_TOKENS)
def test_no_form_for_people_holds_the_number(token: Token) -> None:
    """Neither ``repr``, nor a format with it, nor a list of tokens gives the number away."""
    for shown in (repr(token), f"{token!r}", str([token]), f"{{{token!r}: 1}}"):
        assert token.value not in shown


def test_an_error_message_with_a_token_in_it_is_masked(caplog: pytest.LogCaptureFixture) -> None:
    """A record that logs a token's ``repr`` shows the ending alone."""
    logging.getLogger("till").warning("no account for %r", Token.parse("em4100:0C000621A5"))
    assert caplog.messages == ["no account for Token(em4100:******21A5)"]


def test_a_short_number_is_masked_too() -> None:
    """However short a number is, its masked form does not hold all of it."""
    for text in ("wiegand:1-1", "wiegand:12-3", "card:1234"):
        token = Token.parse(text)
        assert token.value not in token.masked
