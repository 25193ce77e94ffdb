"""SIGTERM ends the agent in order within five seconds, whatever is open or out of reach."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.ledger import replay
from agent.tools.site import StoreKit

IN_TIME_S = 5
"""What the operator is promised; an agent that takes longer is killed, and the test fails."""


@pytest.fixture
def vanished() -> Iterator[int]:
    """The port of a head office whose network drops every packet: its queue of callers is full."""
    with ExitStack() as held:
        listener = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            caller = held.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def _assert_ended_in_order(kit: StoreKit, *, entries: int) -> None:
    assert kit.agent.log_lines()[-1]["event"] == "agent_stopped"
    assert not kit.ledger_path.with_name("ledger.db-wal").exists()
    assert replay(kit.ledger_path).entries == entries


def test_open_connections(
    fresh_store: StoreKit,
    open_till: Callable[[StoreKit], httpx.Client],
    listen: Callable[
        [httpx.Client, str], AbstractContextManager[Iterator[tuple[str, dict[str, Any]]]]
    ],
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
) -> None:
    """The agent ends in time, and its streams, though callers keep connections or half requests."""
    till, listener = open_till(fresh_store), open_till(fresh_store)
    heard: list[str] = []
    listening = threading.Event()

    def hear() -> None:
        with listen(listener, "2") as events:
            for name, _ in events:
                heard.append(name)
                listening.set()
        heard.append("the end")

    hearing = threading.Thread(target=hear)
    hearing.start()
    assert till.put(f"/v1/sales/{new_sale_id()}", json=make_sale()).status_code == 201
    assert listening.wait(30)
    with socket.create_connection(("127.0.0.1", fresh_store.port)) as half:
        half.sendall(
            b"PUT /v1/sales/half HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
            b"Content-Type: application/json\r\nContent-Length: 100\r\n"
            b"Authorization: " + till.headers["Authorization"].encode() + b"\r\n\r\n"
        )
        assert half.recv(64).startswith(b"HTTP/1.1 100 ")
        assert fresh_store.agent.stop(timeout_s=IN_TIME_S) == 0
    hearing.join(30)
    assert heard == ["status", "the end"]
    _assert_ended_in_order(fresh_store, entries=1)


def test_head_office_out_of_reach(
    tmp_path: Path,
    vanished: int,
    open_till: Callable[[StoreKit], httpx.Client],
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
) -> None:
    """The agent ends in time while it calls a head office that never answers."""
    kit = StoreKit(name="s001", directory=tmp_path, broker_port=vanished)
    assert kit.line is not None
    toml = kit.config.read_text("utf-8")
    # Past the emulated line, which would answer for a network that does not.
    kit.config.write_text(toml.replace(f":{kit.line.port}", f":{vanished}"), "utf-8")
    try:
        kit.start()
        till = open_till(kit)
        assert till.put(f"/v1/sales/{new_sale_id()}", json=make_sale()).status_code == 201
        health = kit.health()
        assert (health["status"], health["online"]) == ("ok", False)
        assert health["unacknowledged"] == 1
        assert kit.agent.stop(timeout_s=IN_TIME_S) == 0
        _assert_ended_in_order(kit, entries=1)
    finally:
        kit.stop()
