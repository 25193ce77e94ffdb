"""Member gets member: who brought a friend is given points with the friend's first sale, and so may
the friend be.

What the sale comes to is the money that was paid for goods that some rule of the program counts. A
gift card that earns nothing, what points or a voucher paid for and a sale in another currency bring
nobody points; where no money was paid, there are none, whatever the minimum. The first sale that
comes to the minimum pays: a smaller one before it changes nothing.

Limits and caps are about what a basket earns and lower none of it, and it leads to no tier: both as
points for becoming a member.
"""

from dataclasses import dataclass

from agent.core.accumulate import Because, Earned
from agent.core.basket import Sale
from agent.core.program import Program
from agent.core.taking_back import Share, share_left
from agent.core.values import Code, Points

__all__ = [
    "Referred",
    "paid_for",
    "reaches",
    "referred",
    "spent_left",
    "with_friends_part",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Referred:
    """What a friend's sale gives for their having been brought: ``points`` to ``referrer``, and
    ``friend_points``, which are among the sale's own. ``spent_minor`` is what the sale came to, and
    ``minimum_minor`` what it has to come to, also after goods came back.
    """

    promotion: Code
    """The id of the program's referral."""
    referrer: Code
    points: Points
    friend_points: Points
    spent_minor: Points
    minimum_minor: Points


def paid_for(program: Program, sale: Sale) -> tuple[int, tuple[int, ...]]:
    """Answer the money that counts of a sale, in minor units, and the lines that it was paid for.

    It is never more than the sale's total, and never below zero.
    """
    if sale.currency != program.currency:
        return 0, ()
    categories = [line.category for line in sale.lines]
    taken = {index for rule in program.earn for index in rule.taken(sale.lines, categories)}
    lines = tuple(sorted(taken))
    paid_minor = sum(sale.lines[index].amount_minor for index in lines)
    paid_minor -= sum(each.amount_minor for each in sale.tenders if each.kind == "voucher")
    return max(0, min(paid_minor - sale.paid_with_points_minor, sale.total_minor)), lines


def spent_left(program: Program | None, spent_minor: int, share: Share) -> int:
    """Answer what is left of the money that counted of a sale, once part of it came back.

    Lines that were named count no more; an amount takes its share of all that is left. Where the
    program that judged the sale is gone, its lines are worth what they were together.
    """
    kept = share.kept
    if kept is not None and program is not None:
        spent_minor = min(spent_minor, paid_for(program, kept)[0])
    elif kept is not None:
        spent_minor = min(spent_minor, share.total_minor)
    back_minor = share.total_minor - share.left_minor
    return share_left(spent_minor, share.total_minor, back_minor)


def reaches(spent_minor: int, minimum_minor: int) -> bool:
    """Say whether a sale that comes to so much pays a referral, or keeps it paid."""
    return 0 < spent_minor >= minimum_minor


def referred(program: Program, sale: Sale, referrer: str | None) -> Referred | None:
    """Decide what a sale gives for its member's having been brought by ``referrer``.

    ``referrer`` is None where nobody brought them, or an earlier sale has paid for it.
    """
    rule = program.referral
    if rule is None or referrer is None:
        return None
    spent_minor, _ = paid_for(program, sale)
    if not reaches(spent_minor, rule.minimum_minor):
        return None
    return Referred(
        promotion=rule.id,
        referrer=referrer,
        points=rule.points,
        friend_points=rule.friend_points,
        spent_minor=spent_minor,
        minimum_minor=rule.minimum_minor,
    )


def with_friends_part(program: Program, sale: Sale, earned: Earned) -> Earned:
    """Put the friend's part among the reasons of the sale, last, where there is one."""
    rule = program.referral
    if rule is None or rule.friend_points == 0:
        return earned
    _, lines = paid_for(program, sale)
    part = Because(rule=rule.id, points=rule.friend_points, lines=lines, text=rule.text)
    return Earned(
        points=earned.points + part.points,
        because=(*earned.because, part),
        withheld=earned.withheld,
    )
