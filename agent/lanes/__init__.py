"""Lanes: what is going on at each till right now, and who wants to hear of it.

A lane holds the card that was shown and what became of it: the question which of two cards is
meant, the quote, the points on hold, the sale. That is what its screens show. No tap is swallowed:
a second card is asked about, a card on the wrong lane is moved, and a card that comes without a
basket is recorded.
"""

from agent.lanes.lane import Lane, Shown, Which
from agent.lanes.lanes import Lanes
from agent.lanes.listening import EventName, LaneEvent, Listener
from agent.lanes.refusals import NoCardShown, NoSuchCard, SameLane, UnknownLane

__all__ = [
    "EventName",
    "Lane",
    "LaneEvent",
    "Lanes",
    "Listener",
    "NoCardShown",
    "NoSuchCard",
    "SameLane",
    "Shown",
    "UnknownLane",
    "Which",
]
