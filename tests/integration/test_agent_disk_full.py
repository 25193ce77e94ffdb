"""A full disk: sales are refused for now, nothing acknowledged is lost, and it heals by itself."""

import os
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.core.tokens import Token
from agent.tools.processes import Daemon, tapledger
from agent.tools.site import StoreKit
from agent.tools.waiting import wait_until
from drivers.virtual.pos import NO_TLS

SALES = 20
PAGE_BYTES = 4096


@dataclass(kw_only=True)
class SmallDisk:
    """The 4 MB disk of one agent, and how to fill it and make room again."""

    kit: StoreKit
    mount: Path

    @property
    def seen(self) -> Path:
        """Where this process, which does not have that disk mounted, sees it."""
        return Path(f"/proc/{self.kit.agent.pid}/root{self.mount}")

    def fill(self) -> None:
        """Write until not a byte more goes."""
        with (self.seen / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(PAGE_BYTES))
            except OSError:
                return

    def make_room(self, size_bytes: int | None = None) -> None:
        """Make so much room, or all of it."""
        filler = self.seen / "filler"
        if size_bytes is None:
            filler.unlink()
        else:
            os.truncate(filler, filler.stat().st_size - size_bytes)

    def verify(self) -> subprocess.CompletedProcess[str]:
        """Run ``tapledger ledger verify`` where the disk is mounted."""
        enter = ["nsenter", "-t", str(self.kit.agent.pid), "-U", "-m", "--preserve-credentials"]
        command = [*enter, *tapledger("ledger", "verify", "--db", str(self.mount / "ledger.db"))]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@dataclass(frozen=True, kw_only=True)
class Story:
    """What a till and an operator saw before, while and after the disk was full."""

    acknowledged: dict[str, httpx.Response]
    """The answers from before the disk was full, by sale_id."""

    refused: dict[str, httpx.Response]
    """The answers while it was full."""

    health_while_full: httpx.Response
    known_while_full: httpx.Response
    ran_on: bool
    health_after: dict[str, Any]
    retried: dict[str, httpx.Response]
    """The answers to the refused sales once there was room."""

    repeated: dict[str, httpx.Response]
    """The answers to every sale, sent once more in the end."""

    balance: int
    entries: int
    verified: subprocess.CompletedProcess[str]
    log: list[dict[str, Any]]


@pytest.fixture(scope="module")
def disk(
    private_mounts: None,  # noqa: ARG001 - it skips
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[SmallDisk]:
    """A running store whose ledger lies on a small disk of its own."""
    kit = StoreKit(name="s001", directory=tmp_path_factory.mktemp("store"))
    mount = kit.directory / "small"
    mount.mkdir()
    toml = kit.config.read_text("utf-8")
    on_disk = toml.replace(str(kit.ledger_path), str(mount / "ledger.db"))
    assert on_disk != toml
    kit.config.write_text(on_disk, "utf-8")
    mounting = f'mount -t tmpfs -o size=4m tmpfs "{mount}" && exec "$@"'
    start = tapledger("agent", "--config", str(kit.config))
    kit.agent = Daemon(
        ["unshare", "-rm", "sh", "-c", mounting, "sh", *start],
        kit.directory / "agent.log",
        ready="agent_started",
    )
    try:
        kit.start()
        yield SmallDisk(kit=kit, mount=mount)
    finally:
        kit.stop()


@pytest.fixture(scope="module")
def story(
    disk: SmallDisk,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
    new_card: Callable[[], Token],
) -> Story:
    """The whole story of a disk that fills up and is cleaned up, told once."""
    kit, pos, token = disk.kit, disk.kit.lanes["1"].pos, str(new_card())
    sale = make_sale(token=token)

    def sell(sale_ids: Iterable[str]) -> dict[str, httpx.Response]:
        return {sale_id: pos.sell(sale_id, sale) for sale_id in sale_ids}

    pos.enrol(token).raise_for_status()
    acknowledged = sell(new_sale_id() for _ in range(SALES))
    disk.fill()
    refused = sell(new_sale_id() for _ in range(SALES))
    health_while_full = httpx.get(f"{kit.url}/healthz", verify=NO_TLS)
    known_while_full = pos.identify(token)
    ran_on = kit.agent.running
    disk.make_room()
    wait_until(lambda: kit.health()["status"] == "ok", "the agent to find the room by itself")
    health_after = kit.health()
    retried = sell(refused)
    repeated = sell([*acknowledged, *refused])
    view = pos.identify(token).json()
    return Story(
        acknowledged=acknowledged,
        refused=refused,
        health_while_full=health_while_full,
        known_while_full=known_while_full,
        ran_on=ran_on,
        health_after=health_after,
        retried=retried,
        repeated=repeated,
        balance=view["balance"],
        entries=view["as_of"]["seq"],
        verified=disk.verify(),
        log=kit.agent.log_lines(),
    )


def test_sales_are_refused_for_now(story: Story) -> None:
    """While the disk is full, a sale is 503 ledger_unavailable with a Retry-After."""
    assert {answer.status_code for answer in story.acknowledged.values()} == {201}
    for answer in story.refused.values():
        assert (answer.status_code, answer.json()["code"]) == (503, "ledger_unavailable")
        assert answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["Retry-After"]) >= 1


