"""Points that wait when a disk is copied or set back: what is owed for them, and what is not."""

import pytest
from sqlalchemy import Connection

from sync.hub.retiring import write_off_ended
from sync.simulation.clocks import DAY_S
from sync.simulation.device import Device
from sync.simulation.history import act, tell
from sync.simulation.house import House
from sync.simulation.notebook import Sold
from sync.simulation.program import TENANT
from sync.simulation.scripts import Script, disks
from sync.simulation.scripts.staging import account_of, begin, cut_off, member, mend
from sync.simulation.trades import VOUCHERS


class _NotDone(Exception):
    """What was tried is taken back."""


def keeps_every_invariant(script: Script) -> None:
    """Play a history by hand in shops where points wait for a day."""
    outcome = act(script, trade=VOUCHERS)
    assert outcome.violation is None, tell(outcome)


def copied(house: House, back: int = 0) -> tuple[Device, Device, Sold]:
    """A member's 150 points wait, and a copy of the store's disk runs in another box; ``back`` says
    which part of their sale came back before.
    """
    first, card = house.devices[0], house.customers.cards[0]
    begin(house)
    member(house, first, card)
    (sold,) = house.notebook.sales
    if back:
        house.customers.bring_back(first, sold, sold.left_minor // back)
    house.advance(20)
    house.cloned(first)
    clone = house.add_device("s1-clone", first.shop, house.copy_disk(first.save()))
    clone.lanes = dict(first.lanes)
    return first, clone, sold


def a_day_later(house: House, first: Device, clone: Device) -> None:
    """The first box stands without power until head office has heard what became active at the
    copy; then it is heard, too.
    """
    first.crash()
    house.advance(DAY_S)
    house.customers.buy(clone, house.customers.cards[0], 700)
    house.advance(20)
    first.time.reboot()
    first.start()
    house.advance(40)


def active_at_a_copy_too(house: House) -> tuple[Device, Device]:
    """The first box, cut off, makes the points active and loses power; then its copy does, in a new
    epoch, and head office has heard of that alone.
    """
    first, clone, _ = copied(house)
    clone.crash()
    house.customers.buy(first, house.customers.cards[1], 700)
    house.advance(20)
    cut_off(house, first)
    house.advance(DAY_S)
    house.customers.buy(first, house.customers.cards[0], 700)
    first.crash()
    mend(house, first)
    clone.time.reboot()
    clone.start()
    house.advance(40)
    house.customers.buy(clone, house.customers.cards[0], 700)
    house.advance(40)
    return first, clone


def comes_back(house: House, first: Device) -> None:
    """The first box has power again, and somebody has looked."""
    first.time.reboot()
    first.start()
    house.advance(40)
    house.look_into_halts()
    house.advance(400)


def available(house: House) -> int:
    """What head office may grant of the member's points."""
    account = account_of(house, house.customers.cards[0])
    ((points,),) = house.office.rows("SELECT available FROM accounts WHERE account = ?", account)
    return int(points)


def available_once_written_off(house: House) -> int:
    """The same if a person wrote off what the ended epochs of the first store had rights to; it is
    not done, as none does in a history.
    """
    ((number,),) = house.office.rows("SELECT id FROM devices WHERE store = 's1'")
    left: list[int] = []

    def write_off(c: Connection) -> None:
        write_off_ended(c, TENANT, number, by="ana", now=house.world.at)
        left.append(available(house))
        raise _NotDone

    with pytest.raises(_NotDone):
        house.office.database.transact(write_off)
    return left[0]


def most_owed(house: House) -> int:
    """What the member may owe at most."""
    return house.truth.most_owed([account_of(house, house.customers.cards[0])])


def test_what_a_copy_made_active_is_owed_where_the_other_took_it_back() -> None:
    """A sale comes back at one box while its points wait; a copy makes them active, and has rights
    to them in an epoch that ends uncleanly. They are owed until a person writes those rights off,
    and not a point more.
    """

    def script(house: House) -> None:
        first, clone, sold = copied(house)
        house.customers.bring_back(first, sold, sold.left_minor)
        assert most_owed(house) == 0, "the copy has made nothing active yet"
        a_day_later(house, first, clone)
        assert (available(house), most_owed(house)) == (-150, 150)
        assert available_once_written_off(house) == 0

    keeps_every_invariant(script)


def test_what_came_back_before_the_copy_counts_on_both() -> None:
    """A third comes back before the disk is copied, the rest at one box while the other makes it
    active: the rest is owed.
    """

    def script(house: House) -> None:
        first, clone, sold = copied(house, back=3)
        house.customers.bring_back(first, sold, sold.left_minor * 2 // 3)
        a_day_later(house, first, clone)
        assert (available(house), most_owed(house)) == (-100, 100)

    keeps_every_invariant(script)


def test_a_part_that_came_back_as_waiting_is_owed_as_far_as_both_parts_exceed_the_sale() -> None:
    """A third of a sale comes back at one box, which makes the rest active, as its copy does not:
    nothing may be owed for that.
    """

    def script(house: House) -> None:
        first, clone, sold = copied(house)
        house.customers.bring_back(clone, sold, sold.left_minor // 3)
        a_day_later(house, first, clone)
        assert (available(house), most_owed(house)) == (0, 0)

    keeps_every_invariant(script)


def test_what_two_copies_make_active_brings_rights_once() -> None:
    """A copy makes active what waited, and its epoch ends uncleanly; in the next one the other box
    makes the same points active, and has no rights to them.
    """

    def script(house: House) -> None:
        first, clone, _ = copied(house)
        a_day_later(house, first, clone)
        house.customers.buy(first, house.customers.cards[0], 700)
        house.advance(40)
        assert any("s1: 2:2 ActivatePoints" in line for line in house.story)
        assert (available(house), most_owed(house)) == (0, 0)

    keeps_every_invariant(script)


def test_what_a_copy_was_granted_is_owed_where_the_other_has_rights_to_it() -> None:
    """A copy makes points active in a new epoch and is granted some of them, before head office
    hears that the other box, which was cut off, has rights to all. They are owed until a person
    writes those rights off.
    """

    def script(house: House) -> None:
        first, clone = active_at_a_copy_too(house)
        granted = 150 - available(house)
        assert granted > 0
        clone.crash()
        comes_back(house, first)
        assert (available(house), most_owed(house)) == (-granted, granted)
        assert available_once_written_off(house) == 150

    keeps_every_invariant(script)


def test_what_ran_out_is_owed_where_the_other_has_rights_to_it() -> None:
    """As above, but the points that the copy made active run out before head office hears of the
    other box: whatever was let go by then is owed.
    """

    def script(house: House) -> None:
        first, clone = active_at_a_copy_too(house)
        assert 0 < available(house) < 150
        clone.crash()
        house.advance(40 * DAY_S)
        assert available(house) == 0, "what it was not granted has run out"
        comes_back(house, first)
        assert (available(house), most_owed(house)) == (-150, 150)

    keeps_every_invariant(script)


def test_what_became_active_and_was_spent_is_not_spent_again_after_a_set_back() -> None:
    """Where points become active once more on a disk that was set back and welcomed, nobody can
    spend them again.
    """

    def script(house: House) -> None:
        disks.what_waited_is_active_twice(house)
        assert any("s1: 2:2 ActivatePoints" in line for line in house.story)
        assert [each.points for each in house.notebook.redemptions] == [150]
        assert available(house) == 0

    keeps_every_invariant(script)
