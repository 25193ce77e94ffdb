"""What head office tells is taken in order, once, with its cursor; what is old changes nothing."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from told import account, card, tell
from welcomed import grant, welcome

from agent.clock import device_clock, mint_id
from agent.core.facts import LeaseReturn
from agent.core.tokens import Token
from agent.ledger import Ledger, Mirror, MirrorPage, Transaction, replay
from agent.ledger.backup import make_backup
from agent.ledger.places import Places
from agent.ledger.recovery import restore
from agent.till import return_everything

RunningLedger = Callable[..., AbstractContextManager[Ledger]]

CARD = "em4100:0000000001"


@pytest.fixture
def ledger(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Ledger]:
    """A ledger that head office has told nothing."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        yield ledger


def take(ledger: Ledger, *accounts: Any, **page: Any) -> bool:
    """Have a page arrive; answers whether it was taken."""
    page = {"generation": 1, "since": 0, "cursor": 0} | page
    return asyncio.run(Mirror(ledger).apply(MirrorPage(accounts=accounts, **page)))


def shown(ledger: Ledger, name: str = "ana") -> int:
    """What a till would show."""
    return asyncio.run(ledger.read(lambda view: view.balance(name)))


def whose(ledger: Ledger) -> str | None:
    """Whose a till takes the card to be."""
    row = asyncio.run(ledger.read(lambda view: view.account_of(Token.parse(CARD))))
    return None if row is None else row.account


def cursor(ledger: Ledger) -> tuple[int, int]:
    """Up to where head office was heard."""
    return asyncio.run(Mirror(ledger).cursor())


def test_nothing_was_heard_at_first(ledger: Ledger) -> None:
    """So that everything is asked for."""
    assert cursor(ledger) == (0, 0)
    assert asyncio.run(ledger.read(lambda view: view.elsewhere_as_of())) is None


def test_a_page_and_its_cursor_are_one(ledger: Ledger) -> None:
    """Where taking a page fails in the middle, neither its rows nor its cursor are there."""

    def fail(_transaction: Transaction, _account: str) -> None:
        raise RuntimeError

    page = MirrorPage(
        accounts=(account("ana", 5), account("old", root="ana")), cursor=9, generation=1
    )
    with pytest.raises(RuntimeError):
        asyncio.run(Mirror(ledger).apply(page, fail))
    assert (cursor(ledger), shown(ledger)) == ((0, 0), 0)


def test_a_page_taken_twice_changes_nothing(ledger: Ledger) -> None:
    """Nor is anybody told of a merge twice."""
    told: list[str] = []
    page = MirrorPage(
        accounts=(account("ana", 5), account("old", root="ana")), cursor=9, generation=1
    )
    mirror = Mirror(ledger)
    for _ in range(2):
        asyncio.run(mirror.apply(page, lambda _transaction, name: told.append(name)))
    assert (cursor(ledger), shown(ledger), told) == ((1, 9), 5, ["old"])


def test_an_old_page_is_not_taken(ledger: Ledger) -> None:
    """One that comes late says less than is known."""
    assert take(ledger, account("ana", 5), cursor=9)
    assert take(ledger, account("ana", 7), since=9, cursor=12)
    assert not take(ledger, account("ana", 5), cursor=9)
    assert (cursor(ledger), shown(ledger)) == ((1, 12), 7)


def test_a_page_that_leaves_something_out_is_not_taken(ledger: Ledger) -> None:
    """One that was asked from further on than what is here."""
    assert take(ledger, account("ana", 5), cursor=9)
    assert not take(ledger, account("ana", 7), since=10, cursor=12)
    assert (cursor(ledger), shown(ledger)) == ((1, 9), 5)


def test_a_new_generation_tells_everything_anew(ledger: Ledger) -> None:
    """From the start, whatever the cursor; what it does not tell of any more is forgotten once all
    was told, and not before.
    """
    tell(ledger, card(CARD, "ana"))
    assert take(ledger, account("ana", 5), account("ben", 6), cursor=9)
    assert asyncio.run(Mirror(ledger).place(1))[0] == 9
    assert asyncio.run(Mirror(ledger).place(2))[0] == 0
    assert not take(ledger, account("ana", 1), generation=2, since=9, cursor=12)
    assert take(ledger, account("ana", 4), generation=2, cursor=2, more=True)
    assert (cursor(ledger), shown(ledger, "ana"), shown(ledger, "ben")) == ((2, 2), 4, 6)
    assert take(ledger, generation=2, since=2, cursor=3)
    assert (shown(ledger, "ana"), shown(ledger, "ben")) == (4, 0)
    assert asyncio.run(ledger.read(lambda view: view.account_of(Token.parse(CARD)))) is None


def test_an_old_generation_is_not_heard(ledger: Ledger) -> None:
    """What head office said before it was set back is no word any more."""
    assert take(ledger, account("ana", 5), generation=2, cursor=3)
    assert not take(ledger, account("ana", 9), generation=1, since=3, cursor=12)
    assert shown(ledger) == 5


