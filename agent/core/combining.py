"""Several rewards in one sale: what goes together in one basket, and what it takes off.

**The basket** that a reward is judged by is what the goods come to before any reward takes money
off: the lines that are not of the category ``reward``, with coupons and bottles below zero, however
they were paid. A reward line below zero, or a tender of points, is what rewards took off, and makes
no basket smaller. A reward line at zero or above is a thing that points bought: no part of the
basket, and of whatever category the thing would be.

**A thing** of the catalogue that names lines needs a piece of its own, the cheapest it can be, or a
reward line at zero or above. A line has as many pieces as whole ones were sold, and at least one.
What is left of the lines is there for **money off**: a discount takes off exactly what its points
are worth, and of what then remains a reward takes what there is, up to its value, and has to take
something that the others do not. So no money is taken off twice, and never more than the basket, or
the lines that some of them are about, come to.

None of it depends on the order in which rewards were chosen, and a part of what goes together does.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from typing import NamedTuple, Self

from agent.core.basket import REWARD, Line, Sale
from agent.core.pieces import cheapest_pieces
from agent.core.program import Discount, Program, Reward

__all__ = ["Basket", "Chosen", "why_not_alone", "why_not_together"]

_MOST_KINDS = 8
"""So many sets of lines at most can money off in one sale be about: each doubles the work."""

_Lines = frozenset[int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """A reward of the catalogue, or so many points as money off, that is held or spent."""

    rule: Reward | Discount
    points: int

    @property
    def off_minor(self) -> int:
        """The most that it takes off, in minor units; 0 where it is a thing."""
        if isinstance(self.rule, Discount):
            return self.rule.off_minor(self.points)
        return self.rule.value_minor or 0

    @property
    def is_thing(self) -> bool:
        """Whether it takes no money off by itself."""
        return isinstance(self.rule, Reward) and not self.rule.value_minor


class Basket(NamedTuple):
    """A sale as rewards see it, read once: its goods and what they come to, in minor units, and how
    many reward lines are things.
    """

    lines: tuple[Line, ...]
    goods_minor: int
    things: int

    @classmethod
    def of(cls, sale: Sale) -> Self:
        """Read a sale."""
        lines = sale.lines
        goods = tuple([line for line in lines if line.category != REWARD])
        own = [line for line in lines if line.is_reward] if len(goods) < len(lines) else ()
        return cls(
            lines=goods,
            goods_minor=max(0, sum([line.amount_minor for line in goods])),
            things=sum(line.amount_minor >= 0 for line in own),
        )

    def has_line_for(self, rule: Reward | Discount) -> bool:
        """Say whether some goods are what a rule is about; what is given back is not."""
        if rule.takes_any:
            return True
        return any(line.amount_minor >= 0 and rule.takes(line) for line in self.lines)

    def money_minor(self, rule: Reward | Discount) -> int:
        """Answer what the lines that a rule is about come to, and no more than all goods do."""
        if rule.takes_any:
            return self.goods_minor
        about = sum(line.amount_minor for line in self.lines if rule.takes(line))
        return max(0, min(about, self.goods_minor))

    def takes_minor(self, rule: Reward | Discount, beside: Sequence[Chosen] = ()) -> int:
        """Answer how much more a rule could take off beside others, were there no end to it."""
        most_minor = self.money_minor(rule)
        if beside:
            most_minor = _more_off_minor(self, _merged(beside), rule, most_minor)
        if not isinstance(rule, Discount):
            return most_minor
        share_minor = self.goods_minor * rule.most_percent // 100
        taken = sum(each.off_minor for each in beside if isinstance(each.rule, Discount))
        enough = self.goods_minor >= rule.minimum_basket_minor
        return max(0, min(most_minor, share_minor - taken)) if enough else 0


def why_not_alone(rule: Reward | Discount, basket: Basket, off_minor: int = 1) -> str | None:
    """Say why a basket is none for a reward, or for so much as money off; None where it is one."""
    if basket.goods_minor < rule.minimum_basket_minor:
        return _TOO_SMALL
    is_thing = isinstance(rule, Reward) and not rule.value_minor
    if not basket.has_line_for(rule) and not (is_thing and basket.things):
        return _NO_LINE
    return None if is_thing or basket.takes_minor(rule) >= off_minor else _TOO_SMALL


def why_not_together(
    program: Program, chosen: Iterable[Chosen], basket: Basket | None = None
) -> str | None:
    """Say in a cashier's words why rewards do not go together in a sale; None where they do.

    Without a basket the program's own words decide alone. Several redemptions of the discount are
    one reward.
    """
    together = _merged(chosen)
    most = program.rewards_per_sale
    if most is not None and len(together) > most:
        goes = "1 reward goes" if most == 1 else f"{most} rewards go"
        return f"no more than {goes} with one sale"
    if len(together) > 1 and any(each.rule.alone for each in together):
        return _ALONE
    if basket is None:
        return None
    for each in together:
        off_minor = each.off_minor if isinstance(each.rule, Discount) else 1
        if said := why_not_alone(each.rule, basket, off_minor):
            return said
    return None if len(together) < 2 or _have_room(basket, together) else _NO_ROOM


_TOO_SMALL = "the basket is too small"
_NO_LINE = "nothing in the basket is what it is for"
_ALONE = "one of the rewards goes with no other in a sale"
_NO_ROOM = "the basket is too small for all of the rewards together"


def _merged(chosen: Iterable[Chosen]) -> list[Chosen]:
    """Put the redemptions of the discount together: how often it was held changes nothing."""
    listed = [*chosen]
    discounts = [each for each in listed if isinstance(each.rule, Discount)]
    if len(discounts) < 2:
        return listed
    points = sum(each.points for each in discounts)
    whole = Chosen(rule=discounts[0].rule, points=points)
    return [*(each for each in listed if isinstance(each.rule, Reward)), whole]


def _have_room(basket: Basket, together: Sequence[Chosen]) -> bool:
    """Say whether all find what they are about, once the others have taken theirs."""
    left_minor = _left_minor(basket, [each for each in together if each.is_thing])
    offs = [each for each in together if not each.is_thing]
    if left_minor is None or len({_lines_of(basket, each.rule) for each in offs}) > _MOST_KINDS:
        return False
    wanted = [(_lines_of(basket, each.rule), each.off_minor) for each in offs]
    all_minor = _off_minor(wanted, left_minor)
    for index, each in enumerate(offs):
        if isinstance(each.rule, Discount):
            has_room = _off_minor([wanted[index]], left_minor) == each.off_minor
        else:
            has_room = _off_minor(wanted[:index] + wanted[index + 1 :], left_minor) < all_minor
        if not has_room:
            return False
    return True


def _more_off_minor(
    basket: Basket, beside: Sequence[Chosen], rule: Reward | Discount, most_minor: int
) -> int:
    """Answer how much more comes off beside others by a rule that takes so much by itself."""
    things = [each for each in beside if each.is_thing]
    left_minor = _left_minor(basket, things)
    wanted = [
        (_lines_of(basket, each.rule), each.off_minor) for each in beside if not each.is_thing
    ]
    more = (_lines_of(basket, rule), most_minor)
    if left_minor is None or len({lines for lines, _ in (*wanted, more)}) > _MOST_KINDS:
        return 0
    return _off_minor([*wanted, more], left_minor) - _off_minor(wanted, left_minor)


def _lines_of(basket: Basket, rule: Reward | Discount) -> _Lines:
    return frozenset(index for index, line in enumerate(basket.lines) if rule.takes(line))


def _off_minor(wanted: Sequence[tuple[_Lines, int]], left_minor: Sequence[int]) -> int:
    """Answer how much can come off of what is wanted, each off some of the lines.

    Whichever of them are looked at, together they take no more than the lines that any of them is
    about come to; the least of these bounds is what they take (the minimum cut).
    """
    by_lines: Counter[_Lines] = Counter()
    for lines, minor in wanted:
        by_lines[lines] += minor
    most_minor = max(0, sum(left_minor))
    for some in _subsets(by_lines):
        about = frozenset[int]().union(*some)
        others_minor = sum(minor for lines, minor in by_lines.items() if lines not in some)
        bound_minor = max(0, sum(left_minor[index] for index in about)) + others_minor
        most_minor = min(most_minor, bound_minor)
    return most_minor


def _subsets(by_lines: Mapping[_Lines, int]) -> Iterator[tuple[_Lines, ...]]:
    sizes = range(len(by_lines) + 1)
    return chain.from_iterable(combinations(by_lines, size) for size in sizes)


def _left_minor(basket: Basket, things: Sequence[Chosen]) -> list[int] | None:
    """Answer what is left of each line's money once each thing has its piece, the cheapest that all
    of them can have; None where some thing has none.
    """
    naming = [each.rule for each in things if not each.rule.takes_any]
    own = max(0, basket.things - (len(things) - len(naming)))
    taken = cheapest_pieces(basket.lines, naming, own)
    if taken is None:
        return None
    return [
        max(0, line.amount_minor - taken[index]) if index in taken else line.amount_minor
        for index, line in enumerate(basket.lines)
    ]
