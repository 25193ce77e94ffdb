"""Lines: which journals make up the ledger that a device has now. Pure.

A journal's later life grows from an entry of an earlier one; what came after that entry is not in
the ledger any more. The lives that one ledger went through are its line. All journals of a line
have its number, and each counts up to the entry that the next one grew from.

Where two lives grew from one (a disk was cloned, or set back), the second has a line of its own,
whose earlier part both share.

A box that loses its disk again and again has thousands of lives, and each of its batches asks here:
nothing takes longer than to look at each of its journals a few times, or to write the answer down.
"""

from collections.abc import Iterable, Iterator

from sync.hub.registry import JournalRow

__all__ = [
    "WHOLE",
    "Path",
    "assign_lines",
    "later_lives",
    "lines_through",
    "lines_through_all",
    "path_of",
    "tips_of",
]

WHOLE = 2**62
"""Up to here counts a journal that no other of its line has grown from yet."""

Path = dict[int, int]
"""Up to which entry something counts, by the number of a journal or of a line."""


def path_of(tip: JournalRow, by_id: dict[int, JournalRow]) -> Path:
    """Follow a journal back to where its ledger began: what counts of each journal.

    ``by_id`` has all journals of the device.
    """
    path, journal = {tip.id: WHOLE}, tip
    while journal.parent_id in by_id and journal.parent_id not in path:
        path[journal.parent_id] = journal.parent_seq or 0
        journal = by_id[journal.parent_id]
    return path


def tips_of(journals: Iterable[JournalRow]) -> list[JournalRow]:
    """List the newest journal of each line."""
    held = list(journals)
    grown = {(journal.line, journal.parent_id) for journal in held}
    return [journal for journal in held if (journal.line, journal.id) not in grown]


def later_lives(
    journal_id: int, journals: Iterable[JournalRow]
) -> Iterator[tuple[JournalRow, int]]:
    """List the journals that grew from one, through however many lives, in the order in which they
    are held; and up to which entry it counts in each.
    """
    held = list(journals)
    children: dict[int | None, list[JournalRow]] = {}
    for journal in held:
        if journal.id != journal_id:  # a box may say that its lives grew from each other in a ring
            children.setdefault(journal.parent_id, []).append(journal)
    is_held = any(journal.id == journal_id for journal in held)
    counts = {child.id: child.parent_seq or 0 for child in children.get(journal_id, ()) if is_held}
    waiting = list(counts)
    while waiting:
        earlier = waiting.pop()
        for child in children.get(earlier, ()):
            counts[child.id] = counts[earlier]
            waiting.append(child.id)
    return ((each, counts[each.id]) for each in held if each.id in counts)


def lines_through(journal_id: int, journals: Iterable[JournalRow]) -> Path:
    """Answer the lines that a journal is part of: what of it counts in each."""
    held = list(journals)
    counts = {each.id: last for each, last in later_lives(journal_id, held)}
    counts[journal_id] = WHOLE
    # A life that grew from one of these is one of them, too: whether it is the newest shows here.
    its = [each for each in held if each.id in counts]
    return {tip.line: counts[tip.id] for tip in tips_of(its) if tip.line is not None}


def lines_through_all(journals: Iterable[JournalRow]) -> dict[int, Path]:
    """Answer for each journal of a device the lines that it is part of, as ``lines_through`` does
    for one; those that are part of none are left out.
    """
    by_id = {journal.id: journal for journal in journals}
    found: dict[int, Path] = {}
    for tip in tips_of(by_id.values()):
        if tip.line is not None:
            for journal_id, last in path_of(tip, by_id).items():
                found.setdefault(journal_id, {})[tip.line] = last
    return found


def assign_lines(journals: Iterable[JournalRow]) -> dict[int, int]:
    """Say anew which line each journal is of, from what each grew from.

    Of the lives that grew from a journal, the first that leaves nothing of it out goes on with its
    line.
    """
    held = sorted(journals, key=lambda journal: journal.id)
    by_id = {journal.id: journal for journal in held}
    heirs: dict[int, int] = {}
    for child in held:
        parent = by_id.get(child.parent_id or 0)
        if parent and child.branch == 0 and (child.parent_seq or 0) >= parent.seq:
            heirs.setdefault(parent.id, child.id)
    are_heirs = set(heirs.values())
    lines = {journal.id: journal.id for journal in held}
    for journal in held:
        heir = journal.id
        if heir in are_heirs:
            continue  # it takes the line of whoever it grew from
        while heir in heirs:
            heir = heirs[heir]
            lines[heir] = journal.id
    return lines
