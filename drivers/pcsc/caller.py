"""Calls that may never come back, each on its own time: pcscd, or the driver in it, may hang.

An ACR122U whose card was torn away in mid-command can keep a transmit for ever, and a pcscd that
is stopped keeps every call; no call of PC/SC has a time limit but one, and none can be ended from
outside. So they run on a thread of their own, and whoever asks waits only so long. What is overdue
is not asked over again: there is one such thread for each device and never two, and once its call
comes back, as it does when the reader is pulled out or pcscd is started again, all goes on.
"""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

from drivers.pcsc.service import Hangs

__all__ = ["Caller"]

T = TypeVar("T")


class _Call(Generic[T]):
    """One call under way."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._answers: list[T] = []
        self._errors: list[Exception] = []
        self.over = threading.Event()

    def make(self) -> None:
        try:
            self._answers.append(self._function())
        except Exception as error:  # noqa: BLE001 - it is raised where the answer is wanted
            self._errors.append(error)
        self.over.set()

    def answer(self, what: str) -> T:
        for error in self._errors:
            raise error
        for answer in self._answers:
            return answer
        raise Hangs(f"PC/SC was left while it was to {what}")


class Caller:
    """Makes one call after the other. ``end`` may come from any thread, the rest is one's."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: SimpleQueue[_Call[object] | None] = SimpleQueue()
        self._last: _Call[object] | None = None
        self._late = ""
        self._thread: threading.Thread | None = None
        self._ended = False

    def call(self, what: str, function: Callable[[], T], within_s: float) -> T:
        """Answer what the function does, or raise what it raises.

        Raises Hangs where that takes longer, and while an earlier one still does; ``what`` is for
        its message.
        """
        if self._late and self._last is not None and not self._last.over.is_set():
            raise Hangs(self._late)
        self._late = ""
        call = _Call(function)
        self._last = call  # type: ignore[assignment]  # nobody asks this one for its answer
        self._begin()
        self._calls.put(call)  # type: ignore[arg-type]  # the same
        if self._ended or not call.over.wait(within_s):
            self._late = (
                f"the reader does not answer: to {what} has taken more than {within_s:.0f} s; "
                "pull it out and plug it in again, or restart pcscd"
            )
            raise Hangs(self._late)
        return call.answer(what)

    def end(self) -> None:
        """Wait for nothing any more; the thread ends once its last call has come back."""
        self._ended = True
        last = self._last
        if last is not None:
            last.over.set()
        self._calls.put(None)

    def _begin(self) -> None:
        if self._thread is None:
            # A daemon: a call that never comes back must not keep the agent from ending.
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            call.make()
