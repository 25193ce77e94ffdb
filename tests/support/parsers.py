"""Every parser, with what the tests that hold for all of them need to know about it."""

import functools
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from agent.core.gs1 import with_check_digit
from agent.core.tokens import Token
from drivers.events import Event, Parser, TokenRead
from drivers.readers import em4100, pn532_frames, uhf18, wiegand
from drivers.readers.pn532 import Pn532Parser
from drivers.scanners.barcode import LONGEST_SCAN, BarcodeParser
from drivers.tags.epc import gsrn_96

__all__ = ["PARSERS", "Parsed", "crc_16", "held_in"]


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """One parser: how to make it, a whole frame and what it says, and bytes that are nearly some.

    ``bears_out`` says whether a stream really holds a token, found out in another way than the
    parser does.
    """

    name: str
    make: Callable[[], Parser]
    frame: bytes
    read: Event
    nearly: st.SearchStrategy[bytes]
    bears_out: Callable[[Token, bytes], bool]
    holds_most: int
    says_nothing: bytes = b"\r\n"


def held_in(part: Any) -> int:
    """How many bytes of the stream a parser, or a part of it, has kept."""
    if isinstance(part, bytes | bytearray | str):
        return len(part)
    values = vars(part).values() if hasattr(part, "__dict__") else ()
    return sum(held_in(value) for value in values if not isinstance(value, dict | tuple))


