"""Whatever contradicts an earlier entry is refused, leaves no trace, and hurts nobody beside it."""

from collections.abc import Iterator

import ledger_facts as some
import ledger_vouchers
import pytest
from ledger_contradictions import contradictions
from ledger_shop import Shop

from agent.core.facts import (
    DeleteReward,
    Enrol,
    Fact,
    LeaseGrant,
    RateVisit,
    RedeemReward,
    ReleaseVoucher,
    UseVoucher,
    WithdrawVoucher,
)


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A ledger in which much has happened already, and its notebook."""
    shop = Shop()
    for number, account in enumerate(("ana", "ben")):
        shop.ask(Enrol(account=account, token=f"card:{number}"), some.DAY)
        shop.ask(LeaseGrant(account=account, granted_total=40, generation=0))
        shop.ask(some.accumulation(f"s-{account}", account, 30))
        shop.ask(some.accumulation(f"p-{account}", account, 9, pending=True))
        shop.ask(some.accumulation(f"v-{account}", account, 9))
        shop.ask(some.void(shop.notebook, f"v-{account}"))
        for name in ("q", "r", "g"):
            shop.ask(some.hold(shop.notebook, f"{name}-{account}", account, 12))
        given_back = shop.notebook.holds[f"g-{account}"]
        shop.ask(some.release(f"g-{account}", given_back, 12, epoch=0))
        held = shop.notebook.holds[f"r-{account}"]
        shop.ask(some.capture(f"r-{account}", held, 5))
        shop.ask(some.release(f"r-{account}", held, 4, epoch=0))
        shop.ask(some.sale_return(shop.notebook, f"s-{account}", "b-1", 10, 3))
        shop.ask(some.accumulation(f"c-{account}", None, 0))
        shop.ask(some.claim(f"c-{account}", account, 6))
    shop.ask(some.accumulation("nobody-yet", None, 0))
    _give_vouchers(shop)
    yield shop
    shop.close()


def _give_vouchers(shop: Shop) -> None:
    """One of each: issued, held, used for a sale or for none, given back by time or sale, gone."""
    book = shop.notebook.vouchers
    for number in range(7):
        thing = number % 2 == 1
        right = shop.notebook.right("ana")
        shop.ask(ledger_vouchers.issue(number, "ana", 1, right=right, thing=thing))
    codes = [ledger_vouchers.voucher_code(number) for number in range(7)]
    for number in range(1, 6):
        shop.ask(ledger_vouchers.hold(book, f"vr-{number}", codes[number], None))
    uses = book.uses
    shop.ask(uses["vr-2"].named(UseVoucher))
    shop.ask(uses["vr-3"].named(UseVoucher, sale_id="s-ana"))
    shop.ask(uses["vr-4"].named(ReleaseVoucher, reason="timed_out"))
    shop.ask(uses["vr-5"].named(UseVoucher, sale_id="s-ben"))
    shop.ask(uses["vr-5"].named(ReleaseVoucher, reason="sale_came_back"))
    shop.ask(WithdrawVoucher(account="ana", code=codes[6]))


def every(shop: Shop) -> list[Fact]:
    """All that contradicts, and an end to holds that are not there where others are."""
    others: list[Fact] = [
        RedeemReward(redemption_id="nobody's", account="ana", points=1),
        DeleteReward(redemption_id="nobody's", account="ana", points=1, reason="released"),
        RedeemReward(redemption_id="q-ana", account="ben", points=1),
        DeleteReward(redemption_id="q-ana", account="ben", points=1, reason="released"),
    ]
    return contradictions(shop.notebook) + others


def test_each_is_refused_alone(shop: Shop) -> None:
    """One by one, each is refused, and nothing changes in any table."""
    shop.check()
    for fact in every(shop):
        shop.contradict(fact, some.DAY)
        shop.check()
    shop.check_replay()


def test_none_hurts_those_beside_it(shop: Shop) -> None:
    """Sent at the same moment as facts that fit, each is refused and those are written."""
    facts = every(shop)
    shop.together = 2 * len(facts)
    for fact in facts:
        shop.contradict(fact, some.DAY)
        shop.ask(RateVisit(account="ana", rating=5))
    shop.check()
    shop.check_replay()


def test_each_is_refused_after_a_recovery(shop: Shop) -> None:
    """A ledger that was rebuilt and confirmed knows of every earlier entry."""
    shop.ledger.recover("somebody said so")
    shop.was_rebuilt("somebody said so")
    shop.confirm()
    for fact in every(shop):
        shop.contradict(fact, some.DAY)
        shop.check()
