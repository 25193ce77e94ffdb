"""On a reader with keys a card is its signed tap, and each tap is taken once, by one reader."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from in_memory import directory_in_memory
from laid_down import asked, seen

from agent.core.tokens import Token
from drivers.events import Event, RefusedFrame, StatusSeen, TokenRead
from drivers.pcsc import counters
from drivers.pcsc.counters import FILE, NotRemembered, SeenCounters, TapCounters
from drivers.pcsc.plan import ReadingPlan
from drivers.pcsc.signing import SignedTaps
from drivers.virtual.cards import ClassicCard, Type2Card, UidCard, VirtualCard
from drivers.virtual.type_4 import Ntag424Card, Type4Card, address_message, signed

META, FILE_KEY = bytes(range(16)), bytes(range(16, 32))
UID, OTHER = bytes.fromhex("04C1D2E3F40580"), bytes.fromhex("04C1D2E3F40581")
MAC, REPLAY = RefusedFrame(reason="mac"), RefusedFrame(reason="replay")
UNREADABLE = RefusedFrame(reason="unreadable")
NOT_REMEMBERED = StatusSeen(about="taps_not_remembered")

# NXP AN12196, by the tests of nfc-developer/sdm-backend.
PUBLISHED = "https://ntag.nxp.com/424?e=EF963FF7828658A599F3041510671E88&c=94EED9EE65337086"
PUBLISHED_UID = bytes.fromhex("04DE5F1EACC040")


def tap(counter: int, uid: bytes = UID) -> TokenRead:
    """The tap of a card."""
    return TokenRead(token=Token("sdm", uid.hex().upper()), counter=counter)


def plan(directory: Path, *, accept_unsigned: bool = False, key: bytes = FILE_KEY) -> ReadingPlan:
    """A reader with keys."""
    taps = SignedTaps(meta_key=META, file_key=key, counters=TapCounters(directory))
    return ReadingPlan(taps=taps, accept_unsigned=accept_unsigned)


def card(uid: bytes = UID, **more: int | bool) -> Ntag424Card:
    """A card of ours."""
    return Ntag424Card(uid, meta_key=META, file_key=FILE_KEY, **more)  # type: ignore[arg-type]


def copy_of(message: bytes) -> list[VirtualCard]:
    """Other cards with the same number and this message on them."""
    return [Type4Card(UID, message), Type2Card(UID, message)]


def test_each_tap_of_a_card_is_new(tmp_path: Path) -> None:
    """A card whose counter moves is itself at each tap, in seven commands."""
    reader, ours = plan(tmp_path), card(counter=41)
    assert [asked(ours, reader)[0] for _ in range(3)] == [[tap(42)], [tap(43)], [tap(44)]]
    assert len(asked(ours, reader)[1]) == 7
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_the_published_tap_is_taken_once(tmp_path: Path) -> None:
    """The address of AN12196 is that card at its counter, and then a replay."""
    taps = SignedTaps(meta_key=bytes(16), file_key=bytes(16), counters=TapCounters(tmp_path))
    published = Ntag424Card(PUBLISHED_UID)
    published.address = lambda: PUBLISHED
    assert seen(published, ReadingPlan(taps=taps)) == tap(61, PUBLISHED_UID)
    assert seen(published, ReadingPlan(taps=taps)) == REPLAY


def test_an_old_tap_is_a_replay_on_every_reader(tmp_path: Path) -> None:
    """A counter that was seen, or a lower one, is refused by whichever reader of the agent."""
    ours = card(counter=9)
    assert seen(ours, plan(tmp_path)) == tap(10)
    for counter in (9, 8):
        ours.counter = counter
        assert seen(ours, plan(tmp_path)) == REPLAY
    ours.counter = 10
    assert seen(ours, plan(tmp_path)) == tap(11)
    assert seen(card(OTHER), plan(tmp_path)) == tap(1, OTHER)


def test_a_card_never_seen_is_taken_at_any_counter(tmp_path: Path) -> None:
    """What a lost file means, too: every card counts as new once."""
    ours = card(counter=9)
    assert seen(ours, plan(tmp_path)) == tap(10)
    (tmp_path / FILE).unlink()
    ours.counter = 4
    assert seen(ours, plan(tmp_path)) == tap(5)


@pytest.mark.parametrize("accept_unsigned", [False, True])
def test_what_does_not_verify_is_nobody(tmp_path: Path, accept_unsigned: bool) -> None:
    """Other keys, another card's number, and copies are refused, and never known by their UID."""
    reader = plan(tmp_path, accept_unsigned=accept_unsigned)
    other_keys = plan(tmp_path, accept_unsigned=accept_unsigned, key=META)
    assert seen(card(), other_keys) == MAC
    stolen = card()
    stolen.uid = OTHER
    assert seen(stolen, reader) == MAC
    written = address_message("https://a.test/?" + signed(UID + b"\5\0\0", META, FILE_KEY))
    of_type_4, of_type_2 = copy_of(written)
    assert seen(of_type_2, reader) == MAC
    assert seen(of_type_4, reader) == tap(5), "nobody can tell it from the card: but once"
    assert seen(of_type_4, reader) == REPLAY
    for broken in ("e=00&c=00", "c=0011223344556677", f"uid={UID.hex()}&ctr=000009"):
        for copy in copy_of(address_message(f"https://a.test/?{broken}")):
            assert isinstance(seen(copy, reader), RefusedFrame)


