"""What a device may redeem beyond rights, unheard, is never more than the program's cap."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rights_office import Office
from sqlalchemy import select, update

from sync.hub.allowance import allowance_of
from sync.hub.granting import grants_after, resend_rights
from sync.hub.homecoming import write_off
from sync.hub.notices import Notice
from sync.hub.tables import devices, journals, office
from sync.messages import Allowance

OFFLINE = """
[offline]
per_redemption = 10
per_account = 20
per_device = {cap}
"""


@pytest.fixture(name="books")
def _books() -> Iterator[Office]:
    with Office() as books:
        books.put_program(OFFLINE.format(cap=100))
        yield books


def _totals(notices: list[Notice]) -> list[int]:
    return [said.floor_total for _, said in notices if isinstance(said, Allowance)]


def test_without_a_program_that_says_so_there_is_no_floor() -> None:
    """Head office hands out nothing that nobody decided on."""
    with Office() as books:
        assert allowance_of(books.c, books.device("one"), now=books.now) == []


def test_what_was_heard_is_handed_out_again(books: Office) -> None:
    """The total is what was heard in the epoch, and the cap on top; it is said when it changes,
    and at every greeting.
    """
    device = books.device("one")
    assert _totals(resend_rights(books.c, device, now=books.now)) == [100]
    assert grants_after(books.c, device, [], now=books.now) == []
    books.change(journals, device.journal_id or 0, floor=30)
    assert _totals(grants_after(books.c, device, [], now=books.now)) == [130]
    assert _totals(resend_rights(books.c, device, now=books.now)) == [130]


def test_what_an_earlier_epoch_may_have_given_unheard_comes_off(books: Office) -> None:
    """Until a person writes it off: the disk that was lost may have redeemed all of it."""
    device = books.device("one")
    allowance_of(books.c, device, now=books.now)
    old = device.journal_id or 0
    books.change(journals, old, fenced="unclean", floor=40)
    device = books.device("one", epoch=2)
    assert _totals(allowance_of(books.c, device, now=books.now)) == [40]
    books.change(journals, old, floor=70)
    assert _totals(grants_after(books.c, device, [], now=books.now)) == [70]
    write_off(books.c, old, "ann", now=books.now)
    assert _totals(grants_after(books.c, device, [], now=books.now)) == [100]


def test_a_total_never_goes_back(books: Office) -> None:
    """The device has it already: a smaller cap holds from when more was heard."""
    device = books.device("one")
    allowance_of(books.c, device, now=books.now)
    books.put_program(OFFLINE.format(cap=50))
    assert _totals(allowance_of(books.c, device, now=books.now)) == [100]
    books.change(journals, device.journal_id or 0, floor=49)
    assert _totals(grants_after(books.c, device, [], now=books.now)) == []
    books.change(journals, device.journal_id or 0, floor=60)
    assert _totals(grants_after(books.c, device, [], now=books.now)) == [110]


def test_none_is_handed_out_while_devices_must_catch_up(books: Office) -> None:
    """Head office has forgotten which epochs it handed floor to."""
    device = books.device("one")
    books.c.execute(update(office).values(generation=1))
    assert allowance_of(books.c, device, now=books.now) == []
    books.c.execute(update(devices).values(generation=1))
    assert _totals(allowance_of(books.c, device, now=books.now)) == [100]


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("give"), st.integers(1, 60)),
        st.tuples(st.just("hear"), st.integers(1, 60)),
        st.tuples(st.just("life"), st.sampled_from(("clean", "unclean"))),
    ),
    max_size=15,
)


@settings(max_examples=15)
@given(_STEPS)
def test_no_history_of_lives_gives_more_unheard_than_the_cap(
    steps: list[tuple[str, int | str]],
) -> None:
    """Over all lives of a device together, whatever of them has been heard."""
    with Office() as books:
        books.put_program(OFFLINE.format(cap=100))
        device = books.device("one")
        given: dict[int, int] = {}
        for kind, value in steps:
            if kind == "life":
                books.change(journals, device.journal_id or 0, fenced=value)
                device = books.device("one", epoch=len(given) + 2)
            (total, *_) = [*_totals(allowance_of(books.c, device, now=books.now)), 0]
            live = device.journal_id or 0
            given.setdefault(live, 0)
            if kind == "give" and given[live] + int(value) <= total:
                given[live] += int(value)
            if kind == "hear":
                _hear(books, given, int(value))
            assert sum(given.values()) - _heard(books) <= 100


def _heard(books: Office) -> int:
    return sum(books.c.execute(select(journals.c.floor)).scalars())


def _hear(books: Office, given: dict[int, int], points: int) -> None:
    """Hear of some floor, of the oldest life first."""
    for journal_id, total in given.items():
        floor = books.c.execute(
            select(journals.c.floor).where(journals.c.id == journal_id)
        ).scalar_one()
        more = min(points, total - floor)
        points -= more
        books.change(journals, journal_id, floor=floor + more)
