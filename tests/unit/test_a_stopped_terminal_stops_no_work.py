"""A terminal that was stopped (Ctrl-S) does not hold the work back whose progress it shows."""

import os
import sys
import termios
import threading
from collections.abc import Iterator
from typing import TextIO

import pytest

from agent.cli.shown import progress_bar


@pytest.fixture
def terminal() -> Iterator[TextIO]:
    """A terminal that nobody reads from yet."""
    outer, inner = os.openpty()
    with os.fdopen(inner, "w") as shown:
        yield shown
    os.close(outer)


def test_work_goes_on_behind_a_stopped_terminal(
    terminal: TextIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Progress that cannot be shown is not waited for; once it can, the bar goes on."""
    monkeypatch.setattr(sys, "stderr", terminal)
    done = list[int]()

    def work() -> None:
        with progress_bar("working") as progress:
            termios.tcflow(terminal, termios.TCOOFF)
            for number in range(1, 100):
                progress(number, 100)
                done.append(number)
            termios.tcflow(terminal, termios.TCOON)
            progress(100, 100)
            done.append(100)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(20)
    stuck = thread.is_alive()
    termios.tcflow(terminal, termios.TCOON)
    thread.join(20)
    assert not stuck
    assert len(done) == 100