def test_a_refused_tap_is_not_remembered(tmp_path: Path) -> None:
    """A high counter with a wrong signature or number does not lock the right card out."""
    assert seen(card(counter=10**6), plan(tmp_path, key=META)) == MAC
    stolen = card(counter=10**6)
    stolen.uid = OTHER
    assert seen(stolen, plan(tmp_path)) == MAC
    assert seen(card(), plan(tmp_path)) == tap(1)


def test_a_card_that_hides_its_number_is_known_by_its_tap(tmp_path: Path) -> None:
    """A number that the chip makes up cannot be held against the signed one, and need not be."""
    assert seen(card(random_uid=True), plan(tmp_path)) == tap(1)
    assert seen(card(random_uid=True)) == RefusedFrame(reason="random_uid")


GSRN = "061414112345678902"
UNSIGNED: list[tuple[VirtualCard, Event]] = [
    (UidCard(UID), TokenRead(token=Token("uid", UID.hex().upper()))),
    (ClassicCard(UID), TokenRead(token=Token("uid", UID.hex().upper()))),
    (Type2Card(UID), TokenRead(token=Token("uid", UID.hex().upper()))),
    (Type4Card(UID), TokenRead(token=Token("uid", UID.hex().upper()))),
    (
        Type4Card(UID, address_message(f"https://a.test/8018/{GSRN}")),
        TokenRead(token=Token("gsrn", GSRN)),
    ),
]


@pytest.mark.parametrize(("unsigned", "named"), UNSIGNED)
def test_cards_that_do_not_sign_are_taken_only_if_allowed(
    tmp_path: Path, unsigned: VirtualCard, named: Event
) -> None:
    """A reader with keys refuses them, unless it is told to take them too."""
    assert seen(unsigned, plan(tmp_path)) == MAC
    assert seen(unsigned, plan(tmp_path, accept_unsigned=True)) == named


def test_a_signed_card_of_staff_is_refused(tmp_path: Path) -> None:
    """An address that names a member of staff is refused before its signature is looked at."""
    ours = card()
    tap_of = ours.address
    ours.address = lambda: tap_of().replace("/?", f"/8017/{GSRN}?")
    assert seen(ours, plan(tmp_path)) == RefusedFrame(reason="provider_gsrn")


