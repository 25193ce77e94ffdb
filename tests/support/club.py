"""The club of the tests: a program with tiers, promotions, limits and expiry, and its member."""

import asyncio
from pathlib import Path
from typing import Any

from agent.core.answer import SaleAnswer
from agent.core.basket import Sale
from agent.core.program import Program
from agent.till import Enrolment, Till

__all__ = ["CARD", "CLUB", "enrol", "sell"]

_FILE = Path(__file__).parents[1] / "data" / "programs" / "club.toml"

CLUB = Program.parse(_FILE.read_text("utf-8"), source="club.toml")
CARD = "em4100:0C000621A5"


def enrol(till: Till, token: str = CARD, **known: Any) -> None:
    """Make somebody a member."""
    asyncio.run(till.members.enrol(Enrolment(token=token, **known)))


def sell(till: Till, sale_id: str, body: dict[str, Any], token: str = CARD) -> SaleAnswer:
    """Commit a sale with the member's card."""
    sale = Sale.model_validate(body | {"token": token})
    return asyncio.run(till.commit(sale_id, sale)).answer
