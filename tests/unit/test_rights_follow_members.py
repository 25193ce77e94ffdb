"""Rights follow where a member shops, and are never in two places."""

from collections.abc import Iterator

import pytest
from rights_office import AHEAD, TENANT, Office, Till
from sqlalchemy import update

from agent.core.facts import AdjustPoints, EraseMember, Fact, MergeAccounts
from sync.hub.asking import answer_ask
from sync.hub.decisions import decide
from sync.hub.granting import grants_after
from sync.hub.notices import Notice
from sync.hub.sweeping import sweep_rights
from sync.hub.tables import accounts, devices, journals, office
from sync.messages import Allowance, Ask, Grant, Recall


@pytest.fixture(name="books")
def _books() -> Iterator[Office]:
    with Office() as books:
        yield books


def _ask(account: str, points: int, *, name: str = "ask-1", epoch: int = 1) -> Ask:
    return Ask(ask=name, epoch=epoch, account=account, points=points)


def _said(notices: list[Notice]) -> list[tuple[str, Grant | Recall | Allowance]]:
    return [(to.device, message) for to, message in notices]


def test_rights_are_leased_ahead_to_the_devices_visited_last(books: Office) -> None:
    """As many points to each and to as many devices as the program says, as far as there are
    points.
    """
    books.put_program(AHEAD)
    books.member("a", 150)
    first, second, third = (books.device(name) for name in ("first", "second", "third"))
    for each in (first, second, third):
        books.visit(each, "a")
    notices = grants_after(books.c, third, ["a"], now=books.now)
    assert [
        (to.device, grant.granted_total) for to, grant in notices if isinstance(grant, Grant)
    ] == [
        ("third", 100),
        ("second", 50),
    ]
    assert books.amiss() == []
    assert grants_after(books.c, third, ["a"], now=books.now) == []


def test_what_lies_where_a_member_shops_no_more_is_recalled(books: Office) -> None:
    """First from there; where the member shops, as much stays as is leased ahead."""
    books.put_program(AHEAD)
    books.member("a")
    old, new, newest = (Till(books, books.device(name)) for name in ("old", "new", "newest"))
    old.move("a", 70, 70)
    new.move("a", 110, 110)
    for each in (old, new, newest):
        books.visit(each.device, "a")
    notices = grants_after(books.c, newest.device, ["a"], now=books.now)
    assert [(to.device, recall.keep) for to, recall in notices if isinstance(recall, Recall)] == [
        ("old", 0),
        ("new", 100),
    ]
    assert grants_after(books.c, newest.device, ["a"], now=books.now) == []
    for to, message in notices:
        {"old": old, "new": new}[to.device].take((to, message))
    granted = grants_after(books.c, old.device, ["a"], now=books.now)
    assert [(to.device, message) for to, message in granted] == [
        ("newest", Grant(epoch=1, account="a", granted_total=80, generation=0))
    ]
    assert books.amiss() == []


def test_points_due_to_expire_are_granted_to_nobody(books: Office) -> None:
    """They leave from what is available, so that much stays there."""
    books.member("a", 100, due=30)
    till = books.device("one")
    ((_, grant),) = answer_ask(books.c, till, _ask("a", 100), now=books.now)
    assert isinstance(grant, Grant)
    assert grant.granted_total == 70
    assert books.account("a").available == 30


def test_what_a_member_owes_is_recalled_from_where_it_is(books: Office) -> None:
    """A debt is made good from rights, so that they are not spent once more."""
    books.member("a", 0)
    till = Till(books, books.device("one"))
    till.move("a", 50, 50)
    books.change_account("a", active=20, available=-30)
    (notice,) = grants_after(books.c, till.device, ["a"], now=books.now)
    assert _said([notice]) == [
        ("one", Recall(epoch=1, account="a", recall=1, keep=20, generation=0))
    ]
    till.take(notice)
    assert books.account("a").available == 0
    assert books.amiss() == []


def test_rights_under_a_merged_account_come_home_and_go_out_under_its_root(books: Office) -> None:
    """Nothing is granted under the old account any more; an ask for it is answered by the root."""
    books.member("root", 5)
    books.member("old")
    till = Till(books, books.device("one"))
    till.move("old", 40, 40)
    books.merge("old", "root")
    (recall,) = grants_after(books.c, till.device, ["old", "root"], now=books.now)
    assert _said([recall]) == [("one", Recall(epoch=1, account="old", recall=1, generation=0))]
    till.take(recall)
    assert books.account("root").available == 45
    ((_, grant),) = answer_ask(books.c, till.device, _ask("old", 45), now=books.now)
    assert isinstance(grant, Grant)
    assert (grant.account, grant.granted_total) == ("root", 45)
    assert books.amiss() == []


