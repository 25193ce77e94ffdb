"""A whole disk that was set back under an agent is noticed by the tills, over HTTP."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from zygote import ForkedDaemons

from agent.ledger import replay
from agent.ledger.backup import make_backup
from agent.ledger.places import Places
from agent.tools.compare import Comparison
from agent.tools.site import StoreKit
from agent.tools.waiting import wait_until

POSITION = "Tapledger-Position"
CARD = "em4100:0C000621A5"

Sell = Callable[..., httpx.Response]


def ledger_files(store: StoreKit) -> list[Path]:
    """Everything that a store's ledger keeps: witness, backups and segments too."""
    return sorted(store.directory.glob(f"{store.ledger_path.name}*"))


def copy_disk(store: StoreKit, copy: Path) -> None:
    """Keep all that is on an idle agent's disk, as a snapshot of a virtual disk does."""
    copy.mkdir()
    for file in ledger_files(store):
        (shutil.copytree if file.is_dir() else shutil.copy2)(file, copy / file.name)


def set_back(store: StoreKit, copy: Path) -> None:
    """Put the whole of it back."""
    for file in ledger_files(store):
        shutil.rmtree(file) if file.is_dir() else file.unlink()
    for file in copy.iterdir():
        file.rename(store.directory / file.name)


def confirm(forked: ForkedDaemons, store: StoreKit) -> str:
    """Run ``tapledger ledger confirm`` beside the agent."""
    ended = forked.run("ledger", "confirm", "--db", str(store.ledger_path))
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture
def sell(make_sale: Callable[..., dict[str, Any]], new_sale_id: Callable[[], str]) -> Sell:
    """Commit a sale of the member, with headers or without."""

    def sell(till: httpx.Client, **headers: str) -> httpx.Response:
        body = make_sale(amount_minor=20_000, token=CARD)
        answer = till.put(f"/v1/sales/{new_sale_id()}", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer

    return sell


def redeem(till: httpx.Client, redemption_id: str, **headers: str) -> httpx.Response:
    """Ask for a coffee."""
    wish = {"token": CARD, "reward": "coffee", "lane": "1"}
    return till.put(f"/v1/redemptions/{redemption_id}", json=wish, headers=headers)


@pytest.fixture
def till(closed_store: StoreKit, open_till: Callable[[StoreKit], httpx.Client]) -> httpx.Client:
    """A till of a store whose disk is going to be set back."""
    return open_till(closed_store)


@pytest.fixture
def last(closed_store: StoreKit, till: httpx.Client, tmp_path: Path, sell: Sell) -> str:
    """The last position that a till was told, by an agent whose whole disk was set back since."""
    closed_store.start()
    assert till.post("/v1/accounts", json={"token": CARD}).status_code == 201
    sell(till)
    make_backup(Places(closed_store.ledger_path), "full")
    copy_disk(closed_store, tmp_path / "copy")
    assert redeem(till, "spent-before").status_code == 201
    last = sell(till).headers[POSITION]
    closed_store.agent.stop()
    set_back(closed_store, tmp_path / "copy")
    closed_store.agent.start()
    assert closed_store.health()["status"] == "ok"
    return last


def test_a_disk_set_back_redeems_nothing(
    closed_store: StoreKit, forked: ForkedDaemons, till: httpx.Client, last: str, sell: Sell
) -> None:
    """The very call that brings the position is refused its points; sales go on, /healthz says why,
    a word lifts it, and the same till, whatever it knows by then, does not bring it back.
    """
    refused = redeem(till, "r-1", **{POSITION: last})
    assert (refused.status_code, refused.json()["code"]) == (409, "frozen")
    assert redeem(till, "r-2").json()["code"] == "frozen"
    known = ":".join(last.split(":")[:2])
    why = f"a till knows entry {known}, which this ledger does not have"
    assert closed_store.health()["reasons"] == [f"points cannot be redeemed: {why}"]
    newer = sell(till, **{POSITION: last})
    assert newer.headers[POSITION].startswith("1:")
    assert confirm(forked, closed_store) == "confirmed: points can be redeemed again\n"
    wait_until(lambda: closed_store.health()["status"] == "ok", "the agent to take the word")
    for position in (last, newer.headers[POSITION], refused.headers[POSITION]):
        sell(till, **{POSITION: position})
    assert redeem(till, "r-3", **{POSITION: last}).status_code == 201
    assert closed_store.health()["status"] == "ok"
    assert closed_store.agent.stop() == 0
    assert replay(closed_store.ledger_path).head.epoch == 2


def test_two_lanes_notice_it_at_once(
    closed_store: StoreKit, till: httpx.Client, last: str, sell: Sell
) -> None:
    """Tills that bring their positions together freeze it once, and none is refused a sale."""
    epoch, seq, digest = last.split(":")
    short = f"{epoch}:{seq}:{digest[:8]}"
    with ThreadPoolExecutor(8) as lanes:
        answers = list(lanes.map(lambda said: sell(till, **{POSITION: said}), [last, short] * 8))
    assert {answer.json()["journal"]["epoch"] for answer in answers} == {1}
    assert closed_store.health()["frozen"] is not None


def test_without_a_token_nobody_freezes(
    closed_store: StoreKit,
    last: str,
    connect: Callable[..., httpx.Client],
    open_till: Callable[[StoreKit], httpx.Client],
) -> None:
    """A position is heard after the token alone, and told to nobody without one."""
    stranger = connect(closed_store)
    for headers in ({}, {"Authorization": "Bearer no-till-has-this"}):
        refused = redeem(stranger, "r-1", **headers, **{POSITION: last})
        assert (refused.status_code, refused.json()["code"]) == (401, "bad_token")
        assert POSITION not in refused.headers
    assert closed_store.health()["frozen"] is None
    assert redeem(open_till(closed_store), "r-2").status_code == 201


@pytest.fixture
def till_of_store(store: StoreKit, open_till: Callable[[StoreKit], httpx.Client]) -> httpx.Client:
    """A till of the store that the tests share."""
    return open_till(store)


@pytest.mark.parametrize(
    "said", ["", "0:1", "0:99999:xyz", "0:99999:1234567", "x" * 5_000, "0:9:é"]
)
def test_garbage_is_malformed_and_freezes_nothing(
    store: StoreKit, till_of_store: httpx.Client, said: str
) -> None:
    """A header that is no position is 422 with the way to write it, and nothing else happens."""
    header = {POSITION.encode(): said.encode("latin-1")}
    answer = till_of_store.post("/v1/identify", json={"token": CARD}, headers=header)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert "epoch:seq:hash" in answer.json()["detail"]
    assert store.health()["frozen"] is None


def test_a_tampered_position_shuts_no_till_out(
    store: StoreKit, till_of_store: httpx.Client, sell: Sell
) -> None:
    """An epoch far beyond the ledger's is 422 for who sends it; what every answer tells, also that
    one, goes on being taken.
    """
    tampered = {POSITION: "999999999:1:aaaaaaaa"}
    answer = till_of_store.post("/v1/identify", json={"token": CARD}, headers=tampered)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert store.health()["frozen"] is None
    sell(till_of_store, **{POSITION: answer.headers[POSITION]})


def test_every_answer_to_a_till_tells_the_newest_position(
    till_of_store: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
) -> None:
    """Success or refusal: the header is the journal's newest place, and each may be sent back."""
    sale_id, body = new_sale_id(), make_sale()
    first = till_of_store.put(f"/v1/sales/{sale_id}", json=body)
    place = first.json()["journal"]
    told = f"{place['epoch']}:{place['seq']}:{place['hash']}"
    assert first.headers[POSITION] == told
    till_of_store.headers[POSITION] = told
    answers = [
        till_of_store.put(f"/v1/sales/{sale_id}", json=body),
        till_of_store.put(f"/v1/sales/{sale_id}", json=make_sale(amount_minor=7)),
        till_of_store.post("/v1/quotes", json=body),
        till_of_store.post("/v1/identify", json={"token": "em4100:0123456789"}),
        till_of_store.delete("/v1/sales/never-sold"),
        till_of_store.post("/v1/identify", content=b"no json"),
        till_of_store.post("/v1/identify", content=b"x" * 2_000_000),
        till_of_store.get("/v1/nowhere"),
        till_of_store.put("/v1/quotes"),
    ]
    assert [answer.status_code for answer in answers] == [
        200, 409, 200, 404, 404, 422, 413, 404, 405
    ]  # fmt: skip
    assert {answer.headers[POSITION] for answer in answers} == {told}
    assert answers[2].json()["as_of"] == place
    assert POSITION not in till_of_store.get("/healthz").headers


def test_head_office_takes_the_new_epoch(
    online_store: StoreKit,
    open_till: Callable[[StoreKit], httpx.Client],
    tmp_path: Path,
    sell: Sell,
    both_sides: Callable[[], Comparison],
) -> None:
    """Where a till notices first that a disk was set back, nothing is redeemed until head office is
    reached; it begins a new life then, and nobody has to confirm anything. What the old epoch has
    left is at head office, and what was lost here is known there.
    """
    till = open_till(online_store)
    assert till.post("/v1/accounts", json={"token": CARD}).status_code == 201
    online_store.wait_acknowledged()
    copy_disk(online_store, tmp_path / "copy")
    last = sell(till).headers[POSITION]
    online_store.wait_acknowledged()
    online_store.agent.stop()
    set_back(online_store, tmp_path / "copy")
    assert online_store.line is not None
    online_store.line.cut()
    online_store.agent.start()
    sell(till, **{POSITION: last})
    assert redeem(till, "r-1", **{POSITION: last}).json()["code"] == "frozen"
    assert online_store.health()["status"] == "degraded"
    online_store.line.heal()
    wait_until(lambda: online_store.health()["opened"], "a new epoch")
    assert online_store.health()["status"] == "ok"
    sell(till)
    (missing,) = both_sides().differences
    assert "entries here" in missing
