"""Store and head office read each other's messages as they were meant, or refuse them."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.entry import Position
from agent.core.values import Value
from sync.messages import (
    SCHEMA,
    Ack,
    Allowance,
    Ask,
    Challenge,
    DeviceAddress,
    FeedPage,
    FeedPlace,
    FeedRequest,
    Grant,
    Halt,
    Held,
    Hello,
    Journal,
    MalformedMessage,
    Ok,
    Presence,
    Recall,
    Tail,
    UnknownSchema,
    Welcome,
    decode,
    encode,
)
from sync.messages.coding import Told

KINDS: list[type[Value]] = [
    Hello,
    Ok,
    Challenge,
    Welcome,
    Halt,
    Journal,
    Ack,
    Grant,
    Recall,
    Allowance,
    Ask,
    FeedRequest,
    FeedPage,
    Presence,
]

HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)
KEYS = st.sampled_from(["k" * 43, "_-" * 21 + "0"])
SIGNATURES = st.sampled_from(["s" * 86, "_-" * 43])
NUMBERS = st.integers(0, 2**53)
FROM_ONE = st.integers(1, 2**53)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
NONCES = st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True)
TEXTS = st.text(max_size=20)
HELD = st.builds(Held, incarnation=NAMES, epoch=NUMBERS, seq=NUMBERS, hash=HASHES)
TAILS = st.builds(Tail, incarnation=NAMES, epoch=NUMBERS, head_seq=NUMBERS, head_hash=HASHES)
MESSAGES = st.one_of(
    st.builds(
        Hello,
        incarnation=NAMES,
        nonce=NONCES,
        challenge=st.none() | NONCES,
        epoch=NUMBERS,
        opened=st.booleans(),
        head_seq=NUMBERS,
        head_hash=HASHES,
        frozen=st.none() | TEXTS,
        generation=NUMBERS,
        acknowledged=st.none() | HELD,
        tails=st.lists(TAILS, max_size=3).map(tuple),
        key=KEYS,
        signature=SIGNATURES,
        version=TEXTS,
        feed=st.none() | st.builds(FeedPlace, cursor=NUMBERS, run=NONCES),
    ),
    st.builds(
        Ok,
        nonce=NONCES,
        epoch=NUMBERS,
        seq=NUMBERS,
        hash=HASHES,
        time=TEXTS,
        generation=NUMBERS,
        tails=st.lists(HELD, max_size=3).map(tuple),
    ),
    st.builds(Challenge, nonce=NONCES, challenge=NONCES, generation=NUMBERS),
    st.builds(Welcome, nonce=NONCES, new_epoch=NUMBERS, time=TEXTS, generation=NUMBERS),
    st.builds(
        Halt,
        nonce=st.none() | NONCES,
        reason=st.sampled_from(["two_live", "retired", "refused", "key"]),
        text=TEXTS,
    ),
    st.builds(
        Journal,
        incarnation=NAMES,
        epoch=NUMBERS,
        first_seq=FROM_ONE,
        prev_hash=HASHES,
        last_hash=HASHES,
        signature=st.none() | SIGNATURES,
    ),
    st.builds(
        Ack, incarnation=NAMES, epoch=NUMBERS, seq=NUMBERS, hash=HASHES, fenced=st.booleans()
    ),
    st.builds(
        Grant,
        epoch=NUMBERS,
        account=NAMES,
        granted_total=NUMBERS,
        generation=NUMBERS,
        ask=st.none() | NONCES,
        why=st.none() | TEXTS,
    ),
    st.builds(Recall, epoch=NUMBERS, account=NAMES, recall=FROM_ONE, keep=NUMBERS),
    st.builds(Allowance, epoch=NUMBERS, floor_total=NUMBERS, generation=NUMBERS),
    st.builds(Ask, ask=NONCES, epoch=NUMBERS, account=NAMES, points=FROM_ONE),
    st.builds(
        FeedRequest,
        nonce=NONCES,
        cursor=NUMBERS,
        generation=NUMBERS,
        scope=st.sampled_from(["all", "seen"]),
        token=st.none() | TEXTS,
        run=st.none() | NONCES,
    ),
    st.builds(
        FeedPage,
        nonce=NONCES,
        cursor=NUMBERS,
        generation=NUMBERS,
        more=st.booleans(),
        run=st.none() | NONCES,
        anew=st.booleans(),
        greet=st.booleans(),
    ),
    st.builds(Presence, online=st.booleans(), lag=st.none() | NUMBERS),
)
ACK = Ack(incarnation="i", epoch=0, seq=7, hash="8e" * 32)
HELLO = {
    "incarnation": "i",
    "nonce": "n",
    "epoch": 0,
    "head_seq": 0,
    "head_hash": ACK.hash,
    "key": "k" * 43,
}


@given(MESSAGES)
def test_a_message_is_read_as_it_was_meant(message: Value) -> None:
    """Every control message is read back as itself."""
    assert decode(encode(message), type(message)) == message


@given(MESSAGES, st.sampled_from(KINDS))
def test_a_message_is_never_taken_for_another_kind(message: Value, kind: type[Value]) -> None:
    """A payload on the topic of another kind of message is refused. What head office says may have
    more than a store knows of, so there it is one that leaves out what the kind needs.
    """
    needed = {name for name, field in kind.model_fields.items() if field.is_required()}
    is_as_good = issubclass(kind, Told) and needed <= message.model_dump(exclude_none=True).keys()
    if kind is not type(message) and not is_as_good:
        with pytest.raises(MalformedMessage, match=f"its {kind.__name__} cannot be read: "):
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
    ],
)
def test_every_field_has_its_form(changes: dict[str, object]) -> None:
    """Positions are whole numbers from 0, hashes 64 lower-case digits."""
    with pytest.raises(MalformedMessage):
        decode(json.dumps(ACK.model_dump() | changes).encode(), Ack)


def test_an_ack_names_the_position_it_acknowledges() -> None:
    """The ACK of a position carries its epoch, number and whole hash."""
    place = Position(epoch=3, seq=7, hash=bytes.fromhex("8e" * 32))
    assert Ack.of("i", place) == Ack(incarnation="i", epoch=3, seq=7, hash="8e" * 32)


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
    hello = Hello.model_validate(HELLO)
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
@pytest.mark.parametrize("text", ["", "a\x00", "a b", "a/b", "x" * 65])
def test_ids_of_a_hello_have_the_form_of_names(key: str, text: str) -> None:
    """What a device calls itself is short and plain, so that any database can hold it."""
    assert decode(json.dumps(HELLO).encode(), Hello).nonce == "n"
    with pytest.raises(MalformedMessage):
        decode(json.dumps(HELLO | {key: text}).encode(), Hello)


@pytest.mark.parametrize("surplus", [{}, {"what_comes_later": {"nobody": "knows"}}])
def test_another_version_is_told_apart_from_nonsense(surplus: dict[str, object]) -> None:
    """A HELLO of a version that nobody here knows is refused as such, whatever else stands in it:
    its device is to be told, and is no attacker.
    """
    newer = HELLO | surplus | {"schema_version": SCHEMA + 1}
    with pytest.raises(UnknownSchema, match=f"version {SCHEMA + 1}") as refused:
        decode(json.dumps(newer).encode(), Hello)
    assert refused.value.version == SCHEMA + 1


@pytest.mark.parametrize("version", [0, -1, "2", 2.0, True, None, 2**63, [], {}])
def test_a_version_that_is_none_is_nonsense(version: object) -> None:
    """What does not even name a version is malformed, as any other message that makes no sense."""
    with pytest.raises(MalformedMessage) as refused:
        decode(json.dumps(HELLO | {"schema_version": version}).encode(), Hello)
    assert not isinstance(refused.value, UnknownSchema)


def test_nonsense_of_this_version_is_no_other_version() -> None:
    """A HELLO of the known version with a surplus field is malformed, and so is deep nesting."""
    for payload in (json.dumps(HELLO | {"surplus": 1}).encode(), b"[" * 60_000):
        with pytest.raises(MalformedMessage) as refused:
            decode(payload, Hello)
        assert not isinstance(refused.value, UnknownSchema)


def test_an_address_is_made_of_names() -> None:
    """Tenant, store and device of a topic have the form that names have in a configuration."""
    for level in ("a b", "-", "ü", "x" * 64, "a\n"):
        with pytest.raises(MalformedMessage):
            DeviceAddress.of_topic(f"tapledger/1/house/{level}/edge-1/hello")


def test_what_cannot_be_read_is_named_and_never_quoted() -> None:
    """A clerk is told where the first mistake is and how many more there are; no words of a message
    that may hold a card's number.
    """
    secret = "em4100:0C000621A5-and-more"
    sent = {"nonce": "n", "cursor": secret, "scope": secret, "token": secret}
    with pytest.raises(MalformedMessage) as raised:
        decode(json.dumps(sent).encode(), FeedRequest)
    assert "its FeedRequest cannot be read: cursor: " in str(raised.value)
    assert ", and 1 more" in str(raised.value)
    assert secret not in str(raised.value)
    with pytest.raises(MalformedMessage) as raised:
        decode(json.dumps({"online": True, secret: 1}).encode(), Presence)
    assert secret not in str(raised.value)
