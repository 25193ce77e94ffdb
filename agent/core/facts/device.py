"""Facts about cards and visits, spending rights, and the journal itself."""

from typing import Annotated, Literal

from msgspec import Meta

from agent.core.facts.base import Count, FactBase
from agent.core.values import Code, Text, WrittenToken

__all__ = [
    "ActivityFlag",
    "AddCard",
    "CardState",
    "CardStateName",
    "ClockJump",
    "Enrol",
    "EpochCause",
    "FlagActivity",
    "LeaseGrant",
    "LeaseReturn",
    "OpenEpoch",
    "RateVisit",
]

CardStateName = Literal["active", "blocked", "lost", "replaced"]
ActivityFlag = Literal[
    "tap_without_basket",
    "tap_moved",
    "phone_lookup",
    "number_lookup",
    "lookups_limited",
    "wrong_pin",
    "profile_changed",
]
EpochCause = Literal["welcomed", "confirmed", "restored", "rebuilt"]

_Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Enrol(FactBase, frozen=True, kw_only=True, tag="ENROL"):
    """A card became an account, at a till and perhaps with no network.

    ``referred_by`` is the account of the member who brought this one.
    """

    account: Code
    token: WrittenToken
    lane: Code | None = None
    cashier: Code | None = None
    referred_by: Code | None = None


class AddCard(FactBase, frozen=True, kw_only=True, tag="ADD_CARD"):
    """An account got one more card, which shares its points."""

    account: Code
    token: WrittenToken
    lane: Code | None = None
    cashier: Code | None = None


class CardState(FactBase, frozen=True, kw_only=True, tag="CARD_STATE"):
    """A card was blocked, lost, found again, or replaced by another card of the same account."""

    token: WrittenToken
    account: Code
    state: CardStateName
    replaced_by: WrittenToken | None = None
    reason: Text = ""
    cashier: Code | None = None
    lane: Code | None = None


class FlagActivity(FactBase, frozen=True, kw_only=True, tag="FLAG"):
    """Somebody did something at a till that head office wants to know of, and that is no other
    entry; it changes nothing.
    """

    flag: ActivityFlag
    account: Code | None = None
    lane: Code | None = None
    cashier: Code | None = None
    reason: Text = ""


class RateVisit(FactBase, frozen=True, kw_only=True, tag="RATE_VISIT"):
    """A member said how the visit was, from 1 to 5."""

    account: Code
    rating: Annotated[int, Meta(ge=1, le=5)]
    sale_id: Code | None = None
    lane: Code | None = None


class LeaseGrant(FactBase, frozen=True, kw_only=True, tag="LEASE_GRANT"):
    """Head office moved spending rights here; ``granted_total`` is all it granted this epoch."""

    account: Code
    granted_total: Count
    generation: Count


class LeaseReturn(FactBase, frozen=True, kw_only=True, tag="LEASE_RETURN"):
    """Rights went back to head office, answering one numbered recall; 0 is an answer too."""

    account: Code
    recall: Count
    points: Count


class OpenEpoch(FactBase, frozen=True, kw_only=True, tag="OPEN_EPOCH"):
    """A journal began a new life, and says which entry it grew from.

    ``welcomed`` is head office's word and ``confirmed`` an operator's; after ``restored`` and
    ``rebuilt`` the device is frozen until one of them is given.
    """

    cause: EpochCause
    incarnation: Code
    parent_incarnation: Code
    parent_epoch: Count
    parent_seq: Count
    parent_hash: _Hash
    nonce: Code | None = None
    reason: Text = ""


class ClockJump(FactBase, frozen=True, kw_only=True, tag="CLOCK_JUMP"):
    """The wall clock was set: by so many milliseconds against the time since boot, or, after a
    boot, back behind the newest entry.
    """

    by_ms: int
