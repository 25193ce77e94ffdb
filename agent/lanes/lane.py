"""One lane's present state: the cards it shows, and what became of them."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from agent.core.answer import BackAnswer, JournalPosition, SaleAnswer
from agent.core.tokens import Token
from agent.lanes.listening import EventName, LaneEvent, Listener
from agent.lanes.refusals import NoCardShown, NoSuchCard
from agent.till import AccountView, Quote, RedemptionAnswer

__all__ = ["THANKS_S", "Lane", "Shown", "Which"]

_MOST_HELD = 20

THANKS_S: Final = 20.0
"""How long the customer's screen shows how it ended."""

Which = Literal["first", "second"]
"""One of two cards that are asked about, in the order in which they were shown."""


@dataclass(slots=True, kw_only=True)
class Shown:
    """A card that was shown. ``status`` is the card's, or ``unknown_card`` or ``unavailable``.

    ``at_s`` is when it was last shown or used; ``sold`` says that its account had a sale since.
    """

    token: Token
    reader: str
    at_s: float
    status: str
    member: AccountView | None = None
    sold: bool = False

    @property
    def account(self) -> str | None:
        """Whose card it is, where it is known."""
        return None if self.member is None else self.member.account

    @property
    def place(self) -> tuple[int, int]:
        """The place in the journal that what is shown of the account rests on."""
        return (0, 0) if self.member is None else (self.member.as_of.epoch, self.member.as_of.seq)

    def take_in(self, balance: int, journal: JournalPosition) -> None:
        """Show the balance that a newer entry left, without what was said of the one before."""
        if self.member is not None and self.place < (journal.epoch, journal.seq):
            say = None if self.status == "active" else self.member.say
            newer = {"balance": balance, "as_of": journal, "say": say}
            self.member = self.member.model_copy(update=newer)

    def is_same_member(self, other: "Shown") -> bool:
        """Say whether another card is this one, or one of the same account."""
        known = self.account is not None and self.account == other.account
        return known or self.token == other.token

    def brief(self) -> dict[str, Any]:
        """Name the card, JSON-ready."""
        return {"account": self.account, "token": str(self.token), "status": self.status}


