"""Head office takes of a batch what follows from what it holds, and says what cannot be."""

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.entry import GENESIS, Entry, Position, chain
from agent.core.facts import Enrol
from sync.hub.batch import Batch
from sync.hub.examine import Accepted, Contradicts, Gap, Verdict, examine
from sync.messages import Journal

JournalOf = Callable[..., tuple[bytes, ...]]
Lines = tuple[bytes, ...]
BatchOf = Callable[[Lines, int, int], tuple[Journal, Lines]]

FORK_AT = 4


@pytest.fixture(scope="module")
def journal(journal_of: JournalOf) -> Lines:
    """Eight entries of one device."""
    return journal_of(*(Enrol(account=f"acc-{n}", token=f"card:{n:06}") for n in range(8)))


@pytest.fixture(scope="module")
def other(journal_of: JournalOf, journal: Lines) -> Lines:
    """Another life of the same device: the same three entries, and then others."""
    forked = journal_of(*(Enrol(account=f"new-{n}", token=f"card:9{n:05}") for n in range(8)))
    return journal[: FORK_AT - 1] + forked[FORK_AT - 1 :]


def held_of(journal: Lines, seq: int) -> Position:
    """The newest entry held where head office holds the first ``seq``."""
    return Position(epoch=0, seq=seq, hash=chain(GENESIS, journal[:seq]))


def judge(journal: Lines, seq: int, batch: tuple[Journal, Lines]) -> Verdict:
    """Judge a batch where the first ``seq`` entries of a journal are held."""

    def hash_at(asked: int) -> bytes | None:
        return chain(GENESIS, journal[:asked]) if asked <= seq else None

    return examine(held_of(journal, seq), hash_at, Batch(*batch))


def test_what_follows_is_accepted(journal: Lines, batch_of: BatchOf) -> None:
    """A batch that begins after the newest entry held is taken whole, each entry with its hash."""
    verdict = judge(journal, 3, batch_of(journal, 4, 6))
    assert isinstance(verdict, Accepted)
    assert [taken.canonical for taken in verdict.entries] == list(journal[3:6])
    previous = chain(GENESIS, journal[:3])
    for taken in verdict.entries:
        previous = hashlib.sha256(b"\0" + previous + taken.canonical).digest()
        assert taken.hash == previous
        assert taken.said is not None
        assert taken.seq == taken.said.entry.seq


def test_the_first_batch_follows_from_nothing(journal: Lines, batch_of: BatchOf) -> None:
    """Where nothing is held, a batch from entry 1 is taken, and only that."""
    assert isinstance(judge(journal, 0, batch_of(journal, 1, 8)), Accepted)
    assert judge(journal, 0, batch_of(journal, 2, 8)) == Gap()


@pytest.mark.parametrize(("first", "last", "new"), [(1, 6, 3), (3, 4, 1), (3, 3, 0), (1, 2, 0)])
def test_of_an_overlap_only_the_rest_is_taken(
    journal: Lines, batch_of: BatchOf, first: int, last: int, new: int
) -> None:
    """Entries that are held already are not taken again; the ones after them are."""
    verdict = judge(journal, 3, batch_of(journal, first, last))
    assert isinstance(verdict, Accepted)
    assert [taken.canonical for taken in verdict.entries] == list(journal[3 : 3 + new])


@pytest.mark.parametrize("first", [5, 6, 8])
def test_a_batch_too_far_ahead_is_a_gap(journal: Lines, batch_of: BatchOf, first: int) -> None:
    """A batch whose predecessor never came is put off, not refused."""
    assert judge(journal, 3, batch_of(journal, first, 8)) == Gap()


@pytest.mark.parametrize("held", range(FORK_AT, 9))
def test_another_past_is_a_fork(journal: Lines, other: Lines, batch_of: BatchOf, held: int) -> None:
    """A batch that contradicts an entry held is a fork, wherever it begins."""
    for first in range(1, min(held + 2, 9)):
        verdict = judge(journal, held, batch_of(other, first, 8))
        assert isinstance(verdict, Contradicts)
        assert verdict.reason == "fork"
        assert verdict.seq == (held if first <= FORK_AT else first - 1)


def test_a_fork_in_the_middle_is_a_fork(journal: Lines, other: Lines, batch_of: BatchOf) -> None:
    """A batch that contradicts an entry held is a fork also where it ends before the newest."""
    for last in range(FORK_AT, 8):
        verdict = judge(journal, 8, batch_of(other, 2, last))
        assert isinstance(verdict, Contradicts)
        assert verdict.reason == "fork"


