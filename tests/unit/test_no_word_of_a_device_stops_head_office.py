"""A device that is broken, or somebody else's, says what none of ours does: others go on."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from books import NOW, OTHER, Books, Life, a_sale
from extremes import LONG, changed, extreme_facts
from hypothesis import given, settings
from hypothesis import strategies as st
from numbered import number_all_marks
from paper_device import House, PaperDevice
from sqlalchemy import Connection

from agent.core.facts import CardState, ClaimSale, Enrol, Fact, VoidSale
from sync.hub.checks import check_books
from sync.hub.feeding import page_for
from sync.hub.office import HeadOffice
from sync.hub.registry import device_of
from sync.messages import FeedItem, FeedRequest, Hello, MalformedMessage, decode, encode
from sync.signing import key_text, signed_hello


@pytest.fixture
def books() -> Iterator[Books]:
    """Head office's empty books."""
    made = Books("sqlite://")
    yield made
    made.stop()


_SHARED = House()
_EMPTY = _SHARED.database.snapshot()

_MESSAGES: dict[str, dict[str, Any]] = {
    "ask": {"ask": "q", "epoch": 1, "account": "a", "points": 5},
    "feed": {"nonce": "n", "cursor": 0, "generation": 0, "scope": "seen", "token": "card:1234"},
    "presence": {"online": True, "epoch": 1, "acknowledged_seq": 9, "clock": "jumped"},
    "hello": {},
}


class _Shop:
    """A head office, a device that says anything, and one of ours."""

    def __init__(self) -> None:
        _SHARED.database.restore(_EMPTY)
        numbers = count()
        mint = (f"c{number}" for number in numbers).__next__
        self.office = HeadOffice(_SHARED.database, clock=lambda: NOW, mint=mint)
        self.strange, self.ours = PaperDevice("edge-2"), PaperDevice(store="s002")
        for device in (self.strange, self.ours):
            device.is_welcomed(self.office)
            device.is_heard(self.office)

    def goes_on(self) -> None:
        """Hold that our device is heard, told everything, and that head office's own work is done
        and its books agree.
        """
        self.office.sweep()
        self.office.work_off()
        sale = a_sale(f"ours-{self.ours.life.seq}", "a", 5, lease=5)
        self.ours.life.append(sale)
        assert self.ours.is_heard(self.office).seq == self.ours.life.seq
        self.office.sweep()
        for scope in ("all", "seen"):
            request = f'{{"nonce":"n","cursor":0,"scope":"{scope}"}}'.encode()
            assert self.office.handle(self.ours.address.topic("feed"), request)
        assert _SHARED.database.read(check_books) == []


@settings(max_examples=10)
@given(st.lists(st.lists(extreme_facts(), min_size=1, max_size=6), min_size=1, max_size=2))
def test_whatever_its_entries_say_they_are_taken_and_others_are_heard(
    batches: list[list[Fact]],
) -> None:
    """Every entry is acknowledged, whether it can be read or not, nothing is put aside, and our
    device is heard and told of all that came of it.
    """
    shop = _Shop()
    for facts in batches:
        for fact in facts:
            shop.strange.life.append(fact)
        assert shop.strange.is_heard(shop.office).seq == shop.strange.life.seq
    assert not [kind for kind in shop.office.counts if kind[0] == "refused"]
    shop.goes_on()


@settings(max_examples=20)
@given(st.sampled_from(list(_MESSAGES)), st.data())
def test_whatever_its_messages_say_they_raise_nothing_and_others_are_heard(
    kind: str, data: st.DataObject
) -> None:
    """Also signed as they should be; what is in them that head office does not know is put aside as
    what it is, and never as a mistake of its own.
    """
    shop = _Shop()
    topic, payload = shop.strange.hello()
    payload = data.draw(changed(_MESSAGES[kind] or json.loads(payload)))
    if kind == "hello":
        payload = _signed(shop.strange, topic, payload)
    shop.office.handle(shop.strange.address.topic(kind), payload)
    shop.goes_on()


def _signed(device: PaperDevice, topic: str, payload: bytes) -> bytes:
    """Sign a HELLO where it is one."""
    try:
        hello = decode(payload, Hello)
    except MalformedMessage:
        return payload
    mine = hello.model_copy(update={"key": key_text(device.key)})
    return encode(signed_hello(device.key, topic, mine))


@pytest.mark.parametrize("token", ["epc:" + LONG, "card:1\n2", "", "karte:ä"])
def test_a_card_that_there_cannot_be_is_kept_and_told_nobody(any_books: Books, token: str) -> None:
    """No reader reads such a token, no index keeps it and no message has room for it: its entry
    waits as one that cannot be read, and what stands before and after it counts.
    """
    strange = CardState(token="card:1234", account="a", state="replaced", replaced_by=token)
    life = Life(0, "disk-1", Enrol(account="a", token=token), strange, a_sale("s", "a", 5))
    assert any_books.take(life.batch()).kept == 3
    assert any_books.account("a") == (5, 0, 0, 5)
    assert any_books.everything()["cards"] == []
    any_books.database.transact(number_all_marks)
    assert [each.kind for each in _told(any_books)] == ["decision", "decision", "account"]
    assert any_books.faults() == []


def _told(books: Books) -> tuple[FeedItem, ...]:
    """What another store is told."""

    def work(c: Connection) -> tuple[FeedItem, ...]:
        request = FeedRequest(nonce="n", cursor=0)
        return page_for(c, device_of(c, OTHER, now=NOW), request, now=NOW)[1]

    return books.database.transact(work)


def test_an_entry_without_an_account_moves_nobodys_rights(books: Books) -> None:
    """Also where it says that it does: a replay finds no more than is kept."""
    before = Life(0, "disk-1", a_sale("s", None, 0))
    books.take(before.batch())
    books.take(before.then(1).write(VoidSale(sale_id="s", lease=-5)).batch())
    assert books.faults() == []


@pytest.mark.parametrize("at_once", [True, False])
def test_what_came_back_before_it_was_sold_counts_alike_in_any_batches(
    books: Books, at_once: bool
) -> None:
    """No till writes that. A replay, which goes entry by entry, finds what is kept."""
    claim = ClaimSale(
        sale_id="s", account="a", token="card:1234", program="simple@1", points=0, because=()
    )
    void = VoidSale(sale_id="s", account="a", from_active=3)
    life = Life(0, "disk-1", void, claim)
    for batch in [life.batch()] if at_once else [life.batch(1, 1), life.batch(2)]:
        books.take(batch)
    assert books.faults() == []
