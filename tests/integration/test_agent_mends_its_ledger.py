"""An agent whose ledger is damaged goes on by itself: sales at once, redemptions after a word."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import httpx
import pytest
from zygote import ForkedDaemons

from agent.ledger import replay
from agent.ledger.backup import make_backup
from agent.ledger.connection import open_reader
from agent.ledger.places import Places
from agent.tools.site import StoreKit
from agent.tools.waiting import wait_until

Sell = Callable[[int], list[str]]


@pytest.fixture
def till(closed_store: StoreKit, open_till: Callable[[StoreKit], httpx.Client]) -> httpx.Client:
    """An HTTP client of a store that runs, for this test alone."""
    closed_store.start()
    return open_till(closed_store)


@pytest.fixture
def sell(
    till: httpx.Client, make_sale: Callable[..., dict[str, Any]], new_sale_id: Callable[[], str]
) -> Sell:
    """Commit so many sales; answers their ids."""

    def sell(count: int) -> list[str]:
        ids = [new_sale_id() for _ in range(count)]
        for sale_id in ids:
            assert till.put(f"/v1/sales/{sale_id}", json=make_sale()).status_code == 201
        return ids

    return sell


def confirm(forked: ForkedDaemons, store: StoreKit) -> str:
    """Run ``tapledger ledger confirm`` beside the agent."""
    ended = forked.run("ledger", "confirm", "--db", str(store.ledger_path))
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def frozen_because(store: StoreKit) -> str | None:
    """Why an agent says that points cannot be redeemed."""
    told = [r for r in store.health()["reasons"] if r.startswith("points cannot be redeemed: ")]
    assert len(told) <= 1
    return told[0].removeprefix("points cannot be redeemed: ") if told else None


def still_answered(
    till: httpx.Client, ids: list[str], make_sale: Callable[..., dict[str, Any]]
) -> None:
    """Each sale is known: asked again, it is a replay."""
    for sale_id in ids:
        again = till.put(f"/v1/sales/{sale_id}", json=make_sale())
        assert (again.status_code, again.headers["Idempotent-Replay"]) == (200, "true")


def test_a_lost_database_is_made_anew_at_start(
    closed_store: StoreKit,
    forked: ForkedDaemons,
    till: httpx.Client,
    sell: Sell,
    make_sale: Callable[..., dict[str, Any]],
) -> None:
    """Without its database an agent starts from the backup, says that it is degraded and why,
    sells, and redeems again within moments of an operator's word.
    """
    ids = sell(5)
    make_backup(Places(closed_store.ledger_path), "full")
    closed_store.agent.stop()
    closed_store.ledger_path.unlink()
    closed_store.agent.start()
    health = closed_store.health()
    assert health["status"] == "degraded"
    assert frozen_because(closed_store) == "the database file is gone"
    still_answered(till, ids, make_sale)
    sell(1)
    assert confirm(forked, closed_store) == "confirmed: points can be redeemed again\n"
    wait_until(lambda: closed_store.health()["status"] == "ok", "the agent to be well")
    assert replay(closed_store.ledger_path).head.epoch == 2


def test_a_database_that_is_removed_while_it_runs_costs_no_sale(
    closed_store: StoreKit,
    till: httpx.Client,
    sell: Sell,
    make_sale: Callable[..., dict[str, Any]],
) -> None:
    """Within moments the agent notices, saves what it answered, also since, and says so."""
    ids = sell(3)
    closed_store.ledger_path.unlink()
    ids += sell(3)
    wait_until(lambda: frozen_because(closed_store) is not None, "the agent to mend its ledger")
    assert frozen_because(closed_store) == (
        f"{closed_store.ledger_path.name} was removed while the agent was running"
    )
    still_answered(till, ids, make_sale)
    assert closed_store.agent.stop() == 0
    replay(closed_store.ledger_path)


def test_damage_that_a_sale_meets_is_mended_while_it_runs(
    closed_store: StoreKit,
    till: httpx.Client,
    sell: Sell,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
) -> None:
    """A sale that meets a ruined page is refused with Retry-After; within moments the agent has
    made its ledger anew and takes it. Nothing that was answered is lost.
    """
    ids = sell(30)
    path = closed_store.ledger_path
    make_backup(Places(path), "full")
    with closing(sqlite3.connect(path)) as other:
        other.execute("INSERT OR REPLACE INTO meta VALUES ('x', 'y')")
        other.commit()
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        for page in range(2, path.stat().st_size // 4096):
            file.seek(page * 4096)
            file.write(b"\xaa" * 64)
    unlucky = new_sale_id()
    refused = till.put(f"/v1/sales/{unlucky}", json=make_sale())
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    wait_until(lambda: frozen_because(closed_store) is not None, "the agent to mend its ledger")
    assert till.put(f"/v1/sales/{unlucky}", json=make_sale()).status_code == 201
    still_answered(till, [*ids, unlucky], make_sale)
    assert closed_store.health()["status"] == "degraded"
    assert closed_store.agent.stop() == 0
    replay(path)


def test_a_word_given_while_the_agent_is_down_counts(
    closed_store: StoreKit, forked: ForkedDaemons, till: httpx.Client, sell: Sell
) -> None:
    """A confirmation of a restored ledger is taken once the agent runs, and only once."""
    sell(3)
    places = Places(closed_store.ledger_path)
    made = make_backup(places, "full")
    closed_store.agent.stop()
    words = ("restore", "--db", str(places.database), str(places.backups / made.file))
    assert forked.run("ledger", *words).returncode == 0
    assert "will take it once it runs" in confirm(forked, closed_store)
    closed_store.agent.start()
    wait_until(lambda: closed_store.health()["status"] == "ok", "the agent to take the word")
    assert not places.confirmation.exists()
    assert till.get("/healthz").json()["reasons"] == []
    assert replay(places.database).head.epoch == 2


def test_a_killed_agent_with_a_cut_log_says_so(closed_store: StoreKit, sell: Sell) -> None:
    """After a kill and a log that ends early, the agent does not go on as if nothing had been."""
    sell(2)
    with closing(open_reader(closed_store.ledger_path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM journal").fetchone()
        sell(8)  # a reader that stays keeps them in the log
        closed_store.agent.kill()
    log = Places(closed_store.ledger_path).live[1]
    log.write_bytes(log.read_bytes()[: log.stat().st_size // 2])
    closed_store.agent.start()
    told = frozen_because(closed_store)
    assert told is not None
    assert "was written and answered" in told
    sell(1)
