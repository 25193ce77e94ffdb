"""What holds points, or turns them into a voucher, says by which card: head office looks it up."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from stocked import everything

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.entry import Entry
from agent.core.facts import CreateReward, IssueVoucher
from agent.core.program import Program
from agent.ledger import Ledger
from agent.paths import shipped_program
from agent.till import Enrolment, MoreCard, Terms, Till, VoucherOrder, Wish

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
CARD, OTHER = "em4100:0C000621A5", "em4100:67003B51C6"
PHONE = "phone:(202) 555-0143"
TENDERS = [{"kind": "points", "amount_minor": 500}, {"kind": "cash", "amount_minor": 500}]


@pytest.fixture
def ledger(
    tmp_path: Path, running_ledger: Callable[..., AbstractContextManager[Ledger]]
) -> Iterator[Ledger]:
    """A running ledger."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        yield ledger


@pytest.fixture
def till(ledger: Ledger, sale_body: Callable[..., dict[str, Any]]) -> Till:
    """A till with a member who has two cards, a telephone and 2,000 points."""
    till = Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)
    ana = asyncio.run(till.members.enrol(Enrolment(token=CARD, phone="202 555 0143")))
    asyncio.run(till.members.add_card(ana.account, MoreCard(token=OTHER)))
    asyncio.run(till.commit("s-0", Sale.model_validate(sale_body(200_000, token=CARD))))
    return till


def named(ledger: Ledger) -> list[tuple[str, str | None]]:
    """Each redemption and voucher that took points, with the card that its entry names."""
    facts = [Entry.parse(canonical).fact for _, canonical in everything(ledger.path)]
    held = [(each.redemption_id, each.token) for each in facts if isinstance(each, CreateReward)]
    bought = [
        (each.voucher_id or "", each.token) for each in facts if isinstance(each, IssueVoucher)
    ]
    return held + bought


def test_a_hold_names_the_card(till: Till, ledger: Ledger) -> None:
    """Each hold says which of the member's cards it was, in its one form however it was written;
    by telephone it says none.
    """
    for redemption_id, shown in (
        ("first", CARD), ("second", OTHER), ("as read", OTHER.lower()), ("called", PHONE)
    ):  # fmt: skip
        asyncio.run(till.hold(redemption_id.replace(" ", "-"), Wish(token=shown, points=500)))
    assert named(ledger) == [
        ("first", CARD), ("second", OTHER), ("as-read", OTHER), ("called", None)
    ]  # fmt: skip


def test_a_hold_made_afresh_names_none(
    till: Till, ledger: Ledger, sale_body: Callable[..., dict[str, Any]]
) -> None:
    """A sale that comes late holds again what was given back: nobody shows a card for that now, and
    it may have been replaced meanwhile.
    """
    asyncio.run(till.hold("r", Wish(token=CARD, points=500)))
    asyncio.run(till.release("r"))
    paid = sale_body(1_000, token=CARD, redemptions=("r",)) | {"tenders": TENDERS}
    assert asyncio.run(till.commit("s", Sale.model_validate(paid))).captured == ("r",)
    assert named(ledger) == [("r", CARD), ("r", None)]


def test_a_voucher_names_the_card_that_bought_it(till: Till, ledger: Ledger) -> None:
    """Points become a voucher by a card that its entry names, or by telephone by none."""
    for voucher_id, shown in (("v-1", OTHER), ("v-2", PHONE)):
        asyncio.run(till.vouchers.issue(voucher_id, VoucherOrder(token=shown, points=500)))
    assert named(ledger) == [("v-1", OTHER), ("v-2", None)]
