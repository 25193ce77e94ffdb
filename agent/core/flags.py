"""Flags: what head office wants to look at, because insiders misuse points that way.

A flag never stops a till. It is read off the entry that records what happened, so that a replay
finds the same flags.

>>> from agent.core.facts import AddCard
>>> flags_of(AddCard(account="a", token="em4100:0C000621A5"))
('card_added',)
"""

from collections.abc import Iterator

from agent.core.facts import (
    AccumulatePoints,
    AddCard,
    AdjustPoints,
    CardState,
    CardStateName,
    ClaimSale,
    Fact,
    FlagActivity,
    ReturnSale,
    VoidSale,
)

__all__ = ["FLAGS", "flags_of"]

FLAGS = {
    "currency_mismatch": "a sale in another currency than the program's; it earned nothing",
    "date_ahead": "a sale, void or return of a date that has not come; pending points are active",
    "points_not_redeemed": "points paid for a sale, or it names a redemption: some were not taken",
    "reward_does_not_fit": "a sale spent a reward that is not for its basket, its day or the"
    " member's tier, or that does not go with another one of it",
    "points_withheld": "points were withheld: by a limit of the program, or the account is full",
    "card_over_and_over": "one card, sale after sale, at one cashier on one day",
    "card_attached_late": "a card was given to a sale after it was paid",
    "return_without_customer": "a member's sale came back, or was voided later, and no card of"
    " theirs was shown",
    "points_adjusted": "a person changed a balance by hand",
    "card_added": "one more card for an account",
    "card_blocked": "a card was blocked at a till",
    "card_lost": "a card was reported lost at a till",
    "card_replaced": "a new card took an old one's place at a till",
    "tap_without_basket": "a card was shown, and no sale came with it",
    "tap_moved": "a card shown at one lane was moved to another",
    "phone_lookup": "a member was looked up by telephone number",
    "number_lookup": "a member was looked up by a typed card number",
    "lookups_limited": "a till asked for more members than a cashier can serve",
    "profile_changed": "what is known of a member was replaced or erased",
    "wrong_pin": "a wrong PIN was typed to approve an adjustment",
}
"""Every flag, and what it says."""


def flags_of(fact: Fact) -> tuple[str, ...]:
    """Answer the flags of a fact. The only place that knows this mapping."""
    match fact:
        case AccumulatePoints():
            return fact.flags
        case FlagActivity():
            return (fact.flag,)
        case ClaimSale():
            return ("card_attached_late", *fact.flags)
        case ReturnSale() | VoidSale():
            return tuple(_of_goods_back(fact))
        case CardState():
            return _BY_STATE[fact.state]
    return _BY_KIND.get(type(fact), ())


def _of_goods_back(fact: ReturnSale | VoidSale) -> Iterator[str]:
    if fact.without_customer:
        yield "return_without_customer"
    if fact.date_ahead:
        yield "date_ahead"
    if fact.withheld:
        yield "points_withheld"


_BY_KIND: dict[type, tuple[str, ...]] = {
    AdjustPoints: ("points_adjusted",),
    AddCard: ("card_added",),
}

_BY_STATE: dict[CardStateName, tuple[str, ...]] = {
    "active": (),
    "blocked": ("card_blocked",),
    "lost": ("card_lost",),
    "replaced": ("card_replaced",),
}
