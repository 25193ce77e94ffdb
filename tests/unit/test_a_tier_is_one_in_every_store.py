"""A member who entered a tier in one store is in it in every store, as long as it was promised."""

from datetime import date
from itertools import permutations

import pytest
from greeted import in_memory
from head_office_books import TENANT, Books, enrolled, sold

from agent.core.tiers import Standing
from sync.hub.deciding import merge_accounts
from sync.hub.feed_items import items_of
from sync.hub.registry import device_of
from sync.messages import AccountItem, DeviceAddress, FeedPage, encode_feed
from sync.simulation.now import run_now

SILVER = Standing(tier="silver", since=date(2026, 3, 1), kept_until=date(2027, 3, 1))
GOLD = Standing(tier="gold", since=date(2026, 9, 1), kept_until=date(2027, 9, 1))
LOWEST = Standing(tier="basic", since=date(2026, 1, 1))
ELSEWHERE = DeviceAddress(tenant=TENANT, store="s9", device="edge-9")


def told(house: Books, account: str) -> AccountItem:
    """What another store is told of an account."""

    def read(c: object) -> AccountItem:
        device = device_of(c, ELSEWHERE, now=house.now)  # type: ignore[arg-type]  # a connection
        found = items_of(c, device, [("account", account)])  # type: ignore[arg-type]  # as above
        (item,) = found.values()
        assert isinstance(item, AccountItem)
        return item

    return house.run(read)


@pytest.mark.parametrize("order", list(permutations((LOWEST, SILVER, GOLD))))
def test_the_tier_entered_last_counts_whatever_is_heard_last(
    house: Books, order: tuple[Standing, ...]
) -> None:
    """A store that was cut off, and says late what was true before, takes no tier away."""
    house.device("s0").says(enrolled("a"))
    for number, standing in enumerate(order):
        sale = sold(1, account="a", sale_id=f"s-{number}", standing=standing)
        house.device(f"s{number}").says(sale)
    item = told(house, "a")
    assert (item.tier, item.tier_since, item.tier_until) == ("gold", "2026-09-01", "2027-09-01")


@pytest.mark.parametrize("into", ["a", "b"])
def test_of_two_accounts_that_are_merged_the_later_tier_stays(house: Books, into: str) -> None:
    """Merged either way, the member has what was entered or kept anew last."""
    house.device("s0").says(enrolled("a"), sold(1, account="a", sale_id="s-1", standing=GOLD))
    other = sold(1, account="b", sale_id="s-2", standing=SILVER)
    house.device("s1").says(enrolled("b", "em4100:0000000002"), other)
    gone = {"a": "b", "b": "a"}[into]
    house.run(lambda c: merge_accounts(c, TENANT, gone, into, now=house.now))
    item = told(house, into)
    assert (item.tier, item.tier_since, item.tier_until) == ("gold", "2026-09-01", "2027-09-01")


def test_a_store_keeps_since_when_and_how_long() -> None:
    """What head office tells of a tier is what the till goes by."""
    for store in in_memory():
        run_now(store.open())
        page = FeedPage(nonce=store.wire.requests[-1].nonce, cursor=1, generation=0)
        item = AccountItem(
            account="ana", active=5, tier="gold", tier_since="2026-09-01", tier_until="2027-09-01"
        )
        run_now(store.hear("feed", encode_feed(page, (item,))))
        assert run_now(store.ledger.read(lambda view: view.standing("ana"))) == GOLD
