"""What every emulated device can do, on whatever it lies, and what a kind of them is."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from drivers.registry import Kind
from drivers.virtual.vpcd import FIRST_PORT

__all__ = ["Emulated", "EmulatedDevice", "Wishes"]

C = TypeVar("C")


class EmulatedDevice(Protocol[C]):
    """One device with room for one card, on a line or a slot."""

    @property
    def port(self) -> Path | str:
        """What a configuration calls it."""
        ...

    @property
    def card(self) -> C | None:
        """The card that lies there."""
        ...

    @property
    def is_plugged_in(self) -> bool:
        """Whether it is there."""
        ...

    def plug_in(self) -> None:
        """Have it there. Raises OSError saying why that cannot be."""
        ...

    def unplug(self) -> None:
        """Have it gone."""
        ...

    def lay(self, card: C, /) -> None:
        """Lay a card, in the place of one that lies there."""
        ...

    def take_away(self) -> C | None:
        """Take away the card that lies there, if one does; answers it."""
        ...

    def lay_half(self, card: C, /) -> None:
        """Lay a card that is pulled away while it is read."""
        ...

    def write(self, data: bytes, /) -> None:
        """Say bytes that mean nothing."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What may be wished of an emulated device: a name for its port, where vpcd waits, the keys of
    cards that sign; those of AN12196 are zeros.
    """

    link: Path | None = None
    vpcd_port: int = FIRST_PORT
    meta_key: bytes = bytes(16)
    file_key: bytes = bytes(16)


@dataclass(frozen=True, kw_only=True, slots=True)
class Emulated(ABC, Generic[C]):
    """One kind of emulated device. ``card_from`` takes what somebody typed, and raises ValueError
    saying what to type; ``masked`` names a card as a log may. ``has_line`` says that there is a
    cable, which can be pulled and on which there can be noise.
    """

    kind: Kind
    driver: str
    about: str
    example: str
    card_from: Callable[[str], C]
    masked: Callable[[C], str]
    tap_s: float = 0.4
    """How long a hand holds a card there."""
    has_line: bool = True
    wishes: frozenset[str] = frozenset({"link"})
    """Which wishes mean something to it."""

    @abstractmethod
    def device(self, wishes: Wishes) -> EmulatedDevice[C]:
        """Make one that is not plugged in yet."""

    def said_of(self, device: EmulatedDevice[C], wishes: Wishes) -> dict[str, str | bool]:
        """Answer what a configuration says of it beside its name and driver."""
        del wishes
        return {"port": str(device.port)}

    def beside(self, wishes: Wishes) -> tuple[str, ...]:
        """Answer what an engineer needs to know beside, as lines of text."""
        del wishes
        return ()
