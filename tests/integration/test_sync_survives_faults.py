"""Sales go on under every fault of the way to head office, and afterwards both sides agree."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agent.core.answer import sale_answer
from agent.ledger import replay
from agent.ledger.connection import open_reader
from agent.ledger.view import View
from agent.tools.compare import Comparison
from agent.tools.site import HeadOffice, StoreKit
from agent.tools.waiting import wait_until

Converge = Callable[[], Comparison]


def assert_all_there(store: StoreKit, answers: dict[str, dict[str, Any]]) -> None:
    """Hold that each answer a till was given is in the journal, once and as it was given."""
    connection = open_reader(store.ledger_path)
    try:
        view = View(connection)
        for sale_id, given in answers.items():
            found = view.sale(sale_id)
            assert found is not None, f"{sale_id} was acknowledged and is lost"
            assert found.recorded is not None, f"the entry of {sale_id} is lost"
            assert sale_answer(*found.recorded).model_dump(mode="json") == given
    finally:
        connection.close()


def overwrite_index_of_journal(path: Path) -> None:
    """Damage a closed database where its newest entry is looked up, and nowhere else."""
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_journal_2'"
        ).fetchone()
    with path.open("r+b") as database:
        database.seek((page - 1) * 4096)
        database.write(b"\xff" * 4096)


def test_sales_go_on_while_the_line_is_cut(
    online_store: StoreKit, busy_till: Any, both_sides: Converge
) -> None:
    """A store whose line is cut sells on, says it is offline, and catches up when it heals."""
    assert online_store.line is not None
    online_store.line.cut()
    wait_until(lambda: not online_store.health()["online"], "the agent to notice")
    busy_till.wait_for_sales(20)
    health = online_store.health()
    assert health["status"] == "ok"
    assert health["unacknowledged"] >= 20
    online_store.line.heal()
    wait_until(lambda: online_store.health()["online"], "head office to answer")
    busy_till.stop()
    comparison = both_sides()
    assert comparison.differences == ()
    assert comparison.entries == replay(online_store.ledger_path).entries > 25


def test_sales_go_on_while_the_broker_is_down(
    head_office: HeadOffice, online_store: StoreKit, busy_till: Any, both_sides: Converge
) -> None:
    """A broker killed with all it remembered takes no sale with it."""
    head_office.broker.kill()
    for remembered in (head_office.database.parent / "mosquitto").glob("*.db"):
        remembered.unlink()
    busy_till.wait_for_sales(20)
    head_office.broker.start()
    wait_until(lambda: online_store.health()["online"], "head office to answer")
    busy_till.stop()
    assert both_sides().differences == ()
    assert_all_there(online_store, busy_till.answers)


@pytest.mark.long
def test_sales_go_on_while_the_hub_is_down(
    head_office: HeadOffice, busy_till: Any, both_sides: Converge
) -> None:
    """A hub killed in mid-batch has lost nothing it acknowledged, and repeats nothing."""
    for _ in range(3):
        head_office.hub.kill()
        busy_till.wait_for_sales(10)
        head_office.hub.start()
        busy_till.wait_for_sales(10)
    busy_till.stop()
    assert both_sides().differences == ()


@pytest.mark.long
def test_no_answer_is_lost_when_the_agent_is_killed(
    online_store: StoreKit, busy_till: Any, both_sides: Converge
) -> None:
    """Whatever an agent answered before SIGKILL is there afterwards, once, answered the same."""
    survive_kills(online_store, busy_till, both_sides, kills=5)


@pytest.mark.torture
def test_no_answer_is_lost_in_two_hundred_kills(
    online_store: StoreKit, busy_till: Any, both_sides: Converge
) -> None:
    """The same two hundred times over."""
    survive_kills(online_store, busy_till, both_sides, kills=200)


def survive_kills(store: StoreKit, till: Any, converge: Converge, *, kills: int) -> None:
    """Kill the agent while it sells, so many times, and hold that nothing was lost."""
    for _ in range(kills):
        till.wait_for_sales(10)
        store.agent.kill()
        store.agent.start()
    till.stop()
    assert converge().differences == ()
    assert_all_there(store, till.answers)


def test_an_agent_that_was_away_resumes_where_head_office_stands(
    head_office: HeadOffice, online_store: StoreKit, busy_till: Any, both_sides: Converge
) -> None:
    """An agent stopped while head office was unreachable sends the rest after both are back."""
    head_office.hub.stop()
    busy_till.wait_for_sales(20)
    busy_till.stop()
    assert online_store.agent.stop() == 0
    head_office.hub.start()
    online_store.agent.start()
    assert both_sides().differences == ()
    assert_all_there(online_store, busy_till.answers)


def test_a_rebuilt_ledger_reaches_head_office_whole(
    online_store: StoreKit, busy_till: Any, both_sides: Converge
) -> None:
    """A store whose disk is damaged while its line is cut loses no sale, and head office hears of
    all of them: first what was left of the old epoch, then the new one.
    """
    assert online_store.line is not None
    online_store.line.cut()
    busy_till.wait_for_sales(20)
    busy_till.stop()
    assert online_store.agent.stop() == 0
    overwrite_index_of_journal(online_store.ledger_path)
    online_store.agent.start()
    health = online_store.health()
    assert "points cannot be redeemed" in " ".join(health["reasons"])
    pos = online_store.lanes["1"].pos
    assert pos.enrol("em4100:0C000621A5").status_code == 201
    online_store.line.heal()
    comparison = both_sides()
    assert comparison.differences == ()
    assert comparison.entries > 21
    assert_all_there(online_store, busy_till.answers)


def test_a_disk_that_was_set_back_is_found_out_and_goes_on(
    online_store: StoreKit, busy_till: Any, both_sides: Converge
) -> None:
    """A store put back to an older disk is noticed with its first greeting: it begins a new life on
    head office's word, sales go on, and what the disk lost is still at head office.
    """
    busy_till.stop()
    held = both_sides().entries
    before = online_store.health()["epoch"]
    online_store.agent.stop()
    copies = [
        online_store.ledger_path.with_name(f"ledger.db{end}")
        for end in ("", "-wal", "-shm", ".head")
    ]
    for copy in copies:
        if copy.exists():
            shutil.copy(copy, copy.with_name(f"old-{copy.name}"))
    online_store.agent.start()
    pos = online_store.lanes["1"].pos
    assert pos.enrol("em4100:0C000621A5").status_code == 201
    online_store.wait_acknowledged()
    online_store.agent.stop()
    for copy in copies:
        copy.unlink(missing_ok=True)
        old = copy.with_name(f"old-{copy.name}")
        if old.exists():
            old.rename(copy)
    online_store.agent.start()
    assert pos.enrol("em4100:67003B51C6").status_code == 201
    wait_until(lambda: online_store.health()["epoch"] > before, "the new epoch")
    comparison = both_sides()
    health = online_store.health()
    assert (health["status"], health["online"], health["opened"]) == ("ok", True, True)
    assert comparison.entries == held + 2  # the enrolment, and the opening of the epoch
    (other,) = comparison.differences  # the one that was lost, and ours in the same place
    assert other.startswith(f"{online_store.address}: epoch {before}: entry ")
    assert pos.identify("em4100:67003B51C6").status_code == 200
