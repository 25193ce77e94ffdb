"""The driver of PC/SC readers: ACR122U, ACR1252U, OMNIKEY 5022 and 5427, Identiv."""

from dataclasses import dataclass, field
from typing import cast

from drivers.device import Driver, DriverOptions, Place, Tell
from drivers.pcsc.device import PcscDevice
from drivers.pcsc.names import Claims, may_be_one
from drivers.pcsc.options import PcscOptions, plan_of
from drivers.pcsc.service import Surroundings

__all__ = ["PCSC", "PcscDriver", "PcscReaderOptions"]


class PcscReaderOptions(PcscOptions):
    """What may be said of a PC/SC reader."""

    feedback: bool = True
    """Light and buzzer of an ACR122U say whether a card was taken; other readers have none."""


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
        said = cast(PcscReaderOptions, options)
        return PcscDevice(
            place,
            plan=lambda: plan_of(said, place),
            tell=tell,
            claims=self.claims,
            feedback=said.feedback,
            surroundings=surroundings,
        )

    def may_be_one(self, port: str, other: str) -> bool:
        """Say whether two ports can mean the same reader."""
        return may_be_one(port, other)


PCSC = PcscDriver()
