"""What a thread does while it waits for PostgreSQL.

A worker is one thread, and as long as the database works at a transaction it has nothing to do but
wait. Whoever has other work for that time hands it in with :func:`work_meanwhile`, in small steps:
before each step it is looked whether the database has answered, so that nothing waits for longer
than one of them. A second thread could not be as polite: it would keep the interpreter from the
first for as long as it likes.
"""

from collections.abc import Callable, Generator
from contextvars import ContextVar
from select import POLLIN, poll
from typing import Any

import psycopg
from psycopg.waiting import Ready, Wait

__all__ = ["PatientConnection", "work_meanwhile"]

Step = Callable[[], bool]
"""Does a little, and answers whether more is left. It must not raise: it is called in the middle of
a statement that has nothing to do with it.
"""

_Talk = Generator[Any, Any, Any]

_STEP: ContextVar[Step | None] = ContextVar("step", default=None)


def work_meanwhile(step: Step) -> None:
    """Have this thread call ``step`` again and again whenever it waits for PostgreSQL."""
    _STEP.set(step)


class PatientConnection(psycopg.Connection[Any]):
    """A connection whose thread works while it waits for an answer."""

    def wait(self, gen: _Talk, *args: Any, **options: Any) -> Any:
        """Wait as psycopg does, with what else there is to be done."""
        step = _STEP.get()
        if step is not None:
            gen = _working(gen, self.pgconn.socket, step)
        return super().wait(gen, *args, **options)


def _working(talk: _Talk, socket: int, step: Step) -> _Talk:
    """Hand on what a talk with the server waits for, and work until there is an answer."""
    answers = poll()
    answers.register(socket, POLLIN)
    try:
        awaited = next(talk)
        while True:
            if awaited == Wait.R:  # all is said, and the server is at it
                while step() and not answers.poll(0):
                    pass
            ready: Ready = yield awaited
            awaited = talk.send(ready)
    except StopIteration as end:
        return end.value
