"""A member earns in so many sales an hour and no more, by the POS's clock and the device's; neither
of the two alone keeps anybody from their points.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from club import CARD, enrol, sell
from hypothesis import given
from hypothesis import strategies as st
from in_memory import directory_in_memory
from small_programs import program

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.instant import Moment
from agent.ledger import Ledger, replay
from agent.till import Terms, Till

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

OTHER = "em4100:67003B51C6"
TWO = Terms(program=program("[limits]\nsales_per_hour = 2\n"))
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Shop:
    """A till under the limit, with a member, and the hands of both clocks in minutes from noon."""

    def __init__(self, sale_body: SaleBody) -> None:
        self._sale_body = sale_body
        self._sales = 0
        self.device = 0

    def moment(self) -> Moment:
        """What the device's clocks say."""
        at = NOON + timedelta(minutes=self.device)
        return Moment(at=at, boot_id="boot-1", up_ms=0, synchronised=False)

    def open(self, ledger: Ledger) -> None:
        """Make the member."""
        self.till = Till(ledger, TWO, mint_id=mint_id)
        enrol(self.till)

    def body(self, pos: int, **changes: Any) -> dict[str, Any]:
        """A sale of 5 points, by the POS's clock."""
        at = (NOON + timedelta(minutes=pos)).isoformat()
        return self._sale_body(500, occurred_at=at, **changes)

    def sells(self, pos: int | None = None, token: str = CARD, **changes: Any) -> int:
        """Sell at a minute of the POS's clock, else both clocks agree; answers the points.

        A quote says the same before, and what is withheld is flagged.
        """
        self._sales += 1
        body = self.body(self.device if pos is None else pos, token=token, **changes)
        quoted = asyncio.run(self.till.quote(Sale.model_validate(body))).points
        answer = sell(self.till, f"s-{self._sales}", body, token)
        assert answer.points == quoted
        assert ("points_withheld" in answer.flags) == (answer.points == 0)
        return answer.points

    def sells_at(self, *minutes: int) -> list[int]:
        """Sell at these minutes of both clocks."""
        points = []
        for self.device in minutes:
            points.append(self.sells())
        return points


@pytest.fixture
def shop(tmp_path: Path, running_ledger: RunningLedger, sale_body: SaleBody) -> Iterator[Shop]:
    """The shop; whatever a test did, its ledger replays to the same rows."""
    shop = Shop(sale_body)
    with running_ledger(tmp_path / "ledger.db", clock=shop.moment) as ledger:
        shop.open(ledger)
        yield shop
    replay(tmp_path / "ledger.db")


def test_what_goes_beyond_is_withheld(shop: Shop) -> None:
    """The third sale of an hour earns nothing and is taken; once the first is an hour old, another
    earns. What earned nothing does not count.
    """
    assert shop.sells_at(0, 20, 40, 59, 60, 61, 80) == [5, 5, 0, 0, 5, 0, 5]


def test_each_member_has_an_hour_of_their_own(shop: Shop) -> None:
    """One who buys often takes nothing from the next customer."""
    enrol(shop.till, OTHER)
    shop.sells_at(0, 1, 2)
    assert shop.sells(token=OTHER) == 5


def test_a_retry_counts_once(shop: Shop) -> None:
    """Whatever the POS sends again."""
    for _ in range(3):
        assert sell(shop.till, "again", shop.body(0)).points == 5
    assert shop.sells() == 5
    assert shop.sells() == 0


def test_a_sale_called_off_counts_no_more(shop: Shop) -> None:
    """One that was rung wrong costs nobody the points of the right one."""
    assert shop.sells_at(0, 1, 2) == [5, 5, 0]
    asyncio.run(shop.till.void("s-2"))
    assert shop.sells() == 5


