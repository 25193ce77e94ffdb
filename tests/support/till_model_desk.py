"""The desk of a till with a pencil: the card index, points given by hand, the slips of a day."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from till_calls import Call
from till_model_adjust import HandBook
from till_model_cards import CardIndex, Member
from till_model_days import DayBook

__all__ = ["Answer", "Desk"]


class Answer(NamedTuple):
    """The fields of an answer, and whether it had been given before."""

    fields: dict[str, Any]
    replay: bool


class Desk:
    """What there is besides sales and redemptions. ``today`` is the date that was said last."""

    def __init__(self, program: Mapping[str, Any], *, alone: bool) -> None:
        self.program = program
        self.alone = alone
        self.cards = CardIndex()
        self.adjustments = HandBook()
        self.days = DayBook(program["currency"])
        self.today = ""
        self.frozen = False

    def pending(self, member: Member) -> int:
        """Add up what waits for the end of the return window."""
        raise NotImplementedError

    def usable(self, card: str, due: int = 0, due_rights: int = 0) -> int:
        """How many points may be redeemed with a card, or by a number, here and now, once so many
        more are ``due``, which bring so many rights.
        """
        member = self.cards.get(card)
        if member is None or self.cards.state(card) != "active" or self.frozen:
            return 0
        active, right = member.active + due, member.right + due_rights
        return max(0, active if self.alone else min(active, right))

    def adjust(self, account: str, body: Mapping[str, Any]) -> Answer | str:
        """Change a balance by hand."""
        member, brings_right = self.cards.whose(account), not (self.alone or self.frozen)
        told = self.adjustments.adjust(member, body, self.today, brings_right=brings_right)
        return told if isinstance(told, str) else Answer(*told)

    def change_cards(self, call: Call) -> Answer | str:
        """Do what a call says to a member's cards and person, and show how they stand then."""
        change = self.cards.ask(call.what, call.ids, call.body)
        if isinstance(change, str):
            return change
        member = change.member
        if call.what == "erase":
            return Answer({}, change.replay)
        if call.what == "profile":
            said = {"phone": member.number, "display_name": member.name}
            return Answer(said, change.replay)
        told = {"account": member.account, "display_name": member.name, "balance": member.active}
        told |= {"pending": self.pending(member), "redeemable_now": self.usable(change.shown)}
        return Answer(told | {"status": self.cards.state(change.shown)}, change.replay)
