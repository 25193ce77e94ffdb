"""A promotion that head office pushes is given at the till like one of the program's own."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.program import Program, Promotion
from agent.ledger import Ledger
from agent.paths import shipped_program
from agent.till import Back, Enrolment, Terms, Till

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
CARD = "em4100:0000000001"


@pytest.fixture
def till(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Till]:
    """A till with a member, under terms without any promotion."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        till = Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)
        asyncio.run(till.members.enrol(Enrolment(token=CARD)))
        yield till


def push(till: Till, occurred_at: datetime) -> None:
    """Have head office push five points a sale for the hour from then on, once for each member."""
    rain = {"id": "rain", "text": "Rain", "bonus": 5, "caps": {"times_in_all": 1}}
    times = {"starts_at": occurred_at, "ends_at": occurred_at + timedelta(hours=1)}
    promotion = Promotion.model_validate(rain | times)
    till.adopt(Terms(program=PROGRAM, pushed=(promotion,)))


def sell(till: Till, sale_id: str, body: dict[str, Any]) -> Any:
    """Commit a sale; answers what the till says."""
    return asyncio.run(till.commit(sale_id, Sale.model_validate(body))).answer


def test_it_is_given_within_its_time_and_caps(till: Till, sale_body: SaleBody) -> None:
    """And said among the reasons; what comes back takes it along."""
    body = sale_body(1_000, token=CARD)
    at = datetime.fromisoformat(body["occurred_at"]).astimezone(UTC)
    push(till, at)
    first = sell(till, "s-1", body)
    assert (first.points, [each.rule for each in first.because][-1]) == (15, "rain")
    assert sell(till, "s-2", body).points == 10
    answer, _ = asyncio.run(till.take_back("s-1", "b-1", Back(amount_minor=1_000)))
    assert answer.points_taken == 15
    push(till, at + timedelta(hours=2))
    assert sell(till, "s-3", body).points == 10
