"""A damaged ledger is set aside as it is and made anew at start; no answer is silently changed."""

import asyncio
import random
import re
import shutil
from collections.abc import Callable
from operator import methodcaller
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stocked import CARD, Stock, digest, everything, flip, in_database, scribble, segments_of

from agent.ledger import LedgerDamaged, LedgerError, LedgerUnavailable, Profile, replay
from agent.ledger.backup import make_backup

CARDS = [CARD, *(f"em4100:{number:010X}" for number in range(12))]


def build(directory: Path, *, backups: bool = True) -> Stock:
    """A ledger of 92 entries: a full backup after 73, an hourly one after 85."""
    stock = Stock(directory / "ledger.db")
    with stock.running() as ledger:
        for card in CARDS:
            stock.enrol(ledger, card)
        for card in CARDS[:6]:
            stock.sell(ledger, 10, card=card)
        if backups:
            make_backup(stock.places, "full")
        stock.sell(ledger, 12)
        if backups:
            make_backup(stock.places, "hourly")
        stock.sell(ledger, 7)
    return stock


@pytest.fixture(scope="module")
def backed(tmp_path_factory: pytest.TempPathFactory) -> Stock:
    """A ledger with both backups, which no test changes."""
    return build(tmp_path_factory.mktemp("backed"))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Stock:
    """A ledger without any backup, which no test changes."""
    return build(tmp_path_factory.mktemp("bare"), backups=False)


def copy_of(stock: Stock, directory: Path) -> Stock:
    """The same ledger with everything beside it, elsewhere."""
    shutil.copytree(stock.path.parent, directory / "copy")
    return Stock(directory / "copy" / "ledger.db", answered=dict(stock.answered))


def start_and_judge(stock: Stock) -> tuple[bool, set[str]]:
    """Start a ledger that may be damaged; answers whether it was rebuilt, and what is lost.

    Whatever was lost, nothing may be different: each answered entry is the one that was answered
    or is not there, and the whole ledger replays.
    """
    with stock.running() as ledger:
        rebuilt = ledger.frozen is not None
        lost = set()
        for what, position in stock.answered.items():
            # Of the entry before the oldest kept one a ledger knows the hash and nothing else.
            kept = methodcaller("hash_at", position.epoch, position.seq)
            digest_now = asyncio.run(ledger.read(kept))
            if digest_now is None:
                lost.add(what)
            else:
                assert digest_now == position.hash, f"{what} is another entry now"
        assert rebuilt == (ledger.head.epoch > 0)
        asyncio.run(ledger.write(lambda t: t.remember("checked", "yes")))
    found = replay(stock.path)
    assert found.head.epoch == rebuilt
    return rebuilt, lost


def test_a_flipped_bit_costs_no_entry(backed: Stock, tmp_path: Path) -> None:
    """Any bit of any page may turn: what starts as sound replays, or else it is made anew from
    backup, hourly backup and the intact rest.
    """
    dice, size = random.Random(5), backed.path.stat().st_size  # noqa: S311 - seeded, no secret
    offsets = [0, 17, 100, *(dice.randrange(size) for _ in range(12))]
    for number, offset in enumerate(offsets):
        stock = copy_of(backed, tmp_path / str(number))
        flip(stock.path, offset, 1 << dice.randrange(8))
        judge_leniently(stock, {f"sale-{n}" for n in range(85, 92)})


def judge_leniently(stock: Stock, in_no_backup: set[str]) -> None:
    """Hold what a start may make of a damaged file; a replay finds what the start did not."""
    before = digest(stock.path)
    try:
        with stock.running() as ledger:
            rebuilt = ledger.frozen is not None
    except LedgerError as error:
        raise AssertionError(f"does not start: {error}") from error
    if rebuilt:
        (damaged,) = stock.places.quarantine.glob("*/damaged.db")
        assert digest(damaged) == before
    else:
        found = complaint_about(stock)
        if found is not None:  # as the replay in the background would
            with stock.running() as ledger:
                ledger.recover(found)
                assert ledger.frozen == found[:200]
    _, lost = start_and_judge(stock)
    assert lost <= in_no_backup


