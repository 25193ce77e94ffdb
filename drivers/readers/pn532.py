"""PN532, the 13.56 MHz reader chip of NXP, over its high speed UART: 115200 baud 8N1.

``pn532_frames`` finds the frames, ``pn532_session`` is the host's side of the talk. Here is what an
answer of the chip means, by the user manual UM0701-02. A card of ISO/IEC 14443-3 type A is its
UID (InListPassiveTarget, section 7.3.5):

>>> parser = Pn532Parser()
>>> parser.feed(bytes.fromhex("0000FF0FF1D54B0101004400070416C6C2D738816100"))
[TokenRead(token=Token(uid:**********3881), counter=None)]

Which cards an answer names depends on what was asked, and an answer does not say that. It is read
as type A, or where it is no such thing as FeliCa, whose IDm is eight bytes. What is neither is
``unreadable``: so are type B, whose number may be another one each time, and Jewel.

A UID of four bytes that begins with 08 is made up by the chip at each tap (ISO/IEC 14443-3, section
6.5.4), and so is an IDm that begins with 01 FE (ISO/IEC 18092, NFCID2): ``random_uid``. What a
card says of itself must fit: SAK does not say that the UID goes on, four bytes do not begin with
the cascade tag 88, and a UID of more than four bytes was announced by ATQA.

What was read from a card's memory is told by its length only; ``tapledger decode ndef`` reads one.
"""

from msgspec import Struct

from drivers.events import Event, RefusedFrame, StatusSeen
from drivers.framed import FramedParser
from drivers.naming import named_by_chip
from drivers.readers.pn532_frames import Found, Frame, Framer
from drivers.tags.uid import UID_LENGTHS, is_cut_off

__all__ = [
    "BAUD",
    "GET_FIRMWARE_VERSION",
    "IN_DATA_EXCHANGE",
    "IN_LIST_PASSIVE_TARGET",
    "RF_CONFIGURATION",
    "SAM_CONFIGURATION",
    "Pn532Parser",
    "Target",
    "card",
    "events_of",
    "targets_in",
]

BAUD = 115_200

GET_FIRMWARE_VERSION = 0x02
SAM_CONFIGURATION = 0x14
RF_CONFIGURATION = 0x32
IN_DATA_EXCHANGE = 0x40
IN_LIST_PASSIVE_TARGET = 0x4A

_NAMES = {
    0x00: "Diagnose",
    GET_FIRMWARE_VERSION: "GetFirmwareVersion",
    0x04: "GetGeneralStatus",
    0x06: "ReadRegister",
    0x08: "WriteRegister",
    0x0C: "ReadGPIO",
    0x0E: "WriteGPIO",
    0x10: "SetSerialBaudRate",
    0x12: "SetParameters",
    SAM_CONFIGURATION: "SAMConfiguration",
    0x16: "PowerDown",
    RF_CONFIGURATION: "RFConfiguration",
    IN_DATA_EXCHANGE: "InDataExchange",
    0x42: "InCommunicateThru",
    0x44: "InDeselect",
    0x46: "InPSL",
    IN_LIST_PASSIVE_TARGET: "InListPassiveTarget",
    0x50: "InATR",
    0x52: "InRelease",
    0x54: "InSelect",
    0x56: "InJumpForDEP",
    0x58: "RFRegulationTest",
    0x60: "InAutoPoll",
}

_UNREADABLE = RefusedFrame(reason="unreadable")
_MOST_TARGETS = 2
_UID_GOES_ON, _HAS_ATS = 0x04, 0x20  # bits of SAK (ISO/IEC 14443-3, table 8)
_LONG_UID = 0xC0  # bits of ATQA
_FELICA_LENGTHS = (18, 20)


class Target(Struct, frozen=True, gc=False):
    """A card in the field: its number, and for type A what it can do (SAK)."""

    uid: bytes
    sak: int | None = None


class Pn532Parser(FramedParser[Found]):
    """Turns a stream into events, one at least for each frame."""

    def __init__(self) -> None:
        super().__init__(Framer(), events_of)


def events_of(found: Found) -> list[Event]:
    """Say what a frame means; what is no frame stays what it is."""
    if not isinstance(found, Frame):
        return [found]
    if found.kind == "answer" and found.code == IN_LIST_PASSIVE_TARGET + 1:
        return _cards(found.data)
    return [_status(found.kind, found.code, found.data)]


def _status(kind: str, code: int, data: bytes) -> StatusSeen:
    if kind == "command":
        return StatusSeen(about="command", details=_named(code))
    if kind != "answer":
        return StatusSeen(about=kind)
    command = code - 1
    if command == GET_FIRMWARE_VERSION and len(data) == 4:
        return StatusSeen(about="firmware", details=_firmware(data))
    if command == IN_DATA_EXCHANGE and data:
        error, length = f"{data[0] & 0x3F:02X}", len(data) - 1
        return StatusSeen(about="exchanged", details={"error": error, "length": length})
    return StatusSeen(about="answer", details=_named(command))


def _cards(data: bytes) -> list[Event]:
    if data == b"\x00":
        return [StatusSeen(about="no_target")]
    return [card(target) for target in targets_in(data)] or [_UNREADABLE]


def card(target: Target) -> Event:
    """Name a card by its number, unless that is no number to know a card by."""
    return named_by_chip(target.uid, felica=target.sak is None)


def targets_in(data: bytes) -> list[Target]:
    """Read the cards of an answer to InListPassiveTarget; none where it is not whole."""
    if not data or not 1 <= data[0] <= _MOST_TARGETS:
        return []
    count, listed = data[0], data[1:]
    for read in (_type_a, _felica):
        for first, end in read(listed):
            if count == 1 and end == len(listed):
                return [first]
            if count == 2:
                behind = listed[end:]
                for second, length in read(behind):
                    if length == len(behind):
                        return [first, second]
    return []


def _type_a(data: bytes) -> list[tuple[Target, int]]:
    """Tg, ATQA (high byte first), SAK, length of the UID, UID, and what a card answers to RATS.

    Answers each way to read a card, with how many bytes it takes.
    """
    if len(data) < 5 or data[4] not in UID_LENGTHS or len(data) < 5 + data[4]:
        return []
    atqa, sak, end = data[2], data[3], 5 + data[4]
    uid = data[5:end]
    announced = len(uid) == 4 or atqa & _LONG_UID
    if sak & _UID_GOES_ON or not announced or is_cut_off(uid):
        return []
    target = Target(uid, sak)
    # The first byte of an ATS is its length; the chip can be told not to ask for one.
    if sak & _HAS_ATS and end < len(data) and 1 <= data[end] <= len(data) - end:
        return [(target, end + data[end]), (target, end)]
    return [(target, end)]


def _felica(data: bytes) -> list[tuple[Target, int]]:
    """Tg, length of the polling answer, its code 01, IDm, PMm, and the system code if asked for."""
    if len(data) >= 2 and data[1] in _FELICA_LENGTHS and data[2:3] == b"\x01":
        end = 1 + data[1]
        if len(data) >= end:
            return [(Target(data[3:11]), end)]
    return []


def _named(command: int) -> dict[str, str | int]:
    return {"command": _NAMES.get(command, f"{command & 0xFF:02X}")}


def _firmware(data: bytes) -> dict[str, str | int]:
    """IC (32 is the PN532), version, revision, and what it supports (section 7.2.2)."""
    ic, version, revision, support = data
    return {
        "ic": f"{ic:02X}",
        "version": version,
        "revision": revision,
        "support": f"{support:02X}",
    }
