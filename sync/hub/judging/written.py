"""What one journal alone says of a thing, taken at its word.

A chain is written by one ledger, which knows all that it wrote before: nothing in it needs judging.
"""

from collections import Counter
from collections.abc import Sequence

from agent.core.entry import Entry
from agent.core.facts import ActivatePoints
from agent.core.postings import Bucket, Posting, postings_of
from sync.hub.judging.judgement import Worth
from sync.hub.judging.mentions import Mention, postings_alone

__all__ = ["is_of_one_journal", "sum_as_written"]


def is_of_one_journal(mentions: Sequence[Mention]) -> bool:
    """Say whether one chain holds all of them."""
    return len({(each.at, each.incarnation, each.epoch, each.branch) for each in mentions}) == 1


def sum_as_written(mentions: Sequence[Mention]) -> Worth:
    """Add up the postings; of an activation, those of the lots that these entries made."""
    total: Counter[tuple[str, Bucket]] = Counter()
    places = {(each.epoch, each.seq) for each in mentions}
    for each in mentions:
        for owner, bucket, points in _postings(each.entry, places):
            total[(owner, bucket)] += points
    return {key: points for key, points in total.items() if points}


def _postings(entry: Entry, places: set[tuple[int, int]]) -> tuple[Posting, ...]:
    if not isinstance(entry.fact, ActivatePoints):
        return postings_of(entry.fact)

    def is_anothers(epoch: int, seq: int) -> str | None:
        return None if (epoch, seq) in places else "another"

    return postings_alone(entry, is_anothers)