def test_looking_on_takes_nothing(tmp_path: Path) -> None:
    """Whoever looks on beside an agent says what it would do, and leaves the tap to it."""
    looking = SignedTaps(meta_key=META, file_key=FILE_KEY, counters=SeenCounters(tmp_path))
    ours = card()
    assert [seen(ours, ReadingPlan(taps=looking)) for _ in range(2)] == [tap(1), tap(2)]
    assert list(tmp_path.iterdir()) == []
    ours.counter = 0
    assert seen(ours, plan(tmp_path)) == tap(1)
    ours.counter = 0
    assert seen(ours, ReadingPlan(taps=looking)) == REPLAY


def damaged(directory: Path) -> None:
    """Put something else where the counters were."""
    (directory / FILE).write_bytes(b"no database at all" * 100)


def without_directory(directory: Path) -> None:
    """Take the directory away."""
    directory.rmdir()


def another_table(directory: Path) -> None:
    """Put a database there that is somebody else's."""
    with closing(sqlite3.connect(directory / FILE)) as connection:
        connection.execute("CREATE TABLE taps (card TEXT, counter INTEGER)")


@pytest.mark.parametrize("spoil", [damaged, without_directory, another_table])
def test_what_cannot_be_remembered_is_not_taken(tmp_path: Path, spoil: object) -> None:
    """A file that is broken or gone with its directory refuses every tap, says why, and stays."""
    directory = tmp_path / "state"
    directory.mkdir()
    assert callable(spoil)
    spoil(directory)
    before = [(file.name, file.read_bytes()) for file in tmp_path.rglob("*.db")]
    reader = plan(directory, accept_unsigned=True)
    assert asked(card(), reader)[0] == [UNREADABLE, NOT_REMEMBERED]
    assert str(directory / FILE) in (reader.fault or "")
    assert [(file.name, file.read_bytes()) for file in tmp_path.rglob("*.db")] == before
    directory.mkdir(exist_ok=True)
    (directory / FILE).unlink(missing_ok=True)
    assert seen(card(), reader) == tap(1)
    assert reader.fault is None


def test_a_file_that_is_held_refuses_the_tap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that another program does not give up is no reason to take a tap, nor to wait long."""
    monkeypatch.setattr(counters, "_BUSY_S", 0.01)
    reader = plan(tmp_path)
    assert seen(card(), reader) == tap(1)
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert asked(card(counter=1), reader)[0] == [UNREADABLE, NOT_REMEMBERED]
        assert "locked" in (reader.fault or "")
    assert seen(card(counter=1), reader) == tap(2)


def test_one_of_two_readers_takes_a_tap(tmp_path: Path) -> None:
    """The same address on several readers at the same moment is a tap on exactly one."""
    readers, rounds = 3, 12
    won: list[list[int]] = [[] for _ in range(rounds)]
    begin = threading.Barrier(readers)

    def tap_at(reader: int) -> None:
        mine = TapCounters(tmp_path)
        for counter in range(rounds):
            begin.wait(30)
            if mine.take("04C1D2E3F40580", counter):
                won[counter].append(reader)

    threads = [threading.Thread(target=tap_at, args=(reader,)) for reader in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [len(each) for each in won] == [1] * rounds


_TAKES = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 5) | st.integers(0, 2**24 - 1)), max_size=12
)


@given(_TAKES)
def test_a_counter_never_goes_back(takes: list[tuple[str, int]]) -> None:
    """Whatever comes in whatever order, a counter is taken if it is above all before it."""
    with directory_in_memory() as directory:
        highest: dict[str, int] = {}
        for name, counter in takes:
            new = counter > highest.get(name, -1)
            assert SeenCounters(directory).take(name, counter) == new
            assert TapCounters(directory).take(name, counter) == new
            highest[name] = max(counter, highest.get(name, -1))


def test_a_counter_that_cannot_be_is_not_taken(tmp_path: Path) -> None:
    """What has more than three bytes is no chip's counter, and the file does not hold it."""
    with pytest.raises(NotRemembered):
        TapCounters(tmp_path).take("04C1D2E3F40580", 2**24)
