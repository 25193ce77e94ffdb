"""The model of a power cut: synced bytes stay, and any part of the others may be there."""

import doctest
import random

import power_cut
from hypothesis import given
from hypothesis import strategies as st
from power_cut import (
    EVERYTHING,
    HALVES,
    NOTHING,
    SECTOR_BYTES,
    Change,
    Created,
    Disk,
    Removed,
    Renamed,
    Synced,
    SyncedDirectory,
    Truncated,
    Wrote,
    torn_by,
)

PAGE = bytes(range(1, 129)) * 32


def disk_after(*changes: Change) -> Disk:
    """A disk to which this was done."""
    disk = Disk()
    for change in changes:
        disk.apply(change)
    return disk


def outcomes(disk: Disk, *, tries: int = 500) -> set[tuple[tuple[str, bytes], ...]]:
    """What so many cuts by chance leave."""
    tears = (torn_by(random.Random(seed)) for seed in range(tries))  # noqa: S311 - repeatable
    return {tuple(disk.after_cut(tear).items()) for tear in tears}


def test_the_examples_hold() -> None:
    """The example in the module's docstring is true."""
    assert doctest.testmod(power_cut).failed == 0


def test_synced_bytes_stay() -> None:
    """After a file's sync no cut changes it."""
    disk = disk_after(Created("a"), Wrote("a", 0, PAGE), Synced("a"))
    assert disk.unsynced == 0
    assert outcomes(disk) == {(("a", PAGE),)}


def test_a_sync_speaks_for_what_was_written_before_it_began() -> None:
    """What was written while a sync ran may still be lost when it returns."""
    disk = disk_after(Created("a"), Wrote("a", 0, b"old"), Wrote("a", 0, b"new"), Synced("a", 2))
    assert disk.after_cut(NOTHING) == {"a": b"old"}
    assert disk.after_cut(EVERYTHING) == {"a": b"new"}


def test_one_file_s_sync_is_not_another_s() -> None:
    """A sync of one file makes nothing sure of another."""
    disk = disk_after(Created("a"), Created("b"), Wrote("b", 0, b"x"), Synced("a"))
    assert disk.after_cut(NOTHING) == {"a": b""}


def test_unsynced_writes_come_in_any_choice_and_order() -> None:
    """Of two unsynced writes a cut leaves none, one, the other or both, and no third thing."""
    disk = disk_after(
        *(Created("a"), Wrote("a", 0, bytes(2 * SECTOR_BYTES)), Synced("a")),
        *(Wrote("a", 0, b"1"), Wrote("a", SECTOR_BYTES, b"2")),
    )
    marks = {(file[0], file[SECTOR_BYTES]) for ((_, file),) in outcomes(disk)}
    assert marks == {(0, 0), (ord("1"), 0), (0, ord("2")), (ord("1"), ord("2"))}


def test_a_sector_is_never_torn() -> None:
    """Every sector is as it was before or after one of the writes to it."""
    first, second = b"\1" * len(PAGE), b"\2" * len(PAGE)
    disk = disk_after(
        *(Created("a"), Wrote("a", 0, bytes(len(PAGE))), Synced("a")),
        *(Wrote("a", 0, first), Wrote("a", 0, second)),
    )
    seen = {
        file[start : start + SECTOR_BYTES]
        for ((_, file),) in outcomes(disk)
        for start in range(0, len(file), SECTOR_BYTES)
    }
    assert seen == {bytes(SECTOR_BYTES), first[:SECTOR_BYTES], second[:SECTOR_BYTES]}


def test_halves_end_at_a_sector() -> None:
    """Half of a write is its first sectors; a write within one sector has no half."""
    disk = disk_after(Created("a"), Wrote("a", 24, PAGE), Wrote("a", 8000, b"tiny"))
    torn = disk.after_cut(HALVES)["a"]
    assert len(torn) % SECTOR_BYTES == 0
    assert torn[24:] == PAGE[: len(torn) - 24]


def test_a_file_may_have_grown_without_its_bytes() -> None:
    """A file's new length may reach the disk where the bytes do not: they are zeros then."""
    disk = disk_after(Created("a"), Synced("a"), Wrote("a", 0, PAGE))
    assert (("a", bytes(len(PAGE))),) in outcomes(disk, tries=3_000)
    assert (("a", b""),) in outcomes(disk)


def test_a_truncation_is_a_change_as_any_other() -> None:
    """Without a sync, a truncated file may be as long as before."""
    disk = disk_after(Created("a"), Wrote("a", 0, b"long"), Synced("a"), Truncated("a", 1))
    assert disk.after_cut(NOTHING) == {"a": b"long"}
    assert disk.after_cut(EVERYTHING) == {"a": b"l"}


def test_names_wait_for_a_sync() -> None:
    """A new name may be missing and a removed one may be back, until their directory is synced."""
    disk = disk_after(Created("a"), SyncedDirectory("."), Removed("a"), Created("b"))
    assert disk.after_cut(NOTHING) == {"a": b""}
    assert disk.after_cut(EVERYTHING) == {"b": b""}
    disk.apply(SyncedDirectory("elsewhere"))
    assert disk.after_cut(NOTHING) == {"a": b""}
    disk.apply(SyncedDirectory("."))
    assert disk.after_cut(NOTHING) == {"b": b""}


def test_names_change_in_order() -> None:
    """No cut leaves a later change of names without an earlier one."""
    disk = disk_after(Created("a"), SyncedDirectory("."), Created("b"), Removed("a"))
    left = {tuple(path for path, _ in files) for files in outcomes(disk)}
    assert left == {("a",), ("a", "b"), ("b",)}


def test_a_file_s_sync_takes_its_name_along() -> None:
    """A synced file keeps its new name, and what it replaced is gone."""
    disk = disk_after(
        *(Created("a"), Wrote("a", 0, b"old"), Synced("a")),
        *(Created("a.new"), Wrote("a.new", 0, b"new")),
    )
    unsynced = disk_after(Created("a"), SyncedDirectory("."), Created("b"), Renamed("b", "a"))
    assert disk.after_cut(NOTHING) == {"a": b"old"}
    disk.apply(Synced("a.new"))
    disk.apply(Renamed("a.new", "a"))
    assert disk.after_cut(NOTHING) == {"a": b"old", "a.new": b"new"}
    disk.apply(Synced("a"))
    assert disk.after_cut(NOTHING) == {"a": b"new"}
    assert unsynced.after_cut(EVERYTHING) == {"a": b""}


@given(st.lists(st.tuples(st.integers(0, 3_000), st.binary(min_size=1, max_size=1_500))))
def test_everything_is_what_a_file_holds(writes: list[tuple[int, bytes]]) -> None:
    """Where all has arrived, the file is what its writer sees."""
    disk, content = disk_after(Created("a")), bytearray()
    for offset, data in writes:
        disk.apply(Wrote("a", offset, data))
        content.extend(bytes(max(0, offset + len(data) - len(content))))
        content[offset : offset + len(data)] = data
    assert disk.after_cut(EVERYTHING) == {"a": bytes(content)}
    disk.apply(Synced("a"))
    assert disk.after_cut(NOTHING) == {"a": bytes(content)}
