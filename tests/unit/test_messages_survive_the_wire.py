"""Store and head office read each other's messages as they were meant, or refuse them."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.entry import Position
from agent.core.values import Value
from sync.messages import (
    Ack,
    DeviceAddress,
    Halt,
    Hello,
    Journal,
    MalformedMessage,
    Ok,
    Presence,
    decode,
    encode,
)

KINDS: list[type[Value]] = [Hello, Ok, Journal, Ack, Halt, Presence]

HASHES = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
NUMBERS = st.integers(0, 2**53)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
TEXTS = st.text(max_size=20)
MESSAGES = st.one_of(
    st.builds(
        Hello, incarnation=NAMES, nonce=NAMES, epoch=NUMBERS, head_seq=NUMBERS, head_hash=HASHES
    ),
    st.builds(Ok, nonce=TEXTS, epoch=NUMBERS, seq=NUMBERS, hash=HASHES, time=TEXTS),
    st.builds(
        Journal,
        incarnation=NAMES,
        epoch=NUMBERS,
        first_seq=st.integers(1, 2**53),
        prev_hash=HASHES,
        last_hash=HASHES,
    ),
    st.builds(Ack, epoch=NUMBERS, seq=NUMBERS, hash=HASHES),
    st.builds(Halt, epoch=NUMBERS, seq=NUMBERS, reason=st.sampled_from(["fork", "malformed"])),
    st.builds(Presence, online=st.booleans()),
)
ACK = Ack(epoch=0, seq=7, hash="8e" * 32)


@given(MESSAGES)
def test_a_message_is_read_as_it_was_meant(message: Value) -> None:
    """Every control message is read back as itself."""
    assert decode(encode(message), type(message)) == message


@given(MESSAGES, st.sampled_from(KINDS))
def test_a_message_is_never_taken_for_another_kind(message: Value, kind: type[Value]) -> None:
    """A payload on the topic of another kind of message is refused."""
    if kind is not type(message):
        with pytest.raises(MalformedMessage, match=f"not a {kind.__name__}"):
            decode(encode(message), kind)


@given(st.binary(max_size=40), st.sampled_from(KINDS))
def test_any_bytes_are_a_message_or_refused(payload: bytes, kind: type[Value]) -> None:
    """Bytes from anywhere raise MalformedMessage and nothing else."""
    with contextlib.suppress(MalformedMessage):
        decode(payload, kind)


@given(MESSAGES, st.data())
def test_a_message_that_was_cut_is_refused(message: Value, data: st.DataObject) -> None:
    """A payload of which only the beginning arrived is refused."""
    payload = encode(message)
    kept = data.draw(st.integers(0, len(payload) - 1))
    with pytest.raises(MalformedMessage):
        decode(payload[:kept], type(message))


@pytest.mark.parametrize(
    "changes",
    [
        {"seq": -1},
        {"seq": 7.0},
        {"seq": "7"},
        {"seq": True},
        {"seq": None},
        {"epoch": -1},
        {"hash": "8E" * 32},
        {"hash": "8e" * 31},
        {"hash": "8e" * 32 + "\n"},
        {"hash": 0},
        {"surplus": 1},
    ],
)
def test_every_field_has_its_form(changes: dict[str, object]) -> None:
    """Positions are whole numbers from 0, hashes 64 lower-case digits, and no key is unknown."""
    with pytest.raises(MalformedMessage):
        decode(json.dumps(ACK.model_dump() | changes).encode(), Ack)


def test_an_ack_names_the_position_it_acknowledges() -> None:
    """The ACK of a position carries its epoch, number and whole hash."""
    place = Position(epoch=3, seq=7, hash=bytes.fromhex("8e" * 32))
    assert Ack.of(place) == Ack(epoch=3, seq=7, hash="8e" * 32)


def test_a_refusal_does_not_repeat_the_payload() -> None:
    """What is said of a malformed message holds nothing that stood in it."""
    with pytest.raises(MalformedMessage) as refused:
        decode(b'{"nonce":"4111111111111111"}', Hello)
    assert "4111" not in str(refused.value)


@given(tenant=NAMES, store=NAMES, device=NAMES, kind=st.sampled_from(["journal", "down/ok"]))
def test_a_topic_names_its_device(tenant: str, store: str, device: str, kind: str) -> None:
    """From a device's topic, address and kind of message are read back."""
    address = DeviceAddress(tenant=tenant, store=store, device=device)
    assert address.topic(kind) == f"tapledger/1/{tenant}/{store}/{device}/{kind}"
    assert DeviceAddress.of_topic(address.topic(kind)) == (address, kind)


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "tapledger/1/house/s001/edge-1",
        "tapledger/1/house/s001/edge-1/",
        "tapledger/2/house/s001/edge-1/hello",
        "tapledger/1/house//edge-1/hello",
        "other/tapledger/1/house/s001/edge-1/hello",
        "tapledger/1/house/s001/edge-1/HELLO",
        "tapledger/1/house/s001/edge-1/hello\n",
        "$SYS/broker/version",
    ],
)
def test_a_topic_that_is_not_ours_is_refused(topic: str) -> None:
    """A topic of another system, another version or another form belongs to no device."""
    with pytest.raises(MalformedMessage):
        DeviceAddress.of_topic(topic)


def test_a_number_that_no_journal_reaches_is_refused() -> None:
    """A position beyond what a database column holds is malformed, at the border already."""
    hello = Hello(incarnation="i", nonce="n", epoch=0, head_seq=0, head_hash=ACK.hash)
    batch = Journal(incarnation="i", epoch=0, first_seq=1, prev_hash=ACK.hash, last_hash=ACK.hash)
    for message, field in (
        (hello, "epoch"),
        (hello, "head_seq"),
        (batch, "epoch"),
        (batch, "first_seq"),
        (ACK, "epoch"),
        (ACK, "seq"),
    ):
        payload = encode(message.model_copy(update={field: 2**63}))
        with pytest.raises(MalformedMessage):
            decode(payload, type(message))


@pytest.mark.parametrize("key", ["incarnation", "nonce"])
@pytest.mark.parametrize("text", ["", "a\x00", "a b", "a/b", "x" * 64])
def test_ids_of_a_hello_have_the_form_of_names(key: str, text: str) -> None:
    """What a device calls itself is short and plain, so that any database can hold it."""
    fields = {"incarnation": "i", "nonce": "n", "epoch": 0, "head_seq": 0, "head_hash": ACK.hash}
    assert decode(json.dumps(fields).encode(), Hello).nonce == "n"
    with pytest.raises(MalformedMessage):
        decode(json.dumps(fields | {key: text}).encode(), Hello)


def test_an_address_is_made_of_names() -> None:
    """Tenant, store and device of a topic have the form that names have in a configuration."""
    for level in ("a b", "-", "ü", "x" * 64, "a\n"):
        with pytest.raises(MalformedMessage):
            DeviceAddress.of_topic(f"tapledger/1/house/{level}/edge-1/hello")
