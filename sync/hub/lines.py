"""Lines: which journals make up the ledger that a device has now. Pure.

A journal's later life grows from an entry of an earlier one; what came after that entry is not in
the ledger any more. The lives that one ledger went through are its line. All journals of a line
have its number, and each counts up to the entry that the next one grew from.

Where two lives grew from one (a disk was cloned, or set back), the second has a line of its own,
whose earlier part both share.
"""

from collections.abc import Iterable

from sync.hub.registry import JournalRow

__all__ = ["WHOLE", "Path", "assign_lines", "lines_through", "path_of", "tips_of"]

WHOLE = 2**62
"""Up to here counts a journal that no other of its line has grown from yet."""

Path = dict[int, int]
"""Up to which entry something counts, by the number of a journal or of a line."""


def path_of(tip: JournalRow, journals: Iterable[JournalRow]) -> Path:
    """Follow a journal back to where its ledger began: what counts of each journal."""
    by_id = {journal.id: journal for journal in journals}
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


def lines_through(journal_id: int, journals: Iterable[JournalRow]) -> Path:
    """Answer the lines that a journal is part of: what of it counts in each."""
    found: Path = {}
    for tip in tips_of(journals):
        path = path_of(tip, journals)
        if journal_id in path and tip.line is not None:
            found[tip.line] = path[journal_id]
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
    lines = {journal.id: journal.id for journal in held}
    for journal in held:
        heir = journal.id
        if lines[journal.id] != journal.id or journal.id in heirs.values():
            continue  # somebody's heir takes the line of whoever it grew from
        while heir in heirs and lines[heirs[heir]] != journal.id:
            heir = heirs[heir]
            lines[heir] = journal.id
    return lines
