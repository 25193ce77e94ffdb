r"""Scanners that pretend to be a keyboard: key events to the bytes that a serial one would send.

Keys are those of Linux' input-event-codes.h, a scanner's layout is US, and events are its EV_KEY
(code, value): 1 pressed, 0 released, 2 repeating. Enter and Tab end a scan, so both are CR. Control
characters come in two ways: with Ctrl held, as ``]`` for FNC1's 1D, or with Alt held and the
decimal code on the numeric pad, 0029.

>>> keyboard = HidKeyboard()
>>> shift, bracket, c, one, enter = 42, 27, 46, 2, 28
>>> keys = [(bracket, 1), (shift, 1), (c, 1), (c, 0), (shift, 0), (one, 1), (enter, 1)]
>>> keyboard.feed(keys)
b']C1\r'
>>> keyboard.feed(strokes_of("]d2\x1d\r"))
b']d2\x1d\r'
"""

from collections.abc import Iterable

__all__ = ["HidKeyboard", "strokes_of"]

_PRESSED = 1
_RELEASED = 0

_SHIFTS, _CONTROLS, _ALTS = frozenset({42, 54}), frozenset({29, 97}), frozenset({56, 100})
_CAPS_LOCK = 58
_ENDS = frozenset({28, 96, 15})  # Enter, Enter of the pad, Tab

_ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (57, " ", " "),
)
_PAD = {71: "7", 72: "8", 73: "9", 75: "4", 76: "5", 77: "6", 79: "1", 80: "2", 81: "3", 82: "0"}
_PAD_SIGNS = {55: "*", 74: "-", 78: "+", 83: ".", 98: "/"}

_PLAIN = {first + i: key for first, keys, _ in _ROWS for i, key in enumerate(keys)}
_SHIFTED = {first + i: key for first, _, keys in _ROWS for i, key in enumerate(keys)}
_MOST_CODE_DIGITS = 4


class HidKeyboard:
    """Remembers which modifiers are held, and up to four digits of a code being typed."""

    def __init__(self) -> None:
        self._held: set[int] = set()
        self._capitals = False
        self._code = ""

    def feed(self, events: Iterable[tuple[int, int]]) -> bytes:
        """Take key events and answer the bytes they type. Unknown keys are nothing."""
        return b"".join(self._typed(code, value) for code, value in events)

    def reset(self) -> None:
        """Forget what is held: the kernel dropped events (SYN_DROPPED), or the device was lost."""
        self._held.clear()
        self._capitals = False
        self._code = ""

    def _typed(self, key: int, value: int) -> bytes:
        if key in _SHIFTS or key in _CONTROLS or key in _ALTS:
            return self._modified(key, value)
        if value != _PRESSED:
            return b""
        if key in _ENDS:
            return b"\r"
        if key == _CAPS_LOCK:
            self._capitals = not self._capitals
        if key in _PAD:
            return self._pad_digit(_PAD[key])
        if self._held & _ALTS:  # Alt with any other key types nothing
            return b""
        return self._character(key)

    def _modified(self, key: int, value: int) -> bytes:
        if value != _RELEASED:
            self._held.add(key)
            return b""
        self._held.discard(key)
        if key not in _ALTS or not self._code:
            return b""
        number, self._code = int(self._code), ""
        return bytes([number]) if number < 0x80 else b""

    def _pad_digit(self, digit: str) -> bytes:
        if not self._held & _ALTS:
            return digit.encode()
        self._code = (self._code + digit)[-_MOST_CODE_DIGITS:]
        return b""

    def _character(self, key: int) -> bytes:
        shifted = bool(self._held & _SHIFTS)
        if self._capitals and _PLAIN.get(key, "").isalpha():
            shifted = not shifted
        character = _PAD_SIGNS.get(key) or (_SHIFTED if shifted else _PLAIN).get(key, "")
        if character and self._held & _CONTROLS:
            return bytes([ord(character) & 0x1F])
        return character.encode()


_KEYS = {"\r": 28, **{character: key for key, character in _PLAIN.items()}}
_KEYS_SHIFTED = {character: key for key, character in _SHIFTED.items()}
_PAD_KEYS = {digit: key for key, digit in _PAD.items()}
_SHIFT, _ALT = 42, 56


def strokes_of(text: str) -> list[tuple[int, int]]:
    """Answer the keys with which a scanner types printable ASCII and CR, and FNC1 as Alt and 0029.

    Raises KeyError for any other character.
    """
    strokes: list[tuple[int, int]] = []
    for character in text:
        if character == "\x1d":
            strokes += _held(_ALT, *(_PAD_KEYS[digit] for digit in "0029"))
        elif character in _KEYS:
            strokes += _struck(_KEYS[character])
        else:
            strokes += _held(_SHIFT, _KEYS_SHIFTED[character])
    return strokes


def _struck(key: int) -> list[tuple[int, int]]:
    return [(key, _PRESSED), (key, _RELEASED)]


def _held(modifier: int, *keys: int) -> list[tuple[int, int]]:
    struck = [stroke for key in keys for stroke in _struck(key)]
    return [(modifier, _PRESSED), *struck, (modifier, _RELEASED)]
