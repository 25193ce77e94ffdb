"""In any order of enrolments, sales, retries and restarts the till does what a child would do
with a notebook: write each sale down once and add up the points."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from agent.clock import device_clock, mint_id
from agent.core.basket import Sale
from agent.core.program import Program
from agent.ledger import Ledger, replay
from agent.paths import shipped_program
from agent.till import CardInUse, SaleIdReused, Terms, Till, UnknownCard

SaleBody = Callable[..., dict[str, Any]]

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
ALL_CARDS = ("em4100:0C000621A5", "em4100:67003B51C6", "gsrn:061414112345678902")
CARDS = st.sampled_from(ALL_CARDS)
AMOUNTS = st.lists(st.integers(1, 5_000), max_size=4)


class Notebook(RuleBasedStateMachine):
    """A till on a real ledger, and beside it the notebook: who has how much, who was told what."""

    def __init__(self, sale_body: SaleBody) -> None:
        super().__init__()
        self._sale_body = sale_body
        self._directory = tempfile.TemporaryDirectory()
        self._loop = asyncio.Runner()
        self.accounts: dict[str, str] = {}
        self.points: dict[str, int] = {}
        self.sales: dict[str, tuple[dict[str, Any], str]] = {}
        self.entries = 0
        self._open()

    def _open(self) -> None:
        self.ledger = Ledger(
            Path(self._directory.name) / "ledger.db",
            clock=device_clock,
            mint_id=mint_id,
        )
        self.ledger.start()
        self.till = Till(self.ledger, Terms(program=PROGRAM), mint_id=mint_id)
        self.entries_at_start = self.entries

    def _commit(self, sale_id: str, body: dict[str, Any]) -> tuple[str, bool]:
        sale = Sale.model_validate(body)
        committed = self._loop.run(self.till.commit(sale_id, sale))
        return committed.answer.model_dump_json(), committed.replay

    @initialize(card=CARDS)
    def begin(self, card: str) -> None:
        """A notebook without a member would stay rather empty."""
        self.enrol(card)

    @rule(card=CARDS)
    def enrol(self, card: str) -> None:
        """A card is enrolled once."""
        if card in self.accounts:
            with pytest.raises(CardInUse):
                self._loop.run(self.till.enrol(card))
            return
        view = self._loop.run(self.till.enrol(card))
        assert view.account not in self.accounts.values()
        self.accounts[card] = view.account
        self.points[view.account] = 0
        self.entries += 1

    @rule(data=st.data(), amounts_minor=AMOUNTS)
    def sell(self, data: st.DataObject, amounts_minor: list[int]) -> None:
        """A sale earns a point a dollar for whoever has the card."""
        card = data.draw(st.sampled_from([*self.accounts, *self.accounts, *ALL_CARDS, None]))
        sale_id = f"s-{len(self.sales)}"
        body = self._sale_body(*amounts_minor, token=card)
        answer, replayed = self._commit(sale_id, body)
        assert not replayed
        if card in self.accounts:
            self.points[self.accounts[card]] += sum(amounts_minor) // 100
            assert f'"balance":{self.points[self.accounts[card]]},' in answer
        else:
            assert '"points":0,' in answer
        self.sales[sale_id] = (body, answer)
        self.entries += 1

    @precondition(lambda self: self.sales)
    @rule(data=st.data(), lane=st.sampled_from("123"))
    def retry(self, data: st.DataObject, lane: str) -> None:
        """Any earlier sale, sent again from any lane, is answered as it was."""
        sale_id = data.draw(st.sampled_from(sorted(self.sales)))
        body, answer = self.sales[sale_id]
        assert self._commit(sale_id, body | {"lane": lane}) == (answer, True)

    @precondition(lambda self: self.sales)
    @rule(data=st.data())
    def reuse(self, data: st.DataObject) -> None:
        """Another basket under a used id is refused."""
        sale_id = data.draw(st.sampled_from(sorted(self.sales)))
        body, _ = self.sales[sale_id]
        with pytest.raises(SaleIdReused):
            self._commit(sale_id, self._sale_body(body["total_minor"] + 1, token=body["token"]))

    @precondition(lambda self: self.entries >= self.entries_at_start + 2)
    @rule()
    def reopen(self) -> None:
        """The agent is stopped and started; not all the time, because it takes its time."""
        self.ledger.stop()
        self._open()

    @rule(card=CARDS)
    def identify(self, card: str) -> None:
        """A card's account shows what the notebook says."""
        if card not in self.accounts:
            with pytest.raises(UnknownCard):
                self._loop.run(self.till.identify(card))
            return
        view = self._loop.run(self.till.identify(card))
        assert view.account == self.accounts[card]
        assert view.balance == self.points[view.account]

    @invariant()
    def nothing_else_is_written(self) -> None:
        """The journal has one entry for each enrolment and each sale."""
        assert self.ledger.head.seq == self.entries

    def teardown(self) -> None:
        """At the end, a replay from zero says what the notebook says."""
        try:
            found = replay(self.ledger.path)
            assert found.entries == self.entries
            assert found.head == self.ledger.head
            assert found.balances == self.points
        finally:
            self.ledger.stop()
            self._loop.close()
            self._directory.cleanup()


def test_the_till_agrees_with_a_notebook(sale_body: SaleBody) -> None:
    """Balances, answers and the replayed journal are those of a notebook, whatever happens."""
    run_state_machine_as_test(
        lambda: Notebook(sale_body),  # type: ignore[arg-type]  # it takes any factory
        settings=settings(max_examples=50, stateful_step_count=10),
    )
