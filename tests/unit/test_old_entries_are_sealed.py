"""Old, acknowledged entries leave the database for sealed files, and nobody notices."""

import asyncio
import gzip
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from stocked import CARD, Stock, everything, flip, in_database, segments_of

from agent.cli import main
from agent.ledger import (
    Ledger,
    LedgerContradiction,
    LedgerDamaged,
    Transaction,
    replay,
    verify_chain,
)

SALES = 70  # more than a block of a segment


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger that is closed: 71 entries of the first day, 5 of the fiftieth."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, SALES)
        stock.day = 50
        stock.sell(ledger, 5)
    return stock


def test_what_head_office_has_and_is_old_is_sealed(stock: Stock, ledger: Ledger) -> None:
    """Entries older than the kept days leave the database; younger ones stay."""
    stock.acknowledge(ledger)
    before = everything(stock.path)
    assert stock.seal(ledger) == 1
    assert in_database(stock.path) == [(0, seq) for seq in range(SALES + 2, SALES + 7)]
    assert everything(stock.path) == before
    assert stock.seal(ledger) == 0


@pytest.mark.parametrize("acknowledged", [0, 1, 10])
def test_what_head_office_has_not_stays(stock: Stock, ledger: Ledger, acknowledged: int) -> None:
    """Not one entry that head office has not acknowledged is sealed, however old it is."""
    position = next(p for p, _ in everything(stock.path) if p.seq == max(acknowledged, 1))
    if acknowledged:
        stock.acknowledge(ledger, position)
    stock.day = 1000
    assert stock.seal(ledger) == (1 if acknowledged else 0)
    assert in_database(stock.path)[0] == (0, acknowledged + 1)


def test_without_a_head_office_age_alone_counts(stock: Stock, ledger: Ledger) -> None:
    """An agent that is alone seals old entries although nobody acknowledged them."""
    assert stock.seal(ledger, alone=True) == 1
    assert in_database(stock.path)[0] == (0, SALES + 2)


def test_the_newest_entry_is_never_sealed(stock: Stock, ledger: Ledger) -> None:
    """With no days to keep, everything but the newest entry is sealed."""
    stock.acknowledge(ledger)
    stock.day = 51
    assert stock.seal(ledger, keep_days=0) == 1
    assert in_database(stock.path) == [(0, SALES + 6)]
    stock.sell(ledger, 1)
    assert replay(stock.path).entries == SALES + 7


def test_zcat_prints_a_segment(stock: Stock, ledger: Ledger) -> None:
    """A segment is plain gzip: one line about it, then the entries' own bytes, one a line."""
    stock.acknowledge(ledger)
    before = everything(stock.path)
    stock.seal(ledger)
    (segment,) = segments_of(stock.path)
    printed = subprocess.run(["zcat", str(segment)], capture_output=True, check=True).stdout
    header, *lines = printed.splitlines()
    assert json.loads(header)["last_seq"] == SALES + 1
    assert lines == [canonical for _, canonical in before[: SALES + 1]]
    assert (segment.stat().st_mode & 0o077, segment.parent.stat().st_mode & 0o077)[1] == 0


def test_a_sealed_sale_is_still_answered(stock: Stock, ledger: Ledger) -> None:
    """The POS that asks again for an old sale gets the same answer, not a second sale."""
    first = stock.commit(ledger, "old-sale")
    stock.acknowledge(ledger)
    stock.day = 200
    stock.sell(ledger, 1, card="em4100:0000000009")
    stock.seal(ledger)
    assert stock.answered["old-sale"].seq < in_database(stock.path)[0][1]
    head = ledger.head
    again = stock.commit(ledger, "old-sale")
    assert (again.replay, again.answer) == (True, first.answer)
    assert ledger.head == head


def test_a_tap_shows_a_last_sale_that_is_sealed(stock: Stock, ledger: Ledger) -> None:
    """Identify says the member's last sale also where its entry was sealed."""
    stock.acknowledge(ledger)
    stock.day = 200
    stock.sell(ledger, 1, card="em4100:0000000009")
    before = stock.identify(ledger)
    stock.seal(ledger)
    assert in_database(stock.path) == [(0, SALES + 7)]
    assert stock.identify(ledger) == before
    assert before.last_sale is not None


def test_questions_reach_across_the_border(stock: Stock, ledger: Ledger) -> None:
    """Hash, entry and pages of entries are the same before and after sealing, anywhere."""
    stock.acknowledge(ledger)
    before = everything(stock.path)
    stock.seal(ledger)
    for position, canonical in before:
        at = (position.epoch, position.seq)
        recorded = asyncio.run(ledger.read(lambda view, at=at: view.entry_at(*at)))
        assert recorded is not None
        assert (recorded.canonical, recorded.position) == (canonical, position)
        assert asyncio.run(ledger.hash_at(*at)) == position.hash
    for after in (0, 1, 63, 64, SALES, SALES + 1, SALES + 2, SALES + 6):
        page = asyncio.run(ledger.read_after((0, after), at_most=5))
        assert page == [canonical for _, canonical in before[after : after + 5]]


