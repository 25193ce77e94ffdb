"""A stamp says when an entry was written and whether the clock can be believed, in hard numbers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.entry import ClockReading, Entry
from agent.core.facts import Enrol
from agent.core.instant import Moment
from agent.core.stamp import Stamp

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
FIRST = Moment(at=NINE, boot_id="boot-1", up_ms=60_000, synchronised=True)
HOUR_MS = 3_600_000


def later(moment: Moment, *, up_ms: int, wall_ms: int) -> Moment:
    """The same boot, with so much more time since boot and so much more on the wall."""
    at = moment.at + timedelta(milliseconds=wall_ms)
    return replace(moment, at=at, up_ms=moment.up_ms + up_ms)


def stamped(moment: Moment, before: Stamp | None = None) -> Stamp:
    """The stamp alone."""
    return Stamp.of(moment, before)[0]


def test_the_first_stamp_holds_what_the_clocks_say() -> None:
    """With nothing before it a stamp is the moment, and no jump."""
    stamp, jump_ms = Stamp.of(FIRST, None)
    assert jump_ms == 0
    assert stamp.recorded_at == "2026-11-21T09:00:00.000Z"
    assert stamp.clock == ClockReading(
        boot_id="boot-1", up_ms=60_000, synchronised=True, jumped=False
    )


@pytest.mark.parametrize(
    ("up_ms", "wall_ms", "jump_ms"),
    [
        (0, 0, 0),
        (0, 2_000, 0),
        (0, 2_001, 2_001),
        (0, -2_000, 0),
        (0, -2_001, -2_001),
        (10_000, 10_000, 0),
        (10_000, 12_010, 0),
        (10_000, 12_011, 2_011),
        (10_000, 7_990, 0),
        (10_000, 7_989, -2_011),
        (HOUR_MS, HOUR_MS + 5_600, 0),
        (HOUR_MS, HOUR_MS + 5_601, 5_601),
        (HOUR_MS, HOUR_MS - 5_600, 0),
        (HOUR_MS, HOUR_MS - 5_601, -5_601),
        (HOUR_MS, 0, -HOUR_MS),
        (5_000, 365 * 24 * HOUR_MS, 365 * 24 * HOUR_MS - 5_000),
    ],
)
def test_a_clock_that_was_set_is_told_from_one_that_drifts(
    up_ms: int, wall_ms: int, jump_ms: int
) -> None:
    """Two seconds, and one part in a thousand of the time since: more than that is no drift."""
    stamp, jumped_by_ms = Stamp.of(later(FIRST, up_ms=up_ms, wall_ms=wall_ms), stamped(FIRST))
    assert jumped_by_ms == jump_ms
    assert stamp.clock.jumped == (jump_ms != 0)


def test_a_jump_stays_said_until_the_next_boot() -> None:
    """Every stamp after a jump says so, though the clock runs well; a new boot starts anew."""
    set_forward = later(FIRST, up_ms=1_000, wall_ms=HOUR_MS)
    stamp, jump_ms = Stamp.of(set_forward, stamped(FIRST))
    assert (jump_ms, stamp.clock.jumped) == (HOUR_MS - 1_000, True)
    quiet = later(set_forward, up_ms=1_000, wall_ms=1_000)
    stamp, jump_ms = Stamp.of(quiet, stamp)
    assert (jump_ms, stamp.clock.jumped) == (0, True)
    rebooted = replace(quiet, at=quiet.at + timedelta(minutes=1), boot_id="boot-2", up_ms=500)
    stamp, jump_ms = Stamp.of(rebooted, stamp)
    assert (jump_ms, stamp.clock.jumped) == (0, False)


@pytest.mark.parametrize(
    ("wall_ms", "jump_ms"),
    [(1, 0), (0, 0), (10**12, 0), (-1, -1), (-1_999, -1_999), (-HOUR_MS, -HOUR_MS)],
)
def test_after_a_boot_only_going_back_shows(wall_ms: int, jump_ms: int) -> None:
    """How long a device was off nobody knows, but no time passes backwards, not a millisecond."""
    rebooted = replace(FIRST, at=NINE + timedelta(milliseconds=wall_ms), boot_id="boot-2", up_ms=0)
    stamp, jumped_by_ms = Stamp.of(rebooted, stamped(FIRST))
    assert jumped_by_ms == jump_ms
    assert stamp.clock == ClockReading(
        boot_id="boot-2", up_ms=0, synchronised=True, jumped=jump_ms != 0
    )


def test_a_stamp_is_read_back_from_its_entry() -> None:
    """After a restart the newest entry is what the next moment is held to; version 0.1 had none."""
    entry = Entry(
        id="id-1",
        epoch=0,
        seq=1,
        recorded_at=stamped(FIRST).recorded_at,
        clock=stamped(FIRST).clock,
        fact=Enrol(account="acc-1", token="em4100:0C000621A5"),
    )
    assert Stamp.on(entry) == stamped(FIRST)
    old = Entry(id="id-1", epoch=0, seq=1, recorded_at=entry.recorded_at, fact=entry.fact)
    assert Stamp.on(old) is None


@given(
    st.lists(st.tuples(st.integers(0, 10**7), st.integers(-1_000, 1_000)), min_size=1, max_size=8)
)
def test_slewing_alone_is_never_a_jump(steps: list[tuple[int, int]]) -> None:
    """A clock that is slewed by no more than one part in a thousand never counts as set."""
    moment, stamp = FIRST, stamped(FIRST)
    for up_ms, slew in steps:
        moment = later(moment, up_ms=up_ms, wall_ms=up_ms + up_ms * slew // 1_000_000)
        stamp, jump_ms = Stamp.of(moment, stamp)
        assert jump_ms == 0
        assert not stamp.clock.jumped
        assert stamp.clock.up_ms == moment.up_ms


@given(st.booleans(), st.booleans())
def test_the_kernel_is_quoted(synchronised: bool, jumped: bool) -> None:
    """Whether something holds the clock to the true time is what the kernel says now."""
    moment = later(FIRST, up_ms=0, wall_ms=HOUR_MS if jumped else 0)
    stamp = stamped(replace(moment, synchronised=synchronised), stamped(FIRST))
    assert (stamp.clock.synchronised, stamp.clock.jumped) == (synchronised, jumped)


@pytest.mark.parametrize(
    ("synchronised", "said", "day"),
    [
        (True, None, 21),
        (True, 22, 22),
        (True, 20, 20),
        (True, 23, 21),
        (True, 19, 21),
        (False, 28, 28),
    ],
)
def test_limits_count_on_the_day_that_was_said(
    synchronised: bool, said: int | None, day: int
) -> None:
    """What a till says is the day, unless a clock that is trusted denies it by more than one."""
    stamp = stamped(replace(FIRST, synchronised=synchronised))
    told = None if said is None else NINE.date().replace(day=said)
    assert stamp.day(told) == NINE.date().replace(day=day)
    assert stamp.denies(NINE.date().replace(day=23)) == synchronised
