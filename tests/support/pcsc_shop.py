"""A pcscd of its own in namespaces of its own: real PC/SC for tests, beside any other.

pcscd has one socket path and vpcd one pair of ports, so each run of these tests is in a mount, a
network and a process namespace: a child process there has pcscd, cards and devices, and is told
over a pipe what to do. It ends with its standard input, and everything in there with it.
"""

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["FIRST", "SECOND", "PcscShop", "may_not"]

FIRST, SECOND = "Virtual PCD 00 00", "Virtual PCD 00 01"

_UNSHARE = ("unshare", "-rmnp", "--fork", "--kill-child")


def may_not() -> str | None:
    """Say why this machine has no such namespaces; None where it has."""
    try:
        tried = subprocess.run(
            [*_UNSHARE, "mount", "-t", "tmpfs", "tmpfs", "/run"],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return "unshare is not installed; on Debian: apt-get install util-linux"
    return (
        f"namespaces are not permitted here: {tried.stderr.strip()}" if tried.returncode else None
    )


class PcscShop:
    """A test's side."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._process: subprocess.Popen[str]

    def open(self) -> None:
        """Start the child, and pcscd in it."""
        self._process = subprocess.Popen(
            [*_UNSHARE, sys.executable, __file__, str(self._directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        self.call("start_pcscd")

    def close(self) -> None:
        """End it."""
        self._process.communicate()

    def call(self, what: str, /, **given: Any) -> Any:
        """Have something done in there; raises RuntimeError with what went wrong."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([what, given]), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process in the namespace has ended at '{what}'")
        went_well, answer = json.loads(line)
        if not went_well:
            raise RuntimeError(answer)
        return answer

    @contextmanager
    def watching(self, device: str, port: str, **options: Any) -> Iterator[None]:
        """Have a device watch a reader."""
        self.call("watch", device=device, port=port, options=options)
        try:
            yield
        finally:
            self.call("leave", device=device)


