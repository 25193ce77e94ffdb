"""A reader repeats a card that lies on it; the till hears of it once, until it was taken away."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.tokens import Token
from drivers.presence import GONE_AFTER_S, Presence

CARDS = [Token("em4100", f"0C0006{number:04X}") for number in range(4)]
REPEAT_S = 0.0625  # an RDM6300's rhythm, in a number that binary fractions add up exactly

SIGHTINGS = st.lists(
    st.tuples(st.sampled_from(CARDS), st.integers(0, 20).map(lambda repeats: repeats * REPEAT_S)),
    max_size=40,
)


def test_a_card_that_rests_is_presented_once() -> None:
    """However long a card lies there, it is new once."""
    presence = Presence()
    sightings = [presence.is_new(CARDS[0], repeat * REPEAT_S) for repeat in range(1_000)]
    assert sightings == [True] + [False] * 999


def test_a_second_card_is_presented_at_once() -> None:
    """A second card beside the first is new at once, and neither is new again while both lie."""
    presence = Presence()
    assert presence.is_new(CARDS[0], 0.0)
    assert presence.is_new(CARDS[1], REPEAT_S)
    for repeat in range(2, 40):
        assert not presence.is_new(CARDS[repeat % 2], repeat * REPEAT_S)


def test_a_card_that_was_gone_is_presented_again() -> None:
    """A card is new again once it was away as long as says gone, and not a moment sooner."""
    presence = Presence(gone_after_s=0.5)
    assert presence.is_new(CARDS[0], 10.0)
    assert not presence.is_new(CARDS[0], 10.25)
    assert not presence.is_new(CARDS[0], 10.625)
    assert presence.is_new(CARDS[0], 11.125)


def test_another_card_does_not_keep_a_card_there() -> None:
    """A card taken away is new when it comes back, also where another one lay there meanwhile."""
    presence = Presence()
    assert presence.is_new(CARDS[0], 0.0)
    new = [presence.is_new(CARDS[1], repeat * REPEAT_S) for repeat in range(1, 30)]
    assert new == [True] + [False] * 28
    assert presence.is_new(CARDS[0], 30 * REPEAT_S)


def test_readers_do_not_share_their_presence() -> None:
    """A card moved to another reader is a presentation there."""
    assert Presence().is_new(CARDS[0], 0.0)
    assert Presence().is_new(CARDS[0], 0.0)


@given(SIGHTINGS)
def test_new_means_not_seen_for_long_enough(sightings: list[tuple[Token, float]]) -> None:
    """A sighting is new exactly when that card's last one, if any, is long enough ago."""
    presence, now_s, last_s = Presence(), 0.0, dict[Token, float]()
    for card, pause_s in sightings:
        now_s += pause_s
        gone = card not in last_s or now_s - last_s[card] >= GONE_AFTER_S
        assert presence.is_new(card, now_s) == gone
        last_s[card] = now_s


@given(st.lists(st.integers(0, 16**10 - 1), unique=True, max_size=30))
def test_only_cards_seen_just_now_are_remembered(numbers: list[int]) -> None:
    """A reader that sees ever new cards does not remember them all."""
    presence = Presence()
    for place, number in enumerate(numbers):
        presence.is_new(Token("em4100", f"{number:010X}"), place * GONE_AFTER_S)
        held = [value for value in vars(presence).values() if isinstance(value, dict)]
        assert [len(cards) for cards in held] == [1]
