"""Proving: how many points can be spent with what a card proves.

A number can be read off a card, and a chip's own number copied. A program may let only a few points
go for such, and more for the card itself (``uid``) or for one that signs each tap (``sdm``).

>>> from agent.core.program import Limits, ProofLimit
>>> limits = Limits(redemptions=(ProofLimit(above_points=500, proof="uid"),))
>>> points_provable(limits, "any"), points_provable(limits, "uid")
(500, None)
"""

from agent.core.point_words import PointWords
from agent.core.program import Limits, Program
from agent.core.tokens import PROOFS, Proof

__all__ = ["points_provable", "why_not_proved"]


def points_provable(limits: Limits, proof: Proof | None) -> int | None:
    """Answer how many points can be spent with what a card proves; None for any number.

    Of a card that is not known yet nothing is asked.
    """
    for limit in limits.redemptions:  # they rise, and ask for more each
        if proof is not None and PROOFS.index(proof) < PROOFS.index(limit.proof):
            return limit.above_points
    return None


def why_not_proved(program: Program, points: int, proof: Proof | None) -> str | None:
    """Say what to do where so many points need more proof than a card gives; None where not."""
    most = points_provable(program.limits, proof)
    if most is None or points <= most:
        return None
    needed = next(
        each.proof for each in program.limits.redemptions[::-1] if each.above_points < points
    )
    words = PointWords.in_first(program)
    least = words.counted(most)
    if needed == "uid":
        return f"lay the card on the reader: a number alone spends no more than {least}"
    return f"only a card that signs spends so many; this one no more than {least}"
