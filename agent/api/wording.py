"""What the screens say that needs the program: what points are worth, and what comes next."""

from agent.core.money import format_money
from agent.core.program import Program
from agent.core.rewards import Offer, toward
from agent.lanes import Lane
from agent.till import AccountView, RedemptionAnswer

__all__ = ["Wording"]


class Wording:
    """Sentences about one program's points, for cashiers and customers."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def money(self, amount_minor: int) -> str:
        """Write an amount in the program's currency, in one piece wherever a line breaks."""
        return format_money(amount_minor, self._program.currency).replace(" ", "\N{NO-BREAK SPACE}")

    def points(self, points: int) -> str:
        """Write a number of points."""
        return f"{points:,} point{'' if points == 1 else 's'}"

    def bought(self, redemption: RedemptionAnswer) -> str:
        """Say what a redemption is: the reward's text, or the money its points take off."""
        for reward in self._program.reward:
            if reward.id == redemption.reward:
                return reward.text
        points = redemption.captured or redemption.points
        discount = self._program.discount
        if discount is None:
            return self.points(points)
        return f"{self.money(points * discount.worth_minor // discount.points)} off"

    def offers(self, lane: Lane, member: AccountView) -> tuple[tuple[str, str], ...]:
        """List what a member can have here and now, and what each costs.

        Where the basket was quoted it is what goes with it, until the balance changes.
        """
        quote = lane.quote
        if quote is not None and quote.balance == member.balance:
            offers = quote.rewards
        else:
            offers = member.offers
        available = (offer for offer in offers if offer.available and member.redeemable_now > 0)
        return tuple((self._offered(each), self.points(each.cost_points)) for each in available)

    def next_reward(self, member: AccountView) -> str | None:
        """Say how far the next reward is; None where the balance reaches them all."""
        ahead = toward(self._program, member.balance)
        if ahead is None:
            return None
        return f"{ahead.short:,} more point{'' if ahead.short == 1 else 's'} for: {ahead.text}"

    def _offered(self, offer: Offer) -> str:
        if offer.value_minor is None:
            return offer.why
        return f"{self.money(offer.value_minor)} off"
