"""Each look that could hide behind another one is given a world in which only what it looks at is
broken: a look that never fails proves nothing, and among several that a mistake shows in, one that
is dead is not missed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from books import a_hold, a_sale
from msgspec import structs
from sqlalchemy import Connection, delete, insert, update

from agent.core.entry import Entry
from agent.core.facts import AccumulatePoints, Fact, LeaseReturn
from sync.hub.outgoing import to
from sync.hub.tables import accounts, cards
from sync.link import Arrived
from sync.messages import Ack, encode
from sync.simulation import healing, office
from sync.simulation.clerks import Clerks
from sync.simulation.device import Device
from sync.simulation.faults import MIXES
from sync.simulation.house import House
from sync.simulation.watch import journal
from sync.simulation.watch.cards import hold_cards
from sync.simulation.watch.equal import _hold_holds, hold_equal
from sync.simulation.watch.forgotten import hold_nothing_new
from sync.simulation.watch.journal import JournalWatch
from sync.simulation.watch.versions import hold_judged
from sync.simulation.watch.violations import Violation

_DAY = date(2026, 11, 21)


@pytest.fixture
def house() -> Iterator[House]:
    """A store that head office has welcomed, in which somebody bought something."""
    fair = next(mix for mix in MIXES if mix.name == "fair")
    house = House(0, fair, stores=1, cards=1)
    house.advance(30)
    house.customers.enrol(house.devices[0], house.customers.cards[0])
    house.customers.buy(house.devices[0], house.customers.cards[0], 15_000)
    house.advance(30)
    assert house.is_settled()
    yield house
    house.close()


@pytest.fixture
def device(house: House) -> Device:
    """The store's device."""
    return house.devices[0]


@contextmanager
def shows(invariant: str, words: str) -> Iterator[None]:
    """Have a look fail, and this one."""
    with pytest.raises(Violation, match=words) as shown:
        yield
    assert shown.value.invariant == invariant


def _seen(*facts: Fact) -> None:
    """Have the watch of a journal look at entries with these facts."""
    watch, at = JournalWatch(name="a disk"), "2026-11-21T13:05:09.000Z"
    for seq, fact in enumerate(facts, start=1):
        entry = Entry(
            id=f"e-{seq}", epoch=0, seq=seq, recorded_at=at, business_date=_DAY, fact=fact
        )
        watch.saw(entry.canonical(), _DAY)


def test_a_sale_or_a_recall_is_journaled_once() -> None:
    """A second entry of either is an id that was applied twice (I2)."""
    with shows("I2", "s a second time"):
        _seen(a_sale("s", "a", 14), a_sale("s", "a", 14))
    back = LeaseReturn(account="a", recall=1, points=0)
    with shows("I2", "recall .* a second time"):
        _seen(back, back)


def test_an_entrys_postings_come_to_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """Points that one account gains and none loses show at their entry (I3)."""
    whole = journal.postings_of
    _seen(a_sale("s", "a", 14))
    monkeypatch.setattr(journal, "postings_of", lambda fact: whole(fact)[:1])
    with shows("I3", "its postings sum to"):
        _seen(a_sale("s", "a", 14))


def test_head_offices_sums_are_those_of_its_postings(house: House) -> None:
    """Points from nowhere (I3), and points that are neither available nor anybody's right (I4),
    show at the next commit.
    """
    for invariant, words, more in (
        ("I3", "all that head office has posted comes to 1 points", {"pending": 1}),
        ("I4", "posted .* available .* leased", {"available": 1}),
        ("I4", "posted .* available .* leased", {"active": 1, "pending": -1}),
    ):
        with shows(invariant, words):
            house.office.decide(_adding(more))
        house.office.decide(_adding({name: -points for name, points in more.items()}))


def test_no_more_comes_back_of_a_hold_than_was_held(house: House) -> None:
    """What is held elsewhere is its device's to end: below zero somebody else has ended it (I3)."""
    hold_equal(house)
    house.office.database.transact(_adding({"held": -1, "pending": 1}))
    with shows("I3", "more was captured or given back than was held"):
        _hold_holds(house)


def test_who_was_forgotten_is_nobody_everywhere(house: House, device: Device) -> None:
    """A store that begins something for them, points of nobody's sale, and a member who is thought
    to be forgotten as well show (I15).
    """
    account, office = _account(house), house.office
    office.database.transact(_adding({"pending": 1}))
    office.forgotten.forgotten.add("somebody")
    with shows("I15", "has 151 points, where 150 were earned"):
        office.forgotten.hold_at_rest()
    office.database.transact(_adding({"pending": -1}))
    office.forgotten.forgotten.clear()
    for state in ("erased", "active"):
        change = update(accounts).values(state=state)
        office.database.transact(lambda c, change=change: c.execute(change))
        if state == "erased":
            with shows("I15", "is erased, and was not forgotten"):
                office.forgotten.hold_at_rest()
    entry = Entry(id="e", epoch=1, seq=9, recorded_at="", fact=a_sale("s", account, 14))
    hold_nothing_new(device, entry)
    Clerks(house).erase(account)
    house.advance(60)
    with shows("I15", "AccumulatePoints for .*, who is known to be forgotten"):
        hold_nothing_new(device, entry)


