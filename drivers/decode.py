"""Raw device bytes to the plain values that ``tapledger decode`` prints, one per thing seen.

A decoder takes all bytes of a recording and answers events. Those of a stream are made of its
parser; those of a tag's memory, an ATR or a text take the whole as it is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from drivers.events import Event, Parser, ProductRead, RefusedFrame, StatusSeen, TokenRead
from drivers.readers.em4100 import Em4100GapParser, Em4100Parser
from drivers.readers.pn532 import Pn532Parser
from drivers.readers.uhf18 import UhfReader18Parser
from drivers.readers.wiegand import WiegandParser
from drivers.scanners.barcode import BarcodeParser
from drivers.tags.atr import events_of_atr
from drivers.tags.epc import events_of_memory as events_of_epc
from drivers.tags.ndef import events_of_memory
from drivers.tags.sdm import events_of_tap

__all__ = ["DECODERS", "Options", "OptionsMissing", "decode"]


class OptionsMissing(ValueError):
    """A driver cannot decode without options; the message names them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """What a recording does not say itself; the options of ``tapledger decode``."""

    framing: str = "stx"
    """``gap`` for bare characters framed by silence, as an EM-18 sends them."""
    meta_key: bytes | None = None
    """The key that a tag's PICC data is encrypted with, 16 bytes."""
    file_key: bytes | None = None
    """The key that a tag's file is signed with, 16 bytes."""
    last_counter: int | None = None
    """The last counter that was taken from the tag."""
    member_prefixes: tuple[str, ...] = ()
    """Ranges of in-store EAN-13 that are member cards."""


Decoder = Callable[[bytes, Options], Iterable[Event]]


def decode(driver: str, data: bytes, options: Options) -> Iterator[dict[str, Any]]:
    """Decode a recording of one driver of ``DECODERS``. Raises OptionsMissing."""
    for event in DECODERS[driver](data, options):
        yield in_words(event)


def in_words(event: Event) -> dict[str, Any]:
    """Answer an event as ``tapledger decode`` prints it."""
    match event:
        case TokenRead(token=token, counter=counter):
            said: dict[str, Any] = {"kind": "token", "scheme": token.scheme, "value": token.value}
            return said if counter is None else {**said, "counter": counter}
        case ProductRead(gtin=gtin, lot=lot, expiry=expiry, serial=serial):
            more = {"lot": lot, "expiry": expiry, "serial": serial}
            known = {name: value for name, value in more.items() if value is not None}
            return {"kind": "product", "gtin": gtin, **known}
        case StatusSeen(about=about, details=details):
            return {"kind": "status", "about": about, **details}
        case RefusedFrame(reason=reason):
            return {"kind": "refused", "reason": reason}
        case _:
            assert_never(event)


def _stream(data: bytes, parser: Parser) -> Iterable[Event]:
    return [*parser.feed(data), *parser.idle()]


def _em4100(data: bytes, options: Options) -> Iterable[Event]:
    return _stream(data, Em4100GapParser() if options.framing == "gap" else Em4100Parser())


def _wiegand(data: bytes, _options: Options) -> Iterable[Event]:
    return _stream(data, WiegandParser())


def _uhf18(data: bytes, _options: Options) -> Iterable[Event]:
    return _stream(data, UhfReader18Parser())


def _epc(data: bytes, _options: Options) -> Iterable[Event]:
    return events_of_epc(data)


def _barcode(data: bytes, options: Options) -> Iterable[Event]:
    return _stream(data, BarcodeParser(member_prefixes=options.member_prefixes))


def _pn532(data: bytes, _options: Options) -> Iterable[Event]:
    return _stream(data, Pn532Parser())


def _ndef(data: bytes, _options: Options) -> Iterable[Event]:
    return events_of_memory(data)


def _sdm(data: bytes, options: Options) -> Iterable[Event]:
    if options.meta_key is None or options.file_key is None:
        raise OptionsMissing("sdm needs --meta-key and --file-key: nothing can be verified without")
    return events_of_tap(
        data,
        meta_key=options.meta_key,
        file_key=options.file_key,
        last_counter=options.last_counter,
    )


def _atr(data: bytes, _options: Options) -> Iterable[Event]:
    return events_of_atr(data)


DECODERS: Mapping[str, Decoder] = {
    "em4100": _em4100,
    "wiegand": _wiegand,
    "uhf18": _uhf18,
    "epc": _epc,
    "barcode": _barcode,
    "pn532": _pn532,
    "ndef": _ndef,
    "sdm": _sdm,
    "atr": _atr,
}
"""Every driver that ``tapledger decode`` knows."""
