"""What a PN532 answers to InListPassiveTarget is cards, refusals or nobody (UM0701-02, 7.3.5)."""

import pytest

from agent.core.tokens import Token
from drivers.events import Event, RefusedFrame, StatusSeen, TokenRead
from drivers.readers.pn532 import Pn532Parser
from drivers.readers.pn532_frames import frame


def events_of(answer: str) -> list[Event]:
    """What an answer says, of which this is the hex behind ``D5 4B``."""
    parser = Pn532Parser()
    return parser.feed(frame(bytes.fromhex("4B" + answer), host=False))


def card(uid: str) -> TokenRead:
    """A card of this number."""
    return TokenRead(token=Token("uid", uid))


@pytest.mark.parametrize(
    ("answer", "uids"),
    [
        ("01 01 0004 08 04 1A2B3C4D", ["1A2B3C4D"]),
        ("01 01 0044 00 07 0416C6C2D73881", ["0416C6C2D73881"]),
        ("01 01 0084 00 0A 0416C6C2D73881010203", ["0416C6C2D73881010203"]),
        ("01 01 0344 20 07 04010203040506 06 7577810280", ["04010203040506"]),
        ("01 01 0344 20 07 04010203040506", ["04010203040506"]),  # no RATS was sent
        ("02 01 0044 08 04 1A2B3C4D 02 0044 00 07 0416C6C2D73881", ["1A2B3C4D", "0416C6C2D73881"]),
        ("02 01 0344 20 07 04010203040506 06 7577810280 02 0344 20 04 1A2B3C4D 02 75",
         ["04010203040506", "1A2B3C4D"]),
        ("01 01 12 01 0102030405060708 FFFFFFFFFFFFFFFF", ["0102030405060708"]),
        ("01 01 14 01 0102030405060708 FFFFFFFFFFFFFFFF 12FC", ["0102030405060708"]),
    ],
)  # fmt: skip
def test_a_card_is_its_uid(answer: str, uids: list[str]) -> None:
    """One card or two, of four, seven or ten bytes or FeliCa's eight, each is a token."""
    assert events_of(answer) == [card(uid) for uid in uids]


def test_nobody_is_a_status() -> None:
    """No card in the field is no card and no fault."""
    assert events_of("00") == [StatusSeen(about="no_target")]


@pytest.mark.parametrize(
    "answer",
    ["01 01 0004 08 04 08020304", "01 01 12 01 01FE030405060708 FFFFFFFFFFFFFFFF"],
)
def test_a_number_that_is_made_up_is_refused(answer: str) -> None:
    """A UID that begins with 08, and FeliCa's that begins with 01 FE, is new at each tap."""
    assert events_of(answer) == [RefusedFrame(reason="random_uid")]


def test_zeros_are_no_cards_number() -> None:
    """A blank number is nobody's: two copies of such a chip would be one member."""
    answer = "01 01 0004 08 04 00000000"
    assert events_of(answer) == [RefusedFrame(reason="unreadable")]


def test_08_begins_a_longer_uid_as_any_byte() -> None:
    """Only UIDs of four bytes are made up."""
    assert events_of("01 01 0044 00 07 0816C6C2D73881") == [card("0816C6C2D73881")]


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "01",
        "03 01 0004 08 04 1A2B3C4D",
        "02 01 0004 08 04 1A2B3C4D",  # the second one is missing
        "01 01 0004 08 04 1A2B3C",
        "01 01 0004 08 04 1A2B3C4D 00",
        "01 01 0004 08 05 1A2B3C4D5E",
        "01 01 0004 04 04 1A2B3C4D",  # SAK: the UID goes on
        "01 01 0004 08 04 88041A2B",  # the cascade tag
        "01 01 0004 00 07 0416C6C2D73881",  # ATQA announced four bytes
        "01 01 0344 20 07 04010203040506 07 7577810280",  # an ATS that is cut
        "01 01 12 02 0102030405060708 FFFFFFFFFFFFFFFF",
        "01 01 50 01020304 05060708 090A0B 00",  # type B
    ],
)
def test_what_contradicts_itself_is_no_card(answer: str) -> None:
    """An answer that is not whole, or whose parts do not fit, is refused as unreadable."""
    assert events_of(answer) == [RefusedFrame(reason="unreadable")]


def test_a_payment_cards_number_is_no_uid() -> None:
    """A number of seven bytes that reads as a Diners Club card's is refused as one."""
    assert events_of("01 01 0044 00 07 30569309025904") == [RefusedFrame(reason="payment_card")]
