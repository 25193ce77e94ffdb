"""What keeps the agent from starting is said in one line, with exit code 1."""

import subprocess
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from agent.tools.processes import tapledger
from agent.tools.site import StoreKit


def _run(kit: StoreKit, *before: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*before, *tapledger("agent", "--config", str(kit.config))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _configure(kit: StoreKit, was: object, becomes: object) -> None:
    toml = kit.config.read_text("utf-8")
    assert str(was) in toml
    kit.config.write_text(toml.replace(str(was), str(becomes)), "utf-8")


def _assert_one_line(ended: subprocess.CompletedProcess[str], *words: str) -> None:
    assert ended.returncode == 1, ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert not [word for word in words if word not in ended.stderr], ended.stderr
    assert "agent_started" not in ended.stdout


def test_directory_below_a_file(closed_store: StoreKit) -> None:
    """A ledger directory that cannot be made ends the agent, naming the directory."""
    file = closed_store.directory / "file"
    file.write_text("not a directory")
    _configure(closed_store, closed_store.ledger_path, file / "deeper" / "ledger.db")
    _assert_one_line(_run(closed_store), str(file / "deeper"), "Not a directory")


def test_ledger_in_a_file(closed_store: StoreKit) -> None:
    """A file where the ledger's directory should be ends the agent, naming it."""
    file = closed_store.directory / "file"
    file.write_text("not a directory")
    _configure(closed_store, closed_store.ledger_path, file / "ledger.db")
    _assert_one_line(_run(closed_store), str(file))
    assert file.read_text() == "not a directory"


@pytest.mark.usefixtures("private_mounts")
@pytest.mark.parametrize("below", ["", "made/here"], ids=["there", "to be made"])
def test_read_only_directory(closed_store: StoreKit, below: str) -> None:
    """A ledger directory on a read-only file system ends the agent, naming the directory."""
    mount = closed_store.directory / "read-only"
    mount.mkdir()
    directory = mount / below
    _configure(closed_store, closed_store.ledger_path, directory / "ledger.db")
    mounting = f'mount -t tmpfs -o ro tmpfs "{mount}" && exec "$@"'
    ended = _run(closed_store, "unshare", "-rm", "sh", "-c", mounting, "sh")
    _assert_one_line(ended, str(directory), "Read-only file system")


def test_no_ledger(closed_store: StoreKit) -> None:
    """A file that is no ledger ends the agent, naming the file, and is left as it was."""
    closed_store.ledger_path.write_bytes(b"a photograph of a cat " * 1_000)
    _assert_one_line(_run(closed_store), str(closed_store.ledger_path))
    assert closed_store.ledger_path.read_bytes() == b"a photograph of a cat " * 1_000


def test_port_in_use(closed_store: StoreKit, store: StoreKit, till: httpx.Client) -> None:
    """A port that another program has ends the agent, naming the port; the other is unharmed."""
    _configure(closed_store, f"127.0.0.1:{closed_store.port}", f"127.0.0.1:{store.port}")
    _assert_one_line(_run(closed_store), f"127.0.0.1:{store.port}", "in use")
    assert not closed_store.ledger_path.exists()
    assert till.get("/healthz").json()["status"] == "ok"


def test_ledger_in_use(
    closed_store: StoreKit,
    store: StoreKit,
    till: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
) -> None:
    """A second agent on a ledger ends, naming the first one's process; the first goes on."""
    _configure(closed_store, closed_store.ledger_path, store.ledger_path)
    for _ in range(2):
        _assert_one_line(_run(closed_store), f"process {store.agent.pid}")
    assert store.agent.running
    assert till.put(f"/v1/sales/{new_sale_id()}", json=make_sale()).status_code == 201
    assert till.get("/healthz").json()["status"] == "ok"
