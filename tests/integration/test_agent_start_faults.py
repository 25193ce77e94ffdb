"""What keeps the agent from starting is said in one line, with exit code 1."""

import subprocess
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from zygote import ForkedDaemons

from agent.tools.processes import tapledger
from agent.tools.site import StoreKit


@pytest.fixture
def start(closed_store: StoreKit, forked: ForkedDaemons) -> Callable[..., str]:
    """Start an agent with one thing replaced in its file; what it said when it could not start."""

    def start(was: object, becomes: object, *, under: tuple[str, ...] = ()) -> str:
        toml = closed_store.config.read_text("utf-8")
        assert str(was) in toml
        closed_store.config.write_text(toml.replace(str(was), str(becomes)), "utf-8")
        arguments = ("agent", "--config", str(closed_store.config))
        if under:
            command = [*under, *tapledger(*arguments)]
            ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        else:
            ended = forked.run(*arguments)
        assert ended.returncode == 1, ended.stderr
        assert "agent_started" not in ended.stdout
        assert len(ended.stderr.splitlines()) == 1, ended.stderr
        return ended.stderr

    return start


def test_directory_below_a_file(closed_store: StoreKit, start: Callable[..., str]) -> None:
    """A ledger directory that cannot be made ends the agent, naming the directory."""
    file = closed_store.directory / "file"
    file.write_text("a shopping list")
    said = start(closed_store.ledger_path, file / "deeper" / "ledger.db")
    assert f"{file}/deeper: Not a directory" in said
    assert file.read_text() == "a shopping list"


@pytest.mark.usefixtures("private_mounts")
def test_read_only_directory(closed_store: StoreKit, start: Callable[..., str]) -> None:
    """A ledger directory on a read-only file system ends the agent, naming the directory."""
    mount = closed_store.directory / "read-only"
    mount.mkdir()
    mounting = f'mount -t tmpfs -o ro tmpfs "{mount}" && exec "$@"'
    said = start(
        closed_store.ledger_path,
        mount / "ledger.db",
        under=("unshare", "-rm", "sh", "-c", mounting, "sh"),
    )
    assert f"{mount}: Read-only file system" in said


def test_port_in_use(
    closed_store: StoreKit, start: Callable[..., str], store: StoreKit, till: httpx.Client
) -> None:
    """A port that another program has ends the agent, naming the port; the other is unharmed."""
    said = start(f"127.0.0.1:{closed_store.port}", f"127.0.0.1:{store.port}")
    assert f"127.0.0.1:{store.port}" in said
    assert not closed_store.ledger_path.exists()
    assert till.get("/healthz").json()["status"] == "ok"


def test_ledger_in_use(
    closed_store: StoreKit,
    start: Callable[..., str],
    store: StoreKit,
    till: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
) -> None:
    """A second agent on a ledger ends, naming the first one's process; the first goes on."""
    said = start(closed_store.ledger_path, store.ledger_path)
    assert f"process {store.agent.pid}" in said
    assert store.agent.running
    assert till.put(f"/v1/sales/{new_sale_id()}", json=make_sale()).status_code == 201
    assert till.get("/healthz").json()["status"] == "ok"
