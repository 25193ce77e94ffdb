"""The calls about a lane's card: which of two is meant, and that it lies at another lane."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path

from agent.api.problems import answers
from agent.core.values import Code, Value
from agent.lanes import Lanes, Shown
from agent.till import parse_token
from agent.till.members import TokenText

__all__ = ["add_lanes"]

_Lane = Annotated[Code, Path(description="The lane that shows the card.")]


class Meant(Value):
    """The card that is meant, of two that were shown."""

    token: TokenText
    """The card that is meant: `scheme:value` or the bare number."""


class Move(Value):
    """Where a card belongs; without ``token`` the one that was shown last is moved."""

    to: Code
    """The lane where the card belongs."""
    token: TokenText | None = None
    """The card; without it the one that was shown last."""


class ShownCard(Value):
    """A card that a lane shows now. ``question`` is there while it is asked which card is meant."""

    lane: str
    """The lane that shows it now."""
    token: str
    """The card: `scheme:value`."""
    account: str | None
    """The member's account; null where the card is not known."""
    status: str
    """The card's state, or `unknown_card`, or `unavailable`."""
    question: Literal["which_card"] | None
    """There while the lane asks which of two cards is meant."""


def add_lanes(routes: APIRouter, lanes: Lanes, tills_only: list[Any]) -> None:
    """Add the routes."""

    @routes.post("/v1/lanes/{lane}/card", dependencies=tills_only, responses=answers(404, 409))
    async def choose(lane: _Lane, meant: Meant) -> ShownCard:
        """Say which of two cards is meant; the other leaves the lane."""
        return _shown(lane, lanes, lanes.choose(lane, parse_token(meant.token)))

    @routes.post("/v1/lanes/{lane}/card/move", dependencies=tills_only, responses=answers(404, 409))
    async def move(lane: _Lane, move: Move) -> ShownCard:
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
