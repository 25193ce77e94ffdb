"""Hand-made histories of disks: the power goes, a disk is set back, lost, or full."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.core.facts import Enrol
from agent.ledger import Ledger, Transaction
from agent.ledger.budget import DiskBudget
from agent.ledger.sealing import seal_old_entries
from sync.simulation.clocks import DAY_S
from sync.simulation.house import House
from sync.simulation.scripts.staging import (
    begin,
    cut_off,
    member,
    mend,
    overhear,
    power,
    set_back,
    with_holds,
)
from sync.simulation.watch.violations import hold

__all__ = [
    "a_box_is_copied",
    "a_full_disk",
    "an_older_ledger_goes_on",
    "an_older_ledger_goes_on_unseen",
    "an_older_ok_comes_late",
    "grant_after_the_epoch",
    "one_of_two_lanes_is_heard",
    "the_power_goes",
    "what_waited_is_active_twice",
]

_ENTRIES = 40


def the_power_goes(house: House) -> None:
    """A store that is cut off loses its power right after a sale was answered."""
    first, card = house.devices[0], house.customers.cards[0]
    begin(house)
    member(house, first, card)
    cut_off(house, first)
    house.customers.buy(first, card, 2_000)
    power(first)
    house.advance(5)


def an_older_ledger_goes_on(house: House) -> None:
    """A disk is set back, and writes another entry at the place that its till was told of."""
    first, card = house.devices[0], house.customers.cards[0]
    begin(house)
    older = with_holds(house, first, card, 1)
    cut_off(house, first)
    house.customers.buy(first, card, 2_000)
    set_back(house, first, older)
    house.advance(70)
    house.customers.hold(first, card, 10)


def an_older_ledger_goes_on_unseen(house: House) -> None:
    """A disk is set back and writes more, in the same places, than head office has of it."""
    first, card = house.devices[0], house.customers.cards[0]
    begin(house)
    older = with_holds(house, first, card, 3)
    house.customers.buy(first, card, 2_000)
    house.advance(20)
    cut_off(house, first)
    set_back(house, first, older)
    house.advance(70)
    mend(house, first)
    house.advance(30)


def a_box_is_copied(house: House) -> None:
    """Two boxes claim to be one, and both hear head office."""
    first, card = house.devices[0], house.customers.cards[0]
    begin(house)
    member(house, first, card)
    house.advance(20)
    house.cloned(first)
    house.add_device("s1-clone", first.shop, house.copy_disk(first.save()))
    for device in (first, house.devices[-1]):
        house.customers.buy(device, card, 2_000)
        house.advance(40)


def grant_after_the_epoch(house: House) -> None:
    """A grant comes again when the epoch that it was for is over."""
    first, second, *_ = house.devices
    card = house.customers.cards[0]
    begin(house)
    member(house, second, card)
    house.advance(30)
    older = house.copy_disk(first.save())
    grants = overhear(first, "grant")
    house.customers.hold(first, card, 90)
    house.advance(30)
    set_back(house, first, older)
    house.advance(60)
    for each in tuple(grants):  # what comes again is overheard, too
        first.receive(each)
    house.advance(30)


def an_older_ok_comes_late(house: House) -> None:
    """A disk is set back, and what comes to its HELLO is an OK to an older one."""
    first, second, *_ = house.devices
    card = house.customers.cards[0]
    begin(house)
    member(house, second, card)
    answers = overhear(first, "ok")
    house.advance(400)  # it is greeted anew now and then: head office has all of it
    older, late = house.copy_disk(first.save()), answers[-1]
    house.customers.hold(first, card, 90)
    house.advance(10)
    first.lanes.clear()  # the tills do not keep what they are told
    set_back(house, first, older)
    first.turn()
    first.receive(late)
    house.advance(1)
    house.customers.hold(first, card, 20)
    house.advance(30)


def what_waited_is_active_twice(house: House) -> None:
    """Points that waited become active and are spent; then the disk is set back to a moment when
    they waited, is welcomed anew, and they become active once more.
    """
    first, card = house.devices[0], house.customers.cards[0]
    begin(house)
    member(house, first, card)
    older = house.copy_disk(first.save())
    house.advance(DAY_S)
    house.customers.hold(first, card, 150)
    house.customers.capture(first, house.notebook.redemptions[0])
    house.advance(20)
    set_back(house, first, older)
    house.advance(70)
    house.customers.hold(first, card, 150)
    house.advance(20)


def one_of_two_lanes_is_heard(house: House) -> None:
    """A disk is set back; one till knows of it, and it is another one that is used first."""
    first, card = house.devices[0], house.customers.cards[0]
    first.waits_for = ("1", "2")
    power(first)
    begin(house)
    for lane in ("1", "2"):
        first.lane = lane
        member(house, first, card)
    first.lane = "1"
    house.customers.buy(first, card, 2_000)
    older = house.copy_disk(first.save())
    cut_off(house, first)
    first.lane = "2"
    house.customers.buy(first, card, 2_000)
    set_back(house, first, older)
    first.lane = "1"
    house.customers.hold(first, card, 20)
    first.lane = "2"
    house.customers.hold(first, card, 20)


def a_full_disk(house: House) -> None:
    """A store that head office does not hear comes to the end of its disk: files, not images."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "ledger.db"
        with _opened(house, path) as ledger:
            asyncio.run(_fill(house, ledger))
        with _opened(house, path) as ledger:  # anew: what was just written is kept in memory too
            kept = len(asyncio.run(ledger.read_after((0, 0), at_most=2 * _ENTRIES)))
    text = f"{kept} of {_ENTRIES} entries are there that head office never had"
    hold("I1", kept == _ENTRIES, text)


@contextmanager
def _opened(house: House, path: Path) -> Iterator[Ledger]:
    ledger = Ledger(path, clock=house.devices[0].time, mint_id=house.mint)
    ledger.start()
    try:
        yield ledger
    finally:
        ledger.stop()


def _appending(fact: Enrol) -> Callable[[Transaction], object]:
    return lambda transaction: transaction.append(fact)


async def _fill(house: House, ledger: Ledger) -> None:
    """Write more than the budget has room for."""
    for number in range(_ENTRIES):
        fact = Enrol(account=house.mint(), token=f"em4100:{number:010X}")
        await ledger.write(_appending(fact))
    house.world.now_s += 10
    await seal_old_entries(ledger, keep_days=0, alone=False)
    await DiskBudget(ledger, budget_bytes=1, alone=False).hold()
