"""A power cut: whatever the disk had of what was not synced, no answered sale is lost."""

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from cut_verdict import CutPlan, Verdict, judge
from many_tills import real_sales, sell
from traced_agent import RecordedAgent, require_strace

from agent.tools.site import StoreKit

SALES = 25
LONG_SALES = 200
"""They fill more than the 1,000 pages after which SQLite makes a checkpoint."""
LANES = ("1", "2", "3")
KILLED_AT_SYNC = 20
"""Counted in the ledger's thread; more than a start needs, which has another thread's count."""


@dataclass(kw_only=True)
class Recorded:
    """A store whose agents run under strace, one after the other, and what was recorded."""

    store: StoreKit
    ledger: Path
    report: Callable[[str, object], None]
    logs: list[Path] = field(default_factory=list)
    agent: RecordedAgent = field(init=False)

    def start(self, *, weakness: str | None = None, inject: str = "") -> None:
        """Start an agent; all that it does is recorded."""
        self.logs.append(self.store.directory / f"strace-{len(self.logs)}.log")
        self.agent = RecordedAgent(
            self.store.config, self.logs[-1], weakness=weakness, inject=inject
        )
        self.store.agent = self.agent
        if len(self.logs) == 1:
            self.store.start()
        else:
            self.agent.start()

    def cut(self, *, patterns: int, between: float = 0.0) -> Verdict:
        """Cut the power all through what was recorded; the agents have ended.

        POWER_CUT_SEED in the environment tears an equal recording in the same way again.
        """
        seed = int(os.environ.get("POWER_CUT_SEED", random.SystemRandom().getrandbits(32)))
        plan = CutPlan(
            logs=tuple(self.logs),
            ledger=self.ledger,
            seed=seed,
            patterns=patterns,
            between=between,
        )
        self.report("POWER_CUT_SEED", seed)
        verdict = judge(plan)
        self.report("power cuts", str(verdict))
        return verdict


@pytest.fixture
def site(tmp_path: Path, record_property: Callable[[str, object], None]) -> Iterator[Recorded]:
    """A store of three lanes that was not started yet; its ledger has a directory of its own."""
    require_strace()
    store = StoreKit(name="s001", directory=tmp_path / "store", lane_names=LANES)
    ledger = store.directory / "ledger" / "ledger.db"
    ledger.parent.mkdir()
    toml = store.config.read_text("utf-8").replace(str(store.ledger_path), str(ledger))
    store.config.write_text(toml, "utf-8")
    try:
        yield Recorded(store=store, ledger=ledger, report=record_property)
    finally:
        store.stop()


def sell_and_stop(site: Recorded, sales: int, *, weakness: str | None = None) -> None:
    """Record an agent that sells so many real baskets, all answered 201, and stops in order."""
    site.start(weakness=weakness)
    answers = sell(site.store, real_sales(sales, of=f"{len(site.logs)}-"))
    assert {answer.status_code for answer in answers.values()} == {201}
    site.agent.stop()
    site.agent.wait_recorded()


@pytest.mark.long
def test_no_answered_sale_is_lost(site: Recorded) -> None:
    """After a cut at any sync, every sale that was answered is in the ledger exactly once."""
    sell_and_stop(site, SALES)
    verdict = site.cut(patterns=2, between=0.02)
    assert verdict.complaints == []
    assert (verdict.acknowledged, verdict.lost) == (SALES, set())
    assert verdict.syncs > SALES / len(LANES)
    assert verdict.database_syncs >= 2, "made, and checkpointed by the stop"


@pytest.mark.torture
def test_what_a_killed_agent_left_is_synced_before_it_is_answered(site: Recorded) -> None:
    """A sale whose agent was killed within its sync is sure when the next agent answers for it."""
    site.start(inject=f"fdatasync:error=EIO:signal=SIGKILL:when={KILLED_AT_SYNC}")
    pos = site.store.lanes["1"].pos
    answered = 0
    for sale_id, sale in real_sales(2 * KILLED_AT_SYNC).items():
        try:
            pos.sell(sale_id, sale).raise_for_status()
        except httpx.TransportError:
            break
        answered += 1
    site.agent.wait_recorded()
    site.start()
    again = pos.sell(sale_id, sale)
    site.agent.kill()
    site.agent.wait_recorded()
    verdict = site.cut(patterns=0)
    assert again.status_code == 200
    assert verdict.complaints == []
    assert (verdict.acknowledged, verdict.lost) == (answered + 1, set())


@pytest.mark.torture
def test_normal_would_lose_sales(site: Recorded) -> None:
    """The same cuts find that ``synchronous=NORMAL`` loses sales that were answered."""
    sell_and_stop(site, 12, weakness="normal")
    assert site.cut(patterns=0).lost


@pytest.mark.torture
def test_an_early_answer_would_be_found_out(site: Recorded) -> None:
    """The same cuts find an agent that answers before its commit."""
    sell_and_stop(site, 12, weakness="early")
    assert site.cut(patterns=0).lost


@pytest.mark.torture
def test_no_answered_sale_is_lost_in_a_long_run(site: Recorded) -> None:
    """The same over hundreds of sales, through checkpoints and a restart, each cut torn 20 ways."""
    for _ in range(2):
        sell_and_stop(site, LONG_SALES)
    verdict = site.cut(patterns=20, between=0.01)
    assert verdict.complaints == []
    assert (verdict.acknowledged, verdict.lost) == (2 * LONG_SALES, set())
    assert verdict.database_syncs > 3, "made, two stops, and checkpoints between"
