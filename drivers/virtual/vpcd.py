"""A card for vpcd, the virtual reader of vsmartcard: any program of PC/SC sees it lie there.

vpcd is a driver of pcscd with two slots, each waiting on a TCP port for who plays the card: 35963
for ``Virtual PCD 00 00`` and 35964 for ``Virtual PCD 00 01``. A message either way is two bytes of
length, the high one first, and so many bytes. Of one byte they are the reader's: ``00`` power off,
``01`` on, ``02`` reset, none of which is answered, and ``04``, which wants the ATR. All others are
commands to the card. Who hangs up takes the card away; pcscd notices it after 0.3 seconds, and one
that was laid after 0.4.

    slot = VpcdSlot()
    slot.insert(UidCard(bytes.fromhex("DEADBEEF")))
    slot.remove()

On Debian: ``apt-get install pcscd vsmartcard-vpcd``. A ``reader.conf`` in a directory of its own,
and ``pcscd -f -c DIRECTORY``, keep pcscd from real readers; ``reader_conf`` writes one.
"""

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from drivers.virtual.cards import VirtualCard

__all__ = ["FIRST_PORT", "VpcdSlot", "is_awaited", "reader_conf"]

FIRST_PORT = 0x8C7B

_LISTENS = "0A"
_OFF, _ON, _RESET, _ATR = b"\x00", b"\x01", b"\x02", b"\x04"


def reader_conf(*, port: int = FIRST_PORT) -> str:
    """Answer the text of a ``reader.conf`` for a vpcd on a port and the next one."""
    return (
        'FRIENDLYNAME "Virtual PCD"\n'
        f"DEVICENAME /dev/null:0x{port:04X}\n"
        "LIBPATH /usr/lib/pcsc/drivers/serial/libifdvpcd.so\n"
        f"CHANNELID 0x{port:04X}\n"
    )


def is_awaited(port: int) -> bool:
    """Say whether a program of this machine listens at a port; nobody is called.

    To call vpcd and hang up would be a card that was laid and torn away. Read from proc(5),
    /proc/net/tcp: the local address, and the state, of which 0A is listening.
    """
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            lines = Path("/proc/net", table).read_text("ascii").splitlines()[1:]
            for _, local, _, state, *_ in (line.split() for line in lines):
                if state == _LISTENS and local.endswith(f":{port:04X}"):
                    return True
    return False


class VpcdSlot:
    """One slot of vpcd, where one card lies at a time. ``port`` is where it waits for a card."""

    def __init__(self, *, port: int = FIRST_PORT, host: str = "127.0.0.1") -> None:
        self.port, self._host = port, host
        self._line: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def insert(self, card: VirtualCard) -> None:
        """Lay a card, in place of one that lies there. Raises OSError where no vpcd waits."""
        self.remove()
        line = socket.create_connection((self._host, self.port), timeout=5)
        line.settimeout(None)
        self._line = line
        self._thread = threading.Thread(
            target=_play, args=(card, line), name=f"vpcd-{self.port}", daemon=True
        )
        self._thread.start()

    def remove(self) -> None:
        """Take the card away; nothing where none lies, or vpcd was ended."""
        line, self._line = self._line, None
        if line is None:
            return
        with contextlib.suppress(OSError):  # vpcd hung up first
            line.shutdown(socket.SHUT_RDWR)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        line.close()


def _play(card: VirtualCard, line: socket.socket) -> None:
    """Answer for the card until one side hangs up, which a card that is torn away does."""
    with contextlib.suppress(OSError), line.makefile("rb") as said:  # either hung up in mid-message
        while (message := _next(said.read)) is not None:
            if message in (_OFF, _ON, _RESET):
                card.reset()
                continue
            answer = card.atr if message == _ATR else card.answer(message)
            line.sendall(len(answer).to_bytes(2, "big") + answer)
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _next(read: Callable[[int], bytes]) -> bytes | None:
    head = read(2)
    length = int.from_bytes(head, "big")
    message = read(length)
    return message if len(head) == 2 and len(message) == length else None
