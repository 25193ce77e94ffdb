"""A Wiegand card is one token, whether its converter pads facility and card number or not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.tokens import Token, TokenRefused


@given(st.integers(0, 255), st.integers(0, 65_535), st.integers(1, 3), st.integers(1, 5))
def test_leading_zeros_make_no_other_card(
    facility: int, card: int, facility_width: int, card_width: int
) -> None:
    """However many zeros a converter writes before them, the numbers name the card."""
    padded = f"wiegand:{facility:0{facility_width}}-{card:0{card_width}}"
    assert str(Token.parse(padded)) == f"wiegand:{facility}-{card}"


def test_it_is_the_same_card_to_the_ledger() -> None:
    """Both ways of writing one card are equal tokens."""
    assert Token.parse("wiegand:006-08613") == Token.parse("wiegand:6-8613")


@pytest.mark.parametrize(
    "text", ["wiegand:0006-8613", "wiegand:6-008613", "wiegand:6-", "wiegand:-6"]
)
def test_what_no_converter_writes_is_refused(text: str) -> None:
    """Zeros beyond three and five digits, or a number that is missing, are no card."""
    with pytest.raises(TokenRefused, match="unknown"):
        Token.parse(text)
