"""What a configuration may say of how the cards on a PC/SC reader are read."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from drivers.device import Place
from drivers.pcsc.apdu import Family, KeyKind
from drivers.pcsc.classic import is_trailer
from drivers.pcsc.counters import NotRemembered, SeenCounters, TapCounters
from drivers.pcsc.keys import Keys, KeysUnusable, bytes_of, keys_in
from drivers.pcsc.plan import ClassicBlock, ReadingPlan, Writing
from drivers.pcsc.signing import Counters, SignedTaps

__all__ = ["PcscOptions", "plan_of"]


class PcscOptions(Keys):
    """What may be said of a PC/SC reader; keys here, or in ``keys_file``."""

    family: Family = "pcsc"
    """``identiv`` for readers of Identiv, which give one page at a time when asked as others."""
    read_ndef: bool = True
    """Read the message on a tag; without it a card is its UID."""
    keys_file: Path | None = None
    """Where the keys lie; a name without a slash is that of a systemd credential."""
    accept_unsigned: bool = False
    """Take cards that do not sign, too, on a reader with keys of cards that do."""
    classic_block: Annotated[int, Field(strict=True, ge=1, le=255)] | None = None
    """The block of a MIFARE Classic with the member's number."""
    classic_key_kind: KeyKind = "A"
    classic_writing: Writing = "ascii"
    """Whether the number is written in characters, or in two digits to the byte."""
    classic_place: Annotated[str, StringConstraints(pattern="^[0-9A-Fa-f]{4}$")] | None = None
    """P1 and P2 of the command that loads the key, as the reader's manual has them."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        own = (self.sdm_meta_key, self.sdm_file_key, self.classic_key)
        if self.keys_file is not None and any(key is not None for key in own):
            raise ValueError("keys stand here or in keys_file, not in both")
        if self.classic_block is not None and is_trailer(self.classic_block):
            raise ValueError(
                f"classic_block {self.classic_block} holds its sector's keys, and no number"
            )
        if self.keys_file is None:
            _check(self, self)
        return self


def plan_of(options: PcscOptions, place: Place) -> ReadingPlan:
    """Make ready what one reader needs. Reads ``keys_file``; raises KeysUnusable."""
    keys: Keys = options
    if options.keys_file is not None:
        keys = keys_in(options.keys_file)
        try:
            _check(options, keys)
        except ValueError as error:
            raise KeysUnusable(f"{options.keys_file}: {error}") from error
    return ReadingPlan(
        family=options.family,
        ndef=options.read_ndef,
        block=_block(options, keys),
        taps=_taps(keys, place),
        accept_unsigned=options.accept_unsigned,
    )


def _check(options: PcscOptions, keys: Keys) -> None:
    """Hold that nothing is said in vain, and nothing left open. Raises ValueError."""
    signs = keys.sdm_meta_key is not None
    if (options.classic_block is None) != (keys.classic_key is None):
        raise ValueError("classic_block and classic_key belong together: give both")
    if signs and not options.read_ndef:
        raise ValueError("a signature stands in the NDEF message: leave read_ndef out")
    if options.accept_unsigned and not signs:
        raise ValueError("accept_unsigned means nothing without sdm_meta_key and sdm_file_key")
    if signs and options.classic_block is not None and not options.accept_unsigned:
        raise ValueError(
            "a MIFARE Classic does not sign: set accept_unsigned, or leave classic_block out"
        )


def _block(options: PcscOptions, keys: Keys) -> ClassicBlock | None:
    if options.classic_block is None or keys.classic_key is None:
        return None
    usual = "0000"
    if options.family == "identiv":  # there P2 says which of the two keys it is
        usual = "0060" if options.classic_key_kind == "A" else "0061"
    return ClassicBlock(
        block=options.classic_block,
        key=bytes_of(keys.classic_key),
        key_kind=options.classic_key_kind,
        writing=options.classic_writing,
        place=bytes.fromhex(options.classic_place or usual),
    )


def _taps(keys: Keys, place: Place) -> SignedTaps | None:
    if keys.sdm_meta_key is None or keys.sdm_file_key is None:
        return None
    return SignedTaps(
        meta_key=bytes_of(keys.sdm_meta_key),
        file_key=bytes_of(keys.sdm_file_key),
        counters=_counters(place),
    )


def _counters(place: Place) -> Counters:
    if place.state is None:
        return _NoCounters(place.name)
    return SeenCounters(place.state) if place.looks_on else TapCounters(place.state)


class _NoCounters:
    """Remembers nothing, and so takes nothing."""

    def __init__(self, name: str) -> None:
        self._name = name

    def take(self, card: str, counter: int) -> bool:  # noqa: ARG002 - whichever it is
        """Refuse. Raises NotRemembered."""
        raise NotRemembered(f"{self._name}: there is no directory to remember taps in")
