"""What an EPC of 96 bits names (GS1 EPC Tag Data Standard 1.13, section 14).

The first byte, the header, says the scheme. A member's card is a GSRN-96, and names the same member
as the GSRN in a barcode (section 14.5.6, example of section E.3):

>>> decoded(bytes.fromhex("2D14257BF4499602D2000000")).token.value
'061414112345678902'

=== ============ ==================================================
2D  GSRN-96      the member: token ``gsrn``, its check digit computed
2E  GSRNP-96     who serves: staff, refused ``provider_gsrn``
30  SGTIN-96     a product: its GTIN as printed, and its serial
2C  GDTI-96      a document, as a voucher or a membership card is: token ``epc``
33  GRAI-96      a thing lent, as a cup or a bag is: token ``epc``
34  GIAI-96      one thing of the shop's, as a wristband is: token ``epc``
35  GID-96       a numbering of the shop's own: token ``epc``
=== ============ ==================================================

Pallets (31), places (32), parts and what an army owns are nothing that a customer shows: like any
other header, and like bits that break the standard's own rules, they are ``unknown``.

Partition 0 is a company prefix of 12 digits, 6 one of 6 digits; what one field has more, the
other has less. A number that needs more digits than its field has is no number of that scheme.
"""

from binascii import crc_hqx
from typing import NamedTuple

from agent.core.gs1 import as_printed, with_check_digit
from agent.core.tokens import Token
from drivers.events import Event, ProductRead, RefusedFrame, TokenRead
from drivers.payment_cards import holds_payment_card

__all__ = ["EPC_BYTES", "decoded", "events_of_memory", "gsrn_96"]

EPC_BYTES = 12

_UNKNOWN = RefusedFrame(reason="unknown")
_PREFIX_BITS = (40, 37, 34, 30, 27, 24, 20)
"""Bits of the company prefix by partition; it has 12 digits less the partition."""

_GID_SERIAL = (1 << 36) - 1
_GDTI, _GSRN, _GSRNP, _SGTIN, _GRAI, _GIAI, _GID = 0x2C, 0x2D, 0x2E, 0x30, 0x33, 0x34, 0x35

_THINGS = {_GDTI: "gdti", _GRAI: "grai"}
_FILLED = frozenset({_GSRN, _GSRNP, _GIAI})
"""Nothing but zeros stands behind their fields."""

_BITS_BEHIND_PARTITION = 82


class _Layout(NamedTuple):
    """Where the fields of a scheme lie in its 96 bits, at one partition."""

    prefix_digits: int
    prefix_shift: int
    prefix_mask: int
    reference_digits: int | None
    """None where the standard does not fix them."""
    reference_shift: int
    reference_mask: int


def _layout(bits: int, digits: int | None, partition: int) -> _Layout:
    """Lay a scheme out that has so many bits, and digits where they are fixed, in both fields."""
    shift, prefix_digits = _BITS_BEHIND_PARTITION - bits, 12 - partition
    reference_bits = bits - _PREFIX_BITS[partition]
    return _Layout(
        prefix_digits,
        shift + reference_bits,
        (1 << _PREFIX_BITS[partition]) - 1,
        None if digits is None else digits - prefix_digits,
        shift,
        (1 << reference_bits) - 1,
    )


_LAYOUTS = {
    (header, partition): _layout(bits, digits, partition)
    for header, bits, digits in (
        (_GDTI, 41, 12),
        (_GSRN, 58, 17),
        (_GSRNP, 58, 17),
        (_SGTIN, 44, 13),
        (_GRAI, 44, 12),
        (_GIAI, 82, None),
    )
    for partition in range(len(_PREFIX_BITS))
}


