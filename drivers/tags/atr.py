"""What a card's ATR says of it, as PC/SC hands it out (ISO/IEC 7816-3, section 8; PC/SC part 3).

A reader of contactless cards makes an ATR up for each: ``3B 8n 80 01``, what kind of card it is,
and TCK, which makes the bytes after the first zero by XOR (PC/SC part 3, section 3.1.3.2.3). It
names a kind and never a card, so this answers a status: the kind, and what can be read of it.

>>> [status] = events_of_atr(bytes.fromhex("3B8F8001804F0CA000000306030001000000006A"))
>>> status.about, status.details["card"]
('contactless_card', 'MIFARE Classic 1K')

A card with memory alone is told by the RID A000000306, the standard (SS) and a number (NN) of the
PC/SC workgroup's list; Ultralight and NTAG have the same one. A card with a processor shows the
historical bytes of its own: those of a DESFire and an NTAG 424 DNA are the same too, and so are
those of many others.
"""

from typing import Literal

from drivers.events import Event, Reason, RefusedFrame, StatusSeen

__all__ = ["LONGEST", "Reads", "events_of_atr", "reads_of"]

LONGEST = 33
"""TS and 32 bytes (ISO/IEC 7816-3, section 8.2)."""

_TS = (0x3B, 0x3F)
_CONTACTLESS = b"\x80\x01"  # TD1 and TD2: T=0 and T=1
_STORAGE = bytes.fromhex("804F0CA000000306")
_STORAGE_BYTES = 15

Reads = Literal["uid", "memory", "block", "file", "idm", "nothing", "contacts"]
"""What a card has to tell who shows it; ``_IN_WORDS`` says what each is."""

_IN_WORDS: dict[Reads, str] = {
    "uid": "the UID, which can be cloned",
    "memory": "the NDEF message, else the UID, which can be cloned",
    "block": "a block of its memory where a key is configured, else the UID, which can be cloned",
    "file": "a signed NDEF message where it has one, else the UID unless that is random",
    "idm": "the IDm as UID, which can be cloned",
    "nothing": "nothing: no number that lasts",
    "contacts": "nothing: this reads contactless cards",
}
_READS: dict[str, Reads] = {words: reads for reads, words in _IN_WORDS.items()}

_STANDARDS = {
    0x00: "unknown",
    0x01: "ISO/IEC 14443 A part 1", 0x02: "ISO/IEC 14443 A part 2",
    0x03: "ISO/IEC 14443 A part 3", 0x04: "ISO/IEC 14443 A part 4",
    0x05: "ISO/IEC 14443 B part 1", 0x06: "ISO/IEC 14443 B part 2",
    0x07: "ISO/IEC 14443 B part 3", 0x08: "ISO/IEC 14443 B part 4",
    0x09: "ISO/IEC 15693 part 1", 0x0A: "ISO/IEC 15693 part 2",
    0x0B: "ISO/IEC 15693 part 3", 0x0C: "ISO/IEC 15693 part 4",
    0x0D: "contact, I2C", 0x0E: "contact, extended I2C", 0x0F: "contact, 2WBP",
    0x10: "contact, 3WBP", 0x11: "FeliCa", 0x40: "low frequency",
}  # fmt: skip
_FELICA = 0x11

