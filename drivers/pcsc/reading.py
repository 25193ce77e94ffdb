"""Who shows a card, by what is said to it over PC/SC; without I/O.

``read`` yields commands, is sent each answer, and returns what was seen: the kind of card first, as
its ATR tells it, and then its holder or the reason why nobody is named.

>>> talk = read(bytes.fromhex("3B8F8001804F0CA000000306030001000000006A"))
>>> next(talk).hex()
'ffca000000'
>>> try:
...     talk.send(bytes.fromhex("DEADBEEF9000"))
... except StopIteration as done:
...     print(done.value[1])
TokenRead(token=Token(uid:****BEEF), counter=None)

================ ===================================================================
MIFARE Classic   the block that is configured, else the UID
Ultralight, NTAG the NDEF message (Type 2), else the UID
with a processor the NDEF message (Type 4), which may be signed, else the UID
FeliCa           the IDm
others of PC/SC  the UID; of type B nothing, as its number is another one each time
================ ===================================================================

The UID stands in only where there is no message, or one that names nobody. A message that is
refused is the answer, and a command that fails in the middle is ``unreadable``: else a damaged card
would be another card.

On a reader with keys (``plan.taps``) a card that signs (NTAG 424 DNA) is known by its signature
alone. An address that carries a tap is verified and its counter remembered, or the card is
refused; without one it is refused as ``mac`` too, unless the plan accepts unsigned cards. Only a
card with a processor can sign: a tap on any other was copied there.

Nothing that a card says makes this raise, or ask more than ``MOST_COMMANDS``.
"""

from drivers.events import Event, RefusedFrame, StatusSeen
from drivers.naming import named_by_chip
from drivers.pcsc.apdu import GET_UID, Talk, data_of
from drivers.pcsc.classic import said_by_block
from drivers.pcsc.plan import ReadingPlan
from drivers.pcsc.type_2 import memory_of
from drivers.pcsc.type_4 import message_of
from drivers.tags.atr import Reads, events_of_atr, reads_of
from drivers.tags.ndef import addresses_in, events_of_memory, events_of_message, names_somebody
from drivers.tags.sdm import is_tap
from drivers.tags.tlv import CONTAINER_BYTES, message_in
from drivers.tags.uid import UID_LENGTHS, is_cut_off

__all__ = ["MOST_COMMANDS", "read"]

MOST_COMMANDS = 80
"""A Type 2 tag of the largest size takes 65; a card that signs takes seven."""

_UNREADABLE = RefusedFrame(reason="unreadable")
_RANDOM = RefusedFrame(reason="random_uid")
_STAFF = RefusedFrame(reason="provider_gsrn")
_UNSIGNED = RefusedFrame(reason="mac")
_OTHER_LENGTHS = (4, 7, 8, 10)  # ISO/IEC 15693 has eight
_IDM_LENGTHS = (8,)
_DEFAULT = ReadingPlan()


def read(atr: bytes, plan: ReadingPlan = _DEFAULT) -> Talk[list[Event]]:
    """Read one card that was just laid down."""
    kind = next(iter(events_of_atr(atr)), _UNREADABLE)
    if not isinstance(kind, StatusSeen):
        return [kind]
    talk = _said_by(reads_of(kind), plan)
    answer: bytes | None = None
    for asked in range(MOST_COMMANDS + 1):
        try:
            command = next(talk) if answer is None else talk.send(answer)
        except StopIteration as done:
            return [kind, *done.value]
        if asked < MOST_COMMANDS:
            answer = yield command
    return [kind, _UNREADABLE]


def _said_by(reads: Reads, plan: ReadingPlan) -> Talk[list[Event]]:
    """Ask what this kind of card has to tell."""
    if reads == "contacts":
        return [_UNREADABLE]
    if reads == "nothing":
        return [_RANDOM]
    if plan.wants_signature and reads != "file":
        return [_UNSIGNED]
    uid = data_of((yield GET_UID))
    chip = _by_chip(uid, reads)
    if reads == "block" and plan.block is not None:
        return (yield from said_by_block(plan.block, plan.family))
    if reads == "memory" and plan.ndef:
        return (yield from _from_memory(plan, chip))
    if reads == "file" and plan.ndef:
        return (yield from _from_file(plan, uid, chip))
    return [chip]


def _from_memory(plan: ReadingPlan, chip: Event) -> Talk[list[Event]]:
    memory = yield from memory_of(plan.family)
    if memory is None:
        return [_UNREADABLE]
    message = message_in(memory[CONTAINER_BYTES:])
    if plan.taps is not None and isinstance(message, bytes) and _tap_in(message) is not None:
        return [_UNSIGNED]
    events = events_of_memory(memory)
    return events if names_somebody(events) else [chip]


def _from_file(plan: ReadingPlan, uid: bytes | None, chip: Event) -> Talk[list[Event]]:
    message = yield from message_of()
    if message is None:
        return [_UNREADABLE]
    events = events_of_message(message)
    if plan.taps is None or _STAFF in events:
        return events if names_somebody(events) else [chip]
    address = _tap_in(message)
    if address is not None:
        return plan.taps.events_of(address, uid)
    if not plan.accept_unsigned:
        return [_UNSIGNED]
    return events if names_somebody(events) else [chip]


def _tap_in(message: bytes) -> str | None:
    """Find the first address that has any part of a tap."""
    return next((each for each in addresses_in(message) if is_tap(each.encode())), None)


def _by_chip(uid: bytes | None, reads: Reads) -> Event:
    """Name a card by its chip's number, where that is whole."""
    lengths = {"uid": _OTHER_LENGTHS, "idm": _IDM_LENGTHS}.get(reads, UID_LENGTHS)
    if uid is None or len(uid) not in lengths:
        return _UNREADABLE
    if is_cut_off(uid):
        return _UNREADABLE  # three bytes of a longer one
    return named_by_chip(uid, felica=reads == "idm")