def test_everything_that_reads_a_ledger_reads_segments(stock: Stock, ledger: Ledger) -> None:
    """verify, verify --chain, history and export say the same before and after sealing."""
    stock.acknowledge(ledger)
    questions = (
        ["verify", "--json"],
        ["verify", "--chain", "--json"],
        ["export"],
        ["export", "--format", "csv"],
        ["history", CARD],
    )

    def ask() -> list[str]:
        asked = [
            CliRunner().invoke(main, ["ledger", *words, "--db", str(stock.path)])
            for words in questions
        ]
        assert [result.exit_code for result in asked] == [0] * len(questions)
        return [result.stdout for result in asked]

    before = ask()
    stock.seal(ledger)
    assert ask() == before
    told = [line for line in before[-1].splitlines() if line.startswith("20")]
    assert len(told) == SALES + 6


def several(stock: Stock, ledger: Ledger) -> list[Path]:
    """Three segments of two epochs, and the files that hold them."""
    stock.acknowledge(ledger)
    stock.seal(ledger)
    stock.day += 100
    asyncio.run(ledger.write(lambda t: t.open_epoch("welcomed", incarnation="again")))
    stock.sell(ledger, 3)
    stock.acknowledge(ledger)
    stock.seal(ledger)
    stock.day += 100
    stock.sell(ledger, 1)
    stock.seal(ledger)
    files = segments_of(stock.path)
    assert [file.name[:6] for file in files] == ["000000", "000000", "000001"]
    return files


def test_several_epochs_are_sealed_one_by_one(stock: Stock, ledger: Ledger) -> None:
    """A segment holds entries of one epoch; the chain holds across all of them."""
    several(stock, ledger)
    assert replay(stock.path).entries == SALES + 11
    assert verify_chain(stock.path) == ledger.head


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("harm", ["flip", "cut", "remove", "swap", "append"])
def test_a_harmed_segment_is_named(stock: Stock, which: int, harm: str) -> None:
    """A flipped byte, a missing end, a missing file or another one in its place is named."""
    with stock.running() as ledger:
        files = several(stock, ledger)
    file = files[which]
    if harm == "flip":
        flip(file, file.stat().st_size // 2)
    elif harm == "cut":
        file.write_bytes(file.read_bytes()[:-1])
    elif harm == "append":
        file.write_bytes(file.read_bytes() + b"!")  # gzip itself would not mind
    elif harm == "remove":
        file.unlink()
    else:
        shutil.copy(files[which - 1], file)
    for check in (replay, verify_chain):
        with pytest.raises(LedgerDamaged, match=f"segment {file.name}: "):
            check(stock.path)


def test_a_segment_of_another_past_is_not_linked(stock: Stock) -> None:
    """A segment that carries another seal than that of the one before it is named."""
    with stock.running() as ledger:
        first, second, _ = several(stock, ledger)
        segment = asyncio.run(ledger.read(lambda view: view.segments()))[1]
        entries = list(ledger.archive.entries(segment, after_seq=0))
        before = asyncio.run(ledger.hash_at(0, segment.first_seq - 1))
        assert before is not None
        forged = ledger.archive.seal(entries, prev_hash=before, prev_seal=bytes(32))
        key = (forged.seal, segment.epoch, segment.first_seq)

        def forge(transaction: Transaction) -> None:
            statement = "UPDATE segments SET seal = ? WHERE epoch = ? AND first_seq = ?"
            transaction._connection.execute(statement, key)

        asyncio.run(ledger.write(forge))
    with pytest.raises(LedgerDamaged, match=f"{second.name}: is not linked"):
        replay(stock.path)
    assert gzip.decompress(first.read_bytes())


@pytest.mark.parametrize("step", range(6))
def test_a_cut_between_any_two_steps_is_finished_later(
    stock: Stock, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Wherever sealing is cut off, the next run finishes it; nothing is lost, nothing doubled."""
    with stock.running() as ledger:
        stock.acknowledge(ledger)
        before = everything(stock.path)
        write, steps = ledger.write, iter(range(10**6))
        keep = ledger.archive._keep
        monkeypatch.setattr("agent.ledger.sealing._AT_ONCE", 30)

        async def write_or_cut(job: object) -> object:
            if next(steps) == step:
                raise LedgerContradiction("cut off")
            return await write(job)  # type: ignore[arg-type]

        def keep_or_cut(*arguments: object) -> None:
            keep(*arguments)  # type: ignore[arg-type]
            if next(steps) == step:
                raise OSError("cut off")

        monkeypatch.setattr(ledger, "write", write_or_cut)
        monkeypatch.setattr(ledger.archive, "_keep", keep_or_cut)
        if step < 5:  # the file, its row, and three times thirty entries
            with pytest.raises((LedgerContradiction, OSError)):
                stock.seal(ledger)
        monkeypatch.undo()
        assert everything(stock.path) == before
    with stock.running() as ledger:
        assert everything(stock.path) == before
        assert replay(stock.path).entries == len(before)
        stock.seal(ledger)
        assert everything(stock.path) == before
        assert in_database(stock.path)[0] == (0, SALES + 2)
        assert replay(stock.path).entries == len(before)
    assert len(list(stock.places.segments.iterdir())) == 1


def test_an_entry_in_no_segment_cannot_leave(ledger: Ledger) -> None:
    """The journal lets go of nothing that no sealed segment holds."""

    def delete(transaction: Transaction) -> None:
        transaction._connection.execute("DELETE FROM journal WHERE seq = 1")

    with pytest.raises(LedgerContradiction, match="append-only"):
        asyncio.run(ledger.write(delete))
