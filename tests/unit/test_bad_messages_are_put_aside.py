"""Whatever comes in: it is taken, or put aside and told of, and never in the way of the next."""

import hashlib
import json
import zlib
from collections.abc import Callable

import pytest
from books import a_sale
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw
from msgspec.structs import replace
from paper_device import House, Message, PaperDevice

from agent.core.basket import Sale
from sync.hub.quarantine import MOST_OF_A_TOPIC, MOST_ROWS
from sync.hub.tables import conflicts, entries, journals, quarantine
from sync.messages import (
    MAX_ENTRY_BYTES,
    MAX_PAYLOAD_BYTES,
    Ack,
    Journal,
    decode_journal,
    encode_journal,
)


@pytest.fixture
def device(hub: House) -> PaperDevice:
    """A device that was welcomed, and whose entries are acknowledged."""
    made = PaperDevice()
    made.is_welcomed(hub.office)
    made.writes(2).is_heard(hub.office)
    return made


def _unsigned(device: PaperDevice) -> Message:
    header, lines = _open(device)
    return _topic(device), encode_journal(header.model_copy(update={"signature": None}), lines)


def _of_another_key(device: PaperDevice) -> Message:
    thief = device.copied()
    thief.key = Ed25519PrivateKey.generate()
    return thief.batch(4)


def _as_another_device(device: PaperDevice) -> Message:
    """Its own good batch, said on another device's topic."""
    return _topic(device).replace("edge-1", "edge-2"), device.batch(4)[1]


def _changed_underway(device: PaperDevice) -> Message:
    header, lines = _open(device)
    return _topic(device), encode_journal(header.model_copy(update={"first_seq": 3}), lines)


def _other_lines(device: PaperDevice) -> Message:
    """A good header over entries that are not those it was signed for."""
    header, lines = _open(device)
    return _topic(device), encode_journal(header, tuple(reversed(lines)) + lines[:1])


def _newer_version(device: PaperDevice) -> Message:
    return device.batch(4, schema_version=2)


def _newer_hello(device: PaperDevice) -> Message:
    return device.hello(schema_version=2)


def _forged_hello(device: PaperDevice) -> Message:
    topic, payload = device.hello()
    return topic, payload.replace(b'"head_seq":', b'"head_seq":1')


def _beyond_belief(device: PaperDevice) -> Message:
    return device.hello(generation=10**10)


def _bomb(device: PaperDevice) -> Message:
    return _topic(device), zlib.compress(bytes(20_000_000))


def _huge(device: PaperDevice) -> Message:
    return _topic(device), bytes(100_000_000)


def _noise(device: PaperDevice) -> Message:
    return _topic(device), b"\x00\xff not deflated"


def _half(device: PaperDevice) -> Message:
    return _topic(device), device.batch(4)[1][:-5]


def _strange_ask(device: PaperDevice) -> Message:
    return device.address.topic("ask"), b'{"ask":"a","epoch":1,"account":"a","points":-5}'


def _nul(device: PaperDevice) -> Message:
    """A text with the one character that PostgreSQL keeps in none."""
    return device.address.topic("feed"), b'{"nonce":"n","cursor":0,"token":"card:\\u0000"}'


def _strange_presence(device: PaperDevice) -> Message:
    return device.address.topic("presence"), b"[]"


def _unkeepable_ask(device: PaperDevice) -> Message:
    """PostgreSQL keeps no such text, and asks for none."""
    return device.address.topic("feed"), b'{"nonce":"n","cursor":0,"token":"em4100:\\u0000"}'


def _unkeepable_hello(device: PaperDevice) -> Message:
    return device.hello(frozen="set back\0")


def _strange_kind(device: PaperDevice) -> Message:
    return device.address.topic("down/ack"), b"{}"


def _topic(device: PaperDevice) -> str:
    return device.address.topic("journal")


def _open(device: PaperDevice) -> tuple[Journal, tuple[bytes, ...]]:
    return decode_journal(device.batch(4)[1])


BAD: list[tuple[Callable[[PaperDevice], Message], str]] = [
    (_unsigned, "bad_signature"),
    (_of_another_key, "bad_signature"),
    (_changed_underway, "bad_signature"),
    (_other_lines, "malformed_message"),
    (_forged_hello, "bad_signature"),
    (_newer_version, "unknown_schema"),
    (_newer_hello, "unknown_schema"),
    (_beyond_belief, "malformed_message"),
    (_bomb, "malformed_message"),
    (_huge, "too_large"),
    (_noise, "malformed_message"),
    (_half, "malformed_message"),
    (_strange_ask, "malformed_message"),
    (_nul, "malformed_message"),
    (_strange_presence, "malformed_message"),
    (_unkeepable_ask, "malformed_message"),
    (_unkeepable_hello, "malformed_message"),
    (_strange_kind, "malformed_message"),
]


@pytest.mark.parametrize(("make", "kind"), BAD)
def test_a_bad_message_is_put_aside_and_told_of(
    hub: House, device: PaperDevice, make: Callable[[PaperDevice], Message], kind: str
) -> None:
    """It is never answered, counted by why, kept once, noted for a clerk; the next is taken."""
    device.writes(2)
    before = hub.rows(entries.c.journal_id, entries.c.seq)
    topic, payload = make(device)
    for _ in range(3):
        assert hub.office.handle(topic, payload) == []
    assert hub.office.counts["refused", kind] == 3
    (row,) = hub.rows(quarantine.c.topic, quarantine.c.reason, quarantine.c.payload)
    assert row.topic == topic
    assert row.reason.startswith(kind)
    assert payload.startswith(row.payload)
    assert len(row.payload) <= MAX_PAYLOAD_BYTES
    (conflict,) = hub.rows(conflicts.c.kind, conflicts.c.state, conflicts.c.device)
    assert conflict == (kind, "open", "edge-1")
    assert hub.rows(entries.c.journal_id, entries.c.seq) == before
    assert hub.told(device.batch(4)).seq == 5


