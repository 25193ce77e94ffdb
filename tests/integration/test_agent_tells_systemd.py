"""The agent tells systemd when it is ready, and that it lives only while its ledger turns."""

import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agent.tools.site import StoreKit
from agent.tools.waiting import wait_until

_EVERY_S = 0.25


class Systemd:
    """The receiving end of sd_notify."""

    def __init__(self, address: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(address))
        self._socket.setblocking(False)
        self.heard: list[bytes] = []

    def hears(self, state: bytes) -> bool:
        """Take what has come, and say whether ``state`` was among all of it."""
        while True:
            try:
                self.heard.append(self._socket.recv(100))
            except BlockingIOError:
                return state in self.heard

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Systemd]:
    """A systemd that wants to hear from its service twice in half a second."""
    with closing(Systemd(tmp_path / "notify")) as listening:
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", str(int(2 * _EVERY_S * 1_000_000)))
        yield listening


def test_ready_alive_and_stopping(systemd: Systemd, fresh_store: StoreKit) -> None:
    """READY=1 comes at the start, WATCHDOG=1 while it runs, STOPPING=1 at the end."""
    assert systemd.hears(b"READY=1")
    wait_until(lambda: systemd.hears(b"WATCHDOG=1"), "a sign of life")
    assert fresh_store.agent.stop() == 0
    assert systemd.hears(b"STOPPING=1")


def test_no_sign_of_life_without_progress(
    systemd: Systemd, fresh_store: StoreKit, make_sale: Callable[..., dict[str, Any]]
) -> None:
    """While the ledger's thread hangs on the disk, the watchdog is not pinged."""
    wait_until(lambda: systemd.hears(b"WATCHDOG=1"), "a sign of life")
    with closing(sqlite3.connect(fresh_store.ledger_path, isolation_level=None)) as intruder:
        intruder.execute("BEGIN IMMEDIATE")
        systemd.hears(b"")
        before = systemd.heard.count(b"WATCHDOG=1")
        answer = fresh_store.lanes["1"].pos.sell("s-1", make_sale())
        systemd.hears(b"")
        pinged = systemd.heard.count(b"WATCHDOG=1") - before
        intruder.execute("ROLLBACK")
    assert answer.status_code == 503  # after five seconds, in which twenty pings were due
    assert pinged <= 2
    wait_until(
        lambda: systemd.hears(b"") or systemd.heard.count(b"WATCHDOG=1") > before + pinged,
        "another sign of life",
    )
