"""A scripted PC/SC: a reader that comes and goes, cards that are laid, taken and torn away.

The counterpart of ``drivers/virtual/world.py`` for readers that pcscd serves: played on the test's
own thread, on a clock that costs no time. There is one reader.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from drivers.pcsc.service import AccessDenied, CardAway, ReaderGone, ServiceGone, Slot
from drivers.virtual.cards import VirtualCard
from drivers.virtual.script import Script
from drivers.virtual.world import Absent, Does, Looks, Refuses, Silent, Sleeps, Vanishes

__all__ = ["READER", "Lies", "PcscAct", "ScriptedPcsc", "Stirs", "Taken"]

READER = "Virtual PCD 00 00"

_LOOK_S = 1.0
_COMMAND_S = 0.005


@dataclass(frozen=True, slots=True)
class Lies:
    """A card is laid there in place of another, and torn away at its command of that number."""

    card: VirtualCard
    commands: int | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """The card is taken away."""


@dataclass(frozen=True, slots=True)
class Stirs:
    """pcscd tells what is no other card: a program came to it, and left it."""


PcscAct = Lies | Taken | Stirs | Silent | Vanishes | Absent | Refuses | Sleeps | Looks | Does


class ScriptedPcsc(Script[PcscAct]):
    """A script of one reader; ``gone`` is what goes when it vanishes: the reader, or pcscd."""

    def __init__(
        self,
        acts: Iterable[PcscAct],
        *,
        gone: Literal["reader", "service"] = "reader",
        reader: str = READER,
        look: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__(acts, look)
        self._lies: Lies | None = None
        self._changes = 0
        self.gone, self.reader = gone, reader
        self.sent: list[bytes] = []
        """All that was sent to cards."""

    def wait_before(self, attempt: int) -> None:  # noqa: ARG002 - each takes as long
        """Let a quarter of a second pass."""
        self._now_s += 0.25

    def open(self) -> "_Context":
        """Open a context. Raises AccessDenied or ServiceGone where the script says so."""
        match self._next():
            case Refuses(attempts=attempts):
                self._replace(Refuses(attempts - 1) if attempts > 1 else None)
                raise AccessDenied("pcscd denied access")
            case Absent() if self.gone == "service":
                self.is_absent()
                raise ServiceGone("pcscd is not running")
        self.held += 1
        return _Context(self)

    def is_absent(self) -> bool:
        """Say whether nothing is there at this look."""
        act = self._next()
        if isinstance(act, Absent):
            self._replace(Absent(act.attempts - 1) if act.attempts > 1 else None)
        return isinstance(act, Absent)

    def slot(self) -> Slot:
        """Answer what the reader says now."""
        return Slot(changes=self._changes, atr=None if self._lies is None else self._lies.card.atr)

    def look(self) -> Slot:
        """Play until something happens, or a second has passed. Raises ReaderGone, ServiceGone."""
        match self._next():
            case Lies() as lies:
                self._replace(None)
                self._change(lies)
            case Taken():
                self._replace(None)
                self._change(None)
            case Stirs():
                self._replace(None)
            case Silent(for_s=for_s):
                self._now_s += min(for_s, _LOOK_S)
                self._replace(Silent(for_s - _LOOK_S) if for_s > _LOOK_S else None)
            case Vanishes():
                self._replace(None)
                self._change(None)
                raise self.lost()
            case Absent() | Refuses():
                raise self.lost()
        return self.slot()

    def lost(self) -> ReaderGone | ServiceGone:
        """Answer what is said where it is gone."""
        if self.gone == "reader":
            return ReaderGone("the reader was pulled out")
        return ServiceGone("pcscd was lost")

    def command(self, card: VirtualCard, apdu: bytes, number: int) -> bytes:
        """Send a command to the card. Raises CardAway where it is not there any more."""
        self._now_s += _COMMAND_S
        lies = self._lies
        if lies is not None and number == lies.commands:
            self._change(None)
        if self._lies is None or self._lies.card is not card:
            raise CardAway("the card was taken away")
        self.sent.append(apdu)
        return card.answer(apdu)

    def lying(self) -> VirtualCard:
        """Answer the card. Raises CardAway."""
        if self._lies is None:
            raise CardAway("no card lies there")
        return self._lies.card

    def _change(self, lies: Lies | None) -> None:
        both = self._lies is not None and lies is not None
        self._changes += 2 if both else 1
        self._lies = lies

    def _next(self) -> PcscAct | None:
        """Do what takes no look, and answer what comes after it."""
        while self._acts and isinstance(act := self._acts[0], Sleeps | Looks | Does):
            self._acts.popleft()
            match act:
                case Sleeps(for_s=for_s):
                    self._now_s += for_s
                case Looks():
                    self._look()
                case Does(what=what):
                    what()
        return self._acts[0] if self._acts and not self._ended else None


class _Context:
    def __init__(self, world: ScriptedPcsc) -> None:
        self._world = world

    def readers(self) -> tuple[str, ...]:
        return () if self._world.is_absent() else (self._world.reader,)

    def wait(self, reader: str, before: Slot | None) -> Slot:
        assert reader == self._world.reader  # noqa: S101 - it comes from ``readers``
        return self._world.slot() if before is None else self._world.look()

    def connect(self, reader: str) -> "_Card":
        assert reader == self._world.reader  # noqa: S101 - the same
        card = self._world.lying()
        self._world.held += 1
        return _Card(self._world, card)

    def close(self) -> None:
        self._world.held -= 1


class _Card:
    def __init__(self, world: ScriptedPcsc, card: VirtualCard) -> None:
        self._world, self._card = world, card
        self._sent = 0

    def transmit(self, command: bytes) -> bytes:
        self._sent += 1
        return self._world.command(self._card, command, self._sent)

    def close(self) -> None:
        self._world.held -= 1
