"""Bad frames are logged once a minute with their number, not one by one."""

import os
import sys
import tty
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

import agent.daemon
from agent.core.tokens import Token
from agent.daemon import Agent
from agent.layered import load
from agent.settings import AgentSettings
from agent.tools.processes import Daemon
from agent.tools.site import StoreKit
from agent.tools.waiting import wait_until
from drivers.readers.em4100 import frame

GOOD = frame(Token("em4100", "0C000621A5"))
BAD = GOOD[:11] + b"00" + GOOD[13:]

HURRIED = "import agent.daemon; agent.daemon._BAD_FRAMES_EVERY_S = 0.2; import agent.__main__"
"""An agent whose minutes are short, so that no test waits for one."""


class Report:
    """An agent of which only the reader of lane 1 and the report of bad frames run."""

    def __init__(self, kit: StoreKit) -> None:
        self._agent = Agent(load(AgentSettings, (kit.config,)))
        self.reader = next(iter(self._agent._devices))

    def lines(self) -> list[dict[str, Any]]:
        """What the end of a minute puts into the log."""
        with capture_logs() as lines:
            self._agent._devices.report_lost()
        return [dict(line) for line in lines]


@pytest.fixture
def line(closed_store: StoreKit) -> Iterator[int]:
    """The far end of the serial line of reader-1, with nothing at it that sends by itself."""
    master, slave = os.openpty()
    try:
        tty.setraw(slave)
        closed_store.lanes["1"].reader.port.symlink_to(os.ttyname(slave))
        yield master
    finally:
        os.close(master)
        os.close(slave)


@pytest.fixture
def report(closed_store: StoreKit, line: int) -> Iterator[Report]:  # noqa: ARG001 - it is read
    """The report of an agent whose first reader is read."""
    report = Report(closed_store)
    report.reader.start()
    try:
        wait_until(lambda: report.reader.fault is None, "the reader")
        yield report
    finally:
        report.reader.stop()


def _garble(line: int, report: Report, frames: int) -> None:
    goal = report.reader.counters.refused + frames
    os.write(line, BAD * frames)
    wait_until(lambda: report.reader.counters.refused == goal, f"{frames} bad frames")


def test_one_line_says_how_many(line: int, report: Report) -> None:
    """A minute with bad frames is one line with their number; a minute without is none."""
    assert report.lines() == []
    _garble(line, report, 3)
    (said,) = report.lines()
    assert (said["event"], said["log_level"]) == ("frames_refused", "warning")
    assert (said["reader"], said["frames"]) == ("reader-1", 3)
    assert report.lines() == []
    _garble(line, report, 2)
    (said,) = report.lines()
    assert said["frames"] == 2
    assert report.lines() == []


def test_running_agent_reports(closed_store: StoreKit) -> None:
    """A running agent reports by itself, each minute, every bad frame once."""
    assert agent.daemon._BAD_FRAMES_EVERY_S == 60
    closed_store.agent = Daemon(
        [sys.executable, "-c", HURRIED, "agent", "--config", str(closed_store.config)],
        closed_store.directory / "agent.log",
        ready="agent_started",
    )
    closed_store.start()

    def reports() -> list[dict[str, Any]]:
        lines = closed_store.agent.log_lines()
        return [line for line in lines if line["event"] == "frames_refused"]

    closed_store.lanes["1"].reader.write(BAD * 30)
    wait_until(lambda: sum(line["frames"] for line in reports()) >= 30, "the report")
    assert sum(line["frames"] for line in reports()) == 30
    # Two where the end of a minute fell between the first frame and the last.
    assert len(reports()) <= 2
    assert {line["reader"] for line in reports()} == {"reader-1"}
