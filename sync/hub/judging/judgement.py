"""What comes out of judging: the worth of a thing in postings, and what contradicted in it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from agent.core.postings import PROGRAM, Bucket
from sync.hub.judging.days import Days, What

__all__ = ["Conflict", "Judgement", "Worth", "WorthSum", "not_less"]

Worth = dict[tuple[str, Bucket], int]
"""Points by owner and bucket, the program's side included: it sums to zero."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Conflict:
    """Something that entries contradict each other in, settled, in plain words for a clerk.

    ``subject`` is what it is about: found twice, it is one row. ``points`` are those that stand
    otherwise than somebody wrote them; ``store`` and ``device`` are whose word did not stand.
    Of some there may be more later, which is another subject: ``excess`` is how much there is, and
    ``of_what`` the same for all of them.
    """

    kind: str
    subject: str
    text: str
    account: str | None = None
    points: int = 0
    store: str | None = None
    device: str | None = None
    is_open: bool = False
    excess: int = 0
    of_what: str | None = None


def not_less(was: Iterable[Conflict], found: Iterable[Conflict]) -> list[Conflict]:
    """Answer the conflicts that are found, but for those of which there is less than there ``was``:
    a clerk has heard of more.
    """
    most: dict[tuple[str, str | None], int] = {}
    for each in was:
        key = (each.kind, each.of_what)
        most[key] = max(each.excess, most.get(key, 0))
    return [each for each in found if each.excess >= most.get((each.kind, each.of_what), 0)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What a thing is worth, as all its entries together say; ``days`` is what it brought when."""

    worth: Worth = field(default_factory=dict)
    days: Days = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()


class WorthSum:
    """Adds a worth up, each step a move between two buckets, so that it sums to zero; and beside it
    what came and went on which ``days``.
    """

    def __init__(self) -> None:
        self._points: Counter[tuple[str, Bucket]] = Counter()
        self.days: Days = {}

    def came(self, account: str, day: str, what: What, number: int) -> None:
        """Count what a day brought a member, or less of it."""
        self.days[account, day, what] = self.days.get((account, day, what), 0) + number

    def earn(self, account: str, bucket: Bucket, points: int) -> None:
        """Issue points to a member."""
        self.move((PROGRAM, "issued"), (account, bucket), points)

    def move(self, source: tuple[str, Bucket], target: tuple[str, Bucket], points: int) -> None:
        """Move points from one bucket to another."""
        self._points[source] -= points
        self._points[target] += points

    @property
    def worth(self) -> Worth:
        """The sum, without what comes to nothing."""
        return {key: points for key, points in self._points.items() if points}
