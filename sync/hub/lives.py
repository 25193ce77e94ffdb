"""Lives of a journal: a new one grows from an entry of an older one, and takes its line along.

``own`` holds, for each line, what the ledger that stands on it wrote. A new life that grows from
the newest entry goes on with the line. One that grew from an earlier one, out of a backup, begins a
line: it is added up from the entries of those before it. Where a life takes others along, as they
came before it, or two branches are told apart, all lines of the device are added up anew from all
its entries. Both are rare, and cost some ten seconds for a million entries, during which the worker
says that it goes on.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, delete, select

from agent.core.entry import Entry
from agent.core.facts import OpenEpoch
from agent.core.postings import Posting, postings_of
from sync.hub.bulk import Part, add_up_all
from sync.hub.lines import assign_lines, lines_through, path_of, tips_of
from sync.hub.registry import (
    DeviceRow,
    JournalRow,
    change_journal,
    find_branches,
    hash_at,
    journals_of,
    make_journal,
)
from sync.hub.said import Said
from sync.hub.summing import Points, members_part
from sync.hub.tables import entries, own
from sync.hub.turning import still_turning

__all__ = ["grow", "own_of", "recount", "settle_parents"]

_BUCKETS = ("active", "pending", "held")

_AT_ONCE = 1_000
"""So many entries are in memory, and so many accounts are written, at a time."""

_Own = dict[str, tuple[int, ...]]
"""Points of each account: active, pending, held."""


def grow(c: Connection, device: DeviceRow, child: JournalRow, fact: OpenEpoch) -> set[str]:
    """Hear the first entry of a life; answers the accounts it changes ``own`` of.

    The life it grew from may not have come yet: then it gets an empty journal that waits for it.
    """
    change_journal(c, child.id, opened=fact.cause == "welcomed")
    parent = None if fact.parent_seq == 0 else _parent_of(c, device, fact)
    if parent is not None and parent.id != child.id:
        # A life whose own children came before it takes them along: then all lines change. One that
        # was begun as a branch of another was added up as one already.
        held = journals_of(c, device)
        is_new = child.parent_id is None and child.seq < child.first_seq
        is_new = is_new and all(each.parent_id != child.id for each in held)
        is_first = all(each.parent_id != parent.id for each in held)
        goes_on = is_new and is_first and parent.seq <= fact.parent_seq
        grown = replace(child, parent_id=parent.id, parent_seq=fact.parent_seq)
        change_journal(
            c,
            child.id,
            parent_id=parent.id,
            parent_seq=fact.parent_seq,
            parent_hash=bytes.fromhex(fact.parent_hash),
            **({"line": parent.line} if goes_on else {}),
        )
        if is_new and parent.seq > fact.parent_seq:
            return _begin_line(c, held, grown)
        if not goes_on:
            return recount(c, device)
    return set()


def _begin_line(c: Connection, held: Iterable[JournalRow], grown: JournalRow) -> set[str]:
    """Add up the line of a new life, which leaves out some of what it grew from: all others stay as
    they are, however many grew from there.

    Answers the accounts of which this ledger's own points are others than by any line that it was
    part of; its own is one of these, and empty: the feed may have gone by it.
    """
    by_id = {each.id: each for each in held} | {grown.id: grown}
    path = path_of(grown, by_id)
    before = [_read(c, line) for line in {by_id[each].line for each in path}]
    new = _by_account(_together(_sums_of(c, path.items()).values()))
    _write_all(c, grown.id, new)
    return {name for old in before for name in _differing(old, new)}


def _parent_of(c: Connection, device: DeviceRow, fact: OpenEpoch) -> JournalRow:
    """Find the branch that a life grew from; else the one that may yet turn out to be it."""
    branches = find_branches(c, device, fact.parent_incarnation, fact.parent_epoch)
    if not branches:
        return make_journal(c, device, fact.parent_incarnation, fact.parent_epoch)
    wanted = bytes.fromhex(fact.parent_hash)
    for branch in branches:
        if hash_at(c, branch, fact.parent_seq) == wanted:
            return branch
    return next((branch for branch in branches if branch.seq < fact.parent_seq), branches[0])


def settle_parents(
    c: Connection,
    device: DeviceRow,
    held: Sequence[JournalRow],
    grown: JournalRow,
    hashes: Mapping[int, bytes],
) -> set[str] | None:
    """Give lives that grew from entries which only now came to the branch that has them.

    ``held`` are all journals of the device. Answers the accounts that it changes ``own`` of; None
    where there was no such life.
    """
    epochs = {each.id: (each.incarnation, each.epoch) for each in held}
    found = [
        child.id
        for child in held
        if child.parent_id not in (None, grown.id)
        and epochs.get(child.parent_id or 0) == (grown.incarnation, grown.epoch)
        and child.parent_hash is not None
        and hashes.get(child.parent_seq or 0) == child.parent_hash
    ]
    for child_id in found:
        change_journal(c, child_id, parent_id=grown.id)
    return recount(c, device) if found else None


def own_of(
    journals: Sequence[JournalRow], grown: JournalRow, said: Iterable[Said]
) -> Iterator[Part]:
    """Answer what entries add to every line that they are part of."""
    new = list(said)
    for line, last in lines_through(grown.id, journals).items():
        counted = [each.postings for each in new if each.entry.seq <= last]
        yield _part(line, _by_account(members_part(counted, {})))


def recount(c: Connection, device: DeviceRow) -> set[str]:
    """Say anew which journals make up each line, and add each up from its entries.

    Answers the accounts of which a ledger's own points are others than they were by any line that
    it was part of.
    """
    before = journals_of(c, device)
    lines = {each.id: each.line for each in before}
    old = {line: _read(c, line) for line in set(lines.values())}
    for journal_id, line in assign_lines(before).items():
        change_journal(c, journal_id, line=line)
    c.execute(delete(own).where(own.c.line.in_(old)))
    held, touched = journals_of(c, device), set[str]()
    by_id = {each.id: each for each in held}
    paths = [(tip, path_of(tip, by_id)) for tip in tips_of(held)]
    sums = _sums_of(c, [part for _, path in paths for part in path.items()])
    for tip, path in paths:
        new = _by_account(_together(sums[part] for part in path.items()))
        if tip.line is not None:
            _write_all(c, tip.line, new)
        for was in {lines[journal_id] for journal_id in path}:
            touched |= _differing(old[was], new)  # the feed may have gone by an empty line
    return touched


def _differing(was: _Own, new: _Own) -> set[str]:
    nothing = (0, 0, 0)
    names = was.keys() | new.keys()
    return {name for name in names if was.get(name, nothing) != new.get(name, nothing)}


def _sums_of(c: Connection, parts: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Points]:
    """Add up parts of journals, each from its first entry to one; every entry is read once, however
    many parts it is in.
    """
    ends: dict[int, set[int]] = {}
    for journal_id, last in parts:
        ends.setdefault(journal_id, set()).add(last)
    sums: dict[tuple[int, int], Points] = {}
    for journal_id, lasts in ends.items():
        so_far, first = Points(), 1
        for last in sorted(lasts):
            members_part(_postings(c, journal_id, first, last), so_far)
            sums[journal_id, last] = so_far.copy()
            first = last + 1
    return sums


def _together(sums: Iterable[Points]) -> Points:
    total = Points()
    for each in sums:
        for key, points in each.items():
            total[key] = total.get(key, 0) + points
    return total


def _postings(
    c: Connection, journal_id: int, first: int, last: int
) -> Iterable[tuple[Posting, ...]]:
    """Read what a journal's posted entries come to, from one up to another, some at a time."""
    rows = c.execute(
        select(entries.c.canonical)
        .where(entries.c.journal_id == journal_id, entries.c.seq.between(first, last))
        .where(entries.c.posted)
        .order_by(entries.c.seq)
        .execution_options(yield_per=_AT_ONCE)
    ).scalars()
    for some in rows.partitions():
        still_turning()
        for canonical in some:
            yield postings_of(Entry.read(bytes(canonical)).fact)


def _by_account(sums: Points) -> _Own:
    accounts = {account for account, _ in sums}
    return {
        account: tuple(sums.get((account, bucket), 0) for bucket in _BUCKETS)
        for account in accounts
    }


def _read(c: Connection, line: int | None) -> _Own:
    rows = c.execute(select(own).where(own.c.line == line))
    return {row.account: (row.active, row.pending, row.held) for row in rows}


def _write_all(c: Connection, line: int, sums: _Own) -> None:
    """Write what a line comes to, some accounts at a time."""
    names = sorted(sums)
    for start in range(0, len(names), _AT_ONCE):
        still_turning()
        _write(c, line, {name: sums[name] for name in names[start : start + _AT_ONCE]})


def _write(c: Connection, line: int, sums: _Own) -> None:
    add_up_all(c, [_part(line, sums)])


def _part(line: int, sums: _Own) -> Part:
    return Part(
        table=own,
        columns=("account", *_BUCKETS),
        rows=[(account, *points) for account, points in sums.items()],
        fixed={"line": line},
        sums=_BUCKETS,
    )
