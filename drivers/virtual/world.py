"""A scripted world: ports that come, speak, fall silent and go, on a clock that costs no time.

The conformance suite plays devices in it, on the test's own thread: ten seconds of noise at line
rate take as long as parsing them does.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from drivers.port import POLL_S

__all__ = [
    "Absent",
    "Act",
    "Looks",
    "Refuses",
    "ScriptedWorld",
    "Sends",
    "Silent",
    "Sleeps",
    "Vanishes",
]


@dataclass(frozen=True, slots=True)
class Sends:
    """The device says these bytes, all in one read or in pieces of so many."""

    data: bytes | memoryview
    at_once: int | None = None


@dataclass(frozen=True, slots=True)
class Silent:
    """The line is silent for so long."""

    for_s: float


@dataclass(frozen=True, slots=True)
class Vanishes:
    """The cable is pulled: the port raises, and is there again at the next attempt."""


@dataclass(frozen=True, slots=True)
class Absent:
    """The port cannot be opened for so many attempts: nothing is there."""

    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Refuses:
    """The port cannot be opened for so many attempts: this user may not."""

    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Sleeps:
    """The machine sleeps for so long: the clock goes on and nothing else does."""

    for_s: float


@dataclass(frozen=True, slots=True)
class Looks:
    """Whoever plays the script takes a look."""


Act = Sends | Silent | Vanishes | Absent | Refuses | Sleeps | Looks


class ScriptedWorld:
    """Plays acts in order, and is over when they are. Also the port that it opens.

    ``look`` is called where the script says Looks.
    """

    def __init__(
        self,
        acts: Iterable[Act],
        *,
        byte_s: float = 10 / 9600,
        look: Callable[[], object] = lambda: None,
    ) -> None:
        self._acts = deque(acts)
        self._byte_s = byte_s
        self._look = look
        self._now_s = 1_000.0
        self.written: list[bytes] = []
        self.attempts = 0
        self.opened = 0
        self.waited: list[int] = []
        """The attempts before which somebody waited."""

    def open(self, port: str, baud: int) -> "ScriptedWorld":  # noqa: ARG002 - there is one port
        """Open the one port there is. Raises OSError where the script says so."""
        self.attempts += 1
        self._settle()
        act = self._acts[0] if self._acts else None
        if isinstance(act, Absent | Refuses):
            self._replace(type(act)(act.attempts - 1) if act.attempts > 1 else None)
            if isinstance(act, Refuses):
                raise PermissionError(13, "Permission denied")
            raise FileNotFoundError(2, "No such file or directory")
        self.opened += 1
        return self

    def now_s(self) -> float:
        """Answer the time of the script."""
        return self._now_s

    def is_over(self) -> bool:
        """Say whether the script is played."""
        return not self._acts

    def wait_before(self, attempt: int) -> None:
        """Let a second pass."""
        self.waited.append(attempt)
        self._now_s += 1.0

    def read(self) -> bytes:
        """Answer what the device says next. Raises OSError where it is pulled out."""
        self._settle()
        act = self._acts[0] if self._acts else Silent(0)
        match act:
            case Sends(data=data, at_once=at_once):
                piece = data[: at_once or len(data)]
                rest = memoryview(data)[len(piece) :]  # a flood is copied once and not at each read
                self._replace(Sends(rest, at_once) if rest else None)
                self._now_s += len(piece) * self._byte_s
                return bytes(piece)
            case Silent(for_s=for_s):
                self._now_s += min(for_s, POLL_S)
                self._replace(Silent(for_s - POLL_S) if for_s - POLL_S > 1e-9 else None)
                return b""
            case _:
                if isinstance(act, Vanishes):
                    self._replace(None)
                raise OSError(5, "Input/output error")

    def write(self, data: bytes) -> None:
        """Take what the device is sent."""
        self.written.append(data)

    def close(self) -> None:
        """Close the port."""

    def _settle(self) -> None:
        """Do what takes no read."""
        while self._acts and isinstance(act := self._acts[0], Sleeps | Looks):
            self._acts.popleft()
            if isinstance(act, Sleeps):
                self._now_s += act.for_s
            else:
                self._look()

    def _replace(self, act: Act | None) -> None:
        """Put what is left of the act under way in its place."""
        if self._acts:
            self._acts.popleft()
        if act is not None:
            self._acts.appendleft(act)
