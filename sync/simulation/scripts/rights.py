"""Hand-made histories of rights: granted, recalled, returned, of merged and of expired points."""

from datetime import date, timedelta

from sqlalchemy import Connection, insert

from sync.hub.deciding import expire_due
from sync.hub.tables import programs
from sync.link import Arrived
from sync.messages import decode_journal
from sync.simulation.house import House
from sync.simulation.now import run_now
from sync.simulation.program import TENANT, Version, program_text
from sync.simulation.scripts.staging import (
    account_of,
    begin,
    cut_off,
    member,
    mend,
    merge,
    overhear,
    power,
)
from sync.simulation.trades import Trade

__all__ = [
    "a_customer_pays_late",
    "a_hold_is_released_late",
    "a_hold_waits_for_its_customer",
    "a_hold_while_rights_are_recalled",
    "a_pos_asks_again",
    "a_recall_comes_again",
    "a_redeemed_sale_comes_back",
    "a_return_before_its_sale",
    "a_return_elsewhere",
    "a_return_of_what_is_spent",
    "a_sale_at_two_stores",
    "an_epoch_ends_unheard",
    "one_person_has_two_cards",
    "points_run_out_while_leased",
]

_RUNNING_OUT = Trade(name="running_out", runs_out=True)
_SECOND = Version(number=2, begins=date(2026, 3, 3))


def a_recall_comes_again(house: House) -> None:
    """Rights are recalled, and the same recall comes once more when the device has new ones."""
    first, second, *_ = house.devices
    card = house.customers.cards[0]
    begin(house)
    member(house, first, card)
    house.advance(40)
    recalls = overhear(first, "recall")
    house.customers.hold(second, card, 90)
    house.advance(20)
    house.customers.buy(first, card, 3_000)
    for each in tuple(recalls):
        first.receive(each)
    house.advance(20)


def a_hold_while_rights_are_recalled(house: House) -> None:
    """Points are held at one till in the moment in which another store calls for them."""
    first, second, *_ = house.devices
    card = house.customers.cards[0]
    begin(house)
    member(house, first, card)
    house.advance(40)
    house.customers.hold(first, card, 20)
    house.customers.hold(second, card, 90)
    house.advance(20)


def one_person_has_two_cards(house: House) -> None:
    """Two accounts are merged while stores have rights to the points of both; one of them earns
    more there until the store is told.
    """
    first, second, *_ = house.devices
    card, other, *_ = house.customers.cards
    begin(house)
    member(house, first, card)
    member(house, second, other)
    house.advance(40)
    old = account_of(house, card)

    def shop(message: Arrived) -> None:
        """They shop just before the store is told: head office could not call that back yet."""
        if message.topic.endswith("/feed") and first.ledger.view.root(old) == old:
            house.customers.buy(first, card, 700)

    first.overheard = shop
    merge(house, card, other)
    house.advance(60)
    house.customers.hold(first, card, 90)
    house.advance(20)


def points_run_out_while_leased(house: House) -> None:
    """Points run out that a store has the right to; they are gone when they have come home."""
    first, card = house.devices[0], house.customers.cards[0]
    begin(house)
    member(house, first, card)
    house.advance(40)
    house.versions[_SECOND.edition] = _SECOND
    house.office.decide(_let_points_run_out)
    day, now = house.world.day + timedelta(days=100), house.world.at
    for _ in range(2):
        house.tell(f"head office: what is due on {day} runs out")
        house.office.decide(lambda c: expire_due(c, TENANT, day, now=now))
        house.advance(60)


def _let_points_run_out(c: Connection) -> None:
    """Put a version of the program under which points run out; it earns what the other did."""
    text = program_text(_RUNNING_OUT, _SECOND)
    row = {"tenant": TENANT, "name": "simulated", "edition": _SECOND.edition, "text": text}
    c.execute(insert(programs).values(**row, put_at="2026-03-02T12:00:00.000Z"))


def a_return_elsewhere(house: House) -> None:
    """A sale comes back to a store that never knew it, and has few rights of its member's."""
    first, second, *_ = house.devices
    card = house.customers.cards[0]
    begin(house)
    member(house, first, card)
    house.advance(40)
    house.customers.buy(second, card, 2_000)
    house.customers.bring_back(second, house.notebook.sales[0], 15_000)
    house.advance(20)


