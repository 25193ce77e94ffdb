"""What strace wrote is read back as changes of files and answers to callers, in their order."""

import doctest
from pathlib import Path

import pytest
import strace_log
from power_cut import Change, Created, Removed, Renamed, Synced, SyncedDirectory, Truncated, Wrote
from recording import Answered, Recording, Unmodelled
from strace_log import read_calls

DIRECTORY = "/ledger"
HEAD = b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n"


def hexed(text: str | bytes) -> str:
    """Text as strace shows it with ``-xx``."""
    raw = text.encode() if isinstance(text, str) else text
    return "".join(f"\\x{byte:02x}" for byte in raw)


def fd(path: str, number: int = 5) -> str:
    """A file descriptor as strace shows it with ``-y``."""
    return f"{number}<{hexed(path)}>"


def opened(path: str, flags: str = "O_RDWR|O_CREAT", number: int = 5) -> str:
    """The line of an open that succeeded."""
    return f'7 openat(AT_FDCWD<{hexed("/")}>, "{hexed(path)}", {flags}, 0644) = {fd(path, number)}'


def steps_of(*lines: str) -> list[Change | Answered]:
    """The steps that a log with these lines tells of."""
    recording = Recording(Path(DIRECTORY))
    recording.add(read_calls(lines))
    return recording.steps


def test_the_examples_hold() -> None:
    """The example in the reader's docstring is true."""
    assert doctest.testmod(strace_log).failed == 0


def test_a_thread_that_was_killed_on_its_way_into_a_call_made_none() -> None:
    """What strace could not see, because its thread was killed just then, is passed over."""
    cut_off = ("8 ???()                             = ?", "9 ???( <unfinished ...>")
    assert steps_of(opened("/ledger/a"), *cut_off) == [Created("a")]


def test_writes_have_their_place() -> None:
    """Writes at an offset and writes one after another both end up where they were made."""
    file = fd("/ledger/a")
    assert steps_of(
        opened("/ledger/a"),
        f'7 pwrite64({file}, "{hexed("at")}", 2, 4096) = 2',
        f'7 write({file}, "{hexed("one")}", 3) = 3',
        f'7 writev({file}, [{{iov_base="{hexed("t")}", iov_len=1}}, '
        f'{{iov_base="{hexed("wo")}", iov_len=2}}], 2) = 3',
        f"7 lseek({file}, 1, SEEK_SET) = 1",
        f'7 write({file}, "{hexed("cut short")}", 9) = 3',
    ) == [
        Created("a"),
        Wrote("a", 4096, b"at"),
        Wrote("a", 0, b"one"),
        Wrote("a", 3, b"two"),
        Wrote("a", 1, b"cut"),
    ]


def test_names_and_lengths_are_told() -> None:
    """Files that are made, emptied, cut off, moved and removed are told; failed calls are not."""
    assert steps_of(
        opened("/ledger/a"),
        opened("/ledger/a", "O_WRONLY|O_CREAT|O_TRUNC"),
        f"7 ftruncate({fd('/ledger/a')}, 9) = 0",
        f'7 rename("{hexed("/ledger/a")}", "{hexed("/ledger/b")}") = 0',
        f'7 unlinkat({fd("/ledger", 4)}, "{hexed("b")}", 0) = 0',
        f'7 unlink("{hexed("/ledger/b")}") = -1 ENOENT (No such file or directory)',
    ) == [Created("a"), Truncated("a", 0), Truncated("a", 9), Renamed("a", "b"), Removed("b")]


def test_a_sync_reaches_as_far_as_it_began() -> None:
    """A sync speaks for the changes before its call; one that failed or never ended for none."""
    file = fd("/ledger/a")
    assert steps_of(
        opened("/ledger/a"),
        f"8 fdatasync({file} <unfinished ...>",
        f'7 pwrite64({file}, "{hexed("late")}", 4, 0) = 4',
        "8 <... fdatasync resumed>) = 0",
        f"7 fdatasync({file}) = -1 EIO (Input/output error) (INJECTED)",
        f"7 fsync({fd('/ledger', 6)}) = 0",
        f"7 fdatasync({file} <unfinished ...>",
        "7 +++ killed by SIGKILL +++",
    ) == [Created("a"), Wrote("a", 0, b"late"), Synced("a", 1), SyncedDirectory(".")]


def test_an_answer_counts_from_its_last_piece_on() -> None:
    """An answer in two pieces counts when the second was handed to the kernel, not when it came
    back; a stream without an end is no answer."""
    socket, file = fd("socket:[1]", 9), fd("/ledger/a")
    assert steps_of(
        opened("/ledger/a"),
        f'7 sendto({socket}, "{hexed(HEAD)}", 99, 0, NULL, 0) = {len(HEAD)}',
        f'7 sendto({socket}, "{hexed("{}")}", 2, 0, NULL, 0 <unfinished ...>',
        f"8 fdatasync({file}) = 0",
        "7 <... sendto resumed>) = 2",
        f'7 sendto({fd("socket:[2]", 10)}, "{hexed("HTTP/1.1 200 OK")}", 15, 0, NULL, 0) = 15',
    ) == [Created("a"), Answered(201, {}), Synced("a", 1)]


def test_other_files_and_shared_memory_are_left_out() -> None:
    """Files elsewhere and SQLite's shared memory do not belong to the disk."""
    assert steps_of(
        opened("/ledger/a"),
        opened("/elsewhere/a"),
        f'7 pwrite64({fd("/ledger/a-shm")}, "{hexed("x")}", 1, 0) = 1',
        f"7 mmap(NULL, 9, PROT_READ|PROT_WRITE, MAP_SHARED, {fd('/ledger/a-shm')}, 0) = 0x7f",
        f'7 write({fd("/ledger/a")}, "{hexed("x")}", 1) = 1',
    ) == [Created("a"), Wrote("a", 0, b"x")]


@pytest.mark.parametrize(
    "line",
    [
        f"7 fallocate({fd('/ledger/a')}, 0, 0, 4096) = 0",
        f"7 mmap(NULL, 9, PROT_READ|PROT_WRITE, MAP_SHARED, {fd('/ledger/a')}, 0) = 0x7f",
        f'7 link("{hexed("/ledger/a")}", "{hexed("/ledger/b")}") = 0',
        f'7 rename("{hexed("/elsewhere")}", "{hexed("/ledger/a")}") = 0',
        f'7 write({fd("/ledger/a", 8)}, "{hexed("x")}", 1) = 1',
        f'7 pwrite64({fd("/ledger/a")}, "{hexed("x")}", 1, 0 <unfinished ...>',
        opened("/ledger/b", "O_WRONLY|O_CREAT|O_APPEND"),
    ],
)
def test_what_the_model_does_not_know_stops_it(line: str) -> None:
    """A change that the model has no word for is an error: overlooking it would prove nothing."""
    with pytest.raises(Unmodelled):
        steps_of(opened("/ledger/a"), line)
