"""A link that does not last comes back ever more slowly, and says when somebody has its name."""

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


def test_two_of_one_name_do_not_throw_each_other_out_for_ever() -> None:
    """Connections that end within a minute are none: the waits grow, although each was made; from
    the third on there seems to be somebody of our name.
    """
    returning, waits_s, copied = Returning(), list[float](), list[bool]()
    for _ in range(7):
        returning.ended(lasted_s=30.0, taken_over=False)
        waits_s.append(returning.wait_s(sure))
        copied.append(returning.looks_copied)
    assert waits_s == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0]
    assert copied == [False, False] + [True] * 5


def test_a_broker_that_says_so_is_believed_at_once() -> None:
    """Where the broker says that another client took our place, the first wait is long already,
    even after an hour of connection.
    """
    returning = Returning()
    returning.ended(lasted_s=3_600.0, taken_over=True)
    assert returning.looks_copied
    assert returning.wait_s(lambda: 0.0) == 8.0
