"""What the screens say that needs the program: what points are worth, and what comes next.

The customer's page speaks its lane's language, with the program's phrases; the cashier's is in
English.
"""

from datetime import date

from agent.core.money import format_money
from agent.core.phrases import Phrases
from agent.core.program import Program
from agent.core.receipt import PLAIN, Paper
from agent.core.rewards import Offer, Shown, toward
from agent.lanes import Lane
from agent.till import AccountView, RedemptionAnswer

__all__ = ["Wording", "sentence"]

_PLACE = "\n"
"""Stands for a number that a page shows larger; no phrase has a line's end."""


def sentence(said: str) -> str:
    """Write what the API says as a sentence of a page.

    >>> sentence("this card is blocked")
    'This card is blocked.'
    """
    return f"{said[:1].upper()}{said[1:]}."


class Wording:
    """Sentences about one program's points, in the language of a lane's paper, on a shop's day."""

    def __init__(self, program: Program, paper: Paper = PLAIN, day: date | None = None) -> None:
        self._program = program
        self._paper = paper
        self._day = day
        self._marks = str.maketrans({",": self.say.thousands, ".": self.say.decimal})

    @property
    def say(self) -> Phrases:
        """The language's phrases."""
        return self._paper.phrases

    @property
    def language(self) -> str:
        """The language's tag."""
        return self._paper.language

    def number(self, number: int) -> str:
        """Write a number as this language parts its thousands."""
        return f"{number:,}".translate(self._marks)

    def money(self, amount_minor: int) -> str:
        """Write an amount in the program's currency, in one piece wherever a line breaks."""
        amount = format_money(amount_minor, self._program.currency).translate(self._marks)
        return amount.replace(" ", "\N{NO-BREAK SPACE}")

    def points(self, points: int, sign: str = "") -> str:
        """Write a number of points."""
        phrase = self.say.one_point if points == 1 else self.say.more_points
        return phrase.format(points=sign + self.number(points))

    def balance(self, balance: int) -> tuple[str, str, str]:
        """Write a balance or a debt: what stands before its number, the number, what follows."""
        one, more = self.say.one_point, self.say.more_points
        if balance < 0:
            one, more = self.say.one_point_owed, self.say.more_points_owed
        phrase = one if abs(balance) == 1 else more
        before, _, after = phrase.format(points=_PLACE).partition(_PLACE)
        return before, self.number(abs(balance)), after

    def bought(self, redemption: RedemptionAnswer) -> str:
        """Say what a redemption is: the reward's text, or the money its points take off."""
        for reward in self._program.reward:
            if reward.id == redemption.reward:
                return self._paper.text(reward.id, reward.text)
        if redemption.value_minor is not None:
            return self._money_off(redemption.value_minor)
        points = redemption.captured or redemption.points
        discount = self._program.discount
        if discount is None:
            return self.points(points)
        return self._money_off(points * discount.worth_minor // discount.points)

    def on_hold(self, redemption: RedemptionAnswer) -> str:
        """Say what points are set aside for, and how many; or what a voucher takes off."""
        if redemption.voucher is not None:
            return self.bought(redemption)
        bought, cost = self.bought(redemption), self.points(redemption.points)
        cost = cost.replace(" ", "\N{NO-BREAK SPACE}")
        return self.say.on_hold.format(reward=bought, cost=cost)

    def offers(self, lane: Lane, member: AccountView) -> tuple[tuple[str, str], ...]:
        """List what a member can have here and now, and what each costs;
        what costs nothing has no words for it.

        Where the basket was quoted it is what goes with it, until the balance changes.
        """
        quote = lane.quote
        if quote is not None and quote.balance == member.balance:
            offers = quote.rewards
        else:
            offers = member.offers
        can_spend = member.redeemable_now > 0
        available = (
            each for each in offers if each.available and (can_spend or each.cost_points == 0)
        )
        return tuple((self._offered(each), self._cost(each)) for each in available)

    def next_reward(self, member: AccountView) -> str | None:
        """Say how far the next reward is; None where the balance reaches them all."""
        ahead = toward(self._program, member.balance, Shown(tier=member.tier, day=self._day))
        if ahead is None:
            return None
        reward = self._paper.text(ahead.reward, ahead.text)
        return self.say.ahead.format(reward=reward, points=self.number(ahead.short))

    def _cost(self, offer: Offer) -> str:
        return self.points(offer.cost_points) if offer.cost_points else ""

    def _offered(self, offer: Offer) -> str:
        if offer.value_minor is None:
            return self._paper.text(offer.reward, offer.text)
        return self._money_off(offer.value_minor)

    def _money_off(self, amount_minor: int) -> str:
        return self.say.money_off.format(amount=self.money(amount_minor))
