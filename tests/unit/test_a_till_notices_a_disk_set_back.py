"""A till that was told what this ledger does not have freezes it: the disk was set back."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocked import CARD, Stock, sale_of

from agent.core.entry import GENESIS, Position
from agent.core.facts import OpenEpoch
from agent.core.heard import Heard
from agent.ledger import Frozen, Ledger
from agent.ledger.view import View
from agent.till import MalformedPosition, Till, Wish

HASHES = st.binary(min_size=32, max_size=32)
WISH = Wish(token=CARD, reward="coffee")


def told(position: Position, *, digits: int = 64) -> Heard:
    """What a till keeps of a position that it was told."""
    return Heard.parse(f"{position.epoch}:{position.seq}:{position.hash.hex()[:digits]}")


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger in a directory of its own, of a member with points."""
    stock = Stock(tmp_path / "store" / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 30)
    return stock


@pytest.fixture
def set_back(stock: Stock) -> Iterator[tuple[Ledger, Position]]:
    """The ledger after its whole directory was put back to an older copy, and what a till knows."""
    directory, copy = stock.path.parent, stock.path.parent.with_name("copy")
    shutil.copytree(directory, copy)
    with stock.running() as ledger:
        stock.sell(ledger, 5)
        last = ledger.head
    shutil.rmtree(directory)
    copy.rename(directory)
    with stock.running() as ledger:
        assert ledger.frozen is None
        yield ledger, last


def hear(stock: Stock, ledger: Ledger, *heard: Heard) -> None:
    """Let tills say, all at once, what they know."""
    till = stock.till(ledger)

    async def say() -> None:
        await asyncio.gather(*(till.hear(each) for each in heard))

    asyncio.run(say())


def redeem(till: Till, redemption_id: str) -> None:
    """Hold the points of a coffee."""
    asyncio.run(till.hold(redemption_id, WISH))


@pytest.mark.parametrize("digits", [8, 9, 64])
def test_a_ledger_set_back_redeems_nothing(
    stock: Stock, set_back: tuple[Ledger, Position], digits: int
) -> None:
    """Redemptions wait from then on, with the reason; sales go on."""
    ledger, last = set_back
    hear(stock, ledger, told(last, digits=digits))
    assert ledger.frozen == f"a till knows entry 0:{last.seq}, which this ledger does not have"
    with pytest.raises(Frozen, match="a till knows entry"):
        redeem(stock.till(ledger), "r-1")
    assert stock.commit(ledger, "later").answer.points == 10
    assert ledger.head.epoch == 1


def test_it_is_noticed_too_once_the_numbers_are_used_again(
    stock: Stock, set_back: tuple[Ledger, Position]
) -> None:
    """Where other sales took the lost entries' numbers meanwhile, the hash tells."""
    ledger, last = set_back
    stock.sell(ledger, 10)
    assert ledger.head.seq > last.seq
    hear(stock, ledger, told(last, digits=8))
    assert ledger.frozen is not None


def test_the_new_epoch_is_another_life_of_the_disk(
    stock: Stock, set_back: tuple[Ledger, Position]
) -> None:
    """It names what it grew from, and its own incarnation, so that head office tells them apart."""
    ledger, last = set_back
    before, incarnation = ledger.head, ledger.incarnation
    hear(stock, ledger, told(last))

    def opening(view: View) -> OpenEpoch:
        recorded = view.entry_at(1, 1)
        assert recorded is not None
        assert isinstance(recorded.entry.fact, OpenEpoch)
        return recorded.entry.fact

    fact = asyncio.run(ledger.read(opening))
    assert fact.cause == "restored"
    assert (fact.parent_epoch, fact.parent_seq) == before.place
    assert fact.parent_hash == before.hash.hex()
    assert fact.parent_incarnation == incarnation != fact.incarnation == ledger.incarnation


def test_a_word_lifts_it_and_the_same_tills_do_not_bring_it_back(
    stock: Stock, set_back: tuple[Ledger, Position]
) -> None:
    """After a confirmation nothing that was known of the lost life freezes again, whether the
    till has seen newer answers since or not.
    """
    ledger, last = set_back
    idle = told(last)
    hear(stock, ledger, idle)
    frozen_head = ledger.head
    asyncio.run(ledger.confirm())
    assert ledger.frozen is None
    for heard in (idle, told(frozen_head), told(ledger.head)):
        hear(stock, ledger, heard)
        assert ledger.frozen is None
    stock.sell(ledger, 1)
    hear(stock, ledger, told(ledger.head))
    redeem(stock.till(ledger), "r-1")


def test_a_newer_epoch_is_never_taken_twice(stock: Stock) -> None:
    """A ledger set back over a whole epoch opens one that is newer than any the till knows of."""
    with stock.running() as ledger:
        hear(stock, ledger, Heard.parse("7:3:0123abcd"))
        assert ledger.head.place == (8, 1)
        asyncio.run(ledger.confirm())
        hear(stock, ledger, Heard.parse("7:90:0123abcd"), Heard.parse("7:3:0123abcd"))
        assert ledger.frozen is None


@pytest.mark.parametrize("epoch", [1_001, 999_999_999, 10**15 - 1])
def test_an_epoch_out_of_all_reach_is_not_believed(stock: Stock, epoch: int) -> None:
    """More than a thousand epochs ahead no disk was ever set back: the till is told so and nothing
    is frozen, or one till could use the numbers up.
    """
    with stock.running() as ledger:
        head = ledger.head
        with pytest.raises(MalformedPosition, match="this ledger is at epoch 0"):
            hear(stock, ledger, Heard.parse(f"{epoch}:1:aaaaaaaa"))
        assert (ledger.frozen, ledger.head) == (None, head)


