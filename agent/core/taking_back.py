"""Taking back: what a sale is still worth once part of it came back.

A sale is judged from all its returns together, never return by return: rounding each return by
itself would take or keep a point too many every time. What one return takes is the difference.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.core.basket import Line, Sale, Tender

__all__ = [
    "ReturnExceedsSale",
    "Share",
    "after_lines",
    "goods_back",
    "is_all_back",
    "money_off",
    "rewards_left",
    "share_left",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """What is left of a sale: the basket without the lines that came back, where lines did, and of
    ``total_minor`` that this was worth, what no return by amount took. ``tier`` is the one that the
    sale was judged in.
    """

    kept: Sale | None
    total_minor: int
    left_minor: int
    tier: str | None = None


class ReturnExceedsSale(ValueError):
    """More would come back than was sold."""


def money_off(sale: Sale, worth_minor: Sequence[int], *, things: bool) -> frozenset[int]:
    """Answer which reward lines take money off the goods, by index; the others are things.

    ``worth_minor`` is what each discount that was redeemed took off, 0 where nobody knows any
    more; ``things`` says that rewards of the catalogue were redeemed too. A line at zero or above
    is a thing, and so is one below zero where no discount was redeemed. Where both kinds were, each
    discount has the first line of its worth, or all of them together have one; else a tender of
    points paid them. Without such a tender the lines cannot be told apart: all are money off.
    """
    off_minor = {
        index: -line.amount_minor
        for index, line in enumerate(sale.lines)
        if line.is_reward and line.amount_minor < 0
    }
    if not things:
        return frozenset(off_minor)
    found = _of_worth(off_minor, worth_minor) or _of_worth(off_minor, [sum(worth_minor)])
    tendered = any(each.kind == "points" and each.amount_minor > 0 for each in sale.tenders)
    if found or tendered or not worth_minor:
        return frozenset(found)
    return frozenset(off_minor)


def after_lines(sale: Sale, returned: Mapping[int, Decimal], off: Collection[int]) -> Sale:
    """Answer the basket as it would have been without what came back.

    ``returned`` is how much of each line has come back in all, by the line's index. A line that
    came back in part keeps that part of its amount, discount and tax, cents dropped. What points
    paid for shrinks with the goods: points come back as points. So do the lines ``off`` (see
    ``money_off``); a reward of the catalogue is one whole thing. Raises ReturnExceedsSale for a
    line that is not there, or was not sold so often.
    """
    for index in returned:
        if index >= len(sale.lines):
            raise ReturnExceedsSale(f"the sale has no line {index} that could come back")
    kept = list(sale.lines)
    for index in sorted(returned):
        kept[index] = _kept(kept[index], returned[index])
    share = (_bought_minor(kept), _bought_minor(sale.lines))
    lines = tuple(
        _shrink_line(line, share) if index in off else line for index, line in enumerate(kept)
    )
    tenders = tuple(
        _shrink(each, share) if each.kind == "points" else each for each in sale.tenders
    )
    return sale.model_copy(update={"lines": lines, "tenders": tenders})


def is_all_back(sale: Sale, returned: Mapping[int, Decimal]) -> bool:
    """Say whether every line of a sale came back, but for reward lines that only take money off."""
    return all(
        returned.get(index) == Decimal(line.quantity)
        for index, line in enumerate(sale.lines)
        if not (line.is_reward and line.amount_minor < 0)
    )


def rewards_left(
    sale: Sale, returned: Mapping[int, Decimal], off: Collection[int], rewarded: int
) -> int:
    """Answer how many points, of those that rewards of the catalogue cost, stay spent.

    A reward comes back with its own line, which is none of ``off``, and with nothing else. Where
    its line is below zero, or there is none, the thing is among the goods: it comes back with the
    last of them too.
    """
    rewards = [
        (index, line)
        for index, line in enumerate(sale.lines)
        if line.is_reward and index not in off
    ]
    goods_left = any(
        returned.get(index, Decimal(0)) < Decimal(line.quantity)
        for index, line in enumerate(sale.lines)
        if not line.is_reward
    )
    is_a_line_itself = any(line.amount_minor >= 0 for _, line in rewards)
    if not goods_left and not is_a_line_itself:
        return 0
    sold = sum((Decimal(line.quantity) for _, line in rewards), Decimal(0))
    back = sum((returned.get(index, Decimal(0)) for index, _ in rewards), Decimal(0))
    return share_left(rewarded, int(sold * 1000), int(back * 1000))


def goods_back(sale: Sale, kept: Sale) -> tuple[int, int]:
    """Answer what a sale's goods came to, however they were paid, and how much came back of it."""
    bought_minor = _bought_minor(sale.lines)
    return bought_minor, bought_minor - _bought_minor(kept.lines)


def share_left(whole: int, total: int, returned: int) -> int:
    """Answer what is left of a whole when so much of a total has come back, rounded down.

    Of nothing, nothing comes back. Raises ReturnExceedsSale.
    """
    if not 0 <= returned <= total:
        raise ReturnExceedsSale("more would come back than was paid")
    return whole * (total - returned) // total if returned else whole


def _of_worth(off_minor: Mapping[int, int], worth_minor: Sequence[int]) -> set[int]:
    """Find a line of its own for each worth, the first there is."""
    found: set[int] = set()
    for minor in worth_minor:
        own = next((i for i, each in off_minor.items() if each == minor and i not in found), None)
        found.update(() if own is None else (own,))
    return found


def _kept(line: Line, back: Decimal) -> Line:
    sold = Decimal(line.quantity)
    if not 0 <= back <= sold:
        raise ReturnExceedsSale(f"{sold} were sold, {back} would have come back")
    left = sold - back
    return line.model_copy(
        update={
            "quantity": f"{left:f}",
            "amount_minor": int(line.amount_minor * left // sold),
            "discount_minor": int(line.discount_minor * left // sold),
            "tax_minor": int(line.tax_minor * left // sold),
        }
    )


def _bought_minor(lines: list[Line] | tuple[Line, ...]) -> int:
    return sum(max(0, line.amount_minor) for line in lines if not line.is_reward)


def _shrink_line(line: Line, share: tuple[int, int]) -> Line:
    return line.model_copy(update={"amount_minor": _part(line.amount_minor, share)})


def _shrink(tender: Tender, share: tuple[int, int]) -> Tender:
    return tender.model_copy(update={"amount_minor": _part(tender.amount_minor, share)})


def _part(amount_minor: int, share: tuple[int, int]) -> int:
    left, whole = share
    return amount_minor * left // whole if whole else 0
