"""What a fuzzer is let loose on: every parser and decoder, and what each must keep to.

A target takes any bytes and raises where a promise is broken: nothing raises, pieces do not matter,
no more than a frame is held, and a token is only what the bytes bear out, checksum and all, as
found by code that the parser has no part in.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from parsers import PARSERS, Parsed, held_in

from agent.core.tokens import Token
from drivers.events import Event, TokenRead
from drivers.pcsc.reading import MOST_COMMANDS, read
from drivers.readers import pn532_frames, wiegand
from drivers.scanners.hid import HidKeyboard
from drivers.tags import atr, epc, ndef, sdm
from drivers.virtual.cards import DESFIRE_ATR, Type2Card, UidCard, VirtualCard

__all__ = ["TARGETS", "Broken", "Target"]


class Broken(Exception):
    """A promise was broken; the message says which."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """One thing to fuzz. ``begin`` are bytes worth beginning with."""

    try_out: Callable[[bytes], None]
    begin: tuple[bytes, ...] = ()
    longest: int = 512


# Parsers


def _pieces(data: bytes) -> list[bytes]:
    """Cut bytes at places that they say themselves."""
    pieces, at, cut = [], 0, 0
    while at < len(data):
        cut = (cut * 31 + data[at]) % 257
        pieces.append(data[at : at + 1 + cut % 23])
        at += len(pieces[-1])
    return pieces


def _said(parsed: Parsed, pieces: Iterable[bytes]) -> list[Event]:
    parser = parsed.make()
    events = []
    for piece in pieces:
        events += parser.feed(piece)
        if held_in(parser) > parsed.holds_most:
            raise Broken(f"{held_in(parser)} bytes are held")
    return events + parser.idle()


def _parser(parsed: Parsed) -> Target:
    def try_out(data: bytes) -> None:
        whole = _said(parsed, [data])
        if _said(parsed, _pieces(data)) != whole:
            raise Broken("pieces matter")
        for token in {event.token for event in whole if isinstance(event, TokenRead)}:
            if not parsed.bears_out(token, data):
                raise Broken(f"made up: {token!r}")

    frame = parsed.frame
    half = len(frame) // 2
    flipped = bytes([frame[half] ^ 1])
    begin = (
        frame * 3,
        frame[:half] + frame,
        frame + frame[half:] + frame,
        frame[:half] + flipped + frame[half + 1 :],
        _MORE.get(parsed.name, b""),
    )
    return Target(try_out=try_out, begin=begin)


_MORE = {
    "WiegandParser": wiegand.bits_of(Token("wiegand", "212-7041"))
    + wiegand.bits_of(Token("wiegand", "6-8613"), bits=34),
    "Em4100Parser": b"\x020C000621A58E\r\n\x03",
    "Pn532Parser": pn532_frames.ACK + pn532_frames.NAK + pn532_frames.frame(bytes(260)),
    "UhfReader18Parser": b"\x56\0\0\0\0\0" * 3,
    "BarcodeParser": b"]C1010590123412345710AB1\x1d21XYZ\r]E02912345678900\rhttps://a.test/01/"
    b"5901234123457/10/AB?17=261231\r4111111111111111\r",
}  # fmt: skip


# Decoders of a whole memory


def _tokens(events: Iterable[Event]) -> list[Token]:
    return [event.token for event in events if isinstance(event, TokenRead)]


def _weighs_to_ten(digits: str) -> bool:
    return sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(reversed(digits))) % 10 == 0


def _in_order(digits: str, data: bytes) -> bool:
    """Whether characters stand in the bytes one behind the other, whatever lies between."""
    rest = iter(data.upper())
    return all(ord(character) in rest for character in digits)


def _is_written(token: Token, data: bytes) -> bool:
    """A member's number stands there, all but its check digit, which is right; others stand."""
    if token.scheme in ("gsrn", "ean13"):
        return _weighs_to_ten(token.value) and _in_order(token.value[:-1], data)
    return _in_order(token.value, data)


def _ndef(data: bytes) -> None:
    for token in _tokens(ndef.events_of_memory(data)):
        if not _is_written(token, data):
            raise Broken(f"made up: {token!r}")


def _gen2_crc(data: bytes) -> int:
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc ^ 0xFFFF


def _epc(data: bytes) -> None:
    for token in _tokens(epc.events_of_memory(data)):
        if len(data) != 12:
            end = 4 + 2 * (data[2] >> 3)
            if _gen2_crc(data[2:end]) != int.from_bytes(data[:2]):
                raise Broken(f"without a checksum: {token!r}")
        if token.scheme == "gsrn" and not _weighs_to_ten(token.value):
            raise Broken(f"a wrong check digit: {token!r}")


_TAP = b"https://ntag.nxp.com/424?e=EF963FF7828658A599F3041510671E88&c=94EED9EE65337086"
_PLAIN_TAP = b"https://a.test/?uid=04DE5F1EACC040&ctr=00003D&cmac=94EED9EE65337086"


def _sdm(data: bytes) -> None:
    """Nobody forges a signature: what is told are the taps that this began with."""
    for event in sdm.events_of_tap(data, meta_key=bytes(16), file_key=bytes(16)):
        if isinstance(event, TokenRead) and (event.token.value, event.counter) != (
            "04DE5F1EACC040",
            61,
        ):
            raise Broken(f"forged: {event!r}")


