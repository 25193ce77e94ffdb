"""Signatures: which bytes of a message a device's Ed25519 key vouches for (RFC 8032).

A prefix of its own for each kind keeps one kind's signature from serving as another's. What a
message leaves at its default is not signed: so a field that a later version adds, with a default,
keeps what an older device has signed good, and stores may be upgraded after head office.
"""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sync.messages import Hello, Journal

__all__ = ["batch_bytes", "hello_bytes", "is_signed", "key_text", "signed_batch", "signed_hello"]


def batch_bytes(topic: str, header: Journal) -> bytes:
    """Answer what a batch's signature is of: the topic it was made for, and its header."""
    return b"tapledger batch\n" + _signed(topic, header)


def hello_bytes(topic: str, hello: Hello) -> bytes:
    """Answer what a HELLO's signature is of."""
    return b"tapledger hello\n" + _signed(topic, hello)


def signed_batch(key: Ed25519PrivateKey, topic: str, header: Journal) -> Journal:
    """Sign a batch's header. Some 50 µs."""
    return header.with_signature(_text(key.sign(batch_bytes(topic, header))))


def signed_hello(key: Ed25519PrivateKey, topic: str, hello: Hello) -> Hello:
    """Sign a HELLO."""
    return hello.with_signature(_text(key.sign(hello_bytes(topic, hello))))


def key_text(key: Ed25519PrivateKey) -> str:
    """Write the public half as messages have it."""
    return _text(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def is_signed(key: str, signature: str | None, message: bytes) -> bool:
    """Say whether a signature is by a key, both as messages have them. Some 120 µs."""
    if signature is None:
        return False
    try:
        public = Ed25519PublicKey.from_public_bytes(_bytes(key))
        public.verify(_bytes(signature), message)
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def _signed(topic: str, message: Hello | Journal) -> bytes:
    said = message.model_dump_json(exclude={"signature", "schema_version"}, exclude_defaults=True)
    return f"{topic}\n{message.schema_version}\n{said}".encode()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
