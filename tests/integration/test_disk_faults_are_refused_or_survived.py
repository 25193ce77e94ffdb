"""A failing disk: a sale is refused for now, or it is answered and stays; there is no third way."""

import itertools
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cut_verdict import entries_of
from failing_disk import failing
from many_tills import real_sales, sell
from small_disk import SmallDisk
from traced_agent import require_strace

from agent.ledger import replay
from agent.tools.site import StoreKit
from agent.tools.waiting import wait_until

Sales = dict[str, dict[str, Any]]
Answers = dict[str, httpx.Response]

LANES = ("1", "2")
SALES = 36
MORE_THAN_A_CHECKPOINT = 160
"""Sales that fill more than the 1,000 pages after which SQLite makes a checkpoint."""

TOTAL = {
    "no sync works": ["fdatasync,fsync:error=EIO"],
    "no write works": ["pwrite64,write:error=EIO"],
    "no room": ["pwrite64,write,ftruncate:error=ENOSPC"],
    "read-only": ["pwrite64,write,ftruncate,fdatasync,fsync:error=EROFS"],
}
"""Faults with which nothing can be written. A disk that a kernel made read-only under open files
answers them EROFS; ``mount`` refuses to do that to a disk in use, so it is injected."""

NOW_AND_THEN = {
    "some syncs fail": ["fdatasync:error=EIO:when=3+4"],
    "some writes fail": ["pwrite64:error=EIO:when=30+97"],
    "room comes and goes": ["pwrite64:error=ENOSPC:when=25+83"],
}
"""Faults that a sale may meet or not. Sales come one by one here: two that were committed together
are tried again alone, which would hide the fault."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreKit]:
    """A running store of two lanes, left healthy by each test; its ledger has its own directory."""
    require_strace()
    kit = StoreKit(name="s001", directory=tmp_path_factory.mktemp("store"), lane_names=LANES)
    ledger = kit.directory / "ledger" / "ledger.db"
    ledger.parent.mkdir()
    toml = kit.config.read_text("utf-8").replace(str(kit.ledger_path), str(ledger))
    kit.config.write_text(toml, "utf-8")
    kit.ledger_path = ledger
    try:
        kit.start()
        yield kit
    finally:
        kit.stop()


@pytest.fixture
def small_disk(
    private_mounts: None,  # noqa: ARG001 - it skips
    tmp_path: Path,
) -> Iterator[tuple[StoreKit, SmallDisk]]:
    """A running store of two lanes, with its ledger on a small disk of its own."""
    kit = StoreKit(name="s001", directory=tmp_path / "store", lane_names=LANES)
    disk = SmallDisk(kit)
    kit.ledger_path = disk.ledger_path
    try:
        kit.start()
        yield kit, disk
    finally:
        kit.stop()
        disk.close()


def files_of(store: StoreKit) -> list[Path]:
    """The ledger's files, but for the lock and for memory that SQLite shares as a file."""
    files = store.ledger_path.parent.iterdir()
    return [file for file in files if not file.name.endswith(("-shm", ".lock"))]


def refused(answers: Answers) -> Answers:
    """Those of the answers that are a refusal for now; every other one has to be a yes."""
    no = {sale_id: answer for sale_id, answer in answers.items() if answer.status_code != 201}
    for answer in no.values():
        assert (answer.status_code, answer.json()["code"]) == (503, "ledger_unavailable")
        assert answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["Retry-After"]) >= 1
    return no


def parted(sales: Sales) -> tuple[Sales, Sales, Sales]:
    """The sales in three parts: before a fault, while it lasts, and after it."""
    parts = [dict(itertools.islice(sales.items(), n, None, 3)) for n in range(3)]
    return parts[0], parts[1], parts[2]


def heals(store: StoreKit) -> None:
    """The agent takes sales again, without a restart, and says that it is well."""
    ((sale_id, sale),) = real_sales(1, of=f"{uuid.uuid4().hex[:8]}-").items()
    pos = store.lanes["1"].pos
    wait_until(lambda: pos.sell(sale_id, sale).is_success, "a sale to be taken")
    wait_until(lambda: store.health()["status"] == "ok", "the agent to say that it is well")