class _House:
    """The other side: what can be done in the namespace."""

    def __init__(self, directory: Path) -> None:
        from pcsc_cards import Torn  # noqa: PLC0415 - the test's side needs none of these

        from drivers.virtual.vpcd import FIRST_PORT, VpcdSlot, reader_conf  # noqa: PLC0415

        self._directory = directory
        self._conf = directory / "pcscd"
        self._conf.mkdir()
        (self._conf / "reader.conf").write_text(reader_conf(), "utf-8")
        self._slots = tuple(VpcdSlot(port=FIRST_PORT + slot) for slot in range(2))
        self._cards: dict[str, Any] = {}
        self._torn: Torn | None = None
        self._devices: dict[str, Any] = {}
        self._told: dict[str, list[Any]] = {}
        self._log: list[dict[str, Any]] = []
        self._pcscd: subprocess.Popen[bytes]

    def start_pcscd(self) -> None:
        """Start it, and wait until it lets somebody in and has its readers."""
        from agent.tools.waiting import wait_until  # noqa: PLC0415

        with (self._directory / "pcscd.log").open("ab") as log:
            self._pcscd = subprocess.Popen(
                ["pcscd", "--foreground", "--config", str(self._conf)], stdout=log, stderr=log
            )
        wait_until(lambda: len(self._readers()) == 2, "pcscd to have its readers")

    def kill_pcscd(self) -> None:
        self._pcscd.kill()
        self._pcscd.wait()

    def lay(self, slot: int, card: str, uid: str) -> None:
        """Lay a card down, the same one again for the same kind and number."""
        from pcsc_cards import make_card  # noqa: PLC0415

        name = f"{card} {uid}"
        if name not in self._cards:
            self._cards[name] = make_card(card, bytes.fromhex(uid))
        self._slots[slot].insert(self._cards[name])

    def lay_torn(self, slot: int, card: str, uid: str) -> None:
        """Lay a card down that says nothing more to its second command, until it is taken."""
        from pcsc_cards import Torn, make_card  # noqa: PLC0415

        self._torn = Torn(make_card(card, bytes.fromhex(uid)))
        self._slots[slot].insert(self._torn)

    def wait_until_torn(self) -> None:
        """Wait until it was sent that command."""
        assert self._torn is not None
        if not self._torn.reached.wait(30):
            raise TimeoutError("nobody reads the card")

    def take(self, slot: int) -> None:
        """Take the card away, and wait until pcscd has noticed."""
        if self._torn is not None:
            self._torn.over.set()
        self._slots[slot].remove()
        self._wait_until_empty((FIRST, SECOND)[slot])

    def take_at_once(self, slot: int) -> None:
        """Take the card away and look at nothing."""
        if self._torn is not None:
            self._torn.over.set()
        self._slots[slot].remove()

    def watch(self, device: str, port: str, options: dict[str, Any]) -> None:
        from drivers.device import Place  # noqa: PLC0415
        from drivers.pcsc.driver import PCSC  # noqa: PLC0415

        self._told[device] = told = []
        self._log.clear()
        place = Place(name=device, port=port, state=self._directory)
        self._devices[device] = PCSC.make(place, PCSC.options(**options), told.append)
        self._devices[device].start()

    def leave(self, device: str) -> None:
        self._devices.pop(device).stop()

    def seen(self, device: str) -> dict[str, Any]:
        """Answer what a device has told and how it is."""
        from drivers.device import CardPresented  # noqa: PLC0415

        it = self._devices[device]
        cards = [each for each in self._told[device] if isinstance(each, CardPresented)]
        return {
            "fault": it.fault,
            "told": [[str(card.token), card.counter] for card in cards],
            "refused": it.counters.refused,
            "logged": [line["event"] for line in self._log if line.get("reader") == device],
        }

    def tap_at_an_agent(self, card: str, uid: str) -> dict[str, Any]:
        """Run a whole agent, lay a card on its reader, and answer what the lane was told."""
        from agent.tools.site import StoreKit  # noqa: PLC0415
        from agent.tools.waiting import wait_until  # noqa: PLC0415

        kit = StoreKit(name="s001", directory=self._directory / "store", lane_names=("1",))
        lane = kit.lanes["1"]
        em4100 = f'driver = "em4100"\nport = "{lane.reader.port}"'
        toml = kit.config.read_text("utf-8")
        assert em4100 in toml
        pcsc = f'driver = "pcsc"\nport = "{FIRST}"'
        kit.config.write_text(toml.replace(em4100, pcsc), "utf-8")
        try:
            # Not forked as other tests' agents: it imports all that it needs, beside other tests.
            kit.agent.start(wait=False)
            wait_until(lambda: "agent_started" in kit.agent.output(), "the agent", timeout_s=90)
            lane.pos.start()
            self.lay(0, card, uid)
            return {"card": lane.pos.wait_for("card", cause="tap"), "health": kit.health()}
        finally:
            self.take(0)
            kit.stop()

    def emulate_and_watch(self, config: str, card: str) -> dict[str, Any]:
        """Tap an emulated card on the second reader, and answer what both commands said of it."""
        from agent.tools.processes import tapledger  # noqa: PLC0415
        from drivers.virtual.vpcd import FIRST_PORT  # noqa: PLC0415

        watch = tapledger("devices", "watch", "--json", "--config", config)
        emulate = tapledger("devices", "emulate", "pcsc", "--vpcd", str(FIRST_PORT + 1), "--json")
        with subprocess.Popen(watch, stdout=subprocess.PIPE, text=True) as watching:
            assert watching.stdout is not None
            said = map(json.loads, watching.stdout)
            found = next(said)
            laid = subprocess.run(
                [*emulate, "--card", card],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=True,
            )
            seen = next(said)
            watching.terminate()
        lines = [json.loads(line) for line in laid.stdout.splitlines()]
        return {"found": found, "emulated": lines, "seen": seen}

    def log(self, _: Any, __: str, line: dict[str, Any]) -> str:
        self._log.append(line)
        return ""

    def _readers(self) -> list[str]:
        with _context() as (scard, context):
            return scard.SCardListReaders(context, [])[1] if context else []

    def _wait_until_empty(self, reader: str) -> None:
        with _context() as (scard, context):
            state = 0
            while not state & scard.SCARD_STATE_EMPTY:
                result, states = scard.SCardGetStatusChange(context, 30_000, [(reader, state)])
                if result:
                    raise TimeoutError(f"'{reader}' is not empty: {result & 0xFFFFFFFF:08X}")
                state = states[0][1]


@contextmanager
def _context() -> Iterator[tuple[Any, int]]:
    from smartcard import scard  # noqa: PLC0415

    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    try:
        yield scard, 0 if result else context
    finally:
        if not result:
            scard.SCardReleaseContext(context)


def _bring_loopback_up() -> None:
    with socket.socket() as any_socket:
        up = struct.pack("16sH14x", b"lo", 0x41)  # IFF_UP and IFF_RUNNING
        fcntl.ioctl(any_socket, 0x8914, up)  # SIOCSIFFLAGS


def _main() -> None:
    import structlog  # noqa: PLC0415

    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    Path("/run/pcscd").mkdir()
    _bring_loopback_up()
    sys.path.insert(0, str(Path(__file__).parents[2]))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    house = _House(Path(sys.argv[1]))
    structlog.configure(processors=[house.log])
    for line in sys.stdin:
        what, given = json.loads(line)
        try:
            reply = [True, getattr(house, what)(**given)]
        except Exception as error:  # noqa: BLE001 - it is raised on the other side
            reply = [False, f"{what}: {type(error).__name__}: {error}"]
        print(json.dumps(reply), file=answers, flush=True)


if __name__ == "__main__":
    _main()
