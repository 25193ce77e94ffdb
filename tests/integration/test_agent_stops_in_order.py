"""SIGTERM ends the agent in order within five seconds, whatever is open or out of reach."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from agent.lanes import Lanes
from agent.ledger import replay
from agent.till import Till
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
    """The agent ends in time while streams and a kept-alive connection are open; streams end."""
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
    assert fresh_store.agent.stop(timeout_s=IN_TIME_S) == 0
    hearing.join(30)
    assert (heard[0], heard[-1]) == ("status", "the end")
    _assert_ended_in_order(fresh_store, entries=1)


def test_late_stream() -> None:
    """A stream opened while the agent is stopping, as a POS opens it again, ends at once."""
    lanes = Lanes(cast(Till, None), ("1",))
    lanes.stop()

    async def hear() -> list[str]:
        with lanes.listen("1") as listener:
            return [event.name async for event in listener.events()]

    async def hear_a_while() -> list[str]:
        return await asyncio.wait_for(hear(), timeout=1)

    assert asyncio.run(hear_a_while()) == []


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