def test_a_claim_counts_as_its_sale(shop: Shop) -> None:
    """A card that is shown later earns and counts as it would have."""
    asyncio.run(shop.till.commit("late", Sale.model_validate(shop.body(0))))
    assert asyncio.run(shop.till.claim("late", CARD)).answer.points == 5
    assert shop.sells_at(1, 2) == [5, 0]
    asyncio.run(shop.till.commit("later", Sale.model_validate(shop.body(3))))
    claimed = asyncio.run(shop.till.claim("later", CARD)).answer
    assert (claimed.points, claimed.flags) == (0, ("points_withheld",))


def test_a_queue_that_comes_late_is_not_punished(shop: Shop) -> None:
    """A POS that was offline hands over a day of sales within a minute: each was when it was."""
    shop.device = 600
    assert [shop.sells(pos) for pos in (0, 70, 140, 150, 160, 230)] == [5, 5, 5, 5, 0, 5]


@pytest.mark.parametrize("stands_at", [0, -(60 * 24 * 365 * 30), 60 * 24 * 365 * 70])
def test_a_pos_whose_clock_stands_still_locks_nobody_out(shop: Shop, stands_at: int) -> None:
    """It says the same moment for ever; an hour later by the device's a member earns again."""
    earned = []
    for shop.device in (0, 1, 2, 61, 62, 63):
        earned.append(shop.sells(stands_at))
    assert earned == [5, 5, 0, 5, 5, 0]


def test_a_device_whose_clock_is_set_back_locks_nobody_out(shop: Shop) -> None:
    """Sales that it took on a day that has not come are none of the last hour."""
    assert shop.sells_at(60 * 24 * 365, 60 * 24 * 365 + 1, 0, 1, 2) == [5, 5, 5, 5, 0]


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1970-01-01T00:00:00Z"]
)
def test_no_moment_holds_a_sale_up(shop: Shop, moment: str) -> None:
    """Whatever year a POS believes in."""
    for index in range(3):
        body = shop.body(0) | {"occurred_at": moment}
        assert sell(shop.till, f"odd-{index}", body).points == (5, 5, 0)[index]


def test_the_table_is_as_large_as_an_hour(shop: Shop, tmp_path: Path) -> None:
    """What is older goes with the sales that follow, so nothing grows with the history."""
    shop.sells_at(*range(0, 60 * 40, 31))
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM recent_sales").fetchone()
    assert rows <= 2


def test_a_program_without_it_counts_nothing(
    tmp_path: Path, running_ledger: RunningLedger, sale_body: SaleBody
) -> None:
    """No row is written for it, and no sale withheld."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        till = Till(ledger, Terms(program=program()), mint_id=mint_id)
        enrol(till)
        assert [sell(till, f"s-{n}", sale_body(500)).points for n in range(5)] == [5] * 5
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as connection:
        assert connection.execute("SELECT count(*) FROM recent_sales").fetchone() == (0,)


@given(
    steps=st.lists(st.tuples(st.integers(-20, 90), st.integers(-20, 90)), min_size=1, max_size=10)
)
def test_it_is_as_a_list_of_sales_has_it(
    steps: list[tuple[int, int]], running_ledger: RunningLedger, sale_body: SaleBody
) -> None:
    """Whatever the two clocks do: a sale earns where fewer than two that earned are within an hour
    of it by both.
    """
    shop = Shop(sale_body)
    earned: list[tuple[int, int]] = []
    with directory_in_memory() as directory:
        with running_ledger(directory / "ledger.db", clock=shop.moment) as ledger:
            shop.open(ledger)
            for by_device, by_pos in steps:
                shop.device += by_device
                pos = shop.device + by_pos
                near = [
                    1
                    for device, other in earned
                    if abs(device - shop.device) < 60 and abs(other - pos) < 60
                ]
                points = shop.sells(pos)
                # Of a clock that was set back what is older may be forgotten.
                if shop.device >= max((device for device, _ in earned), default=-(10**6)):
                    assert points == (5 if len(near) < 2 else 0)
                if points:
                    earned.append((shop.device, pos))
        replay(directory / "ledger.db")
