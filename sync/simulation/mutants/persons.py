"""Rules of persons that are left out: who was forgotten is nobody; their card may be another's."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from agent.ledger import transaction as transaction_module
from agent.ledger.member_view import MemberView
from agent.ledger.mirrored import Taken
from agent.ledger.rows import AccountRow
from sync.hub import debts, enrolling
from sync.hub import granting as granting_module
from sync.hub import members as members_module
from sync.simulation.mutants.mutant import Mutant, Patch, original

__all__ = ["PERSON_MUTANTS"]

_FORGETTING = ("erased", "members")


def _still_somebody() -> tuple[Patch, ...]:
    kept = original(MemberView, "_row")

    def row(
        self: MemberView, account: str, card_state: str, *, is_known: bool = False
    ) -> AccountRow | None:
        found: AccountRow | None = kept(self, account, card_state, is_known=is_known)
        if found is not None:
            return found
        told = self.mirrored(self.root(account))
        if told is None:
            return None
        return AccountRow.of(told.account, [], card_state, self.balance(told.account))

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
    def settle(c: Connection, device: Any, token: str, owner: Any, other: Any, *, now: Any) -> bool:
        enrolling._merge(c, device, owner, other, now=now)
        return bool(token)

    return ((enrolling, "_settle", settle),)


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
)