@dataclass(slots=True, kw_only=True)
class Lane:
    """One till's present state. While ``second`` is there, it is asked which card is meant.

    ``same_as`` is the other card of the same account that lay there just before, ``replaced`` the
    card that a third one took the place of, ``moved`` a card that went to another lane, with that
    lane's name. ``held`` are the redemptions on hold by their ids, ``ended`` the one that ended
    last. ``shows`` counts the cards shown, so that a button can say what its page had seen.
    ``claimed`` says that ``sale`` was claimed after it was paid.
    ``last_s`` is when something happened here last; ``resting`` says that the customer's screen
    has shown for long enough how that ended.
    """

    name: str
    shows: int = 0
    last_s: float = 0.0
    resting: bool = False
    card: Shown | None = None
    second: Shown | None = None
    same_as: Token | None = None
    replaced: Token | None = None
    moved: tuple[Token, str] | None = None
    sale: SaleAnswer | None = None
    claimed: bool = False
    back: BackAnswer | None = None
    quote: Quote | None = None
    held: dict[str, RedemptionAnswer] = field(default_factory=dict)
    ended: RedemptionAnswer | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    listeners: set[Listener[LaneEvent]] = field(default_factory=set)

    @property
    def cards(self) -> tuple[Shown, ...]:
        """The cards it shows, in order: none, one, or two that are asked about."""
        return tuple(shown for shown in (self.card, self.second) if shown is not None)

    @property
    def newest(self) -> Shown | None:
        """The card that was shown last."""
        return self.second or self.card

    @property
    def has_ended(self) -> bool:
        """Say whether there is nothing more to come for the card that lies there.

        It had its sale, or no sale of it can be waited for: it is blocked, lost or replaced.
        """
        shown = self.card
        if shown is None or self.second is not None:
            return False
        return shown.sold or (shown.member is not None and shown.status != "active")

    @property
    def token(self) -> Token | None:
        """The card that lies there; the first of two."""
        return None if self.card is None else self.card.token

    @property
    def member(self) -> AccountView | None:
        """Whose card that is."""
        return None if self.card is None else self.card.member

    def stir(self, now_s: float, account: str | None) -> None:
        """Something happened to an account; the customer's screen shows it where its card lies."""
        if self.of(None, account) is not None:
            self.last_s, self.resting = now_s, False

    def rest(self, now_s: float) -> None:
        """Let the customer's screen ask for a card again, once it has shown how it ended."""
        if self.has_ended and not self.resting and now_s - self.last_s >= THANKS_S:
            self.resting = True
            self.tell("screen", {})

    def begin(self, shown: Shown | None) -> None:
        """Show one card, or none, as if nothing had been before; what is on hold stays on hold."""
        self.card, self.second = shown, None
        self.same_as = self.replaced = self.moved = None
        self.sale = self.back = self.quote = self.ended = None

    def lay(self, shown: Shown, *, anew: bool) -> tuple[Shown, ...]:
        """Show a card, and answer those that leave for it.

        It lies there alone where nothing did, or where it begins ``anew``; it takes the place of
        the same card or another one of its account; or else it is asked about, and a card that was
        asked about leaves for it.
        """
        self.shows += 1
        self.last_s, self.resting = shown.at_s, False
        if self.card is None or anew:
            left = self.cards
            self.begin(shown)
            return left
        if self.card.is_same_member(shown):
            self.same_as = None if self.card.token == shown.token else self.card.token
            self.card = shown
            return ()
        second, self.second = self.second, shown
        if second is None or second.is_same_member(shown):
            return ()
        self.replaced = second.token
        return (second,)

    def keep(self, shown: Shown) -> tuple[Shown, ...]:
        """Show one of the cards alone, and answer the others."""
        others = tuple(each for each in self.cards if each is not shown)
        if shown is not self.card:
            self.quote = None
        self.card, self.second, self.replaced = shown, None, None
        return others

    def without(self, shown: Shown) -> None:
        """Show a card no more; the other one, if there is one, is meant."""
        for other in self.keep(shown):
            self.card, self.quote = other, None
            return
        self.begin(None)

    def become_one(self) -> None:
        """Show the newer of two cards alone, where both are found to be the same member's."""
        if self.card and self.second and self.card.is_same_member(self.second):
            self.same_as = self.card.token
            self.keep(self.second)

    def clear(self) -> tuple[Shown, ...]:
        """Show no card any more, tell of it, and answer those that left."""
        left = self.cards
        self.begin(None)
        if left:
            gone = {"lane": self.name, "status": "gone", "cause": "gone"}
            self.tell("card", left[-1].brief() | gone)
        return left

    def part_with(self, shown: Shown, to: str) -> None:
        """Let a card go to another lane, and tell of it; the other one, if any, is meant."""
        self.without(shown)
        self.moved = (shown.token, to)
        moved = {"lane": self.name, "status": "moved", "cause": "moved", "to": to}
        self.tell("card", shown.brief() | moved)
        if self.card is not None:
            self.tell("card", self.card_data(self.card, "chosen"))

    def find(self, which: Token | Which | None) -> Shown:
        """Find a card that is shown; the newest where none is named.

        Raises NoCardShown, NoSuchCard.
        """
        if self.card is None:
            raise NoCardShown(f"lane {self.name} shows no card")
        for name, shown in (("first", self.card), ("second", self.second), (None, self.newest)):
            if shown is not None and which in (name, shown.token):
                return shown
        raise NoSuchCard("this card is not the one that is shown, or not any more")

    def of(self, token: Token | None, account: str | None) -> Shown | None:
        """Find the card that a sale belongs to: that very card, or one of its account."""
        by_token = (shown for shown in self.cards if shown.token == token)
        of_account = (each for each in self.cards if account and each.account == account)
        return next(by_token, None) or next(of_account, None)

    def hold(self, answer: RedemptionAnswer) -> None:
        """Take in how a redemption stands. The oldest of too many is shown no more."""
        self.held.pop(answer.redemption_id, None)
        if answer.status == "held":
            self.held[answer.redemption_id] = answer
            if len(self.held) > _MOST_HELD:
                del self.held[next(iter(self.held))]
        else:
            self.ended = answer

    def capture(self, ids: tuple[str, ...], sale: SaleAnswer) -> list[RedemptionAnswer]:
        """Take in that a sale spent what was on hold for it; answers those that were shown."""
        captured = []
        for held in [self.held[each] for each in ids if each in self.held]:
            # A voucher may be used with a sale that is not of the member who got it.
            is_theirs = sale.balance is not None and sale.account == held.account
            balance = sale.balance if is_theirs else held.balance
            spent = {"status": "captured", "captured": held.points}
            left = {"balance": balance, "journal": sale.journal}
            captured.append(held.model_copy(update=spent | left))
            self.hold(captured[-1])
        return captured

    def card_data(self, shown: Shown, cause: str) -> dict[str, Any]:
        """Tell of a card, JSON-ready: the account it has, and what is asked."""
        account = {} if shown.member is None else shown.member.model_dump(mode="json")
        told = account | {
            "lane": self.name,
            "reader": shown.reader,
            "token": str(shown.token),
            "status": shown.status,
            "cause": cause,
        }
        if self.card is not None and self.second is not None:
            told |= {"question": "which_card", "first": self.card.brief()}
            told |= {"second": self.second.brief()}
        return told

    def tell(self, name: EventName, data: dict[str, Any]) -> None:
        """Tell everyone who listens to this lane."""
        for listener in tuple(self.listeners):
            listener.tell(LaneEvent(name=name, data=data))
