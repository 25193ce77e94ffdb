"""A number that is printed on a card is one card: scanned, written on a tag, or typed."""

import ndef
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.tokens import Token, TokenRefused, proof_of
from drivers.events import RefusedFrame, TokenRead
from drivers.scanners.barcode import BarcodeParser
from drivers.tags.ndef import events_of_message

PRINTED = st.text("0123456789", min_size=4, max_size=12).filter(lambda text: len(text) != 8)
"""Not lengths of which a scanner knows that they are a product's."""


def typed(digits: str) -> TokenRead | RefusedFrame:
    """What a till makes of typed digits."""
    try:
        return TokenRead(token=Token.parse(digits))
    except TokenRefused:
        return RefusedFrame(reason="payment_card")


@pytest.mark.parametrize("digits", ["0000402721", "1234567890", "5901234123", "1234"])
def test_ten_digits_are_a_card_everywhere(digits: str) -> None:
    """Ten decimal digits are no hexadecimal number of a chip, wherever they stand."""
    (scanned,) = BarcodeParser().feed(f"{digits}\r".encode())
    written = events_of_message(b"".join(ndef.message_encoder([ndef.TextRecord(digits)])))
    card = TokenRead(token=Token("card", digits))
    assert [scanned] == written == [typed(digits)] == [card]
    assert proof_of(card.token) == "any"  # anybody can print or write a number


@given(digits=PRINTED.filter(lambda text: len(text) not in (12, 13)))
def test_what_is_typed_is_what_is_scanned(digits: str) -> None:
    """A cashier who types what a scanner cannot read any more means the same card."""
    assert BarcodeParser().feed(f"{digits}\r".encode()) == [typed(digits)]