def test_a_card_is_as_was_said_of_it(house: House) -> None:
    """One that is ended by nobody's word, is nobody's, or another's than it was given to (I16)."""
    hold_cards(house)
    for words, values in (
        ("is not good, and was ended for .* alone", {"state": "lost"}),
        ("is another's, and was given to", {"account": "another"}),
    ):
        with shows("I16", words):
            more = insert(accounts).prefix_with("OR IGNORE").values(tenant="sim", account="another")
            house.office.database.transact(lambda c, more=more: c.execute(more))
            change = update(cards).values(**values)
            house.office.database.transact(lambda c, change=change: c.execute(change))
            hold_cards(house)
        whole = update(cards).values(account=_account(house), state="active")
        house.office.database.transact(lambda c, whole=whole: c.execute(whole))
    with shows("I16", "head office does not know the cards"):
        house.office.database.transact(lambda c: c.execute(delete(cards)))
        hold_cards(house)


def test_a_sale_earns_what_its_version_gives(device: Device) -> None:
    """A sale that earned other than the version says, and one of a version that is not in force
    (I17).
    """
    sold = next(
        entry.fact
        for entry in map(Entry.read, device.ledger.view.page_after((1, 0), at_most=100))
        if isinstance(entry.fact, AccumulatePoints)
    )
    for words, other in (
        ("earns 151 by simulated@1, not 150", {"points": 151}),
        ("is judged by simulated@2, not simulated@1", {"program": "simulated@2"}),
    ):
        fact = structs.replace(sold, **other)
        with shows("I17", words):
            hold_judged(device, Entry(id="e", epoch=1, seq=9, recorded_at="", fact=fact))


def _account(house: House) -> str:
    """The member's account."""
    ((account,),) = house.office.rows("SELECT account FROM accounts WHERE account <> 'another'")
    return str(account)


def _adding(more: dict[str, int]) -> Callable[[Connection], object]:
    sums: dict[str, Any] = {name: accounts.c[name] + points for name, points in more.items()}
    return lambda c: c.execute(update(accounts).values(sums))


def test_points_are_redeemed_by_rights_or_by_the_floor() -> None:
    """A redemption that no right covers, and no floor either, shows at its entry (I5)."""
    with shows("I5", "redeems 14, 0 of them floor, by rights to 0"):
        _seen(structs.replace(a_hold("r", "a", 14), lease=0))


def test_what_is_acknowledged_is_at_head_office(house: House, device: Device) -> None:
    """An ACK of an entry that is not there, just so, is a promise that nobody can keep (I8)."""
    head = device.ledger.head
    ack = Ack.of(device.ledger.incarnation, head)
    house.office._send([to(device.address, ack)])
    for other in (
        {"incarnation": "another"},
        {"epoch": head.epoch + 1},
        {"seq": head.seq + 1},
        {"hash": "ab" * 32},
    ):
        with shows("I8", "head office acknowledges .*, and has it not"):
            house.office._send([to(device.address, ack.model_copy(update=other))])


def test_a_store_believes_held_what_is_held(house: House, device: Device) -> None:
    """An entry that a store takes for safe, and head office never heard of, shows (I8)."""
    old = Ack.of(device.ledger.incarnation, device.ledger.head)
    house.network.cut_off(str(device.address))
    house.customers.buy(device, house.customers.cards[0], 1_000)
    device.receive(_arrived(device, encode(old)))
    device.ledger.heard_of(device.ledger.head)
    with shows("I8", "head office is not known to hold"):
        device.receive(_arrived(device, encode(old)))


def _arrived(device: Device, ack: bytes) -> Arrived:
    return Arrived(topic=device.address.topic("down/ack"), payload=ack, done=lambda: None)


def test_both_sides_come_to_rest(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A head office that hears nothing never has what a store sold, however long it sends (I12)."""
    monkeypatch.setattr(healing, "_BOUND_S", 200.0)
    house.network.to_office = lambda _topic, _payload: None
    house.customers.buy(house.devices[0], house.customers.cards[0], 1_000)
    with shows("I12", "not at rest after 200 s: .* 1 entries wait"):
        healing.heal(house)


def test_nobody_says_what_the_other_side_does_not_take(house: House, device: Device) -> None:
    """A message that makes no sense stops whoever waits for what it should have said (I12)."""
    with shows("I12", "head office does not take what a store says"):
        house.office.take(device.address.topic("journal"), b"rubbish")
    with shows("I12", "does not take what head office says"):
        device.receive(_arrived(device, b"rubbish"))


def test_nobody_goes_round_in_circles(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """More messages than any history needs are two sides that answer each other for ever (I12)."""
    monkeypatch.setattr(office, "_MOST_TAKEN", house.office._taken + 1)
    house.customers.buy(house.devices[0], house.customers.cards[0], 1_000)
    with shows("I12", "round in circles"):
        house.advance(30)
