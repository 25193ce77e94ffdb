"""The tap of a card that signs: NTAG 424 DNA, Secure Dynamic Messaging (NXP AN12196).

At each tap the chip writes into the address on it who it is (UID), how often it was read in its
life (a counter), and a signature of both (CMAC). An address that was copied is the same address
again, so only a counter that is higher than the last one is a tap.

>>> address = (b"https://ntag.example.test/424?e=EF963FF7828658A599F3041510671E88"
...            b"&c=94EED9EE65337086")
>>> events_of_tap(address, meta_key=bytes(16), file_key=bytes(16))
[TokenRead(token=Token(sdm:**********C040), counter=61)]
>>> events_of_tap(address, meta_key=bytes(16), file_key=bytes(16), last_counter=61)
[RefusedFrame(reason='replay')]

======================================= =================================================
``picc`` or ``e``, and ``cmac`` or ``c`` UID and counter are encrypted (section 4.4.2)
the same as ``PICC,CMAC``               without names
``uid``, ``ctr`` and ``cmac``           UID and counter are plain (section 4.4.1), and signed
``enc``                                 part of the file, encrypted: signed, not read here
======================================= =================================================

PICC data is AES-128-CBC of the meta key, with an IV of zeros: C7 (a UID of seven bytes and a
counter follow), UID, counter with its low byte first, five random bytes. The session key is the
CMAC of the file key over SV2 = ``3CC300010080``, UID, counter (NT4H2421Gx, section 9.3.9.1). The
signature is every second byte of its CMAC over nothing, or over ``ENC&cmac=`` where ``enc`` is
there (section 9.3.8). Chips in LRP mode write PICC data of 24 bytes: refused for their length.

PICC data that decrypts to anything else than C7 was encrypted with another key, by no card of ours:
refused as a wrong signature is. So is a card that is set to leave the counter out, whose address
could be copied.
"""

import re
from dataclasses import dataclass
from hmac import compare_digest
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.cmac import CMAC

from drivers.events import Event, Reason, RefusedFrame
from drivers.naming import named

__all__ = ["LONGEST", "events_of_tap", "is_tap"]

LONGEST = 1_024
"""Bytes of a text; the chip's file has 256."""

_UID_AND_COUNTER = 0xC7
_UID_BYTES, _COUNTER_BYTES, _MAC_BYTES, _PICC_BYTES, _BLOCK_BYTES = 7, 3, 8, 16, 16
_SV2 = bytes.fromhex("3CC300010080")
_NAMES = {
    "picc": "picc", "e": "picc", "picc_data": "picc", "enc": "enc", "cmac": "cmac", "c": "cmac",
    "uid": "uid", "ctr": "ctr",
}  # fmt: skip
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})*")
_MOST_PARAMETERS = 20


@dataclass(frozen=True, slots=True)
class _Tap:
    """What a text holds, by the names of ``_NAMES``, and the name before the signature."""

    values: dict[str, bytes]
    signed: tuple[bytes, ...]


def is_tap(text: bytes) -> bool:
    """Say whether a text has any part of a tap, be it one that is refused."""
    return _read(text.strip()) != "unreadable"


def events_of_tap(
    text: bytes, *, meta_key: bytes, file_key: bytes, last_counter: int | None = None
) -> list[Event]:
    """Verify one tap; no bytes are nothing. Keys are 16 bytes each.

    ``last_counter`` is the highest that was taken from this card, and the caller's to remember.
    """
    text = text.strip()
    if not text:
        return []
    tap = _read(text)
    if isinstance(tap, str):
        return [RefusedFrame(reason=tap)]
    card = _card(tap.values, meta_key)
    if card is None or not _is_signed(tap, card, file_key):
        return [RefusedFrame(reason="mac")]
    counter = int.from_bytes(card[_UID_BYTES:], "little")
    if last_counter is not None and counter <= last_counter:
        return [RefusedFrame(reason="replay")]
    return [named("sdm", card[:_UID_BYTES].hex(), counter=counter)]


def _read(text: bytes) -> _Tap | Reason:
    """Take a text apart, and hold every part to the length it has."""
    if len(text) > LONGEST:
        return "length"
    try:
        pairs = _pairs(text.decode("utf-8"))
    except ValueError:
        return "unreadable"
    written = {_NAMES[name]: value for name, value in pairs if name in _NAMES}
    if len(written) < sum(name in _NAMES for name, _ in pairs):
        return "framing"  # one of them twice: nobody could say which was signed
    if not {"cmac", "picc"} <= written.keys() and not {"cmac", "uid", "ctr"} <= written.keys():
        return "framing" if written else "unreadable"
    if not all(_HEX.fullmatch(value) for value in written.values()):
        return "framing"
    values = {name: bytes.fromhex(value) for name, value in written.items()}
    if not _lengths_hold(values):
        return "length"
    return _Tap(values, _signed(pairs, written.get("enc")))


def _pairs(text: str) -> list[tuple[str, str]]:
    query = text.partition("#")[0].rpartition("?")[2]
    if "=" in query:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    picc, comma, cmac = query.partition(",")
    return [("picc", picc), ("cmac", cmac)] if comma else []


def _lengths_hold(values: dict[str, bytes]) -> bool:
    lengths = {
        "picc": _PICC_BYTES, "cmac": _MAC_BYTES, "uid": _UID_BYTES, "ctr": _COUNTER_BYTES
    }  # fmt: skip
    enc = values.get("enc", b"\x00" * _BLOCK_BYTES)
    return all(
        len(values[name]) == count for name, count in lengths.items() if name in values
    ) and (len(enc) > 0 and len(enc) % _BLOCK_BYTES == 0)


def _signed(pairs: list[tuple[str, str]], enc: str | None) -> tuple[bytes, ...]:
    """What the signature may be over: the file's own characters up to it.

    They are ``ENC&cmac=`` on a card as AN12196 sets it up, ``ENC&c=`` on one that says ``c``.
    """
    if enc is None:
        return (b"",)
    before = {"cmac", *(name for name, _ in pairs if _NAMES.get(name) == "cmac")}
    return tuple(f"{enc.upper()}&{name}=".encode("ascii") for name in sorted(before))


def _card(values: dict[str, bytes], meta_key: bytes) -> bytes | None:
    """UID and counter as they are signed, low byte of the counter first."""
    if "picc" not in values:
        return values["uid"] + values["ctr"][::-1]  # plain, the high byte stands first
    decryptor = Cipher(AES(meta_key), CBC(bytes(_BLOCK_BYTES))).decryptor()
    picc = decryptor.update(values["picc"]) + decryptor.finalize()
    if picc[0] != _UID_AND_COUNTER:
        return None
    return picc[1 : 1 + _UID_BYTES + _COUNTER_BYTES]


def _is_signed(tap: _Tap, card: bytes, file_key: bytes) -> bool:
    session_key = _cmac(file_key, _SV2 + card)
    signatures = [_cmac(session_key, over)[1::2] for over in tap.signed]
    # All are compared in full, so that no time tells which one was nearly right.
    return sum(compare_digest(signature, tap.values["cmac"]) for signature in signatures) > 0


def _cmac(key: bytes, data: bytes) -> bytes:
    cmac = CMAC(AES(key))
    cmac.update(data)
    return cmac.finalize()