def test_nothing_is_granted_while_a_device_has_not_caught_up(books: Office) -> None:
    """After head office was restored its books are older than what devices hold. A retired device
    has nothing more to say.
    """
    books.member("a", 100)
    here, there = books.device("here"), books.device("there")
    books.c.execute(update(office).values(generation=1))
    books.change(devices, here.id, generation=1)
    ((_, grant),) = answer_ask(books.c, here, _ask("a", 50), now=books.now)
    assert isinstance(grant, Grant)
    assert (grant.granted_total, grant.generation) == (0, 1)
    assert grant.why == "head office was restored and waits for all stores to report"
    books.change(devices, there.id, state="retired")
    ((_, grant),) = answer_ask(books.c, here, _ask("a", 50), now=books.now)
    assert isinstance(grant, Grant)
    assert grant.granted_total == 100


@pytest.mark.parametrize("journal", [{"opened": False}, {"fenced": "unclean"}, {"fenced": "clean"}])
def test_only_an_opened_epoch_that_is_not_fenced_gets_rights(
    books: Office, journal: dict[str, object]
) -> None:
    """Neither by asking nor ahead."""
    books.put_program(AHEAD)
    books.member("a", 100)
    till = books.device("one")
    books.visit(till, "a")
    books.change(journals, till.journal_id or 0, **journal)
    ((_, grant),) = answer_ask(books.c, till, _ask("a", 50), now=books.now)
    assert isinstance(grant, Grant)
    assert grant.granted_total == 0
    assert grants_after(books.c, till, ["a"], now=books.now) == []
    assert books.account("a").available == 100


def test_a_halted_device_gets_no_rights(books: Office) -> None:
    """Two live devices claim its identity: whatever it gets might be spent twice."""
    books.member("a", 100)
    till = books.device("one")
    books.change(devices, till.id, state="halted")
    answer_ask(books.c, till, _ask("a", 50), now=books.now)
    assert books.account("a").available == 100


def test_a_restored_head_office_repeats_no_recall_number(books: Office) -> None:
    """A device answers a number once; one that head office forgot must not come again."""
    books.member("a")
    here, there = books.device("here"), Till(books, books.device("there"))
    there.move("a", 80, 80)
    books.c.execute(update(office).values(generation=3))
    books.c.execute(update(devices).values(generation=3))
    ((_, recall),) = answer_ask(books.c, here, _ask("a", 50), now=books.now)
    assert isinstance(recall, Recall)
    assert recall.recall == 301


def test_members_of_another_tenant_are_out_of_reach(books: Office) -> None:
    """The same account name at another tenant is another member."""
    books.member("a", 10)
    books.c.execute(
        accounts.insert().values(tenant="other", account="a", active=500, available=500)
    )
    till = books.device("one")
    assert till.tenant == TENANT
    ((_, grant),) = answer_ask(books.c, till, _ask("a", 50), now=books.now)
    assert isinstance(grant, Grant)
    assert grant.granted_total == 10


@pytest.mark.parametrize("decision", ["erase", "merge", "expire"])
def test_what_head_office_decides_moves_rights_without_a_device(
    books: Office, decision: str
) -> None:
    """Nobody need book anything: the sweep recalls from who holds rights that must come home, and
    once.
    """
    books.member("a")
    books.member("root")
    till = Till(books, books.device("one"))
    till.move("a", 40, 40)
    fact: Fact = EraseMember(account="a", reason="asked for it")
    if decision == "merge":
        books.merge("a", "root")
        fact = MergeAccounts(account="a", into="root", reason="one person")
    elif decision == "expire":
        books.change_account("a", due=40)
        fact = AdjustPoints(account="root", points=1, reason="any", cashier="head-office")
        decide(books.c, TENANT, fact, now=books.now, account="a")
    else:
        books.change_account("a", state="erased")
    decide(books.c, TENANT, fact, now=books.now)
    notices = sweep_rights(books.c, now=books.now)
    assert _said(notices) == [("one", Recall(epoch=1, account="a", recall=1, generation=0))]
    assert sweep_rights(books.c, now=books.later(1)) == []


def test_a_recall_that_nobody_is_left_to_answer_is_said_no_more(books: Office) -> None:
    """The epoch has ended; its number stays taken, so that no later epoch mistakes a new recall for
    one that it has answered.
    """
    books.member("a")
    here, there = books.device("here"), Till(books, books.device("there"))
    there.move("a", 80, 80)
    answer_ask(books.c, here, _ask("a", 50), now=books.now)
    books.change(journals, there.device.journal_id or 0, fenced="unclean")
    there = Till(books, books.device("there", epoch=2))
    there.move("a", 30, 30)
    sweep_rights(books.c, now=books.later(6))
    notices = answer_ask(books.c, here, _ask("a", 50, name="ask-2"), now=books.now)
    assert _said(notices) == [
        ("there", Recall(epoch=2, account="a", recall=2, generation=0)),
    ]
    ((_, again), _) = sweep_rights(books.c, now=books.later(6))
    assert isinstance(again, Recall)
    assert again.recall == 2
