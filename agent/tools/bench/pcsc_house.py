"""A pcscd of its own with a virtual reader, cards that come and go, and two who wait for them.

Started in namespaces of its own with a directory and a number of cards; prints a JSON list with,
for each card, the seconds from its insertion until a bare ``SCardGetStatusChange`` came back with
it, and until tapledger's driver told its token. Both wait at the same reader for the same card.
"""

import fcntl
import json
import socket
import struct
import subprocess
import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from queue import Queue
from typing import Any

from agent.logs import configure_logs
from agent.tools.waiting import wait_until
from drivers.device import Place
from drivers.pcsc.driver import PCSC
from drivers.virtual.cards import UidCard
from drivers.virtual.vpcd import VpcdSlot, reader_conf

__all__ = ["READER", "run"]

READER = "Virtual PCD 00 00"
_WITHIN_S = 10.0
_WAIT_MS = 1_000


class _Bare:
    """Waits for a card in a thread, as little as anybody can."""

    def __init__(self) -> None:
        self.came_s: Queue[float] = Queue()
        self.left_s: Queue[float] = Queue()
        self._scard: Any = import_module("smartcard.scard")
        self._context = self._scard.SCardEstablishContext(self._scard.SCARD_SCOPE_USER)[1]
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        scard, state, lay_there = self._scard, 0, False
        while True:
            _, [(_, state, _)] = scard.SCardGetStatusChange(
                self._context, _WAIT_MS, [(READER, state)]
            )
            lies_there = bool(state & scard.SCARD_STATE_PRESENT)
            if lies_there != lay_there:
                (self.came_s if lies_there else self.left_s).put(time.monotonic())
            lay_there = lies_there


def run(directory: Path, cards: int) -> list[tuple[float, float]]:
    """Lay cards; answers the seconds of the bare notification and of the token."""
    conf = directory / "pcscd"
    conf.mkdir()
    (conf / "reader.conf").write_text(reader_conf(), "utf-8")
    pcscd = subprocess.Popen(
        ["pcscd", "--foreground", "--config", str(conf)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    told_s: Queue[float] = Queue()
    device = PCSC.make(
        Place(name="bench", port=READER, state=directory),
        PCSC.options(),
        lambda _: told_s.put(time.monotonic()),
    )
    device.start()
    try:
        wait_until(lambda: device.fault is None, "pcscd to have its reader")
        return _laid(cards, _Bare(), told_s)
    finally:
        device.stop()
        pcscd.terminate()
        pcscd.wait()


def _laid(cards: int, bare: _Bare, told_s: "Queue[float]") -> list[tuple[float, float]]:
    slot, samples = VpcdSlot(), []
    for number in range(cards):
        began_s = time.monotonic()
        slot.insert(UidCard(b"\x04" + number.to_bytes(6)))
        notified_s, token_s = bare.came_s.get(timeout=_WITHIN_S), told_s.get(timeout=_WITHIN_S)
        samples.append((notified_s - began_s, token_s - began_s))
        slot.remove()
        bare.left_s.get(timeout=_WITHIN_S)
    return samples


def _bring_loopback_up() -> None:
    with socket.socket() as any_socket:
        up = struct.pack("16sH14x", b"lo", 0x41)  # IFF_UP and IFF_RUNNING
        fcntl.ioctl(any_socket, 0x8914, up)  # SIOCSIFFLAGS


def _main(directory: str, cards: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    Path("/run/pcscd").mkdir()
    _bring_loopback_up()
    configure_logs(level="ERROR")
    sys.stdout.write(json.dumps(run(Path(directory), int(cards))))


if __name__ == "__main__":
    _main(*sys.argv[1:])