def test_health_says_why(story: Story) -> None:
    """While the disk is full, /healthz is 200 and degraded, and says in words what is wrong."""
    assert story.health_while_full.status_code == 200
    health = story.health_while_full.json()
    assert health["status"] == "degraded"
    assert any("disk is full" in reason for reason in health["reasons"])


def test_cards_are_still_known(story: Story) -> None:
    """While the disk is full, a tap still shows the member and what is on disk of the balance."""
    assert story.known_while_full.status_code == 200
    assert story.known_while_full.json()["balance"] == 14 * SALES


def test_agent_stays_up(story: Story) -> None:
    """A full disk ends no agent, and is logged once."""
    assert story.ran_on
    events = [line["event"] for line in story.log]
    assert events.count("agent_started") == 1
    assert events.count("ledger_unavailable") == 1


def test_heals_by_itself(story: Story) -> None:
    """Once there is room, health is ok again though nobody did anything, and sales go through."""
    assert (story.health_after["status"], story.health_after["reasons"]) == ("ok", [])
    assert {answer.status_code for answer in story.retried.values()} == {201}


def test_nothing_is_lost_and_nothing_doubled(story: Story) -> None:
    """Every sale that was acknowledged is there once, and is answered as it was."""
    for sale_id, answer in (story.acknowledged | story.retried).items():
        assert story.repeated[sale_id].status_code == 200
        assert story.repeated[sale_id].content == answer.content
    assert story.balance == 14 * 2 * SALES
    assert story.entries == 1 + 2 * SALES


def test_ledger_verifies(story: Story) -> None:
    """The ledger that lived through a full disk passes ``tapledger ledger verify``."""
    assert story.verified.returncode == 0, story.verified.stderr
    assert f"{1 + 2 * SALES} entries hold" in story.verified.stdout


def test_health_is_not_ok_while_sales_are_refused(
    disk: SmallDisk,
    story: Story,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
) -> None:
    """Health is degraded where a sale was refused, and ok only where sales are taken again."""
    assert story.health_after["status"] == "ok"
    pos = disk.kit.lanes["1"].pos
    disk.fill()
    # A log that was just trimmed has room for some sales without growing.
    sale_ids = (new_sale_id() for _ in range(2_000))
    sale_id = next(new for new in sale_ids if pos.sell(new, make_sale()).status_code == 503)
    assert disk.kit.health()["status"] == "degraded"
    disk.make_room(64 * PAGE_BYTES)
    wait_until(lambda: disk.kit.health()["status"] == "ok", "the ledger to find its room")
    assert pos.sell(sale_id, make_sale()).status_code == 201
