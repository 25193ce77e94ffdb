"""Points run out a little at a time: every member of every tenant, once for each day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sync.hub import daily
from sync.hub.daily import Daily
from sync.hub.deciding import Due, Expired

NOON = datetime(2026, 7, 10, 12, 0, tzinfo=UTC)


class Paper:
    """A database of two tenants, the first of which has more members than are taken at once."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, date, str]] = []
        self.held_back: set[str] = set()

    def read(self, work: Any) -> Any:
        """List the tenants, or look at members."""
        return ["large", "small"] if work is daily._all_tenants else work(self)

    def transact(self, work: Any) -> Any:
        """Run a step."""
        return work(self)

    def look(self, tenant: str, on: date, *, after: str) -> Due:
        """Write down who was asked for."""
        self.asked.append((tenant, on, after))
        if tenant in self.held_back:
            return Due(members=(), after=None, held_back=True)
        more = tenant == "large" and after != "m2"
        last = {"": "m1", "m1": "m2"}[after] if more else None
        return Due(members=() if after == "m2" else ("m0",), after=last)

    def expire(self, _tenant: str, on: date, members: tuple[str, ...], *, now: datetime) -> Expired:
        """Let points run out of those that were found alone."""
        assert now.date() >= on
        assert members == ("m0",)
        return Expired(points=3, members=1, after=None)


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> Paper:
    """The database, and what is done in it."""
    made = Paper()
    monkeypatch.setattr(daily, "look_for_due", lambda c, *args, **named: c.look(*args, **named))
    monkeypatch.setattr(daily, "expire", lambda c, *args, **named: c.expire(*args, **named))
    return made


def test_each_step_takes_the_next_members_and_a_day_is_done_once(paper: Paper) -> None:
    """Three steps for the large tenant, one for the small one, and then nothing until tomorrow."""
    work: Any = paper
    pass_ = Daily(work)
    assert not pass_.is_behind
    assert [pass_.step(NOON) for _ in range(6)] == [3, 3, 0, 3, 0, 0]
    assert not pass_.is_behind
    day = date(2026, 7, 10)
    assert paper.asked == [
        *(("large", day, ""), ("large", day, "m1"), ("large", day, "m2")),
        ("small", day, ""),
    ]
    assert pass_.step(NOON + timedelta(hours=23)) == 0
    assert pass_.step(NOON + timedelta(hours=24)) == 3
    assert paper.asked[-1] == ("large", date(2026, 7, 11), "")


def test_a_day_begins_when_it_has_begun_everywhere(paper: Paper) -> None:
    """Until noon of UTC it is still yesterday somewhere, and those points are still there."""
    work: Any = paper
    Daily(work).step(NOON - timedelta(seconds=1))
    assert paper.asked == [("large", date(2026, 7, 9), "")]


def test_a_new_day_begins_with_the_first_member(paper: Paper) -> None:
    """A pass that took longer than a day is not gone on with: the new one takes all it left."""
    work: Any = paper
    pass_ = Daily(work)
    pass_.step(NOON)
    assert pass_.is_behind
    pass_.step(NOON + timedelta(days=1))
    assert paper.asked[-1] == ("large", date(2026, 7, 11), "")


def test_who_is_held_back_is_gone_through_later_the_same_day(paper: Paper) -> None:
    """While the devices of a tenant catch up after a restore its points stay, and nobody hurries
    for it; other tenants go on, and it is begun with anew once all was heard.
    """
    work: Any = paper
    pass_ = Daily(work)
    assert pass_.step(NOON) == 3
    paper.held_back = {"large"}
    assert [pass_.step(NOON) for _ in range(4)] == [0, 3, 0, 0]
    assert not pass_.is_behind
    paper.held_back = set()
    assert [pass_.step(NOON) for _ in range(4)] == [3, 3, 0, 0]
    day = date(2026, 7, 10)
    done = [(tenant, after) for tenant, on, after in paper.asked[-3:] if on == day]
    assert done == [("large", ""), ("large", "m1"), ("large", "m2")]


def test_nothing_runs_out_right_after_a_start(paper: Paper) -> None:
    """Whether its database was set back head office hears from its devices, a moment after it
    started: no day begins before that.
    """
    work: Any = paper
    pass_ = Daily(work, first_after=timedelta(minutes=1))
    assert pass_.step(NOON) == 0
    assert pass_.step(NOON + timedelta(seconds=59)) == 0
    assert paper.asked == []
    assert pass_.step(NOON + timedelta(seconds=60)) == 3
    assert pass_.step(NOON - timedelta(days=9)) == 3
