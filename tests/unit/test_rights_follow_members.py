"""Rights follow where a member shops, and are never in two places."""

from collections.abc import Iterator

import pytest
from rights_office import AHEAD, OFFLINE, TENANT, Office, Till
from sqlalchemy import select, update

from agent.core.facts import AdjustPoints, EraseMember, Fact, MergeAccounts
from sync.hub.asking import answer_ask
from sync.hub.decisions import decide
from sync.hub.granting import grants_after, resend_rights
from sync.hub.notices import Notice
from sync.hub.sweeping import sweep_rights
from sync.hub.tables import accounts, asks, devices, journals, office
from sync.messages import Allowance, Ask, Grant, Recall


@pytest.fixture(name="books")
def _books() -> Iterator[Office]:
    with Office() as books:
        yield books


def _ask(account: str, points: int, *, name: str = "ask-1", epoch: int = 1) -> Ask:
    return Ask(ask=name, epoch=epoch, account=account, points=points)


def _said(notices: list[Notice]) -> list[tuple[str, Grant | Recall | Allowance]]:
    return [(to.device, message) for to, message in notices]


def test_points_that_no_device_has_go_at_once_to_the_till_that_asks(books: Office) -> None:
    """A member at a till gets everything that is not leased elsewhere, not only what is asked."""
    books.member("a", 300)
    till = books.device("one")
    notices = answer_ask(books.c, till, _ask("a", 50), now=books.now)
    grant = Grant(epoch=1, account="a", granted_total=300, generation=0, ask="ask-1")
    assert _said(notices) == [("one", grant)]
    assert books.account("a").available == 0
    assert books.amiss() == []


def test_points_at_another_till_that_is_connected_are_recalled_and_answer_the_ask(
    books: Office,
) -> None:
    """The recall goes out at once; the booking of what it brings answers the till that waits."""
    books.member("a")
    here, there = books.device("here"), Till(books, books.device("there"))
    there.move("a", 80, 80)
    (recall,) = answer_ask(books.c, here, _ask("a", 50), now=books.now)
    assert _said([recall]) == [("there", Recall(epoch=1, account="a", recall=1, generation=0))]
    there.take(recall)
    notices = grants_after(books.c, there.device, ["a"], now=books.now)
    grant = Grant(epoch=1, account="a", granted_total=80, generation=0, ask="ask-1")
    assert _said(notices) == [("here", grant)]
    assert books.c.execute(select(asks)).all() == []
    assert books.amiss() == []


def test_a_till_is_told_why_it_gets_no_more(books: Office) -> None:
    """Points at a store that is cut off cannot be had now; the answer goes out at once and says
    so, and the recall waits for the store.
    """
    books.member("a", 10)
    here, there = books.device("here"), Till(books, books.device("there", presence=OFFLINE))
    there.move("a", 80, 80)
    (_, grant), (to, recall) = answer_ask(books.c, here, _ask("a", 50), now=books.now)
    assert isinstance(grant, Grant)
    assert (grant.granted_total, grant.ask) == (10, "ask-1")
    assert grant.why == "80 points are at other stores that do not answer now"
    assert (to.device, isinstance(recall, Recall)) == ("there", True)
    again = resend_rights(books.c, there.device, now=books.now)
    assert _said(again) == [("there", recall)]


@pytest.mark.parametrize(
    ("account", "epoch", "why"),
    [
        ("nobody", 1, "head office does not know this member yet"),
        ("a", 2, "head office has not opened this store's journal yet"),
        ("gone", 1, "this member's data were erased"),
        ("a", 1, "head office knows of no more points of this member"),
    ],
)
def test_every_ask_is_answered(books: Office, account: str, epoch: int, why: str) -> None:
    """Whatever the reason, the cashier hears it."""
    books.member("a")
    books.member("gone", 5, state="erased")
    till = books.device("one")
    ((_, grant),) = answer_ask(books.c, till, _ask(account, 5, epoch=epoch), now=books.now)
    assert isinstance(grant, Grant)
    assert (grant.ask, grant.granted_total, grant.why) == ("ask-1", 0, why)


def test_an_ask_for_which_nothing_comes_back_is_answered_late(books: Office) -> None:
    """The sweep answers it once, and the recall goes on being said."""
    books.member("a")
    here, there = books.device("here"), Till(books, books.device("there"))
    there.move("a", 80, 80)
    answer_ask(books.c, here, _ask("a", 50), now=books.now)
    assert sweep_rights(books.c, now=books.later(1)) == []
    (_, recall), (to, grant) = sweep_rights(books.c, now=books.later(5))
    assert isinstance(recall, Recall)
    assert (recall.account, recall.recall) == ("a", 1)
    assert isinstance(grant, Grant)
    assert (to.device, grant.ask) == ("here", "ask-1")
    assert grant.why == "the other store did not return the points in time"
    assert sweep_rights(books.c, now=books.later(1)) == []


def test_an_ask_of_a_till_that_has_spent_meanwhile_is_not_taken_for_covered(books: Office) -> None:
    """Head office has heard of rights enough, yet the till asks: what it spent is under way, so
    points elsewhere are recalled.
    """
    books.member("a", 0)
    here, there = Till(books, books.device("here")), Till(books, books.device("there"))
    here.move("a", 60, 60)
    there.move("a", 80, 80)
    notices = answer_ask(books.c, here.device, _ask("a", 50), now=books.now)
    assert [to.device for to, _ in notices] == ["there"]


def test_a_grant_that_was_lost_is_named_again_by_the_next_answer(books: Office) -> None:
    """The till asks for what it was granted already: the cumulative total says it again."""
    books.member("a", 60)
    here = books.device("here")
    lost = answer_ask(books.c, here, _ask("a", 50), now=books.now)
    again = answer_ask(books.c, here, _ask("a", 50, name="ask-2"), now=books.now)
    ((_, first),) = lost
    ((_, second),) = again
    assert isinstance(first, Grant)
    assert isinstance(second, Grant)
    assert (second.granted_total, second.why) == (first.granted_total, None)
    assert books.amiss() == []


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
    assert recall.recall == 3_000_001


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


def test_two_tills_may_ask_under_one_name(books: Office) -> None:
    """Each device names its own questions; each is answered."""
    books.member("a", 10)
    books.member("b", 20)
    for name, account, points in (("one", "a", 10), ("two", "b", 20)):
        ((to, grant),) = answer_ask(
            books.c, books.device(name), _ask(account, points), now=books.now
        )
        assert isinstance(grant, Grant)
        assert (to.device, grant.account, grant.granted_total) == (name, account, points)
