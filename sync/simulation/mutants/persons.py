"""Rules of persons that are left out: who was forgotten is nobody; their card may be another's."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from agent.ledger import transaction as transaction_module
from agent.ledger.member_view import MemberView
from agent.ledger.mirrored import Taken
from agent.ledger.rows import AccountRow
from sync.hub import card_book, debts, enrolling
from sync.hub import granting as granting_module
from sync.hub import members as members_module
from sync.hub.card_book import know_cards
from sync.hub.tables import cards
from sync.simulation.mutants.mutant import Mutant, Patch, original
from sync.simulation.scripts import persons

__all__ = ["PERSON_MUTANTS"]

_FORGETTING = ("erased", "members")
_CARDS = ("cards", "members")


def _still_somebody() -> tuple[Patch, ...]:
    kept = original(MemberView, "_row")

    def row(self: MemberView, account: str, state: str, **what: Any) -> AccountRow | None:
        found: AccountRow | None = kept(self, account, state, **what)
        if found is not None:
            return found
        told = self.mirrored(self.root(account))
        if told is None:
            return None
        return AccountRow.of(told.account, [], state, self.balance(told.account))

    return ((MemberView, "_row", row),)


def _profile_kept() -> tuple[Patch, ...]:
    kept = original(transaction_module, "take")

    def take(*args: Any) -> Taken | None:
        taken: Taken | None = kept(*args)
        return None if taken is None else taken._replace(erased=())

    return ((transaction_module, "take", take),)


def _points_stay() -> tuple[Patch, ...]:
    def forfeit(*_args: Any, **_options: Any) -> int:
        return 0

    return ((members_module, "forfeit", forfeit), (debts, "forfeit", forfeit))


def _rights_stay() -> tuple[Patch, ...]:
    kept = original(granting_module, "plan")

    def plan(member: Any, ahead: Any, *, may_grant: bool) -> Any:
        return kept(replace(member, erased=False), ahead, may_grant=may_grant)

    return ((granting_module, "plan", plan),)


def _merged_with_them() -> tuple[Patch, ...]:
    return ((members_module, "_erased_of", lambda _roots: set[str]()),)


def _any_word() -> tuple[Patch, ...]:
    def everybody(c: Connection, tenant: str, _account: str) -> list[str]:
        every = select(cards.c.account).where(cards.c.tenant == tenant)
        return list(c.execute(every).scalars())

    return ((card_book, "_same_member", everybody),)


def _own_word() -> tuple[Patch, ...]:
    return ((MemberView, "_is_handed_over", lambda _self, _before, _now: False),)


def _first_come() -> tuple[Patch, ...]:
    return ((enrolling, "_merge_owners", _know_only),)


def _know_only(c: Connection, device: Any, shown: Any, *, now: Any) -> bool:
    know_cards(c, device.tenant, shown)
    return now is None


def _states_unheard() -> tuple[Patch, ...]:
    def nothing(*_args: Any, **_options: Any) -> None:
        """What a store says of a card is not kept."""

    return ((enrolling, "hear_state", nothing),)


PERSON_MUTANTS = (
    Mutant(
        name="erased_still_somebody",
        breaks="a store goes on with a member of whom it heard that they were erased",
        caught_by=("I15",),
        patches=_still_somebody,
        mixes=_FORGETTING,
    ),
    Mutant(
        name="profile_of_the_erased_kept",
        breaks="a store keeps who a member was after they were erased",
        caught_by=("I15",),
        patches=_profile_kept,
        mixes=_FORGETTING,
    ),
    Mutant(
        name="points_of_the_erased_stay",
        breaks="points of a member who was erased do not go back to the program",
        caught_by=("I15",),
        patches=_points_stay,
        mixes=_FORGETTING,
    ),
    Mutant(
        name="rights_of_the_erased_stay",
        breaks="stores keep rights to points of a member who was erased",
        caught_by=("I15",),
        patches=_rights_stay,
        mixes=_FORGETTING,
    ),
    Mutant(
        name="merged_with_the_erased",
        breaks="whoever has the card of a member who was erased is taken for that member",
        caught_by=("I15",),
        patches=_merged_with_them,
        mixes=_FORGETTING,
    ),
    Mutant(
        name="any_word_ends_a_card",
        breaks="a card is ended by what a store says of a member who had it before",
        caught_by=("I16",),
        patches=_any_word,
        mixes=_FORGETTING,
        script=persons.a_late_word_about_a_card,
    ),
    Mutant(
        name="own_word_ends_a_card",
        breaks="a store takes a card for lost that a member lost who was erased since",
        caught_by=("I16",),
        patches=_own_word,
        mixes=_FORGETTING,
        script=persons.an_ended_card_is_given_to_another,
    ),
    Mutant(
        name="one_card_of_two_members",
        breaks="two members to whom two stores gave one card are not made one",
        caught_by=("I16",),
        patches=_first_come,
        mixes=_CARDS,
    ),
    Mutant(
        name="lost_cards_unheard",
        breaks="head office does not take in which cards stores ended",
        caught_by=("I16",),
        patches=_states_unheard,
        mixes=_CARDS,
    ),
)
