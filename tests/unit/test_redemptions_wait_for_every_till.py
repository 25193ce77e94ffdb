"""After a start points are redeemed only once every till has sent the position it was told last,
where that is asked for: a disk that was set back is noticed before anything is spent twice.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from stocked import CARD, Stock, sale_of

from agent.clock import mint_id
from agent.core.heard import Heard
from agent.core.program import Program
from agent.core.vouchers import CODE_BYTES, code_of
from agent.ledger import Frozen, Ledger
from agent.paths import shipped_program
from agent.till import OfflineLimit, Terms, Till, VoucherWish, Wish

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger on which a member has points."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        asyncio.run(stock.till(ledger).commit("s-1", sale_of(200_000)))
        yield ledger


def till_of(ledger: Ledger, *waits_for: str) -> Till:
    """A till after a start, which waits for these."""
    return Till(ledger, Terms(program=PROGRAM), mint_id=mint_id, waits_for=waits_for)


def told(ledger: Ledger, *, seq: int = 0) -> Heard:
    """The newest position as a till keeps it, or one that lies so much further."""
    head = ledger.head
    return Heard(epoch=head.epoch, seq=head.seq + seq, digest=head.hash.hex()[:16])


def redeem(till: Till, name: str = "r-1") -> str:
    """Hold points."""
    wish = Wish(token=CARD, points=500)
    return asyncio.run(till.hold(name, wish))[0].status


def test_each_till_has_to_be_heard(ledger: Ledger) -> None:
    """One of two is not enough; who is missing is named to the cashier, and nothing is offered."""
    till = till_of(ledger, "front", "back")
    asyncio.run(till.hear(told(ledger), 1))
    with pytest.raises(OfflineLimit, match=r"use these once: 'front'$"):
        redeem(till)
    with pytest.raises(OfflineLimit):
        asyncio.run(till.hold("r-2", VoucherWish(voucher=code_of(bytes(CODE_BYTES)))))
    seen = asyncio.run(till.identify(CARD))
    assert (seen.redeemable_now, seen.say) == (
        0,
        "points can be redeemed once each till was heard since the start; use these once: 'front'",
    )
    asyncio.run(till.hear(told(ledger), 0))
    assert redeem(till) == "held"


def test_a_retry_is_answered_meanwhile(ledger: Ledger) -> None:
    """What was held before the start is answered as it was."""
    redeem(till_of(ledger))
    assert redeem(till_of(ledger, "front")) == "held"


def test_a_till_that_knows_better_freezes(ledger: Ledger) -> None:
    """Its position is of an entry that the disk lost: then nothing waits, and nothing is spent."""
    till = till_of(ledger, "front")
    asyncio.run(till.hear(told(ledger, seq=1), 0))
    with pytest.raises(Frozen):
        redeem(till)


def test_many_tills_are_not_all_named() -> None:
    """A sentence has an end."""
    from agent.till.witnesses import Witnesses  # noqa: PLC0415 - its words alone

    said = Witnesses([f"till-{number}" for number in range(7)]).why_unheard()
    assert said is not None
    assert said.endswith("'till-0', 'till-1', 'till-2' and 4 more")


def test_nothing_waits_where_nobody_asked_for_it(ledger: Ledger) -> None:
    """Tills that send no positions are served as ever."""
    assert redeem(till_of(ledger)) == "held"
