"""The driver of PC/SC readers: ACR122U, ACR1252U, OMNIKEY 5022 and 5427, Identiv."""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import cast

from drivers.device import Driver, DriverOptions, Place, Tell
from drivers.events import Event
from drivers.naming import named
from drivers.pcsc.device import PcscDevice
from drivers.pcsc.names import Claims, may_be_one
from drivers.pcsc.service import Surroundings

__all__ = ["PCSC", "PcscDriver", "PcscReaderOptions"]


class PcscReaderOptions(DriverOptions):
    """What may be said of a PC/SC reader."""

    feedback: bool = True
    """Light and buzzer of an ACR122U say whether a card was taken; other readers have none."""


def _read(atr: bytes) -> Generator[bytes, bytes, list[Event]]:  # noqa: ARG001 - for now
    answer = yield bytes.fromhex("FFCA000000")
    return [named(f"uid:{answer[:-2].hex().upper()}")]


@dataclass(frozen=True, slots=True)
class PcscDriver(Driver):
    """Readers that pcscd serves."""

    claims: Claims = field(default_factory=Claims)
    options: type[DriverOptions] = field(default=PcscReaderOptions)

    def make(
        self,
        place: Place,
        options: DriverOptions,
        tell: Tell,
        surroundings: Surroundings | None = None,
    ) -> PcscDevice:
        """Make a device that was not started; in the real world where no other is given."""
        return PcscDevice(
            place,
            read=_read,
            tell=tell,
            claims=self.claims,
            feedback=cast(PcscReaderOptions, options).feedback,
            surroundings=surroundings,
        )

    def may_be_one(self, port: str, other: str) -> bool:
        """Say whether two ports can mean the same reader."""
        return may_be_one(port, other)


PCSC = PcscDriver()
