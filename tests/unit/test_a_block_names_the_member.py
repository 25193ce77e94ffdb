"""A MIFARE Classic is the number in its block, opened with the shop's key, or nobody."""

import pytest
from laid_down import Failing, asked, seen

from agent.core.tokens import Token
from drivers.events import RefusedFrame, TokenRead
from drivers.pcsc.plan import ClassicBlock, ReadingPlan
from drivers.virtual.cards import ClassicCard, memory_card_atr

UID = bytes.fromhex("DEADBEEF")
KEY, OTHER_KEY = bytes.fromhex("A0A1A2A3A4A5"), bytes.fromhex("D3F7D3F7D3F7")
UNREADABLE = RefusedFrame(reason="unreadable")
CHIP = TokenRead(token=Token("uid", "DEADBEEF"))


def holding(block: bytes, *, at: int = 4, key_b: bytes = OTHER_KEY) -> ClassicCard:
    """A card of the shop with this in its block."""
    card = ClassicCard(UID, key_a=KEY, key_b=key_b)
    card.blocks[at] = block
    return card


def plan(**more: object) -> ReadingPlan:
    """A reader that opens block 4."""
    wanted = {"block": 4, "key": KEY} | more
    return ReadingPlan(block=ClassicBlock(**wanted))  # type: ignore[arg-type]


@pytest.mark.parametrize("fill", [b"\x00", b" ", b"\xff"])
def test_digits_name_the_member(fill: bytes) -> None:
    """A number in characters is what a cashier would have typed."""
    card = holding(b"59012341234".ljust(16, fill))
    events, commands = asked(card, plan())
    assert events == [TokenRead(token=Token("card", "59012341234"))]
    assert [command.hex() for command in commands] == [
        "ffca000000", "ff82000006a0a1a2a3a4a5", "ff860000050100046000", "ffb0000410",
    ]  # fmt: skip
    assert seen(holding(b"5901234123457\x00\x00\x00"), plan()) == TokenRead(
        token=Token("ean13", "5901234123457")
    )


def test_packed_digits_name_the_member() -> None:
    """Two digits to the byte hold a GSRN."""
    card = holding(bytes.fromhex("061414112345678902FFFFFFFFFFFFFF"))
    assert seen(card, plan(writing="bcd")) == TokenRead(token=Token("gsrn", "061414112345678902"))
    assert seen(card, plan()) == UNREADABLE


@pytest.mark.parametrize(
    ("block", "writing", "reason"),
    [
        (b"4111111111111111", "ascii", "payment_card"),
        (bytes.fromhex("4111111111111111") + b"\xff" * 8, "bcd", "payment_card"),
        (bytes(16), "ascii", "unreadable"),
        (bytes(16), "bcd", "unreadable"),
        (b"\xff" * 16, "bcd", "unreadable"),
        (b"123".ljust(16, b"\x00"), "ascii", "unreadable"),
        (b"12345\x00\x006".ljust(16, b"\x00"), "ascii", "unreadable"),
        (b"12345\x00 ".ljust(16, b"\xff"), "ascii", "unreadable"),
        (b"gsrn:0614141123", "ascii", "unreadable"),
        (b"\xef\xbc\x91\xef\xbc\x92\xef\xbc\x93\xef\xbc\x94", "ascii", "unreadable"),
        (b"0000000000", "ascii", "unreadable"),
        (b"\x12" * 16, "bcd", "unreadable"),
        (bytes.fromhex("12345F6789FFFFFFFFFFFFFFFFFFFFFF"), "bcd", "unreadable"),
    ],
)
def test_what_is_no_number_is_refused(block: bytes, writing: str, reason: str) -> None:
    """Blank blocks, texts and payment cards are refused, and never known by the UID."""
    expected = RefusedFrame(reason=reason)  # type: ignore[arg-type]
    assert seen(holding(block.ljust(16, b"\x00")), plan(writing=writing)) == expected


def test_a_card_that_does_not_open_is_nobody() -> None:
    """A wrong key, and the right one as the other kind of key, open nothing."""
    card = holding(b"59012341234".ljust(16, b"\x00"))
    assert seen(card, plan(key=OTHER_KEY)) == UNREADABLE
    assert seen(card, plan(key_kind="B")) == UNREADABLE
    assert seen(card, plan(key=OTHER_KEY, key_kind="B")) != UNREADABLE
    assert seen(ClassicCard(UID), plan()) == UNREADABLE, "bought anywhere"
    assert seen(card, plan(block=200)) == UNREADABLE


@pytest.mark.parametrize("after", [1, 2, 3])
@pytest.mark.parametrize("answer", ["", "6300", "9000", "00" * 15 + "9000", "00" * 17 + "9000"])
def test_a_card_taken_away_is_nobody(after: int, answer: str) -> None:
    """Whichever command fails, there is no number and no UID."""
    card = Failing(holding(b"59012341234".ljust(16, b"\x00")), after, bytes.fromhex(answer))
    assert seen(card, plan()) == UNREADABLE


def test_without_a_block_it_is_its_chip() -> None:
    """A reader that has no key knows a Classic by its UID, and one with a key other cards too."""
    assert seen(holding(b"59012341234".ljust(16, b"\x00"))) == CHIP
    mini = ClassicCard(UID, key_a=KEY)
    mini.atr = memory_card_atr(0x0000)
    assert seen(mini, plan()) == CHIP


@pytest.mark.parametrize(
    ("place", "family", "commands"),
    [
        (b"\x00\x20", "pcsc", ["ff82002006a0a1a2a3a4a5", "ff860000050100046020"]),
        (b"\x20\x00", "pcsc", ["ff82200006a0a1a2a3a4a5", "ff860000050100046000"]),
        (b"\x00\x60", "identiv", ["ff82006006a0a1a2a3a4a5", "ff860000050100046001"]),
    ],
)
def test_the_key_goes_where_the_reader_has_room(
    place: bytes, family: str, commands: list[str]
) -> None:
    """Readers have their keys in different places, and are told which."""
    block = ClassicBlock(block=4, key=KEY, place=place)
    reader = ReadingPlan(block=block, family=family)  # type: ignore[arg-type]
    sent = asked(holding(bytes(16)), reader)[1]
    assert [command.hex() for command in sent[1:3]] == commands


def test_a_key_is_in_no_words() -> None:
    """A block's description does not hold its key."""
    described = repr(plan())
    assert "block=4" in described
    assert KEY.hex() not in described.lower()
    assert repr(KEY) not in described
