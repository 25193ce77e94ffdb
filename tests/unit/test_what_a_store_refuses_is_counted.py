"""What a store does not take of what head office says is seen by whoever looks after it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from greeted import in_memory
from pages import no_trouble

from agent import online
from agent.ledger import Ledger
from agent.metrics import make_metrics
from agent.paths import shipped_program
from agent.settings import AgentSettings
from agent.syncdesk import SyncDesk
from agent.till import Till
from sync.messages import FeedPage, UnknownItem
from sync.simulation.now import run_now

RunningLedger = Callable[..., AbstractContextManager[Ledger]]


class TwoRefused:
    """An uplink that refused two messages."""

    refused_messages, fault, online = 2, None, True
    ask = look_up = hear_anew = None

    def __init__(self, _broker: Any, _address: Any, _ledger: Any, desk: SyncDesk, **_: Any) -> None:
        self.desk = desk


def test_the_metrics_count_it(tmp_path: Path, running_ledger: RunningLedger) -> None:
    """As one figure of the agent's."""
    health = no_trouble().model_copy(update={"refused_messages": 3})
    with running_ledger(tmp_path / "ledger.db") as ledger:
        text = asyncio.run(make_metrics(lambda: health, ledger, 7)()).decode()
    assert "tapledger_refused_messages_total 3.0" in text


def test_health_counts_messages_and_items(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that made no sense, and what was left out of a page, are both refused."""
    made: list[TwoRefused] = []

    def make(*said: Any, **more: Any) -> TwoRefused:
        made.append(TwoRefused(*said, **more))
        return made[0]

    monkeypatch.setattr(online, "Uplink", make)
    settings = AgentSettings(
        device={"tenant": "t", "store": "s", "name": "d"},
        ledger={"path": tmp_path / "ledger.db"},
        program={"path": shipped_program("simple")},
        lane=({"name": "1"},),
        hub={"url": "mqtt://127.0.0.1:1"},
    )
    for store in in_memory():
        till = Till(store.ledger, store.rules.terms, mint_id=lambda: "i")
        quiet: dict[str, Any] = {"returned": lambda: None, "heard": lambda _a, _t: None}
        agent = online.Online(settings, store.ledger, store.rules, till, **quiet)
        assert agent.reached().refused_messages == 2
        page = FeedPage(nonce="n", cursor=5, generation=0)
        run_now(made[0].desk.feed(page, (UnknownItem(kind="household"),), since=0))
        assert agent.reached().refused_messages == 3
