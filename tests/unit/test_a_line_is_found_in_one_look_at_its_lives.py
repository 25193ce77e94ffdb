"""Lines of many lives: what is worked out in one look is what following each life back says."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.hub.lines import WHOLE, assign_lines, later_lives, lines_through, lines_through_all
from sync.hub.registry import JournalRow

MANY = 300


def a_journal(number: int, **values: object) -> JournalRow:
    """A journal of which nothing matters here but where it stands."""
    row = dict[str, Any].fromkeys(JournalRow.__dataclass_fields__)
    row |= {"id": number, "branch": 0, "seq": 1, "line": number}
    return JournalRow(**row | values)


@st.composite
def families(draw: st.DrawFn) -> list[JournalRow]:
    """Journals of one device, also such as only a lying one has: rings, parents that are not there,
    lines that mean nothing.
    """
    numbers = draw(st.lists(st.integers(1, 12), unique=True, max_size=10))
    some = st.none() | st.integers(1, 12)
    return [
        a_journal(
            number,
            line=draw(some),
            parent_id=draw(some),
            parent_seq=draw(st.none() | st.integers(0, 4)),
            branch=draw(st.integers(0, 1)),
            seq=draw(st.integers(0, 4)),
        )
        for number in numbers
    ]


def slow_path(tip: JournalRow, journals: Sequence[JournalRow]) -> dict[int, int]:
    """Follow one life back."""
    by_id = {journal.id: journal for journal in journals}
    path, journal = {tip.id: WHOLE}, tip
    while journal.parent_id in by_id and journal.parent_id not in path:
        path[journal.parent_id] = journal.parent_seq or 0
        journal = by_id[journal.parent_id]
    return path


def slow_lines(journal_id: int, journals: Sequence[JournalRow]) -> dict[int, int]:
    """Follow every line's newest life back, and look who is on the way."""
    grown = {(journal.line, journal.parent_id) for journal in journals}
    found: dict[int, int] = {}
    for tip in (each for each in journals if (each.line, each.id) not in grown):
        path = slow_path(tip, journals)
        if journal_id in path and tip.line is not None:
            found[tip.line] = path[journal_id]
    return found


def slow_assignment(journals: Sequence[JournalRow]) -> dict[int, int]:
    """Hand each line down from life to life."""
    held = sorted(journals, key=lambda journal: journal.id)
    by_id = {journal.id: journal for journal in held}
    heirs: dict[int, int] = {}
    for child in held:
        parent = by_id.get(child.parent_id or 0)
        if parent and child.branch == 0 and (child.parent_seq or 0) >= parent.seq:
            heirs.setdefault(parent.id, child.id)
    assigned = {journal.id: journal.id for journal in held}
    for journal in held:
        heir = journal.id
        if assigned[journal.id] != journal.id or journal.id in heirs.values():
            continue
        while heir in heirs and assigned[heirs[heir]] != journal.id:
            heir = heirs[heir]
            assigned[heir] = journal.id
    return assigned


@given(families())
def test_what_is_worked_out_is_what_following_each_life_says(journals: list[JournalRow]) -> None:
    """Which lines a journal is part of, up to where, in which order, and which lives grew from it:
    the same as by following every life back, whatever the device says that grew from what.
    """
    together = lines_through_all(journals)
    assert together.keys() <= {each.id for each in journals}
    for number in range(1, 13):
        wanted = list(slow_lines(number, journals).items())
        assert list(lines_through(number, journals).items()) == wanted
        assert list(together.get(number, {}).items()) == wanted
        assert [(each.id, last) for each, last in later_lives(number, journals)] == [
            (each.id, path[number])
            for each in journals
            if each.id != number and number in (path := slow_path(each, journals))
        ]


@given(families())
def test_each_journal_is_of_the_line_that_was_handed_down(journals: list[JournalRow]) -> None:
    """The line of each, as by handing it down from life to life."""
    assert assign_lines(journals) == slow_assignment(journals)


class Watched:
    """A journal that counts how often it is looked at."""

    looks = 0

    def __init__(self, journal: JournalRow) -> None:
        self._journal = journal

    def __getattr__(self, name: str) -> Any:
        Watched.looks += 1
        return getattr(self._journal, name)


@pytest.mark.parametrize("ledgers", [1, MANY])
@pytest.mark.parametrize(
    "answer",
    [
        partial(lines_through, 1),
        partial(lines_through, MANY),
        lines_through_all,
        assign_lines,
        lambda journals: list(later_lives(1, journals)),
    ],
)
def test_each_of_many_lives_is_looked_at_a_few_times(
    answer: Callable[[list[Any]], object], ledgers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many lives a device has, one grown from the other or each for itself: no answer looks
    at each more than some times, also the one that says it of all of them.
    """
    monkeypatch.setattr(Watched, "looks", 0)
    answer([
        Watched(
            a_journal(number)
            if ledgers == MANY
            else a_journal(number, line=1, parent_id=number - 1 or None, parent_seq=1)
        )
        for number in range(1, MANY + 1)
    ])  # fmt: skip
    assert Watched.looks <= 20 * MANY
