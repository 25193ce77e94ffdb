"""A tag in a UHF reader's zone arrives once, stays while it is seen, and leaves once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.tokens import Token
from drivers.zone import TagArrived, TagLeft, Zone

MEMBER = Token("gsrn", "061414112345678902")
OTHER = Token("gsrn", "012345678901012342")
MANY = [Token("wiegand", f"1-{number}") for number in range(40)]


def zone(*, arrive_sightings: int = 3, tags_most: int = 4) -> Zone:
    """A zone of three sightings in two seconds, left after ten."""
    return Zone(
        arrive_sightings=arrive_sightings, window_s=2.0, gone_after_s=10.0, tags_most=tags_most
    )


def test_who_is_seen_often_enough_arrives_once() -> None:
    """The third sighting within the window is the arrival, and those after it are nothing."""
    door = zone()
    assert [door.seen(MEMBER, at_s) for at_s in (5.0, 6.0, 7.0, 7.5, 9.0)] == [
        None,
        None,
        TagArrived(token=MEMBER, at_s=7.0),
        None,
        None,
    ]
    assert door.tokens == (MEMBER,)


def test_one_sighting_can_be_enough() -> None:
    """Where the shop says so, who is seen is here."""
    assert zone(arrive_sightings=1).seen(MEMBER, 1.0) == TagArrived(token=MEMBER, at_s=1.0)


def test_who_walks_past_does_not_arrive() -> None:
    """Sightings that lie too far apart never add up."""
    door = zone()
    assert [door.seen(MEMBER, at_s) for at_s in (0.0, 1.0, 2.1, 3.2, 10.0, 11.9)] == [None] * 6
    assert door.seen(MEMBER, 12.0) == TagArrived(token=MEMBER, at_s=12.0)
    assert zone().leavers(1_000.0) == []


def test_one_reading_counts_once() -> None:
    """A tag that is named twice in one answer was seen once."""
    door = zone()
    assert [door.seen(MEMBER, at_s) for at_s in (1.0, 1.0, 1.0, 1.5)] == [None] * 4
    assert door.seen(MEMBER, 1.6) == TagArrived(token=MEMBER, at_s=1.6)


def test_who_is_not_seen_for_long_enough_leaves_once() -> None:
    """The visit ends when nothing was seen for the time set, and says how long it was."""
    door = zone(arrive_sightings=1)
    door.seen(MEMBER, 1.0)
    door.seen(OTHER, 4.0)
    door.seen(MEMBER, 8.0)
    assert door.leavers(13.9) == []
    assert door.leavers(14.0) == [TagLeft(token=OTHER, arrived_at_s=4.0, last_seen_at_s=4.0)]
    assert door.leavers(30.0) == [TagLeft(token=MEMBER, arrived_at_s=1.0, last_seen_at_s=8.0)]
    assert door.leavers(99.0) == []
    assert door.tokens == ()


def test_who_comes_back_visits_again() -> None:
    """After leaving, a tag has to be seen as often as at first."""
    door = zone()
    for at_s in (0.0, 0.1, 0.2):
        door.seen(MEMBER, at_s)
    assert len(door.leavers(20.0)) == 1
    assert [door.seen(MEMBER, at_s) for at_s in (20.0, 20.1)] == [None, None]
    assert door.seen(MEMBER, 20.2) == TagArrived(token=MEMBER, at_s=20.2)


def test_a_clock_that_steps_back_stands_still() -> None:
    """No visit ends, and none begins, because a clock was set back."""
    door = zone(arrive_sightings=2)
    door.seen(MEMBER, 100.0)
    assert door.seen(MEMBER, 3.0) is None  # the same moment, for all that is known
    assert door.seen(MEMBER, 101.0) == TagArrived(token=MEMBER, at_s=101.0)
    door.seen(MEMBER, 4.0)
    assert door.leavers(5.0) == []
    assert door.leavers(110.9) == []
    assert door.leavers(111.0) == [TagLeft(token=MEMBER, arrived_at_s=101.0, last_seen_at_s=101.0)]


def test_a_full_zone_keeps_who_is_here() -> None:
    """Where all its tags have arrived, a new one is passed over, counted, and has its chance."""
    door = zone(arrive_sightings=1, tags_most=2)
    assert door.seen(MANY[0], 1.0)
    assert door.seen(MANY[1], 2.0)
    assert door.seen(MANY[2], 3.0) is None
    assert (door.tokens, door.passed_over) == ((MANY[0], MANY[1]), 1)
    assert len(door.leavers(11.0)) == 1
    assert door.seen(MANY[2], 11.0) == TagArrived(token=MANY[2], at_s=11.0)


def test_a_full_zone_forgets_who_was_seen_longest_ago() -> None:
    """A new tag takes the place of one that has not arrived, the one not seen for longest."""
    door = zone(arrive_sightings=2, tags_most=2)
    door.seen(MANY[0], 1.0)
    door.seen(MANY[1], 1.1)
    door.seen(MANY[2], 1.2)
    assert door.seen(MANY[1], 1.3) == TagArrived(token=MANY[1], at_s=1.3)
    assert door.seen(MANY[0], 1.4) is None
    assert door.passed_over == 0


@pytest.mark.parametrize(("sightings", "most"), [(0, 1), (1, 0)])
def test_a_zone_that_cannot_work_is_not_made(sightings: int, most: int) -> None:
    """No sighting at all, or room for nobody, is a mistake of the configuration."""
    with pytest.raises(ValueError, match="at least one"):
        zone(arrive_sightings=sightings, tags_most=most)


@given(
    st.lists(st.tuples(st.sampled_from(MANY), st.floats(-1.0, 6.0), st.booleans()), max_size=200)
)
def test_visits_alternate_and_stay_within_bounds(steps: list[tuple[Token, float, bool]]) -> None:
    """Whatever is seen when, nobody arrives twice or leaves without having arrived."""
    door, now_s, here = zone(arrive_sightings=2), 0.0, set()
    for token, later_s, ask in steps:
        now_s += later_s
        for left in door.leavers(now_s) if ask else ():
            assert left.arrived_at_s <= left.last_seen_at_s <= max(now_s, left.last_seen_at_s)
            here.remove(left.token)
        if door.seen(token, now_s):
            assert token not in here
            here.add(token)
        assert set(door.tokens) == here
        assert len(door._here) + len(door._coming) <= 4
