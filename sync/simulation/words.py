"""Putting entries in words, short enough for a story."""

from agent.core.entry import Entry

__all__ = ["in_words"]

_TOLD = (
    "cause",
    "incarnation",
    "sale_id",
    "return_id",
    "redemption_id",
    "token",
    "account",
    "points",
    "from_active",
    "given_back",
    "granted_total",
    "recall",
    "floor",
    "lease",
    "authority",
    "reason",
)


def in_words(entry: Entry) -> str:
    """Say what an entry is about.

    >>> from agent.core.facts import LeaseReturn
    >>> fact = LeaseReturn(account="a", recall=1, points=5)
    >>> in_words(Entry(id="1", epoch=1, seq=7, recorded_at="", fact=fact))
    '1:7 LeaseReturn account=a points=5 recall=1'
    """
    fact = entry.fact
    told = [(name, getattr(fact, name, None)) for name in _TOLD]
    said = " ".join(f"{name}={value}" for name, value in told if value not in (None, "", 0))
    return f"{entry.epoch}:{entry.seq} {type(fact).__name__} {said}"