@pytest.mark.parametrize("changes", [{"prev_hash": "0" * 64}, {"first_seq": 3}, {"first_seq": 2}])
def test_a_header_that_begins_elsewhere_is_a_contradiction(
    journal: Lines, batch_of: BatchOf, changes: dict[str, object]
) -> None:
    """A header whose predecessor is not what is held there does not belong to this journal."""
    header, lines = batch_of(journal, 4, 6)
    verdict = judge(journal, 3, (header.model_copy(update=changes), lines))
    assert isinstance(verdict, Contradicts)


def test_entries_must_end_where_the_header_says(journal: Lines, batch_of: BatchOf) -> None:
    """A batch whose last hash is not that of its last entry is malformed: it was altered."""
    header, lines = batch_of(journal, 4, 6)
    wrong = header.model_copy(update={"last_hash": "8e" * 32})
    for batch in ((wrong, lines), (header, lines[:-1]), (header, ())):
        assert judge(journal, 3, batch) == Contradicts(seq=4, reason="malformed")


def test_lines_in_another_order_are_not_those_of_the_header(
    journal: Lines, batch_of: BatchOf
) -> None:
    """The last hash binds every line and its place: changed, swapped or said twice, the batch is
    malformed.
    """
    header, (first, second, third) = batch_of(journal, 4, 6)
    for lines in (
        (first, b"{}", third),
        (first, second.replace(b":", b": ", 1), third),
        (first, third, second),
        (first, first, second),
        (b"", second, third),
        (first, second, third.replace(b'"epoch":0', b'"epoch":1')),
    ):
        assert judge(journal, 3, (header, lines)) == Contradicts(seq=4, reason="malformed")


@pytest.mark.parametrize(
    "line",
    [b"{}", b"", b'{"id":"x","epoch":0,"seq":5}', b"\xff"],
)
def test_a_line_that_follows_and_says_nothing_is_taken_unread(
    journal: Lines, batch_of: BatchOf, line: bytes
) -> None:
    """What the chain vouches for is taken in its place, whether or not it can be read, and so is
    what comes after it.
    """
    whole = (*journal[:4], line, journal[5])
    verdict = judge(whole, 3, batch_of(whole, 4, 6))
    assert isinstance(verdict, Accepted)
    assert [taken.said is None for taken in verdict.entries] == [False, True, False]


def test_an_entry_of_another_place_is_taken_unread(journal: Lines, batch_of: BatchOf) -> None:
    """An entry that names another epoch or seq than where it stands means nothing there."""
    other_epoch = journal[4].replace(b'"epoch":0', b'"epoch":1')
    for line in (journal[5], journal[3], other_epoch):
        whole = (*journal[:4], line, journal[5])
        verdict = judge(whole, 3, batch_of(whole, 4, 6))
        assert isinstance(verdict, Accepted)
        assert [taken.said is None for taken in verdict.entries] == [False, True, False]


def test_an_altered_entry_is_found_by_the_hash(journal: Lines, batch_of: BatchOf) -> None:
    """An entry that parses but is not the one the device hashed does not get in."""
    header, (first, second, third) = batch_of(journal, 4, 6)
    altered = second.replace(b"acc-4", b"acc-x")
    assert Entry.parse(altered).seq == 5
    verdict = judge(journal, 3, (header, (first, altered, third)))
    assert verdict == Contradicts(seq=4, reason="malformed")


SLICES = st.lists(st.tuples(st.integers(1, 8), st.integers(0, 8)), max_size=12)


@given(slices=SLICES)
def test_any_delivery_ends_in_the_same_journal(
    journal: Lines, batch_of: BatchOf, slices: list[tuple[int, int]]
) -> None:
    """Batches cut anywhere, repeated, overlapping and out of order never contradict each other,
    and once all have come through, what is held is the device's journal."""
    held: list[bytes] = []
    to_come = [(first, max(first - 1, last)) for first, last in slices]
    for first, last in [*to_come, (1, 8)]:
        verdict = judge(journal, len(held), batch_of(journal, first, last))
        if first > len(held) + 1:
            assert verdict == Gap()
            continue
        assert isinstance(verdict, Accepted)
        held += [taken.canonical for taken in verdict.entries]
        assert tuple(held) == journal[: len(held)]
    assert tuple(held) == journal


@given(slices=SLICES)
def test_two_lives_never_mix(
    journal: Lines, other: Lines, batch_of: BatchOf, slices: list[tuple[int, int]]
) -> None:
    """Batches of two lives of one device in any order leave the beginning of one of them held."""
    held: list[bytes] = []
    for turn, (first, last) in enumerate(slices):
        sender = (journal, other)[turn % 2]
        batch = batch_of(sender, first, max(first - 1, last))
        verdict = judge(tuple(held), len(held), batch)
        if isinstance(verdict, Accepted):
            held += [taken.canonical for taken in verdict.entries]
        assert tuple(held) in (journal[: len(held)], other[: len(held)])
