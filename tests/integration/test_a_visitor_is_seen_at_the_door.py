"""From a tag at the door to the points of its visit: a real agent, a reader's real bytes."""

import os
import select
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.core.gs1 import with_check_digit
from agent.core.tokens import Token
from agent.ledger import replay
from agent.tools.site import StoreKit
from agent.tools.waiting import wait_until
from drivers.virtual.tags import gsrn_epc
from drivers.virtual.uhf18 import VirtualUhf18

ANA, STRANGER = (with_check_digit(f"0614141{number:010d}") for number in (77, 99))
BEN = Token("em4100", "67003B51C6")
PROGRAM = Path(__file__).parents[1] / "data" / "programs" / "door.toml"


@contextmanager
def _plugged_in(reader: VirtualUhf18) -> Iterator[str]:
    """Have a virtual reader answer at the end of a pseudo-terminal; answers its port."""
    master, slave = os.openpty()
    tty.setraw(slave)
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            if select.select([master], [], [], 0.05)[0]:
                os.write(master, reader.feed(os.read(master, 4_096)))

    thread = threading.Thread(target=serve, name="uhf18")
    thread.start()
    try:
        yield os.ttyname(slave)
    finally:
        over.set()
        thread.join()
        os.close(master)
        os.close(slave)


@pytest.fixture
def door() -> VirtualUhf18:
    """The reader at the door."""
    return VirtualUhf18()


@pytest.fixture
def kit(tmp_path: Path, door: VirtualUhf18) -> Iterator[StoreKit]:
    """A store with one lane and, at its door, a reader that belongs to none."""
    kit = StoreKit(name="s001", directory=tmp_path)
    lines = kit.config.read_text("utf-8").splitlines()
    lines = [f'path = "{PROGRAM}"' if "simple.toml" in line else line for line in lines]
    with _plugged_in(door) as port:
        lines += ["[[reader]]", 'name = "entrance"', 'driver = "uhf18"', f'port = "{port}"']
        lines += ['zone = "door"', "arrive_sightings = 1"]
        kit.config.write_text("\n".join(lines), "utf-8")
        try:
            kit.start()
            yield kit
        finally:
            kit.stop()


def _sale(token: str) -> dict[str, Any]:
    line = {"sku": "1", "category": "grocery", "quantity": "1", "unit_price_minor": 500}
    return {
        "lane": "1",
        "cashier": "ana",
        "business_date": "2026-11-21",
        "occurred_at": "2026-11-21T14:05:09+01:00",
        "currency": "USD",
        "token": token,
        "lines": [line | {"amount_minor": 500}],
        "tenders": [{"kind": "cash", "amount_minor": 500}],
        "total_minor": 500,
    }


def _why(answer: dict[str, Any]) -> dict[str, int]:
    return {each["rule"]: each["points"] for each in answer["because"]}


def test_from_the_door_to_the_receipt(kit: StoreKit, door: VirtualUhf18) -> None:
    """Who carries a tag past the door has the visit's points with the sale, by quote, sale and
    retry alike; who did not has none; a void takes them back; the ledger replays.

    The reader shows no card at a lane, and its numbers are in no log.
    """
    pos = kit.lanes["1"].pos
    for token in (f"gsrn:{ANA}", str(BEN)):
        assert pos.enrol(token).status_code == 201
    assert pos.sell("s-0", _sale(str(BEN))).json()["points"] == 5  # the POS has said the day

    for number in (STRANGER, ANA):
        door.lay(gsrn_epc(Token("gsrn", number)))
    of_ana = _sale(f"gsrn:{ANA}")
    wait_until(lambda: pos.quote(of_ana).json()["points"] == 15, "the visit")
    assert pos.quote(_sale(str(BEN))).json()["points"] == 5
    first = pos.sell("s-1", of_ana).json()
    assert _why(first) == {"base": 5, "came-in": 10}
    assert pos.sell("s-1", of_ana).json() == first
    assert _why(pos.sell("s-2", _sale(str(BEN))).json()) == {"base": 5}
    assert pos.void("s-1").json()["balance"] == 0
    assert kit.lanes["1"].tap(BEN)["status"] == "active"

    entrance = next(each for each in kit.health()["readers"] if each["name"] == "entrance")
    assert (entrance["driver"], entrance["lane"], entrance["present"]) == ("uhf18", None, True)
    assert kit.agent.stop() == 0
    lines = kit.agent.log_lines()
    assert [line["zone"] for line in lines if line["event"] == "visit"] == ["door"]
    taps = [line for line in lines if line["event"] == "card_presented"]
    assert {line["reader"] for line in taps} == {"reader-1"}
    log = (kit.directory / "agent.log").read_text("utf-8")
    assert ANA not in log
    assert STRANGER not in log
    replay(kit.ledger_path)
