"""Things that cost a member nothing: what an occasion brings, and what full stamp cards gave.

Each is a voucher in the end, so that the journal and head office know one kind of thing that is
used once. A full card's is issued with its sale. An occasion's is issued with its first hold, not
before: nobody is given what they never ask for. Where that hold ends without a sale, the voucher
stays the member's for the days of the occasion, and the next hold takes it again.

A store knows what it gave itself: cut off from head office, two stores can give a treat each.

A program that has neither stamp cards nor free rewards asks the ledger nothing here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from agent.core.account import Account
from agent.core.free_rewards import free_rewards
from agent.core.program import Program, Reward
from agent.core.rewards import Offer
from agent.ledger import AccountRow, View

__all__ = ["FreeThings", "account_of", "free_things", "gives_things"]


@dataclass(frozen=True, kw_only=True, slots=True)
class FreeThings:
    """What a member can have for nothing here and now.

    ``free`` says for each free reward why not, None where they can have it; ``offers`` are the
    full cards' things.
    """

    free: Mapping[str, str | None] = field(default_factory=dict)
    offers: tuple[Offer, ...] = ()


_NOTHING = FreeThings()


def free_things(
    view: View,
    program: Program,
    row: AccountRow,
    tier: str | None,
    day: date,
    *,
    refused: str | None,
) -> FreeThings:
    """Answer what a member in a tier can have for nothing on a business date; ``refused`` says why
    nothing is given to the card that was shown, where nothing is.

    Costs a look-up for what they were given, one for the profile, and one for each free reward.
    """
    if not gives_things(program):
        return _NOTHING
    rewards = [each for each in program.reward if each.is_free]
    there = view.things_to_be_had(row.account, day)
    account = account_of(view, row, tier, rewards)
    free = {
        name: refused or (None if name in there else why)
        for name, why in free_rewards(program, account, day).items()
    }
    offers = tuple(
        Offer(
            reward=card.id,
            cost_points=0,
            value_minor=None,
            available=refused is None,
            why=refused or card.gives,
            text=card.gives,
        )
        for card in program.stamp_card
        if card.id in there
    )
    return FreeThings(free=free, offers=offers)


def gives_things(program: Program) -> bool:
    """Say whether a program gives anything for nothing."""
    return bool(program.stamp_card) or any(each.is_free for each in program.reward)


def account_of(view: View, row: AccountRow, tier: str | None, rewards: list[Reward]) -> Account:
    """Answer what free rewards ask of a member: birthday, enrolment, and what they had."""
    by_birthday = any(each.occasion == "birthday" for each in rewards)
    profile = view.profile(row.account) if by_birthday else None
    return Account.model_construct(
        tier=tier,
        birthday=None if profile is None else profile.birthday,
        enrolled_on=None if row.enrolled_on is None else date.fromisoformat(row.enrolled_on),
        rewards_had={each.id: tuple(view.things_given(row.account, each.id)) for each in rewards},
    )
