"""Which entries are one sale: copies of one basket, whoever wrote them, and what goes with them.

One id should mean one sale. Where several devices committed the same basket under it, each wrote a
copy of the one sale that there was; another basket under the same id is a sale of its own. What
else speaks of the id goes with the copy that the same device had made, or with the first sale.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.json import Decoder, Encoder

from agent.core.facts import (
    AccumulatePoints,
    AccumulatePromotionPoints,
    ActivatePoints,
    ClaimSale,
)
from sync.hub.judging.mentions import Mention, Place

__all__ = ["Gift", "OneSale", "activated", "gifts_of", "sales_of"]

_DECODER = Decoder(dict[str, Any])
_ENCODER = Encoder(order="deterministic")
_NOT_THE_BASKET = ("lane", "cashier", "occurred_at", "token")
"""A retry may come from another lane, at another time, and with a card that was found since."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OneSale:
    """A sale by all that speaks of it, in order; ``copies`` are its entries as it was committed."""

    copies: tuple[Mention, ...]
    others: tuple[Mention, ...]

    @property
    def first(self) -> AccumulatePoints:
        """The sale as the first copy has it; its basket is that of all of them."""
        fact = self.copies[0].entry.fact
        assert isinstance(fact, AccumulatePoints), "a copy is a sale"  # noqa: S101
        return fact


@dataclass(frozen=True, kw_only=True, slots=True)
class Gift:
    """Points that an entry gave a member, and the places by which activations name them."""

    account: str
    points: int
    is_pending: bool
    mention: Mention
    places: frozenset[Place]

    @property
    def rank(self) -> tuple[object, ...]:
        """The best first: the most points, and of equals the first in order."""
        return (-self.points, *self.mention.order)


def sales_of(mentions: Sequence[Mention]) -> tuple[OneSale, ...]:
    """Tell the sales under one id apart, in order; none where no device has committed one yet."""
    ordered = sorted(mentions, key=lambda each: each.order)
    sold = [each for each in ordered if isinstance(each.entry.fact, AccumulatePoints)]
    if not sold:
        return ()
    copies: dict[bytes, list[Mention]] = defaultdict(list)
    basket_of = {each.order: _basket(each) if len(sold) > 1 else b"" for each in sold}
    for each in sold:
        copies[basket_of[each.order]].append(each)
    others: dict[bytes, list[Mention]] = defaultdict(list)
    for each in ordered:
        if isinstance(each.entry.fact, ActivatePoints):  # its lots say which sale they came from
            for basket in copies:
                others[basket].append(each)
        elif each.order not in basket_of:
            others[basket_of[_sold_by(each, sold).order]].append(each)
    return tuple(
        OneSale(copies=tuple(found), others=tuple(others[basket]))
        for basket, found in copies.items()
    )


def gifts_of(sale: OneSale) -> tuple[tuple[Gift, ...], dict[tuple[str, str], Gift]]:
    """Answer what each copy, or its claim, gave its member, the best first; and what promotions
    gave for the sale, the best of each promotion and account.
    """
    lots = frozenset(each.place for each in sale.copies)
    bought = []
    for each in (*sale.copies, *sale.others):
        fact = each.entry.fact
        if isinstance(fact, AccumulatePoints | ClaimSale) and fact.account is not None:
            waits = fact.pending_until is not None
            bought.append(Gift(account=fact.account, points=fact.points, is_pending=waits,
                               mention=each, places=lots))  # fmt: skip
    promoted: dict[tuple[str, str], list[Gift]] = defaultdict(list)
    for each in sale.others:
        fact = each.entry.fact
        if isinstance(fact, AccumulatePromotionPoints):
            waits = fact.pending_until is not None
            gift = Gift(account=fact.account, points=fact.points, is_pending=waits,
                        mention=each, places=frozenset((each.place,)))  # fmt: skip
            promoted[(fact.promotion, fact.account)].append(gift)
    best = {key: _all_places(min(gifts, key=_rank), gifts) for key, gifts in promoted.items()}
    return tuple(sorted(bought, key=_rank)), best


def activated(sale: OneSale, gift: Gift) -> int:
    """Answer how many points of a gift became active, never more than it has pending."""
    if not gift.is_pending:
        return 0
    parts = (
        lot.points
        for each in sale.others
        if isinstance(each.entry.fact, ActivatePoints)
        for lot in each.entry.fact.lots
        if (each.store, each.device, lot.epoch, lot.seq) in gift.places
    )
    return min(gift.points, sum(parts))


def _rank(gift: Gift) -> tuple[object, ...]:
    return gift.rank


def _all_places(best: Gift, gifts: list[Gift]) -> Gift:
    places = frozenset(place for each in gifts for place in each.places)
    return Gift(
        account=best.account,
        points=best.points,
        is_pending=best.is_pending,
        mention=best.mention,
        places=places,
    )


def _sold_by(mention: Mention, sold: Sequence[Mention]) -> Mention:
    """Find the sale that an entry goes with: the device's own, made last before it."""
    own = [each for each in sold if each.at == mention.at]
    if not own:
        return sold[0]
    before = [each for each in own if each.order < mention.order]
    return max(before, key=lambda each: each.order) if before else own[0]


def _basket(mention: Mention) -> bytes:
    fact = mention.entry.fact
    assert isinstance(fact, AccumulatePoints), "a copy is a sale"  # noqa: S101
    sale = _DECODER.decode(fact.sale_json)
    return _ENCODER.encode({key: sale[key] for key in sale if key not in _NOT_THE_BASKET})
