"""Taking back: what a sale is still worth once part of it came back.

A sale's worth is judged from all its returns together, never return by return: rounding each return
by itself would keep or take a point too many every time. What one return takes is the difference.
"""

from collections.abc import Mapping
from decimal import Decimal

from agent.core.accumulate import accumulate
from agent.core.basket import Line, Sale
from agent.core.program import Program

__all__ = ["ReturnExceedsSale", "after_lines", "share_left", "worth_of_lines"]


class ReturnExceedsSale(ValueError):
    """More would come back than was sold."""


def after_lines(sale: Sale, returned: Mapping[int, Decimal]) -> Sale:
    """Answer the basket as it would have been without what came back.

    ``returned`` is how much of each line has come back in all, by the line's index. A line that
    came back in part keeps that part of its amount, rounded down, so that nothing is kept that was
    not paid. Raises ReturnExceedsSale for a line that is not there or was not so many.
    """
    lines = tuple(
        _left_of(line, returned.get(index, Decimal(0))) for index, line in enumerate(sale.lines)
    )
    if any(index not in range(len(sale.lines)) for index in returned):
        raise ReturnExceedsSale("the sale has no such line")
    return sale.model_copy(update={"lines": lines})


def _left_of(line: Line, back: Decimal) -> Line:
    sold = Decimal(line.quantity)
    if not 0 <= back <= sold:
        raise ReturnExceedsSale(f"line '{line.sku}' was sold {sold} times, not {back}")
    kept = sold - back
    amount_minor = int(line.amount_minor * kept / sold)
    return line.model_copy(update={"amount_minor": amount_minor})


def worth_of_lines(program: Program, sale: Sale, returned: Mapping[int, Decimal]) -> int:
    """Answer the points that a sale still earns when so much of its lines has come back."""
    return accumulate(program, after_lines(sale, returned)).points


def share_left(points: int, total_minor: int, returned_minor: int) -> int:
    """Answer what is left of points when so much of a total has come back, rounded down.

    Raises ReturnExceedsSale.
    """
    if not 0 <= returned_minor <= total_minor:
        raise ReturnExceedsSale("more comes back than was paid")
    return (
        0
        if total_minor == returned_minor
        else points * (total_minor - returned_minor) // total_minor
    )
