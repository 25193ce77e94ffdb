"""A program that pays for friends, its members, and what a ledger holds of them."""

import asyncio
from dataclasses import replace
from typing import Any

from club import CARD, enrol, sell
from small_programs import program

from agent.core.basket import Sale
from agent.ledger import Ledger
from agent.till import Back, Enrolled, Enrolment, Terms, Till

__all__ = ["FRIEND", "REFERRAL", "SMALL", "TERMS", "Friends", "lines_back", "money_back"]

FRIEND = "em4100:67003B51C6"
REFERRAL = """
[referral]
id = "friend"
points = 200
friend_points = 100
minimum_minor = 2000
text = "Member gets member"
"""
SMALL = program(REFERRAL)
TERMS = Terms(program=SMALL)


class Friends:
    """A till whose member ``CARD`` brings ``FRIEND``."""

    def __init__(self, till: Till, ledger: Ledger) -> None:
        self.till, self.ledger = till, ledger
        enrol(till)
        self.enrolled = self.bring(FRIEND, CARD)

    def bring(self, token: str, referred_by: str | None, **known: Any) -> Enrolled:
        """Make somebody a member whom another one is said to have brought."""
        enrolment = Enrolment(token=token, referred_by=referred_by, **known)
        return asyncio.run(self.till.members.enrol(enrolment))

    def buys(self, sale_id: str, body: dict[str, Any], token: str = FRIEND) -> dict[str, int]:
        """The friend buys; answers the points of each reason."""
        answer = sell(self.till, sale_id, body, token)
        assert sum(each.points for each in answer.because) == answer.points
        return {each.rule: each.points for each in answer.because}

    def quoted(self, body: dict[str, Any]) -> dict[str, int]:
        """What a quote says of a friend's basket."""
        sale = Sale.model_validate(body | {"token": FRIEND})
        return {e.rule: e.points for e in asyncio.run(self.till.quote(sale)).because}

    def brings_back(self, sale_id: str, return_id: str, back: Back) -> int:
        """The friend brings goods back; answers the points that are taken."""
        return asyncio.run(self.till.take_back(sale_id, return_id, back))[0].points_taken

    def voids(self, sale_id: str) -> int:
        """The friend's sale is called off; answers the points that are taken."""
        return asyncio.run(self.till.void(sale_id))[0].points_taken

    @property
    def balances(self) -> tuple[int, int]:
        """The active points of who brought the friend, and the friend's."""
        seen = [asyncio.run(self.till.identify(card)).balance for card in (CARD, FRIEND)]
        return seen[0], seen[1]

    @property
    def pending(self) -> tuple[int, int]:
        """The pending ones."""
        seen = [asyncio.run(self.till.identify(card)).pending for card in (CARD, FRIEND)]
        return seen[0], seen[1]

    def under(self, **changes: Any) -> None:
        """Go on under other terms."""
        self.till.adopt(replace(TERMS, **changes))


def lines_back(*indices: int) -> Back:
    """Whole lines come back."""
    lines = [{"line": index, "quantity": "1"} for index in indices]
    return Back(lines=lines)  # type: ignore[arg-type]  # as a POS sends it


def money_back(amount_minor: int) -> Back:
    """So much of the total comes back."""
    return Back(amount_minor=amount_minor)
