"""Whose card this is, as a lane shows it; a card that cannot be looked up is shown too."""

import structlog

from agent.core.tokens import Token
from agent.lanes.lane import Shown
from agent.ledger import LedgerError
from agent.till import Till, UnknownCard

__all__ = ["look_up"]

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
