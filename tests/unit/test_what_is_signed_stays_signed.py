"""A device's signature binds all that it says, and outlives fields that later versions add."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.messages import FeedPlace, Held, Hello, Journal, Tail, decode, encode
from sync.signing import (
    batch_bytes,
    hello_bytes,
    is_signed,
    key_text,
    signed_batch,
    signed_hello,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TOPIC = "tapledger/1/house/s001/edge-1/hello"
HASH = "ab" * 32
HELLO = signed_hello(
    KEY,
    TOPIC,
    Hello(incarnation="disk-1", nonce="n", epoch=1, head_seq=3, head_hash=HASH, key=key_text(KEY)),
)
BATCH = signed_batch(
    KEY,
    TOPIC,
    Journal(incarnation="disk-1", epoch=1, first_seq=2, prev_hash=HASH, last_hash=HASH),
)
PLACE = {"incarnation": "disk-1", "epoch": 0}
OTHERWISE: dict[str, Any] = {
    "schema_version": 2,
    "incarnation": "disk-2",
    "nonce": "m",
    "challenge": "c",
    "epoch": 2,
    "opened": True,
    "head_seq": 4,
    "head_hash": "cd" * 32,
    "frozen": "set back",
    "generation": 1,
    "acknowledged": Held(**PLACE, seq=1, hash=HASH),
    "tails": (Tail(**PLACE, head_seq=1, head_hash=HASH),),
    "left_out": (7,),
    "key": key_text(Ed25519PrivateKey.from_private_bytes(bytes(32))),
    "version": "9",
    "feed": FeedPlace(cursor=3, run="r"),
    "first_seq": 3,
    "prev_hash": "cd" * 32,
    "last_hash": "cd" * 32,
}
"""Each field with another value than it has."""


class LaterHello(Hello):
    """As a later version may know it."""

    more: str = ""


class LaterJournal(Journal):
    """As a later version may know it."""

    more: tuple[int, ...] = ()


def is_good_hello(hello: Hello, topic: str = TOPIC) -> bool:
    """Hold a HELLO to the key."""
    return is_signed(key_text(KEY), hello.signature, hello_bytes(topic, hello))


def is_good_batch(header: Journal, topic: str = TOPIC) -> bool:
    """Hold a batch's header to the key."""
    return is_signed(key_text(KEY), header.signature, batch_bytes(topic, header))


@pytest.mark.parametrize("field", sorted(Hello.model_fields.keys() - {"signature"}))
def test_each_field_of_a_hello_is_signed(field: str) -> None:
    """Whatever is changed on the way shows."""
    assert is_good_hello(HELLO)
    assert not is_good_hello(HELLO.model_copy(update={field: OTHERWISE[field]}))
    assert not is_good_hello(HELLO, TOPIC.replace("edge-1", "edge-2"))


@pytest.mark.parametrize("field", sorted(Journal.model_fields.keys() - {"signature"}))
def test_each_field_of_a_batch_is_signed(field: str) -> None:
    """Whatever is changed on the way shows."""
    assert is_good_batch(BATCH)
    assert not is_good_batch(BATCH.model_copy(update={field: OTHERWISE[field]}))
    assert not is_good_batch(BATCH, TOPIC.replace("edge-1", "edge-2"))


def test_no_signature_serves_for_another_kind() -> None:
    """A batch's signature is none of a HELLO."""
    assert not is_signed(key_text(KEY), BATCH.signature, hello_bytes(TOPIC, HELLO))


def test_an_older_device_is_believed_by_a_later_head_office() -> None:
    """A store that was not upgraded yet, or was away meanwhile, lacks a field that head office
    knows by now: what it signed is good, and nobody can put the field in for it.
    """
    hello = decode(encode(HELLO), LaterHello)
    header = decode(encode(BATCH), LaterJournal)
    assert is_good_hello(hello)
    assert is_good_batch(header)
    assert not is_good_hello(hello.model_copy(update={"more": "x"}))
    assert not is_good_batch(header.model_copy(update={"more": (1,)}))
