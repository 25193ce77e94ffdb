"""What a Wiegand converter sends, in digits or in bits, is the card that is printed on it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.tokens import Token
from drivers.events import Event, RefusedFrame, TokenRead
from drivers.readers.wiegand import WiegandParser, bits_of, line_of

# Civintec CN56 manual, page 25, section 6.4.2.
BITS = b"11101010000011011100000010"
BITS_READ = TokenRead(token=Token("wiegand", "212-7041"))
# ID-2/12/20LA datasheet, 11 April 2013, page 4, and the tests of python-rdm6300.
PRINTED = [(b"0000401829", "6-8613"), (b"0003887558", "59-20934"), (b"0003909740", "59-43116")]
CARD_READ = TokenRead(token=Token("wiegand", "6-8613"))

CARDS = st.builds(
    lambda facility, card: Token("wiegand", f"{facility}-{card}"),
    st.integers(0, 255),
    st.integers(0, 65_535),
)


def events_in(*pieces: bytes) -> list[Event]:
    """What one parser says of these pieces and the silence after them."""
    parser = WiegandParser()
    return [event for piece in pieces for event in parser.feed(piece)] + parser.idle()


@pytest.mark.parametrize(("digits", "value"), PRINTED)
@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_the_number_printed_on_a_card_is_read(digits: bytes, value: str, end: bytes) -> None:
    """Ten digits and any line end are facility and card number, without leading zeros."""
    assert events_in(digits + end) == [TokenRead(token=Token("wiegand", value))]
    assert events_in(digits.lstrip(b"0") + end) == [TokenRead(token=Token("wiegand", value))]


def test_it_is_the_token_that_a_cashier_types() -> None:
    """The reader's token and the one typed from the card are the same card to the ledger."""
    assert Token.parse("wiegand:006-08613") == CARD_READ.token


def test_the_published_bits_are_read() -> None:
    """Twenty-six bits with both parities are the card of the manual, and are built so."""
    assert events_in(BITS + b"\r\n") == [BITS_READ]
    assert bits_of(BITS_READ.token) == BITS + b"\r\n"


@given(card=CARDS, above=st.integers(0, 2**16 - 1))
def test_only_the_low_bits_name_the_card(card: Token, above: int) -> None:
    """Whatever a longer number has above the low 24 bits, the card is the same."""
    facility, number = (int(part) for part in card.value.split("-"))
    line = f"{above << 24 | facility << 16 | number:04}\r\n".encode()
    assert events_in(line) == [TokenRead(token=card)]


@given(card=CARDS)
def test_every_form_of_a_card_is_that_card(card: Token) -> None:
    """Ten digits, 26 bits and 34 bits are one card."""
    lines = line_of(card) + bits_of(card) + bits_of(card, bits=34)
    assert events_in(lines) == [TokenRead(token=card)] * 3


@given(card=CARDS, bits=st.sampled_from([26, 34]), data=st.data())
def test_one_wrong_bit_is_refused(card: Token, bits: int, data: st.DataObject) -> None:
    """Wherever one bit is garbled, a parity tells, at either end of the line."""
    line = bytearray(bits_of(card, bits=bits))
    line[data.draw(st.integers(0, bits - 1))] ^= 1
    assert events_in(bytes(line)) == [RefusedFrame(reason="checksum")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"7", "length"),
        (b"123", "length"),
        (b"12345678901234", "length"),  # fourteen digits
        (b"9999999999999", "length"),  # more than forty bits
        (b"00004018290003887558", "length"),  # two cards whose line end was lost
        (b"4111111111111111", "length"),
        (b"1" * 25, "length"),
        (b"1" * 27, "length"),
        (b"2" * 26, "length"),
        (b"1" * 35, "length"),
        (b"1" * 1000, "length"),
        (b"40182A", "framing"),
        (b"006,08613", "framing"),
        (b" 401829", "framing"),
        (b"-401829", "framing"),
        (b"\xff\xfe", "framing"),
        (b"x" * 1000, "framing"),
        ("\u0664\u0660\u0661".encode(), "framing"),
    ],
)
def test_what_no_converter_sends_is_refused_once(line: bytes, reason: str) -> None:
    """A line of another form is one refusal with its reason, and the next card is read."""
    (refused, read) = events_in(line + b"\r\n0000401829\r\n")
    assert isinstance(refused, RefusedFrame)
    assert refused.reason == reason
    assert read == CARD_READ


@pytest.mark.parametrize("kept", range(1, 11))
def test_digits_without_a_line_end_are_no_card(kept: int) -> None:
    """What silence cuts off may have had more digits: it is refused and forgotten."""
    parser = WiegandParser()
    assert parser.feed(b"0000401829"[:kept]) == []
    assert parser.idle() == [RefusedFrame(reason="framing")]
    assert parser.feed(b"0000401829\r\n") == [CARD_READ]


def test_a_number_without_padding_is_read() -> None:
    """A converter that does not pad sends the same card."""
    assert events_in(b"8613\r\n") == [TokenRead(token=Token("wiegand", "0-8613"))]


def test_empty_lines_are_nothing() -> None:
    """CR LF is one end, and blank lines say nothing."""
    assert events_in(b"\r\n\n\n0000401829\r", b"\n\r\n") == [CARD_READ]