def a_return_before_its_sale(house: House) -> None:
    """Head office hears of a return before it hears of the sale."""
    first, second, *_ = house.devices
    card = house.customers.cards[0]
    begin(house)
    member(house, second, card)
    house.advance(40)
    cut_off(house, first)
    house.customers.buy(first, card, 6_000)
    house.customers.bring_back(second, house.notebook.sales[-1], 6_000)
    house.advance(20)
    mend(house, first)
    house.advance(20)


def a_return_of_what_is_spent(house: House) -> None:
    """A sale comes back when the points that it gave are spent."""
    first, card = house.devices[0], house.customers.cards[0]
    begin(house)
    member(house, first, card)
    for points in (90, 50):
        house.customers.hold(first, card, points)
        house.customers.capture(first, house.notebook.redemptions[-1])
    house.customers.bring_back(first, house.notebook.sales[0], 15_000)
    house.advance(20)


def a_redeemed_sale_comes_back(house: House) -> None:
    """A sale that points paid for comes back: they are the member's again, not this store's."""
    first, card = house.devices[0], house.customers.cards[0]
    begin(house)
    member(house, first, card)
    house.customers.hold(first, card, 20)
    house.customers.buy_with(first, house.notebook.redemptions[-1], 2_000)
    house.customers.void(first, house.notebook.sales[-1])
    for points in (90, 50):
        house.customers.hold(first, card, points)
    house.advance(20)


def a_hold_waits_for_its_customer(house: House) -> None:
    """A customer takes half a minute to pay."""
    first, card = house.devices[0], house.customers.cards[0]
    begin(house)
    member(house, first, card)
    house.customers.hold(first, card, 20)
    house.advance(30)
    house.customers.capture(first, house.notebook.redemptions[-1])
    house.advance(20)


def a_hold_is_released_late(house: House) -> None:
    """A till releases what was given back already, as its time was up."""
    first, card = house.devices[0], house.customers.cards[0]
    begin(house)
    member(house, first, card)
    house.customers.hold(first, card, 20)
    house.advance(70)
    first.look()
    house.customers.release(first, house.notebook.redemptions[-1])


def a_customer_pays_late(house: House) -> None:
    """A sale names a redemption whose time was up: it is held once more, and spent."""
    first, card = house.devices[0], house.customers.cards[0]
    begin(house)
    member(house, first, card)
    house.customers.hold(first, card, 20)
    house.advance(70)
    first.look()
    house.customers.buy_with(first, house.notebook.redemptions[-1], 2_000)
    house.advance(20)


def a_sale_at_two_stores(house: House) -> None:
    """A POS that is not sure of an answer commits its sale at the agent of another store, too."""
    first, second, *_ = house.devices
    card = house.customers.cards[0]
    begin(house)
    member(house, first, card)
    house.advance(40)
    house.customers.buy(first, card, 6_000)
    house.customers.buy_again(second, house.notebook.sales[-1])
    house.advance(20)


def a_pos_asks_again(house: House) -> None:
    """The power goes before a POS has its answer; it asks again under the same id, later."""
    first, card = house.devices[0], house.customers.cards[0]
    begin(house)
    member(house, first, card)
    power(first)
    for _ in range(3):
        house.customers.buy(first, card, 2_000)
    house.customers.buy_again(first, house.notebook.sales[0])
    house.advance(20)


def an_epoch_ends_unheard(house: House) -> None:
    """A ledger goes on with an epoch of its own, and head office has not heard the last one's end
    when it ends it, cleanly.
    """
    first, second, *_ = house.devices
    card = house.customers.cards[0]
    begin(house)
    member(house, first, card)
    house.advance(40)
    cut_off(house, first)
    house.customers.hold(first, card, 90)
    house.customers.capture(first, house.notebook.redemptions[-1])
    ended, take = first.ledger.head.epoch, house.network.to_office
    run_now(first.ledger.confirm())

    def take_no_tail(topic: str, payload: bytes) -> None:
        is_tail = topic.endswith("/journal") and decode_journal(payload)[0].epoch == ended
        if not is_tail:
            take(topic, payload)

    house.network.to_office = take_no_tail
    mend(house, first)
    house.advance(2)
    house.customers.hold(second, card, 90)
    house.network.to_office = take
    house.advance(20)