def test_whatever_epoch_a_ledger_reaches_can_be_told_back(stock: Stock) -> None:
    """A ledger that was led up by tills, as far as it believes them, again and again, answers
    positions that it takes from every other till.
    """
    with stock.running() as ledger:
        for _ in range(3):
            hear(stock, ledger, Heard.parse(f"{ledger.head.epoch + 1_000}:1:aaaaaaaa"))
            asyncio.run(ledger.confirm())
            hear(stock, ledger, told(ledger.head))
            assert ledger.frozen is None
        assert ledger.head.epoch > 3_000
    far = Position(epoch=10**9, seq=1, hash=GENESIS)
    assert told(far).epoch == far.epoch


def test_two_lanes_freeze_it_once(stock: Stock, set_back: tuple[Ledger, Position]) -> None:
    """Tills that notice at the same time begin one epoch between them, whatever each knows."""
    ledger, last = set_back
    other = Position(epoch=3, seq=2, hash=last.hash)
    hear(stock, ledger, *(told(each) for each in (last, other) * 8))
    assert ledger.head.place == (1, 1)


def test_what_this_ledger_told_never_freezes_it(stock: Stock) -> None:
    """Each position that was ever told is known again: while journaled, once sealed, and, where the
    entry was dropped for the disk's sake, by nobody's proof of the contrary.
    """
    with stock.running() as ledger:
        stock.sell_and_seal(ledger, 3, times=2)
        stock.sell(ledger, 3)
        everything = [told(position, digits=8) for position in stock.answered.values()]
        hear(stock, ledger, *everything)
        assert ledger.frozen is None
        stock.drop_oldest(ledger)
        hear(stock, ledger, *everything)
        assert ledger.frozen is None


def test_a_sealed_entry_is_compared(stock: Stock) -> None:
    """Another hash at the place of a sealed entry freezes like any other."""
    with stock.running() as ledger:
        stock.sell_and_seal(ledger, 3)
        sealed = asyncio.run(ledger.hash_at(0, 2))
        assert sealed is not None
        wrong = bytes([sealed[0] ^ 1]) + sealed[1:]
        hear(stock, ledger, told(Position(epoch=0, seq=2, hash=wrong), digits=8))
        assert ledger.frozen == "a till knows entry 0:2, which this ledger does not have"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0:1",
        "0:1:",
        "0:1:1234567",
        "0:1:1234567g",
        "0:1:" + "0" * 65,
        "-1:1:12345678",
        "1e3:1:12345678",
        " 0:1:12345678",
        "0:1:12345678\n",
        "9999999999999999:1:12345678",
        "\u0660:1:12345678",
        "0:1:12345678:9",
    ],
)
def test_garbage_is_no_position(text: str) -> None:
    """What is not epoch, number and 8 to 64 digits of a hash is refused, and says how to write."""
    with pytest.raises(ValueError, match="epoch:seq:hash"):
        Heard.parse(text)


@given(
    hashes=st.lists(HASHES, min_size=1, max_size=6),
    epoch=st.integers(0, 3),
    heard_epoch=st.integers(0, 5),
    seq=st.integers(0, 8),
    digest=HASHES,
    digits=st.integers(8, 64),
    kept_from=st.integers(0, 6),
)
def test_only_what_cannot_have_been_told_contradicts(
    hashes: list[bytes],
    epoch: int,
    heard_epoch: int,
    seq: int,
    digest: bytes,
    digits: int,
    kept_from: int,
) -> None:
    """For any journal: what it told never contradicts; a newer epoch, a place beyond its end, or
    another hash at a place it keeps always does; an older epoch or a dropped entry never.
    """
    chain = [GENESIS, *hashes]
    head = Position(epoch=epoch, seq=len(hashes), hash=hashes[-1])

    def hash_at(at_epoch: int, at_seq: int) -> bytes | None:
        assert at_epoch == epoch, "an epoch that is over is not asked about"
        return chain[at_seq] if at_seq >= kept_from else None

    for at, kept in enumerate(chain):
        assert not told(Position(epoch=epoch, seq=at, hash=kept), digits=digits).contradicts(
            head, hash_at
        )
    heard = told(Position(epoch=heard_epoch, seq=seq, hash=digest), digits=digits)
    if heard_epoch != epoch:
        assert heard.contradicts(head, hash_at) == (heard_epoch > epoch)
    elif seq > len(hashes):
        assert heard.contradicts(head, hash_at)
    elif seq < len(hashes) and seq < kept_from:
        assert not heard.contradicts(head, hash_at)
    else:
        same = chain[seq].hex()[:digits] == digest.hex()[:digits]
        assert heard.contradicts(head, hash_at) != same


def test_a_quote_says_what_it_rests_on(stock: Stock) -> None:
    """A quote carries the position of the journal that it was judged by, and writes nothing."""
    with stock.running() as ledger:
        for token in (CARD, "em4100:0000000009", None):
            quote = asyncio.run(stock.till(ledger).quote(sale_of(1000, token=token)))
            assert (quote.as_of.epoch, quote.as_of.seq) == ledger.head.place
            assert quote.as_of.hash == ledger.head.hash.hex()