def events_of_memory(data: bytes) -> list[Event]:
    """Decode an EPC of twelve bytes, or the EPC bank of a tag from its first word on.

    The bank begins with a CRC-16 over all that follows to the EPC's end, and with a word of which
    five bits say how many words the EPC has (EPC Gen2 2.1, section 6.3.2.1.2). It is taken for one
    where that length fits; words behind the EPC are nothing. What fits neither is ``length``.
    """
    if len(data) == EPC_BYTES:
        return [decoded(data)]
    if len(data) < EPC_BYTES + 4 or len(data) % 2:
        return [RefusedFrame(reason="length")]
    end = 4 + 2 * (data[2] >> 3)
    holds = crc_hqx(data[2:end], 0xFFFF) ^ 0xFFFF == int.from_bytes(data[:2])
    if end != 4 + EPC_BYTES or (len(data) != end and not holds):
        return [RefusedFrame(reason="length")]
    if not holds:
        return [RefusedFrame(reason="checksum")]
    if data[2] & 1:  # the toggle bit: a number of ISO's, no EPC
        return [_UNKNOWN]
    return [decoded(data[4:end])]


def decoded(epc: bytes) -> Event:
    """Decode one EPC, of which a reader has checked that it is whole."""
    if len(epc) != EPC_BYTES:
        return _UNKNOWN
    header, number = epc[0], int.from_bytes(epc)
    if header == _GID:
        return _thing("gid", *_gid(number))
    layout = _LAYOUTS.get((header, epc[1] >> 2 & 0b111))
    if layout is None:
        return _UNKNOWN
    prefix_digits, prefix_shift, prefix_mask, digits, shift, mask = layout
    prefix = str(number >> prefix_shift & prefix_mask).zfill(prefix_digits)
    reference = str(number >> shift & mask).zfill(digits or 0)
    if digits == 0 and reference == "0":
        reference = ""  # a field of no digits is written as nothing, and its bits are zero
    if len(prefix) != prefix_digits or (digits is not None and len(reference) != digits):
        return _UNKNOWN
    return _named(header, prefix, reference, number & (1 << shift) - 1)


def gsrn_96(gsrn: str, *, prefix_digits: int, filter_value: int = 0) -> bytes:
    """Build the EPC of a member's card: 18 digits, of which 6 to 12 are the company prefix."""
    partition = 12 - prefix_digits
    reference_bits = 58 - _PREFIX_BITS[partition]
    fields = int(gsrn[:prefix_digits]) << reference_bits | int(gsrn[prefix_digits:17])
    behind = ((filter_value << 3 | partition) << 58 | fields) << 24
    return bytes([_GSRN]) + behind.to_bytes(EPC_BYTES - 1)


def _gid(number: int) -> tuple[str, str, int]:
    return str(number >> 60 & 0xFFFFFFF), str(number >> 36 & 0xFFFFFF), number & _GID_SERIAL


def _named(header: int, prefix: str, reference: str, rest: int) -> Event:
    if rest and header in _FILLED:  # bits that must be zero
        return _UNKNOWN
    if header == _GSRN:
        return TokenRead(token=Token("gsrn", with_check_digit(prefix + reference)))
    if header == _GSRNP:
        return RefusedFrame(reason="provider_gsrn")
    if header == _SGTIN:
        return _product(with_check_digit(reference[:1] + prefix + reference[1:]), str(rest))
    if header == _GIAI:
        return _thing("giai", prefix, reference)
    return _thing(_THINGS[header], prefix, reference, rest)


def _product(gtin: str, serial: str) -> Event:
    if holds_payment_card(gtin):
        return RefusedFrame(reason="payment_card")
    return ProductRead(gtin=as_printed(gtin), serial=serial)


def _thing(scheme: str, prefix: str, reference: str, serial: int | None = None) -> Event:
    """A pure identity URI (section 6.3), unless a field of it is a payment card's number."""
    parts = (prefix, reference) if serial is None else (prefix, reference, str(serial))
    if any(holds_payment_card(part) for part in parts):
        return RefusedFrame(reason="payment_card")
    return TokenRead(token=Token("epc", f"urn:epc:id:{scheme}:{'.'.join(parts)}"))
