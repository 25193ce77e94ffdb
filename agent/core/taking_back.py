"""Taking back: what a sale is still worth once part of it came back.

A sale is judged from all its returns together, never return by return: rounding each return by
itself would take or keep a point too many every time. What one return takes is the difference.
"""

from collections.abc import Mapping
from decimal import Decimal

from agent.core.basket import Line, Sale, Tender

__all__ = ["ReturnExceedsSale", "after_lines", "goods_back", "rewards_left", "share_left"]


class ReturnExceedsSale(ValueError):
    """More would come back than was sold."""


def after_lines(sale: Sale, returned: Mapping[int, Decimal], *, rewards_shrink: bool) -> Sale:
    """Answer the basket as it would have been without what came back.

    ``returned`` is how much of each line has come back in all, by the line's index. A line that
    came back in part keeps that part of its amount, cents dropped. What points paid for shrinks
    with the goods: points come back as points. With ``rewards_shrink`` so do reward lines, as they
    are money off the goods; a reward of the catalogue is one whole thing. Raises ReturnExceedsSale
    for a line that is not there, or was not sold so often.
    """
    for index in returned:
        if index >= len(sale.lines):
            raise ReturnExceedsSale(f"the sale has no line {index} that could come back")
    kept = list(sale.lines)
    for index in sorted(returned):
        kept[index] = _kept(kept[index], returned[index])
    share = (_bought_minor(kept), _bought_minor(sale.lines))
    lines = tuple(
        _shrink_line(line, share) if line.is_reward and rewards_shrink else line for line in kept
    )
    tenders = tuple(
        _shrink(each, share) if each.kind == "points" else each for each in sale.tenders
    )
    return sale.model_copy(update={"lines": lines, "tenders": tenders})


def rewards_left(sale: Sale, returned: Mapping[int, Decimal], rewarded: int) -> int:
    """Answer how many points, of those that rewards of the catalogue cost, stay spent.

    A reward comes back with its own line and with nothing else. Where its line only takes money
    off, or there is none, the thing is among the goods: it comes back with the last of them too.
    """
    rewards = [(index, line) for index, line in enumerate(sale.lines) if line.is_reward]
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


def _kept(line: Line, back: Decimal) -> Line:
    sold = Decimal(line.quantity)
    if not 0 <= back <= sold:
        raise ReturnExceedsSale(f"{sold} were sold, {back} would have come back")
    amount_minor = line.amount_minor * (sold - back) // sold
    return line.model_copy(update={"amount_minor": int(amount_minor)})


def _bought_minor(lines: list[Line] | tuple[Line, ...]) -> int:
    return sum(max(0, line.amount_minor) for line in lines if not line.is_reward)


def _shrink_line(line: Line, share: tuple[int, int]) -> Line:
    return line.model_copy(update={"amount_minor": _part(line.amount_minor, share)})


def _shrink(tender: Tender, share: tuple[int, int]) -> Tender:
    return tender.model_copy(update={"amount_minor": _part(tender.amount_minor, share)})


def _part(amount_minor: int, share: tuple[int, int]) -> int:
    left, whole = share
    return amount_minor * left // whole if whole else 0
