"""A member has as many cards as they like on one balance, and a lost one spends nothing."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.facts import AddCard, CardState
from agent.core.program import Program
from agent.ledger import Ledger, replay
from agent.paths import shipped_program
from agent.till import (
    AccountView,
    Block,
    CardBlocked,
    CardInUse,
    Enrolment,
    MalformedToken,
    MoreCard,
    Replacement,
    Terms,
    Till,
    UnknownAccount,
    UnknownCard,
    Wish,
)

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
FIRST, SECOND, THIRD, OTHERS = (f"em4100:000000000{number}" for number in range(1, 5))


@pytest.fixture
def ledger(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Ledger]:
    """A running ledger."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        yield ledger


@pytest.fixture
def till(ledger: Ledger, sale_body: SaleBody) -> Till:
    """A till with a member of 600 points, and another member."""
    till = Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)
    asyncio.run(till.members.enrol(Enrolment(token=FIRST)))
    asyncio.run(till.members.enrol(Enrolment(token=OTHERS)))
    sell(till, "s-0", sale_body(60_000, token=FIRST))
    return till


def sell(till: Till, sale_id: str, body: dict[str, Any]) -> int:
    """Commit a sale; answers its points."""
    return asyncio.run(till.commit(sale_id, Sale.model_validate(body))).answer.points


def identify(till: Till, token: str) -> AccountView:
    """Ask whose card this is."""
    return asyncio.run(till.identify(token))


def add(
    till: Till, token: str, *, lost: bool = False, account: str = ""
) -> tuple[AccountView, bool]:
    """Give the first card's member one more."""
    account = account or identify(till, FIRST).account
    more = MoreCard(token=token, lost=lost, lane="1", cashier="ana")
    return asyncio.run(till.members.add_card(account, more))


def put_in_place(till: Till, token: str, by: str) -> tuple[AccountView, bool]:
    """Replace a card."""
    replacement = Replacement(by=by, lane="1", cashier="ana", reason="worn out")
    return asyncio.run(till.members.replace_card(token, replacement))


def block(till: Till, token: str, state: str = "blocked") -> tuple[AccountView, bool]:
    """Block a card."""
    wanted = Block.model_validate({"state": state, "lane": "1", "cashier": "ana"})
    return asyncio.run(till.members.block_card(token, wanted))


def newest(ledger: Ledger) -> object:
    """Read the newest fact."""
    entry = asyncio.run(ledger.read(lambda view: view.newest()))
    assert entry is not None
    return entry.fact


def test_one_more_card_has_the_same_balance(
    till: Till, ledger: Ledger, sale_body: SaleBody
) -> None:
    """What either card earns both may spend; the entry says who gave it out."""
    view, replay = add(till, SECOND.lower())
    assert (view.balance, view.status, replay) == (600, "active", False)
    fact = newest(ledger)
    assert isinstance(fact, AddCard)
    assert (fact.token, fact.lane, fact.cashier) == (SECOND, "1", "ana")
    sell(till, "s-1", sale_body(1000, token=SECOND))
    assert identify(till, FIRST).balance == identify(till, SECOND).balance == 610


def test_what_is_asked_again_is_done_once(till: Till, ledger: Ledger) -> None:
    """A card that was added, replaced or blocked is answered the same, and nothing is written."""
    asked: list[Callable[[], tuple[AccountView, bool]]] = [
        lambda: add(till, SECOND),
        lambda: put_in_place(till, SECOND, THIRD),
        lambda: block(till, THIRD, "lost"),
    ]
    for ask in asked:
        first, _ = ask()
        head = ledger.head
        again, replay = ask()
        assert (again, replay) == (first, True)
        assert ledger.head == head


def test_a_lost_card_is_replaced_in_one_step(till: Till, sale_body: SaleBody) -> None:
    """A new card that is added for lost ones ends them all; they collect and spend nothing."""
    add(till, SECOND)
    account = identify(till, FIRST).account
    view, _ = add(till, THIRD, lost=True)
    assert (view.status, view.redeemable_now) == ("active", 600)
    for card in (FIRST, SECOND):
        lost = identify(till, card)
        assert (lost.account, lost.status, lost.redeemable_now) == (account, "lost", 0)
        assert lost.say == "this card was reported lost; ask for the member's new card"
        with pytest.raises(CardBlocked):
            asyncio.run(till.hold(f"r-{card}", Wish(token=card, points=500)))
    assert sell(till, "s-1", sale_body(1000, token=FIRST)) == 10
    held, _ = asyncio.run(till.hold("r", Wish(token=THIRD, points=600)))
    assert held.balance == 10


