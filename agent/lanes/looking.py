"""Whose card this is, as a lane shows it; a card that cannot be looked up is shown too."""

import structlog

from agent.core.tokens import Token
from agent.lanes.lane import Lane, Shown
from agent.ledger import LedgerError
from agent.till import Till, UnknownCard

__all__ = ["look_again", "look_up"]

_log = structlog.get_logger(__name__)


async def look_up(till: Till, token: Token, reader: str, *, at_s: float) -> Shown:
    """Ask the ledger; where it does not know or cannot say, ``status`` tells. Raises nothing."""
    shown = Shown(token=token, reader=reader, at_s=at_s, status="unavailable")
    try:
        shown.member = await till.identify(str(token))
        shown.status = shown.member.status
    except UnknownCard:
        shown.status = "unknown_card"
    except LedgerError as error:
        _log.warning("card_not_looked_up", token=token.masked, error=str(error))
    return shown


async def look_again(
    till: Till, lane: Lane, shown: Shown, cause: str, *, only_news: bool = False
) -> None:
    """Look a shown card up anew, and tell of it if it still lies there; with ``only_news`` only if
    anything is shown otherwise.
    """
    fresh = await look_up(till, shown.token, shown.reader, at_s=shown.at_s)
    if fresh.status == "unavailable" or not any(each is shown for each in lane.cards):
        return
    if fresh.place < shown.place:
        return  # it changed meanwhile, and is looked up once more
    if only_news and _shows_the_same(shown, fresh):
        return
    shown.member, shown.status = fresh.member, fresh.status
    lane.become_one()
    lane.tell("card", lane.card_data(shown, cause))


def _shows_the_same(shown: Shown, fresh: Shown) -> bool:
    """Say whether a card that was looked up again is as it is shown, whatever was written since."""
    if shown.member is None or fresh.member is None:
        return shown.status == fresh.status and shown.member is fresh.member
    as_of = fresh.member.as_of
    is_same = shown.member.model_copy(update={"as_of": as_of}) == fresh.member
    return is_same and shown.status == fresh.status