@pytest.mark.parametrize("name", [b"journal_and_first_projections", b"every_kind_of_entry"])
def test_a_wrong_letter_is_no_newer_version(bare: Stock, tmp_path: Path, name: bytes) -> None:
    """Where the database names a step of its schema wrongly, it is damaged, and not of the future:
    the ledger is made anew and nothing is lost.
    """
    stock = copy_of(bare, tmp_path)
    content = stock.path.read_bytes()
    for found in re.finditer(name, content):
        flip(stock.path, found.start(), 1)
    rebuilt, lost = start_and_judge(stock)
    assert rebuilt
    assert lost == set()


@pytest.mark.torture
@settings(max_examples=1_500)
@given(st.integers(0, 10**9), st.integers(1, 255), st.booleans(), st.data())
def test_any_damage_is_seen_or_harmless(
    backed: Stock,
    bare: Stock,
    tmp_path_factory: pytest.TempPathFactory,
    offset: int,
    mask: int,
    with_backups: bool,
    data: st.DataObject,
) -> None:
    """Bytes flipped, zeroed or mixed up anywhere: never an answered entry silently different."""
    origin = backed if with_backups else bare
    directory = tmp_path_factory.mktemp("any")
    stock = copy_of(origin, directory)
    length = data.draw(st.sampled_from([1, 1, 1, 8, 512, 2048, 4096]))
    content = bytearray(stock.path.read_bytes())
    begin = offset % len(content)
    for place in range(begin, min(begin + length, len(content))):
        content[place] ^= mask
    stock.path.write_bytes(content)
    everywhere = set(stock.answered)
    judge_leniently(stock, {f"sale-{n}" for n in range(85, 92)} if with_backups else everywhere)
    shutil.rmtree(directory)


PAGE = 4096


