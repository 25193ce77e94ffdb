"""Double entry: every fact moves points between owners, and the moves sum to zero.

A member's points are a debt of the program, so what a member gains the program has issued:

>>> from agent.core.entry import Enrol
>>> postings_of(Enrol(account="a", token="em4100:0C000621A5"))
()
"""

from dataclasses import dataclass
from typing import Literal, assert_never

from agent.core.entry import AccumulatePoints, Enrol

__all__ = ["PROGRAM", "Bucket", "Posting", "postings_of"]

PROGRAM = "program"
"""The owner that issues points; every other owner is an account."""

Bucket = Literal["active", "issued"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Posting:
    """A signed movement of points into one bucket of one owner."""

    owner: str
    bucket: Bucket
    points: int


def postings_of(fact: Enrol | AccumulatePoints) -> tuple[Posting, ...]:
    """Map a fact to its postings, which sum to zero. The only place that knows this mapping."""
    match fact:
        case Enrol():
            return ()
        case AccumulatePoints(account=account, points=points):
            if account is None or points == 0:
                return ()
            return (
                Posting(owner=account, bucket="active", points=points),
                Posting(owner=PROGRAM, bucket="issued", points=-points),
            )
        case _:
            assert_never(fact)
