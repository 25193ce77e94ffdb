"""Waits before another try double up to a longest one, and dice keep a thousand stores apart."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.backoff import delay_s

STEPS_S = st.floats(0.01, 60)
THROWS = st.floats(0, 1, exclude_max=True)


@given(st.integers(0, 10**9), STEPS_S, STEPS_S, THROWS)
def test_a_wait_is_half_to_all_of_its_step(
    attempt: int, first_s: float, longest_s: float, throw: float
) -> None:
    """A wait is never longer than the longest nor than its step, and never under half of it."""
    wait_s = delay_s(attempt, first_s=first_s, longest_s=longest_s, dice=lambda: throw)
    step_s = min(longest_s, first_s * 2 ** min(attempt, 20))
    assert step_s / 2 <= wait_s <= step_s <= longest_s


@given(st.integers(0, 1_000), STEPS_S, STEPS_S, THROWS)
def test_a_later_wait_is_not_shorter(
    attempt: int, first_s: float, longest_s: float, throw: float
) -> None:
    """With the same throw of the dice, waiting never gets shorter from one try to the next."""
    wait_s, next_s = (
        delay_s(a, first_s=first_s, longest_s=longest_s, dice=lambda: throw)
        for a in (attempt, attempt + 1)
    )
    assert wait_s <= next_s


def test_the_dice_are_thrown_once_for_each_wait() -> None:
    """Each wait throws the dice anew, so two stores that failed together try again apart."""
    throws = iter([0.0, 0.5])
    waits = [delay_s(3, first_s=1, longest_s=60, dice=lambda: next(throws)) for _ in range(2)]
    assert waits == [4.0, 6.0]
