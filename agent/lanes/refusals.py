"""What a lane is refused with, when somebody says which card is meant or moves one.

::

    TillRefusal           (agent.till) the message is for the cashier
    ├── UnknownLane       nobody configured a lane of that name
    ├── SameLane          a card is moved to the lane where it lies
    ├── NoCardShown       the lane shows no card
    └── NoSuchCard        the lane shows another card, or asks nothing any more
"""

from agent.till import TillRefusal

__all__ = ["NoCardShown", "NoSuchCard", "SameLane", "UnknownLane"]


class UnknownLane(TillRefusal):
    """Nobody configured a lane of that name."""

    code = "unknown_lane"


class SameLane(TillRefusal):
    """A card is moved to the lane where it lies."""

    code = "same_lane"


class NoCardShown(TillRefusal):
    """The lane shows no card."""

    code = "no_card_shown"


class NoSuchCard(TillRefusal):
    """The lane does not show this card, or asks nothing any more."""

    code = "no_such_card"
