"""A card on a PC/SC reader is its message, or its chip's number, or refused with the reason."""

import pytest

from agent.core.tokens import Token
from drivers.events import Event, RefusedFrame, StatusSeen, TokenRead
from drivers.pcsc.plan import ReadingPlan
from drivers.pcsc.reading import MOST_COMMANDS, read
from drivers.virtual.cards import RandomUidCard, Type2Card, UidCard, VirtualCard, memory_card_atr

UID = bytes.fromhex("0416C6C2D73881")
CHIP = TokenRead(token=Token("uid", "0416C6C2D73881"))
GSRN = "061414112345678902"
MEMBER = TokenRead(token=Token("gsrn", GSRN))


def text(said: str) -> bytes:
    """A message of one text record."""
    payload = b"\x02en" + said.encode()
    return b"\xd1\x01" + bytes([len(payload)]) + b"T" + payload


def asked(card: VirtualCard, plan: ReadingPlan | None = None) -> tuple[list[Event], list[bytes]]:
    """What is read of a card behind its kind, and the commands that it took."""
    card.reset()
    talk = read(card.atr, plan or ReadingPlan())
    commands = []
    answer = None
    try:
        while True:
            commands.append(next(talk) if answer is None else talk.send(answer))
            answer = card.answer(commands[-1])
    except StopIteration as done:
        kind, *events = done.value
        assert isinstance(kind, StatusSeen)
        return events, commands


def seen(card: VirtualCard, plan: ReadingPlan | None = None) -> Event:
    """What a card is."""
    (event,) = asked(card, plan)[0]
    return event


@pytest.mark.parametrize("said", [GSRN, "0614 1411 2345 678902"])
def test_an_ntag_is_its_member(said: str) -> None:
    """The number on a Type 2 tag names its holder, and no more pages are read than it takes."""
    events, commands = asked(Type2Card(UID, text(said)))
    assert events == [MEMBER]
    assert [command.hex() for command in commands] == [
        "ffca000000", "ffb0000310", "ffb0000710", "ffb0000b10",
    ]  # fmt: skip


def test_readers_of_identiv_are_asked_their_way() -> None:
    """The same tag through a reader that wants the chip's own command."""
    events, commands = asked(Type2Card(UID, text(GSRN)), ReadingPlan(family="identiv"))
    assert (events, commands[1].hex()) == ([MEMBER], "ffef0000023003")


@pytest.mark.parametrize(
    "card",
    [
        UidCard(UID),
        Type2Card(UID),
        Type2Card(UID, formatted=False),
        Type2Card(UID, text("see you soon")),
    ],
    ids=["no memory", "empty", "not formatted", "names nobody"],
)
def test_the_chips_number_stands_in(card: VirtualCard) -> None:
    """A card without a message, or with one that names nobody, is its number."""
    assert seen(card) == CHIP


def test_messages_may_be_left_alone() -> None:
    """Where a reader is not to read messages, every card is its number after one command."""
    plan = ReadingPlan(ndef=False)
    assert asked(Type2Card(UID, text(GSRN)), plan) == ([CHIP], [bytes.fromhex("FFCA000000")])


def test_a_message_that_is_refused_is_the_answer() -> None:
    """Staff and payment cards are refused, and never known by their number instead."""
    staff = Type2Card(UID, text(f"(8017){GSRN}"))
    assert seen(staff) == RefusedFrame(reason="provider_gsrn")
    payment = Type2Card(UID, text("4111 1111 1111 1111"))
    assert seen(payment) == RefusedFrame(reason="payment_card")


def test_a_number_that_is_made_up_is_refused() -> None:
    """Four bytes that begin with 08, the IDm of a telephone, and the number of a type B card."""
    random = RefusedFrame(reason="random_uid")
    assert seen(RandomUidCard(atr=memory_card_atr(0))) == random
    felica = memory_card_atr(0x003B, standard=0x11)
    assert seen(UidCard(bytes.fromhex("01FE010203040506"), atr=felica)) == random
    idm = TokenRead(token=Token("uid", "0114010203040506"))
    assert seen(UidCard(bytes.fromhex("0114010203040506"), atr=felica)) == idm
    type_b = bytes.fromhex("3B8C80015001020304050607080900015D")
    assert seen(UidCard(UID, atr=type_b)) == random


@pytest.mark.parametrize("uid", ["", "04", "0416C6", "8804A1B2", "0416C6C2D738", "00000000"])
def test_a_number_that_is_not_whole_is_unreadable(uid: str) -> None:
    """A chip's number has 4, 7 or 10 bytes; 88 begins three bytes of a longer one."""
    assert seen(UidCard(bytes.fromhex(uid))) == RefusedFrame(reason="unreadable")


class Failing:
    """A card that answers so many commands, and then only this."""

    def __init__(self, card: VirtualCard, after: int, answer: bytes) -> None:
        self.atr = card.atr
        self._card, self._left, self._answer = card, after, answer

    def reset(self) -> None:
        """Lay the card down anew."""
        self._card.reset()

    def answer(self, apdu: bytes) -> bytes:
        """Answer, as long as it does."""
        self._left -= 1
        return self._card.answer(apdu) if self._left >= 0 else self._answer


BROKEN = ["", "90", "9000", "6300", "6A82", "6F00", "00" * 4 + "9000", "00" * 17 + "9000", "6110"]


@pytest.mark.parametrize("after", [1, 2])
@pytest.mark.parametrize("answer", BROKEN)
def test_a_tag_taken_away_in_the_middle_is_unreadable(after: int, answer: str) -> None:
    """A page that is not had leaves no message and no number, whatever the reader says of it."""
    card = Failing(Type2Card(UID, text(GSRN)), after, bytes.fromhex(answer))
    assert seen(card) == RefusedFrame(reason="unreadable")


@pytest.mark.parametrize(
    ("atr", "reason"), [("", "unreadable"), ("3B", "length"), ("3C00", "framing")]
)
def test_what_is_no_atr_is_refused(atr: str, reason: str) -> None:
    """Without a right ATR nothing is asked."""
    with pytest.raises(StopIteration) as done:
        next(read(bytes.fromhex(atr)))
    assert done.value.value == [RefusedFrame(reason=reason)]  # type: ignore[arg-type]


def test_a_card_with_contacts_is_left_alone() -> None:
    """The other slot of a reader holds no card of ours, and nothing is said to it."""
    events, commands = asked(UidCard(UID, atr=bytes.fromhex("3B021450")))
    assert (events, commands) == ([RefusedFrame(reason="unreadable")], [])


def test_an_endless_memory_ends() -> None:
    """A tag whose message never ends takes no more commands than there are."""

    class Endless(UidCard):
        def _more(self, apdu: bytes) -> bytes:
            first = bytes.fromhex("E110FF00") + bytes(12)
            return (first if apdu[3] == 3 else bytes(16)) + b"\x90\x00"

    events, commands = asked(Endless(UID, atr=memory_card_atr(3)))
    assert events == [RefusedFrame(reason="unreadable")]
    assert 60 < len(commands) <= MOST_COMMANDS
