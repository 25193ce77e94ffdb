"""Whatever a card answers, reading it ends, raises nothing and names nobody without a reason."""

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.tokens import Token
from drivers.events import Event, RefusedFrame, StatusSeen, TokenRead
from drivers.pcsc.plan import ClassicBlock, ReadingPlan
from drivers.pcsc.reading import MOST_COMMANDS, read
from drivers.pcsc.signing import SignedTaps
from drivers.virtual.cards import (
    DESFIRE_ATR,
    ClassicCard,
    Type2Card,
    UidCard,
    VirtualCard,
    memory_card_atr,
)
from drivers.virtual.type_4 import Ntag424Card, Type4Card, address_message

UID = bytes.fromhex("0416C6C2D73881")
GSRN = "061414112345678902"
LINK = address_message(f"https://id.example.test/8018/{GSRN}")
KEYS = {"meta_key": bytes(16), "file_key": bytes(range(16))}


class _Anything:
    """Counters that take whatever they are told."""

    def take(self, card: str, counter: int) -> bool:  # noqa: ARG002 - whichever it is
        return True


TAPS = SignedTaps(**KEYS, counters=_Anything())
BLOCK = ClassicBlock(block=4, key=b"\xff" * 6)
PLANS = st.sampled_from(
    [
        ReadingPlan(),
        ReadingPlan(family="identiv", block=BLOCK),
        ReadingPlan(ndef=False),
        ReadingPlan(taps=TAPS),
        ReadingPlan(taps=TAPS, accept_unsigned=True, block=BLOCK),
    ]
)
ATRS = st.sampled_from(
    [
        DESFIRE_ATR,
        *(memory_card_atr(number) for number in (0, 1, 3)),
        memory_card_atr(0x3B, standard=0x11),
        bytes.fromhex("3B8C800150010203040506070809000158"),
        b"",
        b"\x3b\x00",
    ]
)
WELL = st.binary(max_size=20).map(lambda data: data + b"\x90\x00")
SIXTEEN = st.binary(min_size=16, max_size=16).map(lambda data: data + b"\x90\x00")
BEGUN = st.binary(min_size=12, max_size=12).map(lambda data: b"\xe1\x10\xff\0" + data + b"\x90\x00")
CONTAINER = st.builds(
    lambda at_once, size: (
        b"\x00\x0f\x20"
        + at_once.to_bytes(2)
        + b"\x00\xff\x04\x06\xe1\x04"
        + size.to_bytes(2)
        + b"\x00\x00\x90\x00"
    ),
    st.integers(0, 300),
    st.integers(0, 0xFFFF),
)
STATUS = st.binary(min_size=2, max_size=2) | st.sampled_from([b"\x61\x10", b"\x6c\x10", b"\x90"])
ANSWERS = STATUS | WELL | SIXTEEN | BEGUN | CONTAINER | st.binary(max_size=300)


def ends(atr: bytes, plan: ReadingPlan, answers: Iterator[bytes]) -> tuple[list[Event], int]:
    """Read to the end."""
    talk, commands = read(atr, plan), 0
    try:
        next(talk)
        while True:
            commands += 1
            talk.send(next(answers))
    except StopIteration as done:
        return done.value, commands


def again_and_again(answers: list[bytes]) -> Iterator[bytes]:
    """These, and the last one for ever."""
    yield from answers
    while True:
        yield answers[-1]


@settings(max_examples=150)
@given(
    ATRS | st.binary(max_size=20),
    PLANS,
    st.lists(ANSWERS, min_size=1, max_size=12),
)
def test_any_answers_end(atr: bytes, plan: ReadingPlan, answers: list[bytes]) -> None:
    """No answers make it raise or ask for ever, and all end in one token, product or refusal."""
    events, commands = ends(atr, plan, again_and_again(answers))
    assert commands <= MOST_COMMANDS
    assert [event for event in events if not isinstance(event, StatusSeen)]
    tokens = [event.token for event in events if isinstance(event, TokenRead)]
    if plan.wants_signature:
        assert tokens == []
    for token in tokens:
        assert token.scheme != "sdm"
        if token.scheme == "uid":
            assert any(answer == bytes.fromhex(token.value) + b"\x90\x00" for answer in answers)


CARDS: list[tuple[VirtualCard, Token | None]] = [
    (UidCard(UID), Token("uid", UID.hex().upper())),
    (Type2Card(UID, LINK), Token("gsrn", GSRN)),
    (Type4Card(UID, LINK), Token("gsrn", GSRN)),
    (Ntag424Card(UID, **KEYS), Token("sdm", UID.hex().upper())),
    (ClassicCard(UID), None),
]


@settings(max_examples=100)
@given(st.sampled_from(CARDS), PLANS, st.integers(0, 9), ANSWERS)
def test_one_wrong_answer_makes_no_other_card(
    card: tuple[VirtualCard, Token | None], plan: ReadingPlan, place: int, answer: bytes
) -> None:
    """Where one answer of a card is another one, it is itself, its own number, or what that very
    answer says; a signature that nobody made is never a tap.
    """
    virtual, whole = card
    virtual.reset()
    talk = read(virtual.atr, plan)
    said = b""
    try:
        command = next(talk)
        for asked in range(MOST_COMMANDS):
            said = virtual.answer(command)
            command = talk.send(answer if asked == place else said)
        raise AssertionError("it asks for ever")
    except StopIteration as done:
        tokens = [event.token for event in done.value if isinstance(event, TokenRead)]
    for token in tokens:
        if token.scheme == "sdm":
            assert token == whole
        elif token.scheme == "uid":
            assert token.value in (UID.hex().upper(), answer[:-2].hex().upper())


@given(st.binary(max_size=40))
def test_a_virtual_card_takes_any_command(apdu: bytes) -> None:
    """Virtual cards answer every command with a status, and raise at none."""
    for virtual, _ in CARDS:
        assert len(virtual.answer(apdu)) >= 2


def test_reading_may_be_given_up() -> None:
    """A reader that loses the card closes the talk at any command, and nothing is left of it."""
    for virtual, _ in CARDS:
        for asked in range(4):
            virtual.reset()
            talk = read(virtual.atr)
            try:
                command = next(talk)
                for _ in range(asked):
                    command = talk.send(virtual.answer(command))
            except StopIteration:
                continue
            talk.close()


def test_what_is_refused_is_refused_as_something() -> None:
    """An empty answer to everything is an unreadable card, whatever kind it is."""
    for virtual, _ in CARDS:
        events, _ = ends(virtual.atr, ReadingPlan(block=BLOCK), again_and_again([b""]))
        assert events[1:] == [RefusedFrame(reason="unreadable")]
