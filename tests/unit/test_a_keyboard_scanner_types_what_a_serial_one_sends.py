"""Key events of a scanner that pretends to be a keyboard become the bytes of a serial one."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.tokens import Token
from drivers.events import TokenRead
from drivers.scanners.barcode import BarcodeParser
from drivers.scanners.hid import HidKeyboard

# linux/input-event-codes.h
ENTER, TAB, KP_ENTER, CAPS = 28, 15, 96, 58
LEFT_SHIFT, RIGHT_SHIFT, LEFT_ALT, RIGHT_ALT, LEFT_CTRL = 42, 54, 56, 100, 29
KEYS = dict(zip("1234567890", range(2, 12), strict=True)) | {
    **dict(zip("qwertyuiop", range(16, 26), strict=True)),
    **dict(zip("asdfghjkl", range(30, 39), strict=True)),
    **dict(zip("zxcvbnm", range(44, 51), strict=True)),
    "-": 12,
    "=": 13,
    "[": 26,
    "]": 27,
    ";": 39,
    "'": 40,
    "`": 41,
    "\\": 43,
    ",": 51,
    ".": 52,
    "/": 53,
    " ": 57,
}
SHIFTED = dict(zip('!@#$%^&*()_+{}:"~|<>?', "1234567890-=[];'`\\,./", strict=True)) | dict(
    zip(string.ascii_uppercase, string.ascii_lowercase, strict=True)
)
PAD = dict(zip("7894561230", (71, 72, 73, 75, 76, 77, 79, 80, 81, 82), strict=True))


def stroke(key: int) -> list[tuple[int, int]]:
    """A key pressed and released."""
    return [(key, 1), (key, 0)]


def with_held(modifier: int, *keys: int) -> list[tuple[int, int]]:
    """Keys struck while a modifier is held."""
    return [(modifier, 1), *(event for key in keys for event in stroke(key)), (modifier, 0)]


def typed(text: str, shift: int = LEFT_SHIFT) -> list[tuple[int, int]]:
    """What a scanner sends for a text: FNC1 as Alt and 0029."""
    events: list[tuple[int, int]] = []
    for character in text:
        if character == "\x1d":
            events += with_held(LEFT_ALT, *(PAD[digit] for digit in "0029"))
        elif character in SHIFTED:
            events += with_held(shift, KEYS[SHIFTED[character]])
        else:
            events += stroke(KEYS[character])
    return events


@given(
    text=st.text(string.ascii_letters + string.digits + string.punctuation + " \x1d"),
    shift=st.sampled_from([LEFT_SHIFT, RIGHT_SHIFT]),
)
def test_every_character_of_a_code_is_typed(text: str, shift: int) -> None:
    """All of printable ASCII, and FNC1, come out as they were scanned."""
    assert HidKeyboard().feed(typed(text, shift)) == text.encode()


@pytest.mark.parametrize("end", [ENTER, TAB, KP_ENTER])
def test_a_suffix_ends_a_scan(end: int) -> None:
    """Enter and Tab, whichever the scanner is set to, are the CR that ends a scan."""
    assert HidKeyboard().feed(typed("12") + stroke(end)) == b"12\r"


def test_a_card_is_read_by_keyboard() -> None:
    """What is typed is read by the parser that reads serial scanners."""
    keys = typed("]d28018061414112345678902\x1d21XYZ") + stroke(ENTER)
    assert BarcodeParser().feed(HidKeyboard().feed(keys)) == [
        TokenRead(token=Token("gsrn", "061414112345678902"))
    ]


def test_the_pad_types_digits() -> None:
    """Digits and signs of the numeric pad are those of the row."""
    keys = [event for digit in "0123456789" for event in stroke(PAD[digit])]
    signs = [event for key in (55, 74, 78, 83, 98) for event in stroke(key)]
    assert HidKeyboard().feed(keys + signs) == b"0123456789*-+./"


@pytest.mark.parametrize("alt", [LEFT_ALT, RIGHT_ALT])
@pytest.mark.parametrize(
    ("digits", "byte"),
    [("0029", b"\x1d"), ("29", b"\x1d"), ("065", b"A"), ("0200", b""), ("", b"")],
)
def test_alt_and_a_code_is_one_character(alt: int, digits: str, byte: bytes) -> None:
    """The code counts when Alt is let go; above ASCII, or without digits, it is nothing."""
    assert HidKeyboard().feed(with_held(alt, *(PAD[digit] for digit in digits))) == byte


def test_alt_with_another_key_types_nothing() -> None:
    """A menu's key is no part of a code, and what follows is typed again."""
    assert HidKeyboard().feed(with_held(LEFT_ALT, KEYS["a"]) + stroke(KEYS["b"])) == b"b"


def test_control_characters_come_with_ctrl() -> None:
    """Ctrl and ] is FNC1 for scanners that are set so."""
    assert HidKeyboard().feed(with_held(LEFT_CTRL, KEYS["]"])) == b"\x1d"


def test_a_key_that_rests_is_typed_once() -> None:
    """The kernel's repeats are not characters."""
    assert (
        HidKeyboard().feed([(KEYS["7"], 1), (KEYS["7"], 2), (KEYS["7"], 2), (KEYS["7"], 0)]) == b"7"
    )


def test_both_shifts_are_two_keys() -> None:
    """Letting one shift go leaves the other held."""
    keys = [(LEFT_SHIFT, 1), (RIGHT_SHIFT, 1), (LEFT_SHIFT, 0), *stroke(KEYS["a"])]
    assert HidKeyboard().feed([*keys, (RIGHT_SHIFT, 0), *stroke(KEYS["a"])]) == b"Aa"


def test_caps_lock_turns_letters_alone() -> None:
    """With capitals locked letters change and digits do not, and a second stroke undoes it."""
    keyboard = HidKeyboard()
    assert keyboard.feed(stroke(CAPS) + typed("aB1")) == b"Ab1"
    assert keyboard.feed(stroke(CAPS) + typed("aB1")) == b"aB1"


def test_lost_events_leave_no_key_held() -> None:
    """After a reset no modifier is held and no code is begun."""
    keyboard = HidKeyboard()
    keyboard.feed([(LEFT_SHIFT, 1), (LEFT_ALT, 1), *stroke(PAD["6"]), *stroke(CAPS)])
    keyboard.reset()
    assert keyboard.feed([(LEFT_ALT, 0), *typed("a")]) == b"a"


@given(st.lists(st.tuples(st.integers(0, 767), st.integers(-1, 3)), max_size=60))
def test_no_keys_break_it(events: list[tuple[int, int]]) -> None:
    """Any key and any value types ASCII or nothing, and at most a code's digits are kept."""
    keyboard = HidKeyboard()
    assert keyboard.feed(events).isascii()
    assert len(keyboard._code) <= 4
