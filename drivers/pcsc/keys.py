"""Keys of cards: in the configuration, or in a file of their own.

A ``[[reader]]`` is one of a list, and lists are not layered: no credential or variable could add a
key to one. So keys may lie in a file, TOML with the names they have in the configuration::

    sdm_meta_key = "00000000000000000000000000000000"
    sdm_file_key = "00000000000000000000000000000000"
    classic_key = "FFFFFFFFFFFF"

A file that everybody may read is refused: whoever has the keys can make every card of the shop.
Keys that differ from card to card (NXP AN10922) are not known here.
"""

import os
import stat
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, SecretStr, ValidationError, model_validator

from drivers.device import DriverOptions

__all__ = ["Keys", "KeysUnusable", "bytes_of", "keys_in"]

_LONGEST_BYTES = 4_096
_AES_BYTES, _CLASSIC_BYTES = 16, 6


class KeysUnusable(Exception):
    """The keys of a reader cannot be had; the message says what to do."""


def _key_of(count: int) -> Callable[[SecretStr], SecretStr]:
    def checked(key: SecretStr) -> SecretStr:
        digits = key.get_secret_value()
        if len(digits) != 2 * count or not digits.isascii() or not digits.isalnum():
            raise ValueError(f"write it as {2 * count} hexadecimal digits: a key of {count} bytes")
        try:
            bytes.fromhex(digits)
        except ValueError:
            raise ValueError("a key is written in hexadecimal digits") from None
        return key

    return checked


AesKey = Annotated[SecretStr, AfterValidator(_key_of(_AES_BYTES))]
ClassicKey = Annotated[SecretStr, AfterValidator(_key_of(_CLASSIC_BYTES))]


class Keys(DriverOptions):
    """The keys of one reader; each may be left out."""

    sdm_meta_key: AesKey | None = None
    """What the chip of a card that signs encrypts its number and counter with (AN12196)."""
    sdm_file_key: AesKey | None = None
    """What it signs with."""
    classic_key: ClassicKey | None = None
    """What the block of a MIFARE Classic is opened with."""

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.sdm_meta_key is None) != (self.sdm_file_key is None):
            raise ValueError("sdm_meta_key and sdm_file_key belong together: give both")
        return self


def bytes_of(key: SecretStr) -> bytes:
    """Answer a key that was checked as it is used."""
    return bytes.fromhex(key.get_secret_value())


def keys_in(file: Path) -> Keys:
    """Read a file, which without a slash is a systemd credential. Raises KeysUnusable."""
    path = file
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if len(file.parts) == 1 and directory is not None:
        path = Path(directory) / file
    try:
        with path.open("rb") as opened:
            if os.fstat(opened.fileno()).st_mode & stat.S_IROTH:
                raise KeysUnusable(f"{path}: everybody may read these keys; chmod o= {path}")
            text = opened.read(_LONGEST_BYTES).decode("utf-8")
        return Keys(**tomllib.loads(text))
    except OSError as error:
        raise KeysUnusable(f"{path}: keys cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise KeysUnusable(f"{path}: {key or 'keys'}: {first['msg']}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise KeysUnusable(f"{path}: not TOML") from None  # its words could repeat a key
