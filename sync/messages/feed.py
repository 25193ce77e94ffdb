"""The feed on the wire: what head office knows of members, cards and programs, by a cursor.

A page is deflated lines like a batch: a header, then one line per item. An item says how things
are, not what changed, so that a page taken twice changes nothing.
"""

from typing import Annotated, Literal

from pydantic import Field

from agent.core.facts import LARGEST
from agent.core.facts.device import CardStateName
from agent.core.values import Code, Value
from sync.messages.coding import (
    MalformedMessage,
    Told,
    decode_line,
    deflate_lines,
    encode,
    inflate_lines,
)
from sync.messages.greeting import Count, Nonce

__all__ = [
    "AccountItem",
    "CardItem",
    "DecisionItem",
    "FeedItem",
    "FeedPage",
    "FeedRequest",
    "FeedScope",
    "HeardItem",
    "LotItem",
    "MonthItem",
    "ProgramItem",
    "PushedItem",
    "UnknownItem",
    "decode_feed",
    "encode_feed",
]

_MOST_ITEMS = 2_000
"""More than a page of head office's has room for."""

FeedScope = Literal["all", "seen"]
"""All accounts, or those that were at this device, or were asked for."""

_Points = Annotated[int, Field(strict=True, ge=-LARGEST, le=LARGEST)]


class FeedRequest(Value):
    """Device to head office: what changed since ``cursor``? ``token`` asks for one card's member,
    wherever they are, while a customer waits. ``run`` is what came with the cursor.
    """

    nonce: Nonce
    cursor: Count
    generation: Count = 0
    scope: FeedScope = "all"
    token: Annotated[str, Field(max_length=128)] | None = None
    run: Nonce | None = None


class LotItem(Told):
    """Points that came on one day, in whatever store, and are still there."""

    points: Annotated[int, Field(strict=True, ge=1)]
    earned_on: str


class MonthItem(Told):
    """What counts toward tiers of one month, ``YYYY-MM``, over all stores: points, and money."""

    month: str
    points: _Points = 0
    spend_minor: _Points = 0


class AccountItem(Told):
    """A member's account less what this device itself wrote: the rest of the world's part.

    ``active`` and ``pending`` are head office's points less those of this device's own entries that
    head office has heard, exactly as the device wrote them; so what a till shows is this plus its
    own sums, whatever is still under way. ``root`` names the account that this one was merged
    into. ``denied`` says that no floor is given. ``tier_since`` is the day on which the tier was
    entered or kept anew, ``tier_until`` the last one on which it is kept whatever is earned.

    What follows is of all stores, this one included as far as head office has heard it: ``lots``
    are the active points by day, of which those of the newest days may be told as one;
    ``last_active_on`` is the day of the last purchase or redemption, ``bought`` whether a purchase
    stands that did not come back whole, ``toward`` what counts toward tiers, by month.
    """

    kind: Literal["account"] = "account"
    account: Code
    active: _Points
    pending: _Points = 0
    enrolled_on: str | None = None
    tier: Code | None = None
    tier_since: str | None = None
    tier_until: str | None = None
    root: Code | None = None
    denied: bool = False
    erased: bool = False
    lots: tuple[LotItem, ...] = ()
    last_active_on: str | None = None
    bought: bool = False
    toward: tuple[MonthItem, ...] = ()


class CardItem(Told):
    """A card, whose it is, and how it stands."""

    kind: Literal["card"] = "card"
    token: Annotated[str, Field(max_length=128)]
    account: Code
    state: CardStateName
    replaced_by: Annotated[str, Field(max_length=128)] | None = None


class ProgramItem(Told):
    """A version of the program, as TOML."""

    kind: Literal["program"] = "program"
    name: Code
    edition: str
    text: Annotated[str, Field(max_length=1_000_000)]


class PushedItem(Told):
    """The promotions that are pushed now, as the JSON of a program's; it replaces the last."""

    kind: Literal["pushed"] = "pushed"
    promotions: str


class DecisionItem(Told):
    """An entry of head office's own journal: how a conflict was settled, in plain words."""

    kind: Literal["decision"] = "decision"
    seq: Count
    hash: str
    canonical: str


FeedItem = AccountItem | CardItem | ProgramItem | PushedItem | DecisionItem
_KINDS = {"account", "card", "program", "pushed", "decision"}


class UnknownItem(Told):
    """What a later head office says of something that nobody here has heard of."""

    kind: Annotated[str, Field(max_length=64)]


HeardItem = FeedItem | UnknownItem
"""An item as a store hears it."""


class FeedPage(Told):
    """Header of a page; ``nonce`` names the request. ``cursor`` is where to go on, ``more`` whether
    to do so at once. A page for one token has the request's own cursor. ``run`` names the run of
    numbers that the cursor is of. ``anew`` says that this page is told from the start, though the
    generation is the same, as nobody knows the request's cursor. ``greet`` says that it is told
    nothing: the cursor is of another life of head office's database, and a HELLO, which is signed,
    is to show it.
    """

    nonce: Nonce
    cursor: Count
    generation: Count
    more: bool = False
    token: str | None = None
    run: Nonce | None = None
    anew: bool = False
    greet: bool = False


class _Line(Told):
    item: Annotated[FeedItem, Field(discriminator="kind")]


class _UnknownLine(Told):
    item: UnknownItem


def encode_feed(page: FeedPage, items: tuple[FeedItem, ...]) -> bytes:
    """Encode a page."""
    return deflate_lines((encode(page), *(encode(_Line(item=item)) for item in items)))


def decode_feed(payload: bytes) -> tuple[FeedPage, tuple[HeardItem, ...]]:
    """Decode a page; never inflates to more than 4 MiB. An item of a kind that is not known here
    keeps nothing else from being heard. Raises MalformedMessage.
    """
    head, *lines = inflate_lines(payload, at_most=1 + _MOST_ITEMS)
    if not head:
        raise MalformedMessage("a page without a header")
    return decode_line(head, FeedPage), tuple(_item(line) for line in lines)


def _item(line: bytes) -> HeardItem:
    try:
        return decode_line(line, _Line).item
    except MalformedMessage:
        unknown = decode_line(line, _UnknownLine).item
        if unknown.kind in _KINDS:
            raise
        return unknown
