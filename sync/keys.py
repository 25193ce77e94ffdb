"""A device's own key: made at its first start, kept beside the ledger, and never sent anywhere.

Whoever has the file can speak as this device. One that was lost is not made up for by a new one:
head office knows each life of the disk by its key, halts this one, and welcomes the ledger some
minutes later as a new life, by the key that it has then. What the old life had rights to stays out
until a person writes it off.
"""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

__all__ = ["KeyUnusable", "load_key"]

_MOST_BYTES = 4_096
_OTHERS = 0o077
_TO_DO = (
    "put the device's own back from where it is kept; or remove it, and head office takes the "
    "ledger for a new life, and what the old one had rights to stays out until it is written off"
)


class KeyUnusable(Exception):
    """The device's key cannot be read or made; says which file and what to do."""


def load_key(path: Path) -> Ed25519PrivateKey:
    """Read a device's key, or make it where there is none yet. Raises KeyUnusable.

    The file is its owner's alone: one that others may read is shut to them.
    """
    try:
        try:
            return _read(path)
        except FileNotFoundError:
            return _make(path)
    except OSError as error:
        raise KeyUnusable(
            f"{path}: {error.strerror}; the agent's user must be able to read and make it"
        ) from error


def _read(path: Path) -> Ed25519PrivateKey:
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_mode & _OTHERS:
            os.fchmod(file.fileno(), 0o600)
        text = file.read(_MOST_BYTES)
    try:
        key = load_pem_private_key(text, password=None)
    except (ValueError, TypeError) as error:
        raise KeyUnusable(f"{path} holds no private key; {_TO_DO}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable(f"{path} is no Ed25519 key; {_TO_DO}")
    return key


def _make(path: Path) -> Ed25519PrivateKey:
    """Make the key: on the disk, with its name, before anybody hears of it."""
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return key
