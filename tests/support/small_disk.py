"""A small tmpfs of its own, which can really be full or read-only, with an agent living on it."""

import subprocess
from pathlib import Path

from agent.tools.processes import Daemon, tapledger
from agent.tools.site import StoreKit

__all__ = ["SmallDisk"]

_PAGE_BYTES = 4096


class SmallDisk:
    """A mount that only the processes started here see; it stays while an agent is killed."""

    def __init__(self, kit: StoreKit, *, size: str = "4m") -> None:
        self._mount = kit.directory / "small"
        self._mount.mkdir()
        toml = kit.config.read_text("utf-8")
        self.ledger_path = self._mount / "ledger.db"
        kit.config.write_text(toml.replace(str(kit.ledger_path), str(self.ledger_path)), "utf-8")
        mounting = (
            f'mount -t tmpfs -o size={size} tmpfs "{self._mount}" && echo mounted && exec cat'
        )
        self._holder = subprocess.Popen(
            ["unshare", "-rm", "sh", "-c", mounting],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == b"mounted\n"
        self._enter = ["nsenter", "-t", str(self._holder.pid), "-U", "-m"]
        self._enter += ["--preserve-credentials", "--"]
        kit.agent = Daemon(
            [*self._enter, *tapledger("agent", "--config", str(kit.config))],
            kit.directory / "agent.log",
            ready="agent_started",
        )

    @property
    def seen(self) -> Path:
        """Where this process, which does not have that disk mounted, sees it."""
        return Path(f"/proc/{self._holder.pid}/root{self._mount}")

    def fill(self) -> None:
        """Write until not a byte more goes."""
        with (self.seen / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(_PAGE_BYTES))
            except OSError:
                return

    def make_room(self) -> None:
        """Take away what fills it."""
        (self.seen / "filler").unlink()

    def remount(self, how: str) -> None:
        """Mount it ``ro`` or ``rw``. The kernel refuses ``ro`` while a file is open for writing."""
        command = [*self._enter, "mount", "-o", f"remount,{how}", str(self._mount)]
        subprocess.run(command, check=True, capture_output=True, timeout=30)

    def close(self) -> None:
        """Give the disk up."""
        self._holder.communicate(timeout=30)
