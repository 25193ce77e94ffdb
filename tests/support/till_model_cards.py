"""Whose a card or a telephone number is, and whether it may spend, as a card index would have it.

A member has any number of cards and one balance. A card that is blocked or lost collects and spends
nothing; one that was replaced stays so for good. A number is its member's until the person changes
it or is forgotten, and whoever says it may spend while one of their cards may, or none is left.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

__all__ = ["CardIndex", "Change", "Member", "is_by_phone", "number_of"]

_TEN = 10


@dataclass(slots=True)
class Member:
    """Whole points; ``right`` is how many of them head office lets this device spend."""

    account: str
    active: int = 0
    held: int = 0
    right: int = 0
    issued: int = 0
    redeemed: int = 0
    adjusted: int = 0
    name: str | None = None
    number: str | None = None
    birthday: str | None = None
    cards: dict[str, str] = field(default_factory=dict)
    """The state of each of their cards."""


class Change(NamedTuple):
    """What was done to whose cards: which of them is shown after it, and whether it was so."""

    member: Member
    shown: str
    replay: bool


def is_by_phone(text: str | None) -> bool:
    """Say whether a member is named by telephone."""
    return text is not None and text.startswith("phone:")


def number_of(text: str) -> str | None:
    """Read a number of the machine's own country, however it is spelt; None for half of one."""
    digits = "".join(each for each in text if each.isdigit()).removeprefix("1")
    return f"+1{digits}" if len(digits) == _TEN else None


class CardIndex:
    """Every member with their cards. Asked for a card or a number it answers the member."""

    def __init__(self) -> None:
        self.members: list[Member] = []

    def __iter__(self) -> Iterator[str]:
        for member in self.members:
            yield from member.cards

    def __contains__(self, shown: str) -> bool:
        return self.get(shown) is not None

    def get(self, shown: str | None) -> Member | None:
        """Find who is meant."""
        if shown is None:
            return None
        number = number_of(shown) if is_by_phone(shown) else None
        for member in self.members:
            if shown in member.cards or (number is not None and member.number == number):
                return member
        return None

    def items(self) -> Iterator[tuple[str, Member]]:
        """Go through all cards."""
        for member in self.members:
            for card in member.cards:
                yield card, member

    def whose(self, account: str) -> Member | None:
        """Find an account."""
        return next((one for one in self.members if one.account == account), None)

    def state(self, shown: str) -> str:
        """Say whether what was shown may spend: ``active``, or why it may not."""
        member = self.get(shown)
        assert member is not None
        if not is_by_phone(shown):
            return member.cards[shown]
        standing = [state for state in member.cards.values() if state != "replaced"]
        for state in ("active", "blocked", "lost"):
            if state in standing:
                return state
        return "active"

    def ask(self, what: str, ids: tuple[str, ...], body: Mapping[str, Any]) -> Change | str:
        """Do what a call says: it changes something, or was so, or is refused by name."""
        match what:
            case "enrol":
                change = self._enrol(*ids, body)
            case "block":
                change = self._block(*ids, body["state"])
            case "replace":
                change = self._replace(*ids, body["by"])
            case "more":
                change = self._more(*ids, body["token"], lost=body["lost"])
            case "profile":
                change = self._profile(*ids, body["phone"], body["name"], body.get("birthday"))
            case _:
                change = self._profile(*ids, None, None, None)
        return change

    def _enrol(self, card: str, body: Mapping[str, Any]) -> Change | str:
        phone = body.get("phone")
        if phone is not None and number_of(phone) is None:
            return "MalformedPhone"
        if card in self:
            return "CardInUse"
        if phone is not None and self.get(f"phone:{phone}") is not None:
            return "PhoneInUse"
        member = Member(f"member-{len(self.members)}", cards={card: "active"})
        member.number = None if phone is None else number_of(phone)
        member.birthday = body.get("birthday")
        self.members.append(member)
        return Change(member, card, replay=False)

    def _block(self, card: str, state: str) -> Change | str:
        member = self.get(card)
        if member is None:
            return "UnknownCard"
        if member.cards[card] == "replaced":
            return "CardBlocked"
        was = member.cards[card]
        member.cards[card] = state
        return Change(member, card, replay=was == state)

    def _replace(self, card: str, by: str) -> Change | str:
        member, other = self.get(card), self.get(by)
        if member is None:
            return "UnknownCard"
        if card == by or other not in (None, member):
            return "CardInUse"
        if other is not None and member.cards[by] != "active":
            return "CardBlocked"
        gone = member.cards[card] == "replaced"
        if gone and other is None:
            return "CardBlocked"
        member.cards[card] = "replaced"
        member.cards[by] = "active"
        return Change(member, by, replay=gone)

    def _more(self, account: str, card: str, *, lost: bool) -> Change | str:
        member, owner = self.whose(account), self.get(card)
        if member is None:
            return "UnknownAccount"
        if owner not in (None, member):
            return "CardInUse"
        if owner is not None and member.cards[card] != "active":
            return "CardBlocked"
        before = dict(member.cards)
        for each, state in before.items():
            if lost and state == "active":
                member.cards[each] = "lost"
        member.cards[card] = "active"
        return Change(member, card, replay=member.cards == before)

    def _profile(
        self, account: str, phone: str | None, name: str | None, birthday: str | None
    ) -> Change | str:
        member = self.whose(account)
        if phone is not None and number_of(phone) is None:
            return "MalformedPhone"
        if member is None:
            return "UnknownAccount"
        if phone is not None and self.get(f"phone:{phone}") not in (None, member):
            return "PhoneInUse"
        member.number = None if phone is None else number_of(phone)
        member.name = name
        member.birthday = birthday
        return Change(member, account, replay=False)
