"""A scripted world: ports that come, speak, fall silent and go, on a clock that costs no time.

What is written to such a port may be answered, by a virtual device whose cards the script lays.
The conformance suite plays devices in it, on the test's own thread: ten seconds of noise at line
rate take as long as parsing them does.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from drivers.port import POLL_S
from drivers.virtual.script import Script

__all__ = [
    "Absent",
    "Act",
    "Answers",
    "Does",
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
    """The line is silent for so long, but for what the device is asked."""

    for_s: float


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Answers:
    """The device answers what it is asked, for so long at most, in pieces of so many bytes.

    It ends when ``until`` holds; or with the answer that has ``cut`` in it, which breaks off there.
    """

    for_s: float
    until: Callable[[], bool] = _never
    at_once: int | None = None
    cut: bytes = b""


@dataclass(frozen=True, slots=True)
class Does:
    """Something happens that takes no time: a card is laid, say."""

    what: Callable[[], object]


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


Act = Sends | Silent | Answers | Does | Vanishes | Absent | Refuses | Sleeps | Looks


def _nothing(_: bytes) -> bytes:
    return b""


class ScriptedWorld(Script[Act]):
    """A script of a line, and the port that it opens.

    ``answer`` is what a device says to bytes that
    are written to it; noise on the line drowns it.
    """

    def __init__(
        self,
        acts: Iterable[Act],
        *,
        byte_s: float = 10 / 9600,
        look: Callable[[], object] = lambda: None,
        answer: Callable[[bytes], bytes] = _nothing,
    ) -> None:
        super().__init__(acts, look)
        self._byte_s = byte_s
        self._answer = answer
        self._answered = b""  # and not read yet
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
        self.held += 1
        self._answered = b""
        return self

    def wait_before(self, attempt: int) -> None:
        """Let a second pass."""
        self.waited.append(attempt)
        self._now_s += 1.0

    def read(self) -> bytes:
        """Answer what the device says next. Raises OSError where it is pulled out."""
        self._settle()
        act = self._acts[0] if self._acts and not self._ended else Silent(0)
        match act:
            case Sends(data=data, at_once=at_once):
                piece = data[: at_once or len(data)]
                rest = memoryview(data)[len(piece) :]  # a flood is copied once and not at each read
                self._replace(Sends(rest, at_once) if rest else None)
                self._answered = b""
                self._now_s += len(piece) * self._byte_s
                return bytes(piece)
            case Silent():
                return self._heard(Answers(act.for_s))
            case Answers():
                return self._heard(act)
            case _:
                if isinstance(act, Vanishes):
                    self._replace(None)
                raise OSError(5, "Input/output error")

    def write(self, data: bytes) -> None:
        """Take what the device is sent."""
        self.written.append(data)
        self._answered += self._answer(data)

    def close(self) -> None:
        """Close the port."""
        self.held -= 1

    def _heard(self, act: Answers) -> bytes:
        """Answer what the device has to say, or a silence."""
        at = self._answered.find(act.cut) if act.cut else -1
        if at >= 0:
            piece, self._answered = self._answered[: at + len(act.cut) // 2], b""
            self._replace(None)
            return piece
        piece = self._answered[: act.at_once or len(self._answered)]
        self._answered = self._answered[len(piece) :]
        took_s = len(piece) * self._byte_s if piece else min(act.for_s, POLL_S)
        self._now_s += took_s
        left_s = act.for_s - (took_s if piece else POLL_S)
        self._replace(replace(act, for_s=left_s) if left_s > 1e-9 else None)
        return piece

    def _settle(self) -> None:
        """Do what takes no read."""
        while self._acts:
            match self._acts[0]:
                case Sleeps(for_s=for_s):
                    self._now_s += for_s
                case Looks():
                    self._look()
                case Does(what=what):
                    what()
                case Answers(until=until) if until():
                    pass
                case _:
                    return
            self._acts.popleft()