def test_what_was_asked_for_one_card_moves_no_cursor(ledger: Ledger) -> None:
    """It brings who was unknown. Where more was heard meanwhile it changes nobody."""
    assert take(ledger, account("ana", 5), cursor=9)
    assert take(ledger, account("ben", 6), since=9, cursor=9, asked=True)
    assert take(ledger, account("ana", 1), account("eve", 7), since=3, cursor=3, asked=True)
    assert not take(ledger, account("ana", 1), since=12, cursor=12, asked=True)
    assert not take(ledger, account("ana", 1), generation=2, cursor=9, asked=True)
    assert cursor(ledger) == (1, 9)
    assert [shown(ledger, name) for name in ("ana", "ben", "eve")] == [5, 6, 7]


def test_a_card_that_an_erased_member_had_is_looked_up_anew(ledger: Ledger) -> None:
    """Head office may have given it to another since, of whom no page need tell this store: what is
    asked for that card is taken then, and for any other card what is here stays.
    """
    assert take(ledger, account("gone", erased=True), cards=(card(CARD, "gone"),), cursor=9)
    assert whose(ledger) is None
    assert take(ledger, account("new", 5), cards=(card(CARD, "new"),), cursor=0, asked=True)
    assert take(ledger, account("late"), cards=(card(CARD, "late"),), cursor=0, asked=True)
    assert whose(ledger) == "new"


def test_rights_under_a_merged_account_go_back_at_once(ledger: Ledger) -> None:
    """In the very transaction that learns of it."""
    welcome(ledger)
    grant(ledger, "old", 30)
    tell(ledger, account("ana"), account("old", root="ana"), on_alias=return_everything)
    newest = asyncio.run(ledger.read(lambda view: view.newest()))
    assert newest is not None
    assert newest.fact == LeaseReturn(account="old", recall=0, points=30)


def test_it_is_said_when_head_office_was_heard(ledger: Ledger) -> None:
    """Once all that it had was told."""

    def heard_at() -> str | None:
        return asyncio.run(ledger.read(lambda view: view.elsewhere_as_of()))

    assert take(ledger, account("ana", 5), cursor=9, more=True)
    assert heard_at() is None
    assert take(ledger, since=9, cursor=9)
    assert heard_at() is not None


def test_a_replay_knows_nothing_of_it(ledger: Ledger) -> None:
    """The projections are the journal's alone, and hold whatever the mirror says."""
    tell(ledger, account("ana", 600), card(CARD, "ana"))
    assert replay(ledger.path).balances == {}


def test_everything_is_asked_for_again_after_a_restore(ledger: Ledger, tmp_path: Path) -> None:
    """The members of the backup are known until then; nothing that head office said since is."""
    tell(ledger, account("ana", 600), card(CARD, "ana"))
    for kind in ("full", "hourly"):
        made = make_backup(Places(ledger.path), kind, directory=tmp_path / kind)  # type: ignore[arg-type]  # both are kinds
        tell(ledger, account("ana", 700))
        other = tmp_path / f"{kind}.db"
        restore(Places(other), tmp_path / kind / made.file, clock=device_clock, mint_id=mint_id)
        restored = Ledger(other, clock=device_clock, mint_id=mint_id)
        restored.start()
        try:
            before = 600 if kind == "full" else 700
            assert (cursor(restored)[1], shown(restored)) == (0, before)
        finally:
            restored.stop()


def test_everything_is_asked_for_again_after_a_recovery(ledger: Ledger) -> None:
    """A ledger that is made anew begins with what its backup knew, or with nobody."""
    tell(ledger, account("ana", 600), card(CARD, "ana"))
    ledger.recover("a test says so")
    assert cursor(ledger)[1] == 0
    tell(ledger, account("ana", 650), card(CARD, "ana"))
    assert shown(ledger) == 650


def test_a_disk_that_was_set_back_asks_again(ledger: Ledger) -> None:
    """A freeze forgets the cursor with the life that it ends."""
    tell(ledger, account("ana", 600))
    asyncio.run(ledger.write(lambda t: t.open_epoch("restored", incarnation="disk-2")))
    assert (cursor(ledger)[1], shown(ledger)) == (0, 600)


def test_who_is_told_of_a_merge_sees_it(ledger: Ledger) -> None:
    """Also where the same transaction had looked before the page came."""

    def look_and_take(transaction: Transaction) -> tuple[int, int, str]:
        before = transaction.balance("old")
        page = MirrorPage(
            accounts=(account("ana", 5), account("old", root="ana")), cursor=2, generation=1
        )
        transaction.take_mirror(page)
        return before, transaction.balance("old"), transaction.root("old")

    assert asyncio.run(ledger.write(look_and_take)) == (0, 5, "ana")
