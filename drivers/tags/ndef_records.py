"""The records of an NDEF message (NFC Forum NDEF 1.0, section 3.2).

A record says by its flags whether the message begins (MB) and ends (ME) with it, and whether it is
one piece of several (CF). All lengths are checked here, so that nothing but the inside of a whole
record is left to a library.

>>> records_in(bytes.fromhex("D1010B5504612E746573742F782F79"))
[Record(kind='urn:nfc:wkt:U', payload=b'\\x04a.test/x/y')]
>>> records_in(bytes.fromhex("D1010C5504612E746573742F782F79"))
'length'
"""

from msgspec import Struct

from drivers.events import Reason

__all__ = ["SMART_POSTER", "TEXT", "URI", "Record", "records_in"]

URI, TEXT, SMART_POSTER = "urn:nfc:wkt:U", "urn:nfc:wkt:T", "urn:nfc:wkt:Sp"

_MB, _ME, _CF, _SR, _IL, _TNF = 0x80, 0x40, 0x20, 0x10, 0x08, 0x07
_EMPTY, _WELL_KNOWN, _NO_TYPE, _UNCHANGED, _RESERVED = 0, 1, 5, 6, 7


class Record(Struct, frozen=True, gc=False):
    """One record, put together of its pieces. ``kind`` is empty for other than well-known types."""

    kind: str
    payload: bytes


class _Piece(Struct, frozen=True, gc=False):
    flags: int
    kind: bytes
    payload: bytes
    name_bytes: int
    end: int

    @property
    def tnf(self) -> int:
        return self.flags & _TNF


def records_in(message: bytes) -> list[Record] | Reason:
    """Take a message apart; a reason where it is none: lengths, flags, or a type it cannot have.

    No bytes are a message without records, as on a tag that was only formatted.
    """
    if not message:
        return []
    records: list[Record] = []
    open_kind, payload, at = None, bytearray(), 0
    while True:
        piece = _piece(message, at)
        if isinstance(piece, str):
            return piece
        fault = _fault(piece, first=at == 0, going_on=open_kind is not None)
        if fault is not None:
            return fault
        kind = _kind(piece) if open_kind is None else open_kind
        payload += piece.payload
        if piece.flags & _CF:
            open_kind = kind
        else:
            if piece.tnf != _EMPTY:
                records.append(Record(kind, bytes(payload)))
            open_kind, payload = None, bytearray()
        at = piece.end
        if piece.flags & _ME:
            return records if at == len(message) else "framing"


def _piece(message: bytes, at: int) -> _Piece | Reason:
    """Read one record's head and body."""
    head = message[at : at + 7]
    if not head:
        return "framing"  # nothing said that the message ended
    short, named = head[0] & _SR, head[0] & _IL
    lengths = 2 + (1 if short else 4)
    if len(head) < lengths + bool(named):
        return "length"
    payload_bytes = head[2] if short else int.from_bytes(head[2:6])
    name_bytes = head[lengths] if named else 0
    kind_at = at + lengths + bool(named)
    payload_at = kind_at + head[1] + name_bytes
    end = payload_at + payload_bytes
    if end > len(message):
        return "length"
    kind = message[kind_at : kind_at + head[1]]
    return _Piece(head[0], kind, message[payload_at:end], name_bytes, end)


def _fault(piece: _Piece, *, first: bool, going_on: bool) -> Reason | None:
    """What contradicts section 3.2 in a record's flags and lengths."""
    if bool(piece.flags & _MB) != first or going_on != (piece.tnf == _UNCHANGED):
        return "framing"
    if piece.flags & _CF and piece.flags & _ME:
        return "framing"
    if piece.tnf == _RESERVED:
        return "unreadable"
    if bool(piece.kind) != (piece.tnf not in (_EMPTY, _NO_TYPE, _UNCHANGED)):
        return "length"
    if piece.tnf == _EMPTY and (piece.payload or piece.name_bytes or piece.flags & _CF):
        return "length"
    return None


def _kind(piece: _Piece) -> str:
    if piece.tnf != _WELL_KNOWN:
        return ""
    return "urn:nfc:wkt:" + piece.kind.decode("latin-1")
