"""PINs of those who approve: how one is written, which ones are too easy, and how it is kept.

What is kept is an argon2id hash with the parameters that OWASP's Password Storage Cheat Sheet gives
first (19 MiB, two passes, one lane). A PIN of four digits can still be tried out by whoever has
the hash, so that a hash is a secret too; the parameters make that slow, and the count of wrong PINs
keeps a till from trying.

>>> is_trivial("1234"), is_trivial("7777"), is_trivial("4071")
(True, True, False)
"""

import re
from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

__all__ = ["DUMMY_HASH", "PIN_MEMORY_KIB", "PIN_PASSES", "Pin", "PinHash", "is_pin", "is_trivial"]

PIN_MEMORY_KIB = 19_456
PIN_PASSES = 2

_PIN = re.compile(r"[0-9]{4,12}")
_BEGINNING = f"$argon2id$v=19$m={PIN_MEMORY_KIB},t={PIN_PASSES},p=1$"
_HASH = re.compile(re.escape(_BEGINNING) + r"[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}")

DUMMY_HASH = f"{_BEGINNING}{'A' * 22}${'A' * 43}"
"""The hash of no PIN; to compare with it takes as long as with any other."""


def is_pin(text: str) -> bool:
    """Say whether a text is 4 to 12 digits."""
    return _PIN.fullmatch(text) is not None


def is_trivial(pin: str) -> bool:
    """Say whether a PIN would be among the first that somebody tries.

    That is one digit all over, or each digit one above or one below the digit before, 0 after 9.
    """
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    return len(steps) == 1 and steps <= {0, 1, 9}


def _held_pin(pin: SecretStr) -> SecretStr:
    if not is_pin(pin.get_secret_value()):
        raise ValueError("a PIN is 4 to 12 digits")
    return pin


def _held_hash(pin_hash: SecretStr) -> SecretStr:
    if not _HASH.fullmatch(pin_hash.get_secret_value()):
        raise ValueError("this is no PIN's hash; 'tapledger pin' makes one")
    return pin_hash


Pin = Annotated[SecretStr, Field(strict=True), AfterValidator(_held_pin)]
"""A PIN as somebody typed it: 4 to 12 digits, shown by nothing that prints it."""

PinHash = Annotated[SecretStr, AfterValidator(_held_hash)]
"""An argon2id hash of a PIN, with the parameters above."""