# The PC/SC workgroup's list of card names, and the two that an ACR122U adds (its API 2.04).
_CARDS: dict[int, tuple[str, Reads]] = {
    0x0000: ("unknown", "uid"),
    0x0001: ("MIFARE Classic 1K", "block"),
    0x0002: ("MIFARE Classic 4K", "block"),
    0x0003: ("MIFARE Ultralight or NTAG", "memory"),
    0x0006: ("SR176", "uid"),
    0x0007: ("SRI X4K", "uid"),
    0x0012: ("Tag-it", "uid"),
    0x0013: ("LRI512", "uid"),
    0x0014: ("ICODE SLI", "uid"),
    0x0016: ("ICODE 1", "uid"),
    0x0017: ("PicoPass 2K", "uid"),
    0x0018: ("PicoPass 2KS", "uid"),
    0x0019: ("PicoPass 16K", "uid"),
    0x001A: ("PicoPass 16KS", "uid"),
    0x0021: ("LRI64", "uid"),
    0x0022: ("ICODE UID", "uid"),
    0x0023: ("ICODE EPC", "uid"),
    0x0024: ("LRI12", "uid"),
    0x0025: ("LRI128", "uid"),
    0x0026: ("MIFARE Mini", "block"),
    0x0027: ("my-d move", "memory"),
    0x0028: ("my-d NFC", "memory"),
    0x002F: ("Jewel", "uid"),
    0x0030: ("Topaz", "uid"),
    0x0036: ("MIFARE Plus SL1 2K", "block"),
    0x0037: ("MIFARE Plus SL1 4K", "block"),
    0x0038: ("MIFARE Plus SL2 2K", "uid"),
    0x0039: ("MIFARE Plus SL2 4K", "uid"),
    0x003A: ("MIFARE Ultralight C", "memory"),
    0x003B: ("FeliCa", "idm"),
    0x003D: ("MIFARE Ultralight EV1", "memory"),
    0xF004: ("Topaz or Jewel", "uid"),
    0xF011: ("FeliCa 212K", "idm"),
    0xF012: ("FeliCa 424K", "idm"),
}


def events_of_atr(atr: bytes) -> list[Event]:
    """Read one ATR; no bytes are nothing. Never a token."""
    if not atr:
        return []
    historical = _historical(atr)
    if isinstance(historical, str):
        return [RefusedFrame(reason=historical)]
    if atr[0] != 0x3B or atr[1] >> 4 != 0x8 or not atr.startswith(_CONTACTLESS, 2):
        return [_status("contact_card", "unknown", "ISO/IEC 7816", "contacts")]
    if len(historical) == _STORAGE_BYTES and historical.startswith(_STORAGE):
        return [_memory_card(historical)]
    return [_status("contactless_card", *_processor_card(historical))]


def reads_of(card: StatusSeen) -> Reads:
    """Answer what the card of a status of ``events_of_atr`` has to tell."""
    return _READS[str(card.details["reads"])]


def _historical(atr: bytes) -> bytes | Reason:
    """Walk along the interface bytes to the historical ones, and hold TCK to its rule."""
    if atr[0] not in _TS:
        return "framing"
    if not 2 <= len(atr) <= LONGEST:
        return "length"
    more, count, at, wants_tck = atr[1] >> 4, atr[1] & 0x0F, 2, False
    while more:
        at += (more & 0b0111).bit_count()  # TA, TB, TC
        if not more & 0b1000:
            break
        if at >= len(atr):
            return "length"
        more, protocol = atr[at] >> 4, atr[at] & 0x0F  # TD says what comes next
        wants_tck = wants_tck or protocol != 0
        at += 1
    if len(atr) != at + count + wants_tck:
        return "length"
    if wants_tck and _xor(atr[1:]):
        return "checksum"
    return atr[at : at + count]


def _xor(data: bytes) -> int:
    left = 0
    for byte in data:
        left ^= byte
    return left


def _memory_card(historical: bytes) -> StatusSeen:
    standard, number = historical[8], int.from_bytes(historical[9:11])
    unknown: tuple[str, Reads] = (
        f"unknown {number:04X}",
        "idm" if standard == _FELICA else "uid",
    )
    name, reads = _CARDS.get(number, unknown)
    return _status("contactless_card", name, _STANDARDS.get(standard, f"{standard:02X}"), reads)


def _processor_card(historical: bytes) -> tuple[str, str, Reads]:
    """Tell what has a processor by its historical bytes, as far as they tell anything."""
    type_a = "ISO/IEC 14443 A part 4"
    if historical == b"\x80":
        return "MIFARE DESFire or NTAG 424 DNA", type_a, "file"
    if historical.startswith(b"\xc1\x05\x2f\x2f"):
        return "MIFARE Plus", type_a, "uid"
    if not historical:
        return "telephone or card without historical bytes", type_a, "file"
    if historical.startswith(b"\x50") and len(historical) in (11, 12):  # ATQB as it was sent
        return "type B card", "ISO/IEC 14443 B part 4", "nothing"
    return "processor card", "ISO/IEC 14443 part 4", "file"


def _status(about: str, card: str, standard: str, reads: Reads) -> StatusSeen:
    details = {"card": card, "standard": standard, "reads": _IN_WORDS[reads]}
    return StatusSeen(about=about, details=details)
