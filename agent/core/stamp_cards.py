"""Stamp cards: what a basket adds to them, how often it fills them, and what comes off with goods
that come back.

A sale brings a stamp for each whole piece of a card's goods. Lines below zero and what points paid
are judged as for an earn rule of quantities; what a voucher paid brings none whatever the program
says of its points. So the coffee that a full card gives is no first stamp of the next.

The count goes on over the card's edge: each time that it is full, as many stamps as fill it turn
into one thing that the member is given. What was given stays given. Where goods come back whose
stamps it took, the count falls below zero, and the next purchases make that good. So what is on the
card, with what all the things took, is always what was bought and kept.

Cost: for each card that collects that day one pass over the lines.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Self

from msgspec import Meta, Struct
from msgspec.structs import asdict, replace
from pydantic import ConfigDict

from agent.core.basket import Sale
from agent.core.earning import Bought, bought_thousandths, unpaid_by_rule
from agent.core.program import Program, StampCard
from agent.core.taking_back import Share, share_left
from agent.core.values import Code, Label
from agent.core.vouchers import VoucherCode

__all__ = ["CardStamps", "Collected", "came_back", "collected", "on_cards", "stamps_left"]

Stamps = Annotated[int, Meta(ge=-(10**12), le=10**12)]


class Collected(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What became of one stamp card, as an entry says it; ``CardStamps`` says what each means."""

    card: Code
    text: Label
    full: Annotated[int, Meta(ge=1, le=10**12)]
    count: Stamps
    stamps: Stamps = 0
    given: Annotated[int, Meta(ge=0, le=10**12)] = 0
    gives: Label = ""
    vouchers: tuple[VoucherCode, ...] = ()
    good_until: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CardStamps:
    """How one stamp card stands. ``given`` things took ``full`` stamps each."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)

    card: Code
    """The stamp card's id in the program."""
    text: Label
    """What its stamps are called, in the program's first language."""
    full: int
    """So many stamps fill it."""
    count: int
    """The stamps on it now; below zero where some are owed."""
    stamps: int = 0
    """The stamps that came with this sale; below zero where they were taken back."""
    given: int = 0
    """How often it was filled, each time for one thing that it gives."""
    gives: Label = ""
    """What a full card gives, in the program's first language."""
    vouchers: tuple[VoucherCode, ...] = ()
    """The codes of the vouchers for it that came with this sale."""
    good_until: date | None = None
    """The last day on which those can be used; null where they always can."""

    @classmethod
    def of(cls, cards: Iterable[Collected]) -> tuple[Self, ...]:
        """Put what entries say in the words of the API."""
        return tuple(cls(**asdict(card)) for card in cards)


def collected(
    program: Program,
    sale: Sale,
    tier: str | None,
    counts: Mapping[str, int],
    *,
    gives: bool = True,
) -> tuple[Collected, ...]:
    """Answer what a member's sale does to the cards that get stamps by it, in the file's order.

    ``counts`` are the stamps on each card before. Unless ``gives``, full cards stay full.
    """
    if not program.stamp_card or sale.currency != program.currency:
        return ()
    cards = [each for each in program.stamp_card if each.collects(sale.business_date, tier)]
    return tuple(
        _added(card, counts.get(card.id, 0), stamps, sale.business_date, gives=gives)
        for card, stamps in _stamps(program, cards, sale)
        if stamps
    )


def on_cards(
    program: Program,
    day: date,
    tier: str | None,
    counts: Mapping[str, int],
    by_sale: Sequence[Collected] = (),
) -> tuple[Collected, ...]:
    """Answer how each card stands that a member collects on or has stamps of, by ``by_sale`` where
    a sale adds to it.
    """
    added = {each.card: each for each in by_sale}
    return tuple(
        added.get(card.id) or _standing(card, counts.get(card.id, 0))
        for card in program.stamp_card
        if card.collects(day, tier) or counts.get(card.id, 0)
    )


def stamps_left(program: Program | None, left: Share, brought: Mapping[str, int]) -> dict[str, int]:
    """Answer how many stamps a sale is still worth on each card it ``brought`` any for.

    It is judged by the program of then, and never worth more than then; where that is no longer
    there, and of what came back by amount, by the share of the money, fractions dropped.
    """
    now = dict(brought)
    kept = left.kept
    if kept is not None and program is not None:
        # All that collected then: also who got no stamp bears what points paid of its goods.
        day, tier = kept.business_date, left.tier
        cards = [each for each in program.stamp_card if each.collects(day, tier)]
        again = {card.id: stamps for card, stamps in _stamps(program, cards, kept)}
        now |= {card: min(stamps, again[card]) for card, stamps in brought.items() if card in again}
    if left.left_minor < left.total_minor:
        back_minor = left.total_minor - left.left_minor
        now = {card: share_left(each, left.total_minor, back_minor) for card, each in now.items()}
    return now


def came_back(before: Collected, stamps: int) -> Collected:
    """Answer what becomes of a card that a sale added to, where so many stamps are taken back."""
    return replace(before, count=before.count - stamps, stamps=-stamps, given=0)


def _stamps(
    program: Program, cards: Sequence[StampCard], sale: Sale
) -> list[tuple[StampCard, int]]:
    """Count whole pieces for each card; of several, each bears what its own goods were paid with,
    once.
    """
    bought = Bought.of(sale, redeemed_part_earns=program.redeemed_part_earns)
    voucher_minor = sum(each.amount_minor for each in sale.tenders if each.kind == "voucher")
    if voucher_minor > 0:
        bought = bought._replace(unpaid_minor=bought.unpaid_minor + voucher_minor)
    unpaid = unpaid_by_rule(cards, bought)
    counted = []
    for card in cards:
        lines = [sale.lines[index] for index in card.taken(sale.lines, bought.categories)]
        stamps = bought_thousandths(lines, unpaid[card.id]) // 1000
        most = card.stamps_per_sale
        counted.append((card, stamps if most is None else min(stamps, most)))
    return counted


def _added(card: StampCard, before: int, stamps: int, day: date, *, gives: bool) -> Collected:
    count = before + stamps
    given = max(0, count) // card.stamps if gives else 0
    now = _standing(card, count - given * card.stamps)
    good_until = card.good_until(day) if given else None
    return replace(now, stamps=stamps, given=given, good_until=good_until)


def _standing(card: StampCard, count: int) -> Collected:
    return Collected(card=card.id, text=card.text, full=card.stamps, count=count, gives=card.gives)