def test_an_entry_of_any_size_that_a_till_may_make_is_taken(
    hub: House, device: PaperDevice
) -> None:
    """One sale of very many lines does not keep what follows it; two such in one batch are refused,
    as they could have come one by one.
    """
    for number in range(2):
        sale = replace(a_sale(f"s-{number}", None, 0), sale_json=Raw(_sale_of_many_lines()))
        device.life.append(sale)
    both, one = device.batch(4), device.batch(4, last=4)
    assert MAX_PAYLOAD_BYTES < len(one[1]) < len(both[1]) < MAX_ENTRY_BYTES
    assert hub.office.handle(*both) == []
    assert hub.office.counts["refused", "too_large"] == 1
    assert hub.told(one).seq == 4
    assert hub.told(device.batch(5)).seq == 5
    posted = hub.rows(entries.c.seq, entries.c.posted)
    assert sum(1 for seq, is_posted in posted if seq > 3 and is_posted) == 2


def _sale_of_many_lines() -> bytes:
    """A basket whose texts are nearly as long as they may be, and hardly deflate."""
    body = json.loads(bytes(a_sale("s", None, 0).sale_json))
    (line,) = body["lines"]
    texts = [hashlib.sha512(f"{n}".encode()).hexdigest() for n in range(1_500)]
    free = {**line, "unit_price_minor": 0, "amount_minor": 0}
    body["lines"] = [line, *({**free, "description": text} for text in texts)]
    return Sale.model_validate(body).canonical()


def test_a_batch_on_another_devices_topic_is_refused(hub: House, device: PaperDevice) -> None:
    """The signature binds the topic, so even a good batch of one device is none of another."""
    other = PaperDevice("edge-2")
    other.is_welcomed(hub.office)
    device.writes()
    assert hub.office.handle(*_as_another_device(device)) == []
    assert hub.office.counts["refused", "bad_signature"] == 1
    assert hub.kinds() == ["bad_signature"]
    assert {row.seq for row in hub.rows(journals.c.seq)} == {3}


def test_a_device_that_never_greeted_is_not_heard(hub: House) -> None:
    """Nobody knows its key: it is counted, and it greets when it is not answered."""
    device = PaperDevice().writes()
    assert hub.office.handle(*device.batch()) == []
    assert hub.office.handle(device.address.topic("feed"), b'{"nonce":"n","cursor":0}') == []
    assert hub.office.counts["refused", "unknown_device"] == 2
    assert hub.rows(quarantine.c.id) == []


def test_a_replayed_batch_changes_nothing(hub: House, device: PaperDevice) -> None:
    """The same batch again is told what is held, and one that comes too early as well."""
    device.writes(4)
    first, gap = device.batch(4, 5), device.batch(7)
    assert hub.told(gap).seq == 3
    assert hub.told(first).seq == 5
    assert hub.told(first).seq == 5
    assert len(hub.rows(entries.c.seq)) == 5
    assert hub.rows(quarantine.c.id) == []


def test_a_fork_of_the_live_epoch_is_told_what_is_held(hub: House, device: PaperDevice) -> None:
    """The device sees another hash than its own, and greets; nothing of the fork is kept."""
    clone = device.copied()
    device.writes(1, "true").is_heard(hub.office)
    clone.writes(2, "clone")
    ack = hub.told(clone.batch(4))
    assert isinstance(ack, Ack)
    assert (ack.seq, ack.hash) == (4, device.life.hashes[4].hex())


def test_quarantine_has_bounds(hub: House) -> None:
    """One topic keeps its newest hundred, and all of them a thousand."""
    for number in range(MOST_OF_A_TOPIC + 3):
        hub.office.put_aside("house/1", f"{number}".encode(), "no")
    rows = hub.rows(quarantine.c.payload)
    assert [row.payload for row in rows] == [
        f"{number}".encode() for number in range(3, MOST_OF_A_TOPIC + 3)
    ]
    assert MOST_ROWS >= 10 * MOST_OF_A_TOPIC


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["hello", "journal", "ask", "feed", "presence", "x"]),
    payload=st.binary(max_size=80)
    | st.builds(zlib.compress, st.binary(max_size=80))
    | st.sampled_from([b"", b"{}", b"null", b"[" * 5_000, b'{"schema_version":99999999999999}']),
)
def test_no_bytes_break_head_office(kind: str, payload: bytes) -> None:
    """Any bytes on any topic are answered by nothing, and raise nothing."""
    assert _SHARED.office.handle(f"tapledger/1/house/s001/edge-1/{kind}", payload) == []


def test_no_topic_breaks_head_office(hub: House) -> None:
    """A topic that is not ours is put aside, however long."""
    for topic in ("", "x" * 60_000, "tapledger/2/a/b/c/hello", "tapledger/1/../b/c/hello"):
        assert hub.office.handle(topic, b"") == []
    assert len(hub.rows(quarantine.c.id)) == 4


_SHARED = House()