def test_an_own_card_can_stay_where_the_others_are_lost(till: Till) -> None:
    """The other card in the member's pocket is no new one, and yet the lost ones are ended."""
    add(till, SECOND)
    view, replay = add(till, SECOND, lost=True)
    assert (view.status, replay) == ("active", False)
    assert identify(till, FIRST).status == "lost"
    assert add(till, SECOND, lost=True) == (view, True)


def test_a_replaced_card_leaves_its_points_to_the_new_one(till: Till, ledger: Ledger) -> None:
    """The new card is the account's, the old one says what became of it."""
    view, replay = put_in_place(till, FIRST, SECOND)
    assert (view.balance, view.redeemable_now, view.status, replay) == (600, 600, "active", False)
    fact = newest(ledger)
    assert isinstance(fact, CardState)
    assert (fact.token, fact.replaced_by, fact.reason) == (FIRST, SECOND, "worn out")
    old = identify(till, FIRST)
    assert (old.account, old.status, old.redeemable_now) == (view.account, "replaced", 0)
    assert old.say == "this card was replaced by a new one; ask for that"


def test_a_card_is_replaced_by_one_that_the_member_has(till: Till) -> None:
    """Of two cards one may take the other's place."""
    add(till, SECOND)
    view, replay = put_in_place(till, FIRST, SECOND)
    assert (view.status, view.balance, replay) == ("active", 600, False)
    assert identify(till, FIRST).status == "replaced"


def test_a_lost_card_can_be_replaced(till: Till) -> None:
    """First reported lost, later replaced: the points are still there."""
    block(till, FIRST, "lost")
    assert put_in_place(till, FIRST, SECOND)[0].redeemable_now == 600


def test_a_card_is_replaced_once(till: Till, ledger: Ledger) -> None:
    """Whoever finds an old card gets no second new one for it, and cannot wake it up."""
    put_in_place(till, FIRST, SECOND)
    head = ledger.head
    with pytest.raises(CardBlocked, match="replaced"):
        put_in_place(till, FIRST, THIRD)
    with pytest.raises(CardBlocked, match="replaced"):
        block(till, FIRST)
    with pytest.raises(CardBlocked, match="replaced"):
        add(till, FIRST)
    with pytest.raises(CardBlocked, match="replaced"):
        put_in_place(till, SECOND, FIRST)
    assert ledger.head == head


def test_another_members_card_is_in_use(till: Till, ledger: Ledger) -> None:
    """No card of somebody else's becomes this member's, nor does a card replace itself."""
    head = ledger.head
    for ask in (
        lambda: add(till, OTHERS),
        lambda: add(till, OTHERS, lost=True),
        lambda: put_in_place(till, FIRST, OTHERS),
        lambda: put_in_place(till, FIRST, FIRST),
    ):
        with pytest.raises(CardInUse):
            ask()
    assert ledger.head == head


def test_who_is_not_known_is_said(till: Till) -> None:
    """An account or a card that nobody has is unknown, and what is no card is refused."""
    with pytest.raises(UnknownAccount):
        add(till, SECOND, account="nobody")
    for ask in (lambda: put_in_place(till, SECOND, THIRD), lambda: block(till, SECOND)):
        with pytest.raises(UnknownCard):
            ask()
    for text in ("4111111111111111", "nonsense", "phone:2025550143"):
        for refused in (
            lambda text=text: add(till, text),
            lambda text=text: put_in_place(till, FIRST, text),
            lambda text=text: block(till, text),
        ):
            with pytest.raises(MalformedToken):
                refused()


def test_two_lanes_giving_out_one_card_give_it_once(till: Till, ledger: Ledger) -> None:
    """Of two tills that add one card in the same moment, one is told that it was done before."""
    account, more = identify(till, FIRST).account, MoreCard(token=SECOND)
    head = ledger.head.seq

    async def both() -> list[tuple[AccountView, bool]]:
        return await asyncio.gather(*(till.members.add_card(account, more) for _ in range(2)))

    assert [replay for _, replay in asyncio.run(both())] == [False, True]
    assert ledger.head.seq == head + 1


def test_a_replay_finds_the_same_cards(till: Till, ledger: Ledger) -> None:
    """What became of cards is in the journal, and a replay from zero agrees."""
    add(till, SECOND, lost=True)
    put_in_place(till, FIRST, THIRD)
    block(till, THIRD)
    assert replay(ledger.path).head == ledger.head
