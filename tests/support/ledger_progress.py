"""The member's progress beside the notebook (ledger_model.py): tiers, what counts, promotions."""

from collections import defaultdict
from datetime import date
from typing import Any

from agent.core.accumulate import Because
from agent.core.facts import AccumulatePoints, ClaimSale, ReturnSale, VoidSale
from agent.core.stamp_cards import Collected
from agent.core.tiers import Standing

__all__ = ["Progress", "stamped", "told_of"]


def told_of(tier: str | None, points: int) -> dict[str, Any]:
    """What an entry says of a member under a program with this tier and one promotion."""
    if tier is None:
        return {"because": ()}
    kept_until = date(2027, 12, 31) if tier == "gold" else None
    half = Because(rule="double", points=points // 2, lines=(0,), text="Double points")
    rest = Because(rule="base", points=points - points // 2, lines=(0,), text="Points")
    return {
        "because": (rest, half),
        "tier": "before",
        "standing": Standing(tier=tier, since=date(2026, 11, 21), kept_until=kept_until),
        "promotions": ("double",),
        "spend_minor": points * 100 + 7,
        "stamps": stamped(points % 7, points % 2) if points % 7 else (),
    }


def stamped(stamps: int, given: int = 0) -> tuple[Collected, ...]:
    """What an entry says of one stamp card; which count it shows follows from nothing here."""
    return (Collected(card="loaf", text="Loaves", full=4, count=0, stamps=stamps, given=given),)


class Progress:
    """Tiers, what was bought by day, and what promotions gave."""

    def __init__(self) -> None:
        self.tiers: dict[str, tuple[str, str, str | None]] = {}
        self.counted: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        self.promoted: dict[tuple[str, str], list[Any]] = {}
        self.given: defaultdict[str, int] = defaultdict(int)
        self.stamps: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.stamped: dict[tuple[str, str], list[Any]] = {}

    def sell(self, fact: AccumulatePoints | ClaimSale, day: str) -> None:
        """A member bought something."""
        account = fact.account
        if account is None:
            return
        if fact.standing is not None:
            until = fact.standing.kept_until
            self.tiers[account] = (
                fact.standing.tier,
                str(fact.standing.since),
                None if until is None else str(until),
            )
        if fact.spend_minor is not None:
            self._count(account, day, fact.points, fact.spend_minor)
        for card in fact.stamps:
            self.stamps[account, card.card] += card.stamps - card.given * card.full
            self.stamped[fact.sale_id, card.card] = [card.text, card.full, card.stamps, 0]
        for reason in fact.because:
            if reason.rule in fact.promotions:
                gave = [account, day, reason.points, reason.points, 1]
                self.promoted[fact.sale_id, reason.rule] = gave
                self.given[reason.rule] += reason.points

    def bring_back(self, account: str, day: str, points: int, spend_minor: int) -> None:
        """It counts as less bought on the day it came back."""
        self._count(account, day, -points, -spend_minor)

    def give_back(self, sale_id: str, share: tuple[int, int], *, whole: bool) -> None:
        """So many of so many points of a sale are back; ``whole`` says that nothing is left."""
        for (of_sale, promotion), gave in self.promoted.items():
            if of_sale == sale_id:
                taken, points = share
                left = 0 if whole else gave[2] - gave[2] * taken // max(1, points)
                left = min(gave[3], left)
                self.given[promotion] -= gave[3] - left
                gave[3:] = [left, 0 if whole else gave[4]]

    def unstamp(self, account: str, fact: ReturnSale | VoidSale) -> None:
        """It takes stamps off the card, whatever the card gave."""
        for card in fact.stamps:
            self.stamps[account, card.card] += card.stamps
            self.stamped[fact.sale_id, card.card][3] -= card.stamps

    def stamps_of(self, sale_id: str) -> int:
        """How many stamps a sale still has on the card."""
        *_, stamps, taken = self.stamped.get((sale_id, "loaf"), [0, 0])
        return int(stamps - taken)

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Write it out in the tables' columns and order."""
        return {
            "tiers": sorted((account, *tier) for account, tier in self.tiers.items()),
            "counted": sorted((*key, *sums) for key, sums in self.counted.items()),
            "uses": sorted((*key, *use) for key, use in self._uses().items()),
            "promoted": sorted(
                (*key, day, gave, gave - left)
                for key, (_, day, gave, left, times) in self.promoted.items()
                if times
            ),
            "given": sorted(self.given.items()),
            "stamps": sorted((*key, stamps) for key, stamps in self.stamps.items()),
            "stamped": sorted((*key, *row) for key, row in self.stamped.items()),
        }

    def _count(self, account: str, day: str, points: int, spend_minor: int) -> None:
        sums = self.counted[account, day]
        sums[0] += points
        sums[1] += spend_minor

    def _uses(self) -> dict[tuple[str, str, str], list[int]]:
        """Add up what members kept of each promotion, by day and in all."""
        uses: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
        for (_, promotion), (account, day, _, left, times) in self.promoted.items():
            for date_or_all in ("", day):
                use = uses[account, date_or_all, promotion]
                use[0] += times
                use[1] += left
        return uses
