"""A till at which a member waits for points is answered, with the points or with the reason."""

from collections.abc import Iterator

import pytest
from rights_office import OFFLINE, Office, Till
from sqlalchemy import select

from sync.hub.asking import answer_ask
from sync.hub.granting import grants_after, resend_rights
from sync.hub.notices import Notice
from sync.hub.sweeping import sweep_rights
from sync.hub.tables import asks
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