def zero_half(content: bytearray, page: int) -> None:
    """Tear a page: its second half was never written."""
    content[page * PAGE + PAGE // 2 : (page + 1) * PAGE] = bytes(PAGE // 2)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_torn_page_is_made_good(backed: Stock, tmp_path: Path, share: float) -> None:
    """Half a page of zeros is damage found at start or by the replay; backups make it good."""
    stock = copy_of(backed, tmp_path)
    content = bytearray(stock.path.read_bytes())
    zero_half(content, int(share * len(content) / PAGE))
    stock.path.write_bytes(content)
    judge_leniently(stock, {f"sale-{n}" for n in range(85, 92)})


HARMS: dict[str, Callable[[Stock], object]] = {
    "deleted": lambda stock: stock.path.unlink(),
    "emptied": lambda stock: stock.path.write_bytes(b""),
    "no header": lambda stock: stock.path.write_bytes(bytes(100) + stock.path.read_bytes()[100:]),
    "garbage": lambda stock: stock.path.write_bytes(b"garbage " * 4096),
    "cut": lambda stock: stock.path.write_bytes(stock.path.read_bytes()[: 5 * PAGE]),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_ruined_file_is_rebuilt_from_both_backups(
    backed: Stock, tmp_path: Path, harm: str
) -> None:
    """Gone, empty, without header, all garbage, cut short: everything up to the hourly backup is
    there again, a new epoch is open and frozen.
    """
    stock = copy_of(backed, tmp_path)
    HARMS[harm](stock)
    kept = digest(stock.path) if stock.path.exists() else None
    rebuilt, lost = start_and_judge(stock)
    assert rebuilt
    assert lost <= {f"sale-{n}" for n in range(85, 92)}
    damaged = list(stock.places.quarantine.glob("*/damaged.db"))
    assert [digest(file) for file in damaged] == ([] if kept is None else [kept])
    assert not list(stock.path.parent.glob("*.unfinished*"))


def test_rebuilding_without_a_backup_salvages_the_file(bare: Stock, tmp_path: Path) -> None:
    """A wrong projection in a ledger without any backup costs no entry, and no profile."""
    stock = copy_of(bare, tmp_path)
    person = Profile(account="a", display_name="Ana", phone="+36201234567")
    with stock.running() as ledger:
        asyncio.run(ledger.write(lambda t: t.keep_profile(person)))
    scribble(stock.path, "UPDATE balances SET points = points + 1 WHERE bucket = 'active'")
    with stock.running() as ledger:
        ledger.recover("balances differ")
        assert stock.identify(ledger).balance == 290
        assert asyncio.run(ledger.read(lambda view: view.profile("a"))) == person
    assert start_and_judge(stock) == (True, set())


def test_without_backups_what_follows_is_kept(bare: Stock, tmp_path: Path) -> None:
    """Where an entry is destroyed that nothing else holds, those before it are all kept."""
    stock = copy_of(bare, tmp_path)
    scribble(stock.path, "UPDATE journal SET canonical = zeroblob(9) WHERE seq = 80")
    rebuilt, lost = start_and_judge(stock)
    assert rebuilt
    assert lost == {what for what, position in stock.answered.items() if position.seq >= 80}


def test_a_hole_is_filled_from_a_backup(backed: Stock, tmp_path: Path) -> None:
    """A destroyed entry that the hourly backup holds costs nothing, also what stands behind it."""
    stock = copy_of(backed, tmp_path)
    scribble(stock.path, "UPDATE journal SET canonical = zeroblob(9) WHERE seq = 80")
    assert start_and_judge(stock) == (True, set())


@pytest.mark.parametrize("newest", ["full", "hourly"])
def test_a_damaged_backup_is_passed_over(backed: Stock, tmp_path: Path, newest: str) -> None:
    """A backup whose bytes changed is not believed: an older one and the rest make it good."""
    stock = copy_of(backed, tmp_path)
    with stock.running():
        make_backup(stock.places, newest)  # type: ignore[arg-type]  # both are kinds
    newest_file = max(stock.places.backups.glob(f"{newest}-*.db"))
    scribble(newest_file, "UPDATE balances SET points = points + 1 WHERE bucket = 'active'")
    stock.path.write_bytes(b"")
    rebuilt, lost = start_and_judge(stock)
    assert rebuilt
    assert lost <= {f"sale-{n}" for n in range(85, 92)}


def test_a_backup_that_carries_the_damage_is_not_used_twice(backed: Stock, tmp_path: Path) -> None:
    """A sound file of a ledger that was wrong makes a wrong ledger once, and not for ever."""
    stock = copy_of(backed, tmp_path)
    scribble(stock.path, "UPDATE balances SET points = points + 1 WHERE bucket = 'active'")
    make_backup(stock.places, "full")
    for _ in range(2):
        with pytest.raises(LedgerDamaged) as found:
            replay(stock.path)
        with stock.running() as ledger:
            ledger.recover(str(found.value))
        if complaint_about(stock) is None:
            break
    assert complaint_about(stock) is None
    with stock.running() as ledger:
        assert stock.identify(ledger).balance == 290


def complaint_about(stock: Stock) -> str | None:
    """What a replay says of a ledger that does not hold."""
    try:
        replay(stock.path)
    except LedgerDamaged as found:
        return str(found)
    return None


def test_an_older_copy_is_noticed(backed: Stock, tmp_path: Path) -> None:
    """A database that is sound but older than what was answered is no longer believed."""
    stock = copy_of(backed, tmp_path)
    older = stock.path.with_name("older.db")
    shutil.copy(stock.path, older)
    with stock.running() as ledger:
        stock.sell(ledger, 5)
    now = digest(stock.path)
    shutil.copy(older, stock.path)
    assert digest(stock.path) != now
    rebuilt, lost = start_and_judge(stock)
    assert rebuilt
    assert len(lost) == 5


@pytest.mark.parametrize("left", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_log_cut_short_is_noticed(bare: Stock, tmp_path: Path, left: float) -> None:
    """A write-ahead log that ends early, as after a kill with a bad disk, or that is gone, loses
    answered entries; the start says so instead of going on as if nothing had been.
    """
    origin = copy_of(bare, tmp_path)
    cut = tmp_path / "cut"
    cut.mkdir()
    with origin.running() as ledger:
        for _ in range(6):
            origin.sell(ledger, 1)
        # As a kill leaves it: nothing was checkpointed.
        for name in ("ledger.db", "ledger.db-wal", "ledger.db.head"):
            shutil.copy(origin.path.with_name(name), cut / name)
    log = cut / "ledger.db-wal"
    log.write_bytes(log.read_bytes()[: int(left * log.stat().st_size)])
    if left == 0:
        log.unlink()
    stock = Stock(cut / "ledger.db", answered=origin.answered)
    kept = {file: digest(file) for file in cut.iterdir() if file.name != "ledger.db.head"}
    rebuilt, lost = start_and_judge(stock)
    assert rebuilt
    assert lost
    for file, was in kept.items():
        aside = stock.places.quarantine / "001" / file.name.replace("ledger", "damaged")
        assert digest(aside) == was


def test_a_whole_log_is_believed(bare: Stock, tmp_path: Path) -> None:
    """A ledger that was killed, its files whole, starts without a new epoch and lost nothing."""
    origin = copy_of(bare, tmp_path)
    killed = tmp_path / "killed"
    killed.mkdir()
    with origin.running() as ledger:
        origin.sell(ledger, 6)
        for name in ("ledger.db", "ledger.db-wal", "ledger.db.head"):
            shutil.copy(origin.path.with_name(name), killed / name)
    assert start_and_judge(Stock(killed / "ledger.db", answered=origin.answered)) == (False, set())


def test_a_torn_witness_proves_less_and_harms_nothing(bare: Stock, tmp_path: Path) -> None:
    """A witness that a power cut tore is ignored; the ledger starts as it is."""
    stock = copy_of(bare, tmp_path)
    stock.places.witness.write_bytes(stock.places.witness.read_bytes()[:40])
    assert start_and_judge(stock) == (False, set())


def test_a_segment_that_is_lost_costs_only_itself(backed: Stock, tmp_path: Path) -> None:
    """A harmed sealed file is found by the replay; the ledger goes on with everything after it,
    the balances with it, and the next replay has nothing to say.
    """
    stock = copy_of(backed, tmp_path)
    with stock.running() as ledger:
        stock.acknowledge(ledger)
        stock.day = 60
        stock.sell(ledger, 4)
        stock.seal(ledger)
        shutil.rmtree(stock.places.backups)
        make_backup(stock.places, "full")
        stock.sell(ledger, 2)
        balance = stock.identify(ledger).balance
    (segment,) = segments_of(stock.path)
    flip(segment, segment.stat().st_size // 2)
    with pytest.raises(LedgerDamaged):
        replay(stock.path)
    with stock.running() as ledger:
        assert stock.identify(ledger).balance == balance
    rebuilt, lost = start_and_judge(stock)
    assert rebuilt
    assert lost == {what for what, position in stock.answered.items() if position.seq <= 92}
    assert in_database(stock.path)[0] == (0, 93)


def test_sealed_files_alone_carry_a_ledger(bare: Stock, tmp_path: Path) -> None:
    """Without database and without backups, what was sealed is there again."""
    stock = copy_of(bare, tmp_path)
    with stock.running() as ledger:
        stock.acknowledge(ledger)
        stock.day = 60
        stock.sell(ledger, 4)
        stock.seal(ledger)
    before = everything(stock.path)
    stock.path.unlink()
    rebuilt, lost = start_and_judge(stock)
    assert rebuilt
    assert lost == {"sale-92", "sale-93", "sale-94", "sale-95"}
    assert everything(stock.path)[:-1] == before[:92]


def test_somebody_elses_file_is_left_alone(tmp_path: Path) -> None:
    """A mistyped path to another file is refused; not a byte of it changes, nothing is moved."""
    path = tmp_path / "holiday.jpg"
    path.write_bytes(b"\xff\xd8 not a ledger " * 1000)
    before = digest(path)
    with pytest.raises(LedgerUnavailable, match=r"holiday\.jpg"), Stock(path).running():
        pass
    assert digest(path) == before
    assert {file.name for file in tmp_path.iterdir()} <= {path.name, f"{path.name}.lock"}


def test_epoch_numbers_are_not_used_twice(backed: Stock, tmp_path: Path) -> None:
    """Every rebuild has an epoch of its own, also where the one before left no entry behind."""
    stock = copy_of(backed, tmp_path)
    for epoch in (1, 2, 3):
        stock.path.unlink()
        with stock.running() as ledger:
            assert ledger.head.epoch == epoch


def test_a_word_for_an_earlier_rebuild_is_none_for_the_next(backed: Stock, tmp_path: Path) -> None:
    """A confirmation that nobody took does not thaw a ledger that was damaged after it."""
    stock = copy_of(backed, tmp_path)
    stock.places.confirmation.touch()
    stock.path.unlink()
    with stock.running() as ledger:
        assert ledger.frozen == "the database file is gone"
        assert not stock.places.confirmation.exists()
