"""What the projections know, as whoever asks is told."""

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from msgspec import Struct

from agent.core.entry import Position
from agent.core.facts import AccumulatePoints

__all__ = [
    "AccountRow",
    "FlagRow",
    "HoldRow",
    "KnownSale",
    "PaidReferral",
    "Profile",
    "VoucherRow",
    "VoucherUseRow",
]


class AccountRow(Struct, frozen=True, kw_only=True):
    """A member's account, as the journal here and head office know it; points in whole points."""

    account: str
    balance: int
    """Active points: those of the journal here and those elsewhere."""
    card_state: str
    last_sale: tuple[int, int] | None
    """(epoch, seq) of the entry that recorded the account's last sale here."""
    last_day: str | None = None
    last_cashier: str | None = None
    in_a_row: int = 0
    """How many sales in a row the account had at that cashier on that business date."""
    enrolled_on: str | None = None
    """The day of the enrolment; None of who was enrolled elsewhere and is not told of yet."""
    last_redeemed: str | None = None
    """The newest business date on which points were spent."""
    purchases: int = 0
    """How many sales the account had here, less those of which all came back."""

    bought_anywhere: bool = False
    """Whether head office has heard of a sale of theirs that stands, wherever."""
    last_elsewhere: str | None = None
    """The day of the last purchase or redemption that head office has heard of, wherever."""

    @property
    def bought_before(self) -> bool:
        """Whether the member is known to have bought something, here or elsewhere."""
        return self.purchases > 0 or self.bought_anywhere

    @property
    def last_active(self) -> str | None:
        """The newest day on which something was bought or points were spent, as far as is known.

        Who brought all of it back has bought nothing.
        """
        bought = self.last_day if self.purchases else None
        days = (bought, self.last_redeemed, self.last_elsewhere)
        return max((day for day in days if day), default=None)

    @classmethod
    def of(
        cls, account: str, seen: list[tuple[Any, ...]], card_state: str, balance: int
    ) -> "AccountRow":
        """Read it off the rows that the query ``account`` answers of the accounts of one member:
        none of one who was never here, and most often one.
        """
        newest = max(seen, key=lambda row: row[:2] if row[1] else (-1, -1), default=None)
        if newest is None:
            return cls(account=account, balance=balance, card_state=card_state, last_sale=None)
        epoch, seq, last_day, last_cashier, in_a_row, *_ = newest
        return cls(
            account=account,
            balance=balance,
            card_state=card_state,
            last_sale=None if seq is None else (epoch, seq),
            last_day=last_day,
            last_cashier=last_cashier,
            in_a_row=in_a_row,
            enrolled_on=min((row[5] for row in seen if row[5]), default=None),
            last_redeemed=max((row[6] for row in seen if row[6]), default=None),
            purchases=sum(row[7] for row in seen),
        )


class KnownSale(Struct, frozen=True, kw_only=True):
    """A sale that was committed. What the projections know of it outlives its entry's body."""

    place: tuple[int, int]
    """(epoch, seq) of its entry."""
    account: str | None
    total_minor: int
    points: int
    returned_minor: int
    taken_back: int
    voided: tuple[int, int] | None
    """(epoch, seq) of the entry that called it off."""
    claimed: tuple[int, int] | None
    """(epoch, seq) of the entry that gave it to a member afterwards."""
    redeemed: int
    given_back: int
    rewarded: int
    """How much of what was redeemed went on rewards of the catalogue."""
    currency: str
    recorded: tuple[AccumulatePoints, Position] | None
    """The entry itself; None where its body is no longer kept here."""

    @property
    def is_paid_back(self) -> bool:
        """Whether all the money came back; of a sale without any, none does."""
        return self.returned_minor == self.total_minor > 0


class FlagRow(NamedTuple):
    """A flag, by the entry that has it. ``business_date`` is ``YYYY-MM-DD``."""

    epoch: int
    seq: int
    flag: str
    business_date: str
    recorded_at: str
    account: str | None
    lane: str | None
    cashier: str | None
    sale_id: str | None
    reason: str


class HoldRow(NamedTuple):
    """A redemption as the projections hold it; points in whole points."""

    place: tuple[int, int]
    """(epoch, seq) of the entry that made it."""
    account: str
    points: int
    captured: int
    released: int
    expires_at: str
    reward: str | None = None
    sale_id: str | None = None
    """The sale it was held for, that named it on a frozen ledger, or that spent it."""


class PaidReferral(NamedTuple):
    """What a friend's sale gave for their having been brought; points in whole points."""

    referrer: str
    promotion: str
    points: int
    friend_points: int
    """The friend's own, which are among the points of the sale."""
    spent_minor: int
    minimum_minor: int
    place: tuple[int, int]
    """(epoch, seq) of the entry that gave the referrer theirs."""
    is_back: bool
    """Whether it was taken back again."""


class VoucherRow(Struct, frozen=True, kw_only=True):
    """A voucher: money, or a thing. ``state`` is ``issued``, ``held``, ``used`` or ``gone``."""

    code: str
    place: tuple[int, int]
    """(epoch, seq) of the entry that issued it."""
    account: str
    points: int
    value_minor: int | None
    currency: str | None
    reward: str | None
    good_until: date | None
    """Its last day; None where it is good for ever."""
    partner: bool
    voucher_id: str | None
    sale_id: str | None
    """The sale that it came with."""
    state: str
    redemption_id: str | None
    """The redemption that holds it or used it."""

    @classmethod
    def of(cls, row: tuple[Any, ...]) -> "VoucherRow":
        """Read it off a row that the query ``voucher`` answers."""
        code, epoch, seq, account, points, value_minor, currency, reward, last_day, *rest = row
        partner, voucher_id, sale_id, state, redemption_id = rest
        return cls(
            code=code,
            place=(epoch, seq),
            account=account,
            points=points,
            value_minor=value_minor,
            currency=currency,
            reward=reward,
            good_until=None if last_day is None else date.fromisoformat(last_day),
            partner=bool(partner),
            voucher_id=voucher_id,
            sale_id=sale_id,
            state=state,
            redemption_id=redemption_id,
        )


class VoucherUseRow(NamedTuple):
    """A redemption that held a voucher; it is ``held``, ``used``, ``released``, or ``came_back``
    where the sale that used the voucher came back whole.
    """

    redemption_id: str
    place: tuple[int, int]
    """(epoch, seq) of the entry that held it last."""
    code: str
    expires_at: str
    state: str
    sale_id: str | None
    """The sale it was held for, or that used it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """What is known of a person, outside the journal. ``birthday`` is ``MM-DD``."""

    account: str
    display_name: str | None = None
    birthday: str | None = None
    phone: str | None = None
