"""What the NDEF message on a tag says of its holder.

A member's card holds an address of GS1 Digital Link, or a plain number:

>>> member = "303631343134313132333435363738393032"
>>> events_of_memory(bytes.fromhex("0326D101225504636C75622E746573742F383031382F" + member + "FE"))
[TokenRead(token=Token(gsrn:**************8902), counter=None)]

The memory may come in any of the forms in which readers and tools hand it out. The first form in
which a whole message stands is taken:

1. a whole Type 2 tag: page 3 is a capability container. Only the area that it declares counts.
2. the same from page 3 on.
3. the area alone (``tlv``), which begins with the tag of a block.
4. the NDEF file of a Type 4 tag: two bytes of length, and that many of message (NFC Forum Type 4
   Tag 1.0, section 5.1.2).
5. the message alone. It begins with the flag MB, which no block's tag has.

Where an area and a file would both fit it is an area: a file of less than 256 bytes begins with a
zero, which is nothing in an area, but its second byte is then a tag with the wrong length behind.
Where nothing fits, the reason is that of the first form that the bytes begin like.

Read are addresses, texts and smart posters (by their address; a title names nobody). An address
may be a Digital Link with 8018 (member), 8017 (staff: refused, whatever else the tag says) or 01
(product), or an EPC with a GSRN. Otherwise it means something only if it is nothing but digits, as
a text may be, with blanks and hyphens as people write them. Other addresses may well hold digits,
but not the number of a member. A text is never read as ``scheme:value``: anybody can write that a
tag signs. One token is told once, and what means nothing only where nothing else does.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import ndef

from agent.core.gs1 import with_check_digit
from drivers.digital_link import elements_of
from drivers.events import Event, Reason, RefusedFrame, StatusSeen
from drivers.gs1_meaning import meaning_of
from drivers.naming import guessed
from drivers.payment_cards import holds_payment_card
from drivers.tags.ndef_records import SMART_POSTER, TEXT, URI, Record, records_in
from drivers.tags.ndef_uri import address_in
from drivers.tags.tlv import HEADER_BYTES, Cut, area_bytes, is_area, message_in

__all__ = ["addresses_in", "events_of_memory", "events_of_message", "names_somebody"]

_CONTAINER = HEADER_BYTES - 4
_MESSAGE_BEGINS = 0x80
_UNKNOWN = RefusedFrame(reason="unknown")
_UNREADABLE = RefusedFrame(reason="unreadable")
_STAFF = RefusedFrame(reason="provider_gsrn")
_WRITTEN = re.compile(r"[0-9]+(?:[ -][0-9]+)*")
_ELEMENT = re.compile(r"\(?(801[78])\)?[ -]?([0-9](?:[ -]?[0-9]){17})")
_GSRN_URI = re.compile(  # a pure identity, or with its filter, as a tag of 96 bits holds it
    r"urn:epc:(?:id:(gsrnp?):|tag:(gsrnp?)-96:[0-7]\.)([0-9]{6,12})\.([0-9]{5,11})", re.IGNORECASE
)
_BETWEEN = re.compile("[ -]")
_UTF16, _LANGUAGE_BYTES = 0x80, 0x3F


def events_of_memory(data: bytes) -> list[Event]:
    """Read a tag's memory in any of its forms; no bytes are nothing. Linear."""
    if not data:
        return []
    fault: Reason | None = None
    for message in _messages(data):
        records = message if isinstance(message, str) else records_in(message)
        if not isinstance(records, str):
            return _events_of(records)
        fault = fault or records
    return [RefusedFrame(reason=fault or "unreadable")]


def events_of_message(message: bytes) -> list[Event]:
    """Read a message that a reader found by itself."""
    records = records_in(message)
    if isinstance(records, str):
        return [RefusedFrame(reason=records)]
    return _events_of(records)


def names_somebody(events: list[Event]) -> bool:
    """Say whether a message is what its card is known by, be it that it is refused.

    Where it is not, the card is known by the chip's number.
    """
    return any(event != _UNKNOWN and not isinstance(event, StatusSeen) for event in events)


