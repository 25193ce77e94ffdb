"""What the doctor says of SQLite, the disk, the clock, the ledger and secrets, from facts alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.doctor.clock import BUILT_AT, ClockFacts, judge_clock
from agent.doctor.disk import DiskFacts, judge_disk
from agent.doctor.finding import Finding
from agent.doctor.ledger import LedgerFacts, judge_ledger
from agent.doctor.secrets import SecretFile, judge_secret_files
from agent.doctor.software import SqliteFacts, gather_sqlite, judge_sqlite

_MIB = 2**20
_NOW = BUILT_AT + timedelta(days=30)
_OF_LEDGER = Path("/var/lib/tapledger")


def told(findings: list[Finding]) -> list[tuple[str, str]]:
    """Status and what was said; whoever complains also says what to do, and nobody else."""
    for finding in findings:
        assert (finding.advice is None) == (finding.status == "ok"), finding
    return [(finding.status, finding.said) for finding in findings]


def only(findings: list[Finding]) -> tuple[str, str]:
    """What was said where it has to be one thing."""
    (one,) = told(findings)
    return one


@pytest.mark.parametrize(
    ("version", "options", "status", "part"),
    [
        ((3, 51, 3), (), "ok", "SQLite 3.51.3, syncs every commit"),
        ((3, 40, 1), ("THREADSAFE=1",), "ok", "WAL-reset bug"),
        ((3, 36, 0), (), "fail", "too old"),
        ((3, 51, 3), ("THREADSAFE=0",), "fail", "without threads"),
        ((3, 51, 3), ("NO_SYNC",), "fail", "NO_SYNC"),
        ((3, 51, 3), ("OMIT_WAL",), "fail", "OMIT_WAL"),
        ((3, 51, 3), ("DISABLE_DIRSYNC",), "warn", "DISABLE_DIRSYNC"),
    ],
)
def test_sqlite_can_carry_a_ledger(
    version: tuple[int, int, int], options: tuple[str, ...], status: str, part: str
) -> None:
    """A build that is too old, without threads or forgetful fails; the known bug harms none."""
    said = only([judge_sqlite(SqliteFacts(version=version, options=frozenset(options)))])
    assert said[0] == status
    assert part in said[1]


def test_the_sqlite_in_use_is_asked() -> None:
    """The facts are those of the library that runs: it names how it was compiled."""
    facts = gather_sqlite()
    assert facts.version >= (3, 37, 0)
    assert any(option.startswith("THREADSAFE=") for option in facts.options)


_DISK = DiskFacts(
    place=_OF_LEDGER,
    free_bytes=20_000 * _MIB,
    files_free=10**6,
    type="ext4",
    options=frozenset({"rw", "relatime"}),
    used_bytes=100 * _MIB,
    budget_bytes=8_192 * _MIB,
    reach=(_OF_LEDGER,),
)


def test_a_good_disk_is_one_line() -> None:
    """A disk with room for the budget, of a usual kind, is said to be that in one line."""
    assert only(judge_disk(_DISK)) == ("ok", "19 GiB free for /var/lib/tapledger, ext4")
    assert only(judge_disk(replace(_DISK, reach=None, files_free=None)))[0] == "ok"


@pytest.mark.parametrize(
    ("change", "status", "part"),
    [
        ({"options": frozenset({"ro"})}, "fail", "read-only"),
        ({"free_bytes": 10 * _MIB}, "fail", "only 10 MiB are free"),
        ({"files_free": 12}, "fail", "only 12 more files"),
        ({"free_bytes": 8_000 * _MIB}, "warn", "may grow by 8092 MiB"),
        ({"type": "tmpfs"}, "warn", "tmpfs, which is gone"),
        ({"type": "overlay"}, "warn", "overlay, which belongs to a container"),
        ({"type": "vfat"}, "warn", "vfat, which has no journal"),
        ({"type": "nfs4"}, "warn", "nfs4, which is on another machine"),
        ({"type": "fuse.sshfs"}, "warn", "fuse.sshfs, which is no disk's own"),
        ({"options": frozenset({"rw", "barrier=0"})}, "warn", "barrier=0"),
        ({"options": frozenset({"rw", "nobarrier"})}, "warn", "nobarrier"),
        ({"reach": (Path("/var/lib/other"),)}, "fail", "may not write to /var/lib/tapledger"),
        ({"reach": ()}, "fail", "may not write to"),
    ],
)
def test_a_doubtful_disk_is_named(change: dict[str, object], status: str, part: str) -> None:
    """Too little room or files, a file system that loses, one that may not be written."""
    said = only(judge_disk(replace(_DISK, **change)))  # type: ignore[arg-type]  # of its fields
    assert said[0] == status
    assert part in said[1]


def test_what_the_budget_has_already_is_not_wanted_twice() -> None:
    """A ledger that fills its budget needs no more room than it has."""
    full = replace(_DISK, used_bytes=8_192 * _MIB, free_bytes=100 * _MIB)
    assert only(judge_disk(full))[0] == "ok"


_CLOCK = ClockFacts(
    system=_NOW, has_hardware=True, hardware=_NOW, synchronised=True, newest_entry=_NOW
)


def test_a_good_clock_is_one_line() -> None:
    """A clock with a battery that somebody keeps right is well, also before the first entry."""
    assert only(judge_clock(_CLOCK))[0] == "ok"
    assert only(judge_clock(replace(_CLOCK, newest_entry=None)))[0] == "ok"
    assert only(judge_clock(replace(_CLOCK, newest_entry=_NOW + timedelta(seconds=5))))[0] == "ok"


@pytest.mark.parametrize(
    ("change", "status", "part"),
    [
        ({"system": datetime(1970, 1, 1, tzinfo=UTC)}, "fail", "1970-01-01 00:00 UTC, before"),
        ({"newest_entry": _NOW + timedelta(days=3)}, "fail", "newest entry"),
        ({"has_hardware": False, "hardware": None}, "warn", "no clock with a battery"),
        ({"hardware": datetime(2000, 1, 1, tzinfo=UTC)}, "warn", "has lost the time"),
        ({"hardware": None}, "warn", "has lost the time"),
        ({"hardware": _NOW + timedelta(hours=1)}, "warn", "60 minutes away"),
        ({"hardware": _NOW + timedelta(days=5)}, "warn", "5 days away"),
        ({"synchronised": False}, "warn", "nobody keeps it right"),
    ],
)
def test_a_wrong_clock_is_named(change: dict[str, object], status: str, part: str) -> None:
    """Before the build, behind the journal, no battery, an empty one, nobody who keeps it right."""
    said = only(judge_clock(replace(_CLOCK, **change)))  # type: ignore[arg-type]  # of its fields
    assert said[0] == status
    assert part in said[1]


_LEDGER = LedgerFacts(path=_OF_LEDGER / "ledger.db", exists=True, entries=7)


@pytest.mark.parametrize(
    ("change", "status", "part"),
    [
        ({}, "ok", "opens, 7 entries"),
        ({"exists": False}, "ok", "none yet"),
        ({"exists": False, "has_traces": True}, "fail", "is gone"),
        ({"fault": "file is not a database"}, "fail", "not a database"),
        ({"fault": "Permission denied"}, "warn", "not yours to read"),
        ({"older": True}, "warn", "an older tapledger"),
        ({"frozen": "it was restored"}, "fail", "cannot be redeemed: it was restored"),
    ],
)
def test_a_ledger_is_as_it_is(change: dict[str, object], status: str, part: str) -> None:
    """A ledger opens, is not there yet, is lost, cannot be read, is old, or is frozen."""
    said = only(judge_ledger(replace(_LEDGER, **change)))  # type: ignore[arg-type]  # the same
    assert said[0] == status
    assert part in said[1]


def test_damaged_copies_are_mentioned_beside_a_ledger_that_opens() -> None:
    """What is in quarantine is said, and takes nothing from the ledger that came after it."""
    said = told(judge_ledger(replace(_LEDGER, in_quarantine=1)))
    assert [status for status, _ in said] == ["ok", "warn"]
    assert "1 damaged copy" in said[1][1]
    assert "2 damaged copies" in told(judge_ledger(replace(_LEDGER, in_quarantine=2)))[1][1]


def test_a_secret_that_all_can_read_is_named() -> None:
    """A file with a secret is its owner's, or its group's; one that is not there stops a start."""
    private = SecretFile(path=Path("/etc/tapledger/agent.toml"), mode=0o100640)
    shared = SecretFile(path=Path("/etc/tapledger/hub.password"), mode=0o100644, credential="x")
    gone = replace(shared, mode=None)
    assert only(judge_secret_files([private]))[0] == "ok"
    assert judge_secret_files([]) == []
    assert only(judge_secret_files([private, shared]))[0] == "warn"
    status, said = only(judge_secret_files([gone]))
    assert status == "fail"
    assert "/etc/tapledger/hub.password, which is not there" in said
