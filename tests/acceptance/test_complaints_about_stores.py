"""What users of other programs complain about, where a store is large, or cut off: not here.

Each test is named after a complaint; its docstring is the promise.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from two_tills import TwoTills, hold, new_id, void
from welcomed import welcome

from agent.clock import device_clock, mint_id
from agent.core.facts import Enrol
from agent.core.program import Program
from agent.core.tokens import Token
from agent.ledger import Ledger, Transaction, View
from agent.ledger.connection import open_reader
from agent.ledger.queries import SQL
from agent.paths import shipped_program
from agent.till import Terms
from agent.till.members import account_view
from agent.tools.processes import free_port
from agent.tools.site import StoreKit

_PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
_FEW, _MANY = 40, 40_000
_AT_ONCE = 1_000


@pytest.fixture
def cut_off_store(tmp_path: Path) -> Iterator[StoreKit]:
    """A store that head office welcomed once, and that is cut off from it since."""
    kit = StoreKit(name="s001", directory=tmp_path / "store", broker_port=free_port())
    ledger = Ledger(kit.ledger_path, clock=device_clock, mint_id=mint_id)
    ledger.start()
    welcome(ledger)
    ledger.stop()
    try:
        kit.start()
        yield kit
    finally:
        kit.stop()


def test_complaint_04_loyalty_goes_on_without_head_office(
    cut_off_store: StoreKit,
    open_till: Callable[[StoreKit], httpx.Client],
    make_sale: Callable[..., dict[str, Any]],
    new_card: Callable[[], Token],
) -> None:
    """A store that is cut off enrols, earns, redeems and takes back as always, and says so."""
    till, token = open_till(cut_off_store), str(new_card())
    health = cut_off_store.health()
    assert (health["alone"], health["online"], health["status"]) == (False, False, "ok")
    assert till.post("/v1/accounts", json={"token": token}).status_code == 201
    earning = make_sale(amount_minor=60_000, token=token)
    assert till.put("/v1/sales/first", json=earning).json()["balance"] == 600
    told = till.post("/v1/identify", json={"token": token}).json()
    assert (told["balance"], told["redeemable_now"]) == (600, 600)
    wish = {"token": token, "points": 500}
    held = till.put("/v1/redemptions/r1", json=wish)
    assert (held.status_code, held.json()["authority"]) == (201, "lease")
    tenders = [{"kind": "points", "amount_minor": 500}, {"kind": "cash", "amount_minor": 1_000}]
    paid = {"amount_minor": 1_500, "tenders": tenders, "redemptions": ["r1"]}
    sale = till.put("/v1/sales/second", json=make_sale(token=token, **paid))
    assert (sale.status_code, sale.json()["points"]) == (201, 10)
    back = till.put("/v1/sales/second/returns/r1", json={"amount_minor": 1_500}).json()
    assert (back["points_taken"], back["points_given_back"], back["balance"]) == (10, 500, 600)
    health = cut_off_store.health()
    assert (health["online"], health["status"], health["unacknowledged"] > 0) == (False, "ok", True)


def _ledger_of(path: Path, cards: int) -> list[Token]:
    """Build a ledger with so many members; answers their cards."""
    tokens = [Token("em4100", f"{number:010X}") for number in range(1, cards + 1)]
    path.parent.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(path, clock=device_clock, mint_id=mint_id)

    def enrol(some: list[Token]) -> Callable[[Transaction], None]:
        def enrol(transaction: Transaction) -> None:
            for token in some:
                transaction.append(Enrol(account=mint_id(), token=str(token)))

        return enrol

    async def build() -> None:
        for first in range(0, cards, _AT_ONCE):
            await ledger.write(enrol(tokens[first : first + _AT_ONCE]))

    ledger.start()
    try:
        asyncio.run(build())
    finally:
        ledger.stop()
    return tokens


def _steps_of_identify(path: Path, tokens: list[Token]) -> set[int]:
    """Count the steps SQLite's machine takes to identify each of these cards."""
    counted = set()
    with closing(open_reader(path)) as connection:
        account_view(View(connection), Terms(program=_PROGRAM), tokens[0])  # reads the schema too
        for token in tokens:
            steps = [0]

            def count(steps: list[int] = steps) -> None:
                steps[0] += 1

            connection.set_progress_handler(count, 1)
            account_view(View(connection), Terms(program=_PROGRAM), token)
            connection.set_progress_handler(None, 1)
            counted.add(steps[0])
    return counted


def _plan_of(path: Path, statement: str, *parameters: str) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return [detail for *_, detail in rows]


def test_complaint_10_forty_thousand_cards_are_no_slower_than_forty(
    closed_store: StoreKit, open_till: Callable[[StoreKit], httpx.Client], tmp_path: Path
) -> None:
    """A card among 40,000 is found in as many steps as among 40, with no look at any other card."""
    few = _ledger_of(tmp_path / "few" / "ledger.db", _FEW)
    many = _ledger_of(closed_store.ledger_path, _MANY)
    chosen = [many[0], many[_MANY // 2], many[-1]]
    steps = _steps_of_identify(tmp_path / "few" / "ledger.db", [few[0], few[-1]])
    assert steps == _steps_of_identify(closed_store.ledger_path, chosen)
    assert len(steps) == 1
    for query in ("whose_card", "account", "told_of"):
        plan = _plan_of(closed_store.ledger_path, SQL[query], str(many[-1]))
        assert any(step.startswith("SEARCH") for step in plan), plan
        assert not any(step.startswith("SCAN") for step in plan), plan
    closed_store.start()
    till = open_till(closed_store)
    found = {
        till.post("/v1/identify", json={"token": str(token)}).raise_for_status().json()["account"]
        for token in chosen
    }
    assert len(found) == len(chosen)
    nobody = till.post("/v1/identify", json={"token": "em4100:FFFFFFFFFF"})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "unknown_card")


def test_complaint_15_no_stale_balance_at_another_till(
    store: StoreKit, tills: TwoTills, new_card: Callable[[], Token]
) -> None:
    """What one lane did, the next lane shows at its next tap: sale, hold, return and void alike."""
    card = new_card()
    token = str(card)
    tills.ask(("POST", "/v1/accounts", {"token": token}))
    sale_id, redemption_id = new_id(), new_id()
    done = {
        700: tills.sale(sale_id, token, 70_000, lane="1"),
        200: hold(redemption_id, token, 500),
        203: tills.sale(new_id(), token, 300, lane="1"),
        703: ("DELETE", f"/v1/redemptions/{redemption_id}", None),
        503: ("PUT", f"/v1/sales/{sale_id}/returns/r1", {"amount_minor": 20_000}),
        3: void(sale_id),
    }
    for balance, ask in done.items():
        tills.ask(ask)
        assert store.lanes["2"].tap(card)["balance"] == balance
        assert tills.balance(token) == balance