def _mixed(*parts: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return st.lists(st.one_of(st.binary(max_size=6), *parts), max_size=8).map(b"".join)


def crc_16(data: bytes) -> bytes:
    """The CRC of UHFReader18 as its manual computes it, bit by bit, low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return crc.to_bytes(2, "little")


# EM4100

_EM4100_CARD = em4100.frame(Token("em4100", "0C000621A5"))
_EM4100_NEARLY = _mixed(
    st.integers(0, 16**10 - 1).map(lambda n: em4100.frame(Token("em4100", f"{n:010X}"))),
    st.integers(0, 16**10 - 1).map(
        lambda n: em4100.frame(Token("em4100", f"{n:010X}"), line_end=True)
    ),
    st.binary(max_size=14).map(lambda inside: b"\x02" + inside + b"\x03"),
    st.text("0123456789abcdefABCDEF", min_size=9, max_size=15).map(str.encode),
    st.sampled_from(
        [b"\x02", b"\x03", b"\r\n", b"0C000621A58E", _EM4100_CARD[:7], _EM4100_CARD[7:]]
    ),
)


def _em4100_bears_out(token: Token, stream: bytes) -> bool:
    checksum = functools.reduce(operator.xor, bytes.fromhex(token.value))
    return f"{token.value}{checksum:02X}".encode() in stream.upper()


# Wiegand

_WIEGAND_CARDS = st.integers(0, 2**24 - 1).map(
    lambda n: Token("wiegand", f"{n >> 16}-{n & 0xFFFF}")
)
_WIEGAND_NEARLY = _mixed(
    _WIEGAND_CARDS.map(wiegand.line_of),
    _WIEGAND_CARDS.map(wiegand.bits_of),
    _WIEGAND_CARDS.map(lambda token: wiegand.bits_of(token, bits=34)),
    st.text("01", min_size=24, max_size=36).map(lambda bits: bits.encode() + b"\r\n"),
    st.text("0123456789", max_size=40).map(str.encode),
    st.sampled_from([b"\r", b"\n", b"\r\n", b"-", b"0000401829", b"0000401829\r"]),
)


def _wiegand_bears_out(token: Token, stream: bytes) -> bool:
    facility, card = (int(part) for part in token.value.split("-"))
    for line in re.split(rb"[\r\n]", stream):
        if re.fullmatch(rb"[0-9]{4,13}", line) and int(line) % 2**24 == facility * 65536 + card:
            return True
        if re.fullmatch(rb"(?:[01]{8})?[01]{26}", line):
            half = len(line) // 2
            ones = [sum(bit == ord("1") for bit in part) for part in (line[:half], line[half:])]
            if int(line[-25:-1], 2) == facility * 65536 + card and [n % 2 for n in ones] == [0, 1]:
                return True
    return False


# UHFReader18

_GSRNS = st.integers(0, 10**17 - 1).map(lambda n: with_check_digit(f"{n:017}"))
_EPCS = st.builds(
    lambda gsrn, digits, filter_value: gsrn_96(
        gsrn, prefix_digits=digits, filter_value=filter_value
    ),
    _GSRNS,
    st.integers(6, 12),
    st.integers(0, 7),
)
_UHF_CARD = uhf18.report(bytes.fromhex("2D14257BF4499602D2000000"))
_UHF_NEARLY = _mixed(
    _EPCS.map(uhf18.report),
    st.lists(_EPCS | st.binary(max_size=13), max_size=4).map(
        lambda epcs: uhf18.answer(
            1, 1, bytes([len(epcs)]) + b"".join(bytes([len(epc)]) + epc for epc in epcs)
        )
    ),
    st.binary(max_size=16).map(lambda body: uhf18.answer(0xEE, 0, body)),
    st.binary(min_size=82, max_size=82).map(lambda data: b"\x56\0\0\0\0\0" + data[:79])
    .map(lambda body: body + crc_16(body)),
    st.sampled_from(
        [b"\x56\0\0\0\0\0", b"\x56\0\0", _UHF_CARD[:9], _UHF_CARD[9:], _UHF_CARD[:-1] + b"\0"]
    ),
)  # fmt: skip


def _uhf_bears_out(token: Token, stream: bytes) -> bool:
    for start, length in enumerate(stream):
        frame = stream[start : start + length + 1]
        if len(frame) == length + 1 > 5 and b"\x2d" in frame and crc_16(frame[:-2]) == frame[-2:]:
            for at in range(len(frame) - 11):
                epc = f"{int.from_bytes(frame[at : at + 12]):096b}"
                partition = int(epc[11:14], 2)
                if epc[:8] != "00101101" or partition == 7 or "1" in epc[72:]:
                    continue
                bits = (40, 37, 34, 30, 27, 24, 20)[partition]
                prefix, reference = int(epc[14 : 14 + bits], 2), int(epc[14 + bits : 72], 2)
                digits = f"{prefix:0{12 - partition}}{reference:0{5 + partition}}"
                if digits == token.value[:17]:
                    return True
    return False


# Barcodes

_SCANS = st.sampled_from(
    [b"]C1", b"]d2", b"]Q3", b"]e0", b"]E0", b"]E4", b"]C0", b"]Q1", b"]I1", b"]", b""]
)
_BARCODE_NEARLY = _mixed(
    st.builds(
        lambda aim, data, end: aim + data + end,
        _SCANS,
        st.one_of(
            _GSRNS.map(lambda gsrn: b"8018" + gsrn.encode()),
            _GSRNS.map(lambda gsrn: b"https://id.gs1.org/8018/" + gsrn.encode()),
            _GSRNS.map(str.encode),
            st.integers(0, 10**12 - 1).map(lambda n: with_check_digit(f"{n:012}").encode()),
            st.integers(0, 10**7 - 1).map(lambda n: with_check_digit(f"{n:07}").encode()),
            st.from_regex(rb"01[0-9]{14}(17[0-9]{6})?(10[A-Z0-9]{1,20}\x1d)?(21[0-9]{1,22})?"),
            st.from_regex(rb"\d{4,30}", fullmatch=True),
            st.binary(max_size=40),
        ),
        st.sampled_from([b"\r", b"\n", b"\r\n", b""]),
    ),
    st.sampled_from([b"4" * 300, b"\x1d", b"]C1801806141411"]),
)


def _weighs_to_ten(digits: str) -> bool:
    return sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(reversed(digits))) % 10 == 0


def _barcode_bears_out(token: Token, stream: bytes) -> bool:
    written = token.value
    if token.scheme in ("gsrn", "ean13"):
        if not _weighs_to_ten(written):
            return False
        written = written.removeprefix("0") if token.scheme == "ean13" else written
    return token.scheme in ("gsrn", "ean13", "card") and written.encode() in stream


# PN532


def _pn532(uid: bytes) -> bytes:
    inside = b"\x4b\x01\x01\x00\x44\x00\x07" + uid
    return pn532_frames.frame(inside, host=False)


_PN532_CARD = _pn532(bytes.fromhex("0416C6C2D73881"))
_PN532 = st.lists(
    st.one_of(
        st.binary(max_size=6),
        st.binary(min_size=7, max_size=7).map(_pn532),
        st.binary(min_size=1, max_size=20).map(pn532_frames.frame),
        st.binary(min_size=256, max_size=264).map(pn532_frames.frame),
        st.binary(max_size=8).map(lambda inside: b"\x00\x00\xff" + inside),
        st.integers(3, len(_PN532_CARD) - 1).map(lambda at: _PN532_CARD[:at]),
        st.integers(3, len(_PN532_CARD) - 1).map(lambda at: _PN532_CARD[at:]),
        st.integers(3, len(_PN532_CARD) - 2).map(
            lambda at: _PN532_CARD[:at] + b"\xaa" + _PN532_CARD[at + 1 :]
        ),
        st.sampled_from(
            [
                pn532_frames.ACK,
                pn532_frames.NAK,
                pn532_frames.WAKE_UP,
                *(b"\x00", b"\xff", b"\x00\xff", b"\x55\x00", b"\x00\x00\xff\xff\xff"),
                *(b"\x00\xff\xfa\x06", b"\x00\x00\xff\x00\xff"),
            ]
        ),
    ),
    max_size=8,
).map(b"".join)


def _pn532_bears_out(token: Token, stream: bytes) -> bool:
    """The number stands in an answer of the chip whose length and data have their checksums."""
    uid = bytes.fromhex(token.value)
    for start in re.finditer(b"(?=\x00\xff)", stream):
        head = stream[start.start() + 2 :]
        if head[:2] == b"\xff\xff":
            length, inside = int.from_bytes(head[2:4]), head[5:]
            is_right = len(head) > 5 and sum(head[2:5]) % 256 == 0
        else:
            length, inside = int.from_bytes(head[:1]), head[2:]
            is_right = len(head) > 2 and sum(head[:2]) % 256 == 0
        whole = inside[: length + 1]
        is_right = is_right and len(whole) == length + 1 and sum(whole) % 256 == 0
        if is_right and whole[:2] == b"\xd5\x4b" and uid in whole:
            return True
    return False


PARSERS = (
    *(
        Parsed(
            name=make.__name__,
            make=make,
            frame=_EM4100_CARD,
            read=TokenRead(token=Token("em4100", "0C000621A5")),
            nearly=_EM4100_NEARLY,
            bears_out=_em4100_bears_out,
            holds_most=15,  # STX, twelve characters and CR LF
            says_nothing=b"\r\n\x02\x03",
        )
        for make in (em4100.Em4100Parser, em4100.Em4100GapParser)
    ),
    Parsed(
        name="WiegandParser",
        make=wiegand.WiegandParser,
        frame=b"0000401829\r\n",
        read=TokenRead(token=Token("wiegand", "6-8613")),
        nearly=_WIEGAND_NEARLY,
        bears_out=_wiegand_bears_out,
        holds_most=wiegand.LONGEST_LINE,
    ),
    Parsed(
        name="UhfReader18Parser",
        make=uhf18.UhfReader18Parser,
        frame=_UHF_CARD,
        read=TokenRead(token=Token("gsrn", "061414112345678902")),
        nearly=_UHF_NEARLY,
        bears_out=_uhf_bears_out,
        holds_most=2 * uhf18.LONGEST_FRAME,  # the last one too, by which it knows one that rests
        says_nothing=b"",
    ),
    Parsed(
        name="BarcodeParser",
        make=lambda: BarcodeParser(member_prefixes=("29", "04")),
        frame=b"]C18018061414112345678902\r",
        read=TokenRead(token=Token("gsrn", "061414112345678902")),
        nearly=_BARCODE_NEARLY,
        bears_out=_barcode_bears_out,
        holds_most=LONGEST_SCAN,
    ),
    Parsed(
        name="Pn532Parser",
        make=Pn532Parser,
        frame=_PN532_CARD,
        read=TokenRead(token=Token("uid", "0416C6C2D73881")),
        nearly=_PN532,
        bears_out=_pn532_bears_out,
        holds_most=1 + 7 + pn532_frames.LONGEST + 1,
        says_nothing=b"\0",
    ),
)
