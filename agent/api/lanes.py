"""The calls about a lane's card: which of two is meant, and that it lies at another lane."""

from typing import Any, Literal

from fastapi import APIRouter

from agent.api.problems import answers
from agent.core.values import Code, Value
from agent.lanes import Lanes, Shown
from agent.till import parse_token
from agent.till.members import TokenText

__all__ = ["add_lanes"]


class Meant(Value):
    """The card that is meant, of two that were shown."""

    token: TokenText


class Move(Value):
    """Where a card belongs; without ``token`` the one that was shown last is moved."""

    to: Code
    token: TokenText | None = None


class ShownCard(Value):
    """A card that a lane shows now. ``question`` is there while it is asked which card is meant."""

    lane: str
    token: str
    account: str | None
    status: str
    question: Literal["which_card"] | None


def add_lanes(routes: APIRouter, lanes: Lanes, tills_only: list[Any]) -> None:
    """Add the routes."""

    @routes.post("/v1/lanes/{lane}/card", dependencies=tills_only, responses=answers(404, 409))
    async def choose(lane: Code, meant: Meant) -> ShownCard:
        """Say which of two cards is meant; the other leaves the lane."""
        return _shown(lane, lanes, lanes.choose(lane, parse_token(meant.token)))

    @routes.post("/v1/lanes/{lane}/card/move", dependencies=tills_only, responses=answers(404, 409))
    async def move(lane: Code, move: Move) -> ShownCard:
        """Move a card that was laid on the wrong lane's reader; it is a tap at the other lane."""
        token = None if move.token is None else parse_token(move.token)
        return _shown(move.to, lanes, await lanes.move(lane, move.to, token))


def _shown(name: str, lanes: Lanes, shown: Shown) -> ShownCard:
    return ShownCard(
        lane=name,
        token=str(shown.token),
        account=shown.account,
        status=shown.status,
        question="which_card" if lanes[name].second is not None else None,
    )