def addresses_in(message: bytes) -> list[str]:
    """Answer the addresses of a message, those of smart posters too; none where it is none."""
    records = records_in(message)
    if isinstance(records, str):
        return []
    posters = [records_in(record.payload) for record in records if record.kind == SMART_POSTER]
    inside = [record for poster in posters if not isinstance(poster, str) for record in poster]
    texts = [_text_of(record) for record in (*records, *inside) if record.kind == URI]
    return [text for text in texts if text is not None]


def _messages(data: bytes) -> Iterator[bytes | Reason]:
    """What would be the message in each form that the bytes begin like, or why there is none."""
    for begin in (_CONTAINER, 0):
        size = area_bytes(data[begin : begin + 4])
        if size:
            yield _in_area(data[begin + 4 : begin + 4 + size])
    if is_area(data):
        yield _in_area(data)
    length = int.from_bytes(data[:2])
    if 0 < length <= len(data) - 2:
        yield data[2 : 2 + length]
    if data[0] & _MESSAGE_BEGINS:
        yield data


def _in_area(area: bytes) -> bytes | Reason:
    found = message_in(area)
    if isinstance(found, Cut):
        return "length" if found.inside else "unreadable"
    return "unreadable" if found is None else found


def _events_of(records: list[Record]) -> list[Event]:
    if not records:
        return [StatusSeen(about="empty")]
    said = [event for record in records for event in _said_by(record)]
    if _STAFF in said:
        return [_STAFF]
    meant = [event for event in said if event != _UNKNOWN]
    return [event for place, event in enumerate(meant) if event not in meant[:place]] or [_UNKNOWN]


def _said_by(record: Record) -> list[Event]:
    if record.kind == SMART_POSTER:
        inside = records_in(record.payload)
        if isinstance(inside, str):
            return [RefusedFrame(reason=inside)]
        addresses = [record for record in inside if record.kind == URI]
        # Smart Poster 1.1, section 3.3: exactly one.
        return _said_by(addresses[0]) if len(addresses) == 1 else [_UNREADABLE]
    if record.kind not in (URI, TEXT):
        return [_UNKNOWN]
    text = _text_of(record)
    return [_UNREADABLE if text is None else _named_by(text.strip())]


def _text_of(record: Record) -> str | None:
    """The address or text of a record; nothing where its payload is no such thing."""
    return address_in(record.payload) if record.kind == URI else _written(record.payload)


def _written(payload: bytes) -> str | None:
    if payload and payload[0] & _UTF16:
        # Without a mark it is big-endian (Text 1.0, section 3.4); the library asks the machine.
        at = 1 + (payload[0] & _LANGUAGE_BYTES)
        if payload[at : at + 2] not in (b"\xfe\xff", b"\xff\xfe"):
            payload = payload[:at] + b"\xfe\xff" + payload[at:]
    head = b"\xc1\x01" + len(payload).to_bytes(4) + b"T"
    try:
        (decoded,) = ndef.message_decoder(head + payload, "strict", {TEXT: ndef.TextRecord})
    except (ndef.DecodeError, ValueError):
        return None
    return str(decoded.text)


def _named_by(text: str) -> Event:
    elements = elements_of(text)
    if elements is not None:
        return meaning_of(elements, this_year=datetime.now(UTC).year)
    if identity := _GSRN_URI.fullmatch(text):
        pure, tagged, prefix, reference = identity.groups()
        if len(prefix + reference) != 17:
            return RefusedFrame(reason="length")
        is_member = (pure or tagged).lower() == "gsrn"
        return _member("8018" if is_member else "8017", with_check_digit(prefix + reference))
    if element := _ELEMENT.fullmatch(text):
        return _member(element[1], _BETWEEN.sub("", element[2]))
    if _WRITTEN.fullmatch(text):
        return guessed(_BETWEEN.sub("", text))
    return RefusedFrame(reason="payment_card") if holds_payment_card(text) else _UNKNOWN


def _member(identifier: str, gsrn: str) -> Event:
    return meaning_of({identifier: gsrn}, this_year=0)
