"""A reader's bytes become one event for each card that is laid down, and none for bad bytes."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from agent.core.tokens import Token
from agent.tools.site import StoreKit
from agent.tools.waiting import wait_until
from drivers.presence import GONE_AFTER_S
from drivers.readers.em4100 import frame
from drivers.virtual.line import VirtualLine

Listen = Callable[[httpx.Client, str], AbstractContextManager[Iterator[tuple[str, dict[str, Any]]]]]


_CARDS = 4
"""No test here lays more."""


@pytest.fixture
def reader(store: StoreKit) -> VirtualLine[Token]:
    """The reader of lane 1, at which nobody lays cards faster than a hand can."""
    lane = store.lanes["1"]
    for _ in range(_CARDS):
        wait_until(lambda: lane.hand.can(time.monotonic()), "the cashier's hand")
    return lane.reader


def _state(store: StoreKit) -> dict[str, Any]:
    state: dict[str, Any] = store.health()["readers"][0]
    assert state["name"] == "reader-1"
    return state


def _tokens_up_to(events: Iterator[tuple[str, dict[str, Any]]], last: Token) -> list[str]:
    """Read on until ``last`` was presented; answers every card presented until then."""
    tokens = []
    for name, data in events:
        if name == "card":
            tokens.append(data["token"])
            if data["token"] == str(last):
                break
    return tokens


def test_stream_that_starts_in_mid_frame(
    store: StoreKit,
    till: httpx.Client,
    listen: Listen,
    reader: VirtualLine[Token],
    new_card: Callable[[], Token],
) -> None:
    """What is left of a frame at the start is no card, and the whole frame after it is one."""
    before, cut, whole = _state(store), new_card(), new_card()
    with listen(till, "1") as events:
        reader.write(frame(cut)[7:] + frame(whole))
        assert _tokens_up_to(events, whole) == [str(whole)]
    after = _state(store)
    assert after["presentations"] == before["presentations"] + 1
    assert after["refused_frames"] == before["refused_frames"] + 1


def test_frame_in_pieces(
    store: StoreKit,
    till: httpx.Client,
    listen: Listen,
    reader: VirtualLine[Token],
    new_card: Callable[[], Token],
) -> None:
    """A frame that arrives byte by byte is a card, with or without the line end of an ID-12."""
    before, plain, ended = _state(store), new_card(), new_card()
    with listen(till, "1") as events:
        for byte in frame(plain) + frame(ended, line_end=True):
            reader.write(bytes([byte]))
        assert _tokens_up_to(events, ended) == [str(plain), str(ended)]
    assert _state(store)["refused_frames"] == before["refused_frames"]


def test_repeats_are_one_presentation(
    store: StoreKit,
    till: httpx.Client,
    listen: Listen,
    reader: VirtualLine[Token],
    new_card: Callable[[], Token],
) -> None:
    """A card that the reader repeats is one event, and a second card at once is its own."""
    before, first, second, last = _state(store), new_card(), new_card(), new_card()
    with listen(till, "1") as events:
        reader.write(frame(first) * 5 + frame(second) + frame(first) * 3 + frame(second) * 5)
        reader.write(frame(last))
        assert _tokens_up_to(events, last) == [str(first), str(second), str(last)]
    assert _state(store)["presentations"] == before["presentations"] + 3


def test_resting_card_is_one_presentation(
    store: StoreKit,
    till: httpx.Client,
    listen: Listen,
    reader: VirtualLine[Token],
    new_card: Callable[[], Token],
) -> None:
    """A card that rests longer than a card is remembered is still one event."""
    resting, next_one = new_card(), new_card()
    with listen(till, "1") as events:
        reader.lay(resting)
        _tokens_up_to(events, resting)
        taken_at_s = time.monotonic() + 1.5 * GONE_AFTER_S
        wait_until(lambda: time.monotonic() > taken_at_s, "the shopper to take the card")
        reader.take_away()
        store.lanes["1"].tap(next_one)
        assert _tokens_up_to(events, next_one) == [str(next_one)]


def test_card_laid_again_is_new(
    till: httpx.Client,
    listen: Listen,
    reader: VirtualLine[Token],
    new_card: Callable[[], Token],
) -> None:
    """A card that was away and is laid down again is a new event."""
    card = new_card()
    with listen(till, "1") as events:
        for _ in range(2):
            reader.lay(card)  # waits until the reader has forgotten it
            assert _tokens_up_to(events, card) == [str(card)]
            reader.take_away()


@pytest.mark.parametrize(
    ("spoil", "frames"),
    [
        (lambda good: good[:11] + b"00" + good[13:], 1),
        (lambda good: good[:5] + b"G" + good[6:], 1),
        (lambda good: good[:9] + b"\x03", 1),
        (lambda good: good[:9] + good, 1),
        (lambda good: good[:-1] + b"0000" + good[-1:], 1),
        (lambda good: good[1:], 1),
        (lambda _: bytes(range(3, 256)), 1),
        (lambda good: (good[:11] + b"00" + good[13:]) * 7, 7),
    ],
    ids=[
        "checksum",
        "no hex",
        "short",
        "begun anew",
        "long",
        "no STX",
        "noise",
        "seven of them",
    ],
)
def test_bad_frames(
    store: StoreKit,
    till: httpx.Client,
    listen: Listen,
    reader: VirtualLine[Token],
    new_card: Callable[[], Token],
    spoil: Callable[[bytes], bytes],
    frames: int,
) -> None:
    """Bad frames are counted in /healthz and are no event; the next good frame is one."""
    # The checksum of this card is not 00, which the first case puts there.
    card, before = Token("em4100", "0C000621A5"), _state(store)
    last = new_card()
    bad = spoil(frame(card))
    with listen(till, "1") as events:
        reader.write(bad + frame(last))
        expected = [str(card), str(last)] if frame(card) in bad else [str(last)]
        assert _tokens_up_to(events, last) == expected
    after = _state(store)
    assert after["refused_frames"] == before["refused_frames"] + frames
    assert after["presentations"] == before["presentations"] + len(expected)


def test_frame_that_never_ends(store: StoreKit, reader: VirtualLine[Token]) -> None:
    """A frame whose end never comes is given up by itself and counted, and is no event."""
    before = _state(store)
    reader.write(frame(Token("em4100", "0C000621A5"))[:-1])
    wait_until(
        lambda: _state(store)["refused_frames"] == before["refused_frames"] + 1,
        "the reader to give the frame up",
    )
    assert _state(store)["presentations"] == before["presentations"]