def _atr(data: bytes) -> None:
    if _tokens(atr.events_of_atr(data)):
        raise Broken("an ATR is nobody's number")


def _keys(data: bytes) -> None:
    events = [(code, value % 4) for code, value in zip(data[::2], data[1::2], strict=False)]
    keyboard, other = HidKeyboard(), HidKeyboard()
    typed = keyboard.feed(events)
    if b"".join(other.feed([event]) for event in events) != typed:
        raise Broken("pieces matter")
    if held_in(keyboard) > 4 or len(typed) > len(events):
        raise Broken("more is held, or typed, than there are keys")
    if typed and max(typed) > 0x7F:
        raise Broken("no key types that")


def _frames(data: bytes) -> None:
    def found(pieces: Iterable[bytes]) -> list[pn532_frames.Found]:
        framer = pn532_frames.Framer()
        return [frame for piece in pieces for frame in framer.feed(piece)] + framer.idle()

    whole = found([data])
    if found(_pieces(data)) != whole:
        raise Broken("pieces matter")
    for frame in whole:
        if isinstance(frame, pn532_frames.Frame) and frame.kind in ("command", "answer"):
            inside = bytes([0xD4 if frame.kind == "command" else 0xD5, frame.code]) + frame.data
            if inside + bytes([-sum(inside) & 0xFF]) not in data:
                raise Broken(f"made up: {frame!r}")


def _reading(data: bytes) -> None:
    """The bytes play the card: a length and an ATR, and then a length and an answer each time."""
    at = 1 + data[0] % 34 if data else 0
    talk = read(data[1:at])
    heard = bytearray()
    try:
        next(talk)
        for _ in range(MOST_COMMANDS + 1):
            size = 2 + data[at] if at < len(data) else 0
            answer = data[at + 1 : at + 1 + size]
            heard += answer
            at += 1 + size
            talk.send(answer)
    except StopIteration as done:
        for token in _tokens(done.value):
            number = bytes.fromhex(token.value) if token.scheme == "uid" else b""
            if not (number in heard if number else _is_written(token, bytes(heard))):
                raise Broken(f"made up: {token!r}") from None
        return
    raise Broken("a card is asked for ever")


def _overheard(card: VirtualCard) -> bytes:
    """What a card says while it is read, in the form in which ``_reading`` plays it."""
    said, talk = bytes([len(card.atr)]) + card.atr, read(card.atr)
    try:
        command = next(talk)
        while True:
            answer = card.answer(command)
            said += bytes([len(answer) - 2]) + answer
            command = talk.send(answer)
    except StopIteration:
        return said


_LINK = b"\xd1\x01\x27U\x04id.example.test/8018/061414112345678902"
_TEXT = b"\xd1\x01\x15T\x02en0614141 12345 678902"[:-1]
_URN = b"\xd1\x01\x1fU\x1egsrn:0614141.1234567890"
_NTAG = Type2Card(bytes.fromhex("0416C6C2D73881"), _LINK)
_EPC = bytes.fromhex("2D14257BF4499602D2000000")
_SCHEMES = (b"\x2c", b"\x2e", b"\x30", b"\x33", b"\x34", b"\x35")


def _typed(text: str) -> bytes:
    """The keys of digits and Enter, pressed and released."""
    keys = [11 if digit == "0" else int(digit) + 1 for digit in text]
    return bytes(byte for key in [*keys, 28] for byte in (key, 1, key, 0))


TARGETS = {
    **{parsed.name: _parser(parsed) for parsed in PARSERS},
    "ndef": Target(
        try_out=_ndef,
        begin=(
            bytes(12) + b"\xe1\x10\x12\x00\x03" + bytes([len(_LINK)]) + _LINK + b"\xfe",
            _LINK,
            b"\x00" + bytes([len(_URN)]) + _URN,
            _TEXT,
            b"\xe1\x10\x12\x00\x01\x03\xa0\x0c\x34\x03\x03\xd0\x00\x00\xfe",
        ),
    ),
    "epc": Target(
        try_out=_epc,
        begin=(
            _EPC,
            *(scheme + _EPC[1:] for scheme in _SCHEMES),
            _gen2_crc(b"\x30\x00" + _EPC).to_bytes(2) + b"\x30\x00" + _EPC,
        ),
        longest=64,
    ),
    "sdm": Target(try_out=_sdm, begin=(_TAP, _PLAIN_TAP)),
    "atr": Target(
        try_out=_atr,
        begin=(_NTAG.atr, DESFIRE_ATR, bytes.fromhex("3F6500")),
        longest=40,
    ),
    "keyboard": Target(
        try_out=_keys,
        begin=(_typed("5901234123457"), bytes([56, 1, 82, 1, 82, 0, 80, 1, 73, 1, 56, 0])),
    ),
    "pn532_frames": Target(try_out=_frames, begin=(pn532_frames.frame(b"\x02"),)),
    "reading": Target(
        try_out=_reading,
        begin=(_overheard(_NTAG), _overheard(UidCard(b"\xde\xad\xbe\xef"))),
        longest=1_024,
    ),
}
"""Everything that is fuzzed, by name."""