def every_answer_stands(store: StoreKit, sales: Sales, answers: Answers) -> None:
    """What was answered outlives a SIGKILL and is answered as it was; what was refused is taken."""
    store.agent.kill()
    taken = answers.keys() - refused(answers).keys()
    with tempfile.TemporaryDirectory() as copy:
        left = Path(shutil.copytree(store.ledger_path.parent, copy, dirs_exist_ok=True))
        times = Counter(sale_id for _, sale_id in entries_of(left / store.ledger_path.name))
        replay(left / store.ledger_path.name)
    assert {times[sale_id] for sale_id in taken} <= {1}
    assert {times[sale_id] for sale_id in sales} <= {0, 1}
    store.agent.start()
    again = sell(store, sales)
    assert {again[sale_id].status_code for sale_id in taken} <= {200}
    assert {sale_id: again[sale_id].content for sale_id in taken} == {
        sale_id: answers[sale_id].content for sale_id in taken
    }
    assert {answer.status_code for answer in again.values()} <= {200, 201}


def holds(ledger: Path, sales: Sales) -> None:
    """Chain and projections of a ledger hold, which they do not with a sale in it twice."""
    assert replay(ledger).entries >= len(sales)


@pytest.mark.parametrize("fault", TOTAL)
def test_a_disk_that_takes_nothing(store: StoreKit, fault: str) -> None:
    """Every sale is refused and health says why; later sales go on, and nothing is lost."""
    before, during, after = parted(real_sales(SALES, of=f"{fault}-".replace(" ", "-")))
    answers = sell(store, before)
    with failing(store.agent.pid, files_of(store), TOTAL[fault]):
        answers |= sell(store, during)
        health = store.health()
    assert refused(answers).keys() == during.keys()
    assert health["status"] == "degraded"
    assert any("the ledger cannot write" in reason for reason in health["reasons"])
    heals(store)
    answers |= sell(store, after)
    every_answer_stands(store, before | during | after, answers)
    holds(store.ledger_path, before | during | after)


@pytest.mark.parametrize("fault", NOW_AND_THEN)
def test_a_disk_that_fails_now_and_then(store: StoreKit, fault: str) -> None:
    """Some sales are refused and some are answered; the answered ones survive a SIGKILL at once."""
    sales = real_sales(SALES, of=f"{fault}-".replace(" ", "-"))
    with failing(store.agent.pid, files_of(store), NOW_AND_THEN[fault]):
        answers = sell(store, sales, lanes=LANES[:1])
        store.agent.kill()
    assert 0 < len(refused(answers)) < len(sales)
    every_answer_stands(store, sales, answers)
    holds(store.ledger_path, sales)


def test_a_checkpoint_that_fails(store: StoreKit) -> None:
    """Where only the database file fails, sales go on, and a SIGKILL takes none of them."""
    sales = real_sales(MORE_THAN_A_CHECKPOINT, of="checkpoint-")
    with failing(store.agent.pid, [store.ledger_path], TOTAL["no write works"]):
        answers = sell(store, sales)
        store.agent.kill()
    every_answer_stands(store, sales, answers)
    holds(store.ledger_path, sales)


def test_a_full_disk_and_a_kill(small_disk: tuple[StoreKit, SmallDisk], tmp_path: Path) -> None:
    """An agent that is killed on a full disk starts on it, and has lost nothing."""
    store, disk = small_disk
    before, during, after = parted(real_sales(SALES))
    answers = sell(store, before)
    disk.fill()
    answers |= sell(store, during)
    assert refused(answers)
    store.agent.kill()
    store.agent.start()
    assert {answer.status_code for answer in sell(store, before).values()} == {200}
    assert any(answer.status_code == 503 for answer in sell(store, during).values())
    assert store.health()["status"] == "degraded"
    disk.make_room()
    heals(store)
    answers |= sell(store, after)
    store.ledger_path = disk.seen / "ledger.db"
    every_answer_stands(store, before | during | after, answers)
    store.agent.stop()
    copy = shutil.copytree(disk.seen, tmp_path / "copy")
    holds(copy / "ledger.db", before | during | after)


def test_a_disk_mounted_read_only(small_disk: tuple[StoreKit, SmallDisk]) -> None:
    """On a disk that was mounted read-only no agent starts; once it may, every answer stands."""
    store, disk = small_disk
    sales = real_sales(6)
    answers = sell(store, sales)
    store.agent.stop()
    disk.remount("ro")
    with pytest.raises(RuntimeError, match="Read-only file system"):
        store.agent.start()
    disk.remount("rw")
    store.agent.start()
    again = sell(store, sales)
    assert {name: answer.content for name, answer in again.items()} == {
        name: answer.content for name, answer in answers.items()
    }
