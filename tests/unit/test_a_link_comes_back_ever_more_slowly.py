"""A link that does not last comes back ever more slowly, and says when somebody has its name."""

import math
import random

import pytest

from sync.returning import Returning


def sure() -> float:
    """Dice that always show their most."""
    return 1.0


def test_a_connection_that_lasted_is_made_again_at_once() -> None:
    """After an hour of connection the next try is a quarter of a second away, however many came to
    nothing before.
    """
    returning = Returning()
    for _ in range(9):
        returning.ended(lasted_s=None, taken_over=False)
    returning.ended(lasted_s=3_600.0, taken_over=False)
    assert returning.wait_s(sure) == 0.25
    assert not returning.looks_copied


def test_a_broker_that_is_away_is_tried_ever_more_seldom() -> None:
    """The waits double up to half a minute, and dice spread them: a thousand stores whose broker is
    back do not come at once. Nobody is suspected of having our name.
    """
    returning, waits_s = Returning(), list[float]()
    for _ in range(9):
        returning.ended(lasted_s=None, taken_over=False)
        waits_s.append(returning.wait_s(sure))
    assert waits_s == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert returning.wait_s(lambda: 0.0) == 15.0
    assert not returning.looks_copied


def test_a_bad_line_is_taken_up_at_once() -> None:
    """A line on which no connection lasts longer than twenty seconds is no copy of ours: each is
    made again at once, also after an outage in which the waits had grown.
    """
    returning, waits_s = Returning(), list[float]()
    for _ in range(9):
        returning.ended(lasted_s=None, taken_over=False)
        returning.wait_s(sure)
    for _ in range(9):
        returning.ended(lasted_s=20.0, taken_over=False)
        waits_s.append(returning.wait_s(sure))
    assert waits_s == [0.5] + [0.25] * 8
    assert not returning.looks_copied


def test_connections_that_end_soon_are_made_ever_more_seldom() -> None:
    """A broker that lets us in and hangs up is not stormed; from the third time on somebody else
    seems to have our name. One connection that stands ends it.
    """
    returning, waits_s, copied = Returning(), list[float](), list[bool]()
    for lasted_s in (1.0, 1.0, 1.0, 1.0, 9.0, 9.0, 9.0, 80.0):
        returning.ended(lasted_s=lasted_s, taken_over=False)
        waits_s.append(returning.wait_s(sure))
        copied.append(returning.looks_copied)
    assert waits_s == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 0.25]
    assert copied == [False, False] + [True] * 5 + [False]


@pytest.mark.parametrize("apart_s", [1.0, 300.0, 3_000.0])
def test_two_of_one_name_do_not_throw_each_other_out_for_ever(apart_s: float) -> None:
    """At a broker that says nothing of it, two clients of one name come back less than once in ten
    seconds, whenever the second one came, and one of them says that there seems to be a copy.
    """
    for seed in range(20):
        dice = random.Random(seed)  # noqa: S311 - dice
        ours = (Returning(), Returning())
        comes_s, since_s = [0.0, apart_s], [math.inf, math.inf]
        connections = 0
        while min(comes_s) < apart_s + 3_600:
            one = comes_s.index(min(comes_s))
            other, now_s = 1 - one, comes_s[one]
            connections += 1
            since_s[one], comes_s[one] = now_s, math.inf
            if since_s[other] < now_s:
                ours[other].ended(lasted_s=now_s - since_s[other], taken_over=False)
                since_s[other] = math.inf
                comes_s[other] = now_s + ours[other].wait_s(dice.random)
        assert connections < 360
        assert any(each.looks_copied for each in ours)


def test_a_broker_that_says_so_is_believed_at_once() -> None:
    """Where the broker says that another client took our place, the first wait is long already,
    even after an hour of connection.
    """
    returning = Returning()
    returning.ended(lasted_s=3_600.0, taken_over=True)
    assert returning.looks_copied
    assert returning.wait_s(lambda: 0.0) == 8.0
