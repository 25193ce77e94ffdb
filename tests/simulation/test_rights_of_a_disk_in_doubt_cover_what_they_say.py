"""A disk was lost, set back or copied: what rights that nobody contradicts cover is owed by nobody,
and what another copy contradicts may be.
"""

from sqlalchemy import update

from sync.hub.tables import accounts
from sync.simulation.device import Device
from sync.simulation.history import act, tell
from sync.simulation.house import House
from sync.simulation.scripts import Script
from sync.simulation.scripts.staging import account_of, begin, member

_POINTS = 50


def plays(script: Script) -> None:
    """Play a history by hand; nothing in it is wrong."""
    outcome = act(script)
    assert outcome.violation is None, tell(outcome)


def with_new_disk(house: House) -> Device:
    """A store whose disk was lost, and which head office has welcomed on its new one."""
    first = house.devices[0]
    begin(house)
    first.crash()
    house.lost(first)
    first.disk = house.new_disk()
    first.start()
    house.advance(40)
    member(house, first, house.customers.cards[0])
    return first


def most_owed(house: House) -> int:
    """What the member may owe at most."""
    return house.truth.most_owed([account_of(house, house.customers.cards[0])])


def test_a_new_disks_rights_cover_what_it_redeems() -> None:
    """What a store redeems by the rights of a life in which no other disk had a hand is covered,
    though its old disk was lost.
    """

    def script(house: House) -> None:
        first = with_new_disk(house)
        house.customers.hold(first, house.customers.cards[0], _POINTS)
        house.advance(20)
        assert [each.points for each in house.notebook.redemptions] == [_POINTS]
        assert most_owed(house) == 0

    plays(script)


def test_points_that_are_spent_twice_show_where_a_disk_was_lost() -> None:
    """A member who redeemed by right at such a store, and comes to owe points, has spent some of
    them twice (I5).
    """

    def script(house: House) -> None:
        first, card = with_new_disk(house), house.customers.cards[0]
        house.customers.hold(first, card, _POINTS)
        house.advance(20)
        account = account_of(house, card)
        ((left,),) = house.office.rows("SELECT available FROM accounts WHERE account = ?", account)
        more = left + _POINTS
        twice = update(accounts).where(accounts.c.account == account).values(
            active=accounts.c.active - more,
            available=accounts.c.available - more,
            held=accounts.c.held + more,
        )  # fmt: skip
        house.office.database.transact(lambda c: c.execute(twice))
        house.customers.buy(first, house.customers.cards[1], 1_000)
        house.advance(20)
        raise AssertionError("it was not seen")

    outcome = act(script)
    assert outcome.violation is not None
    assert outcome.violation.invariant == "I5", tell(outcome)


def test_what_a_copy_contradicts_may_be_owed() -> None:
    """Both halves of a copied box redeem by the one right that there is: what either did may be
    owed, as the rights of one of them alone count.
    """

    def script(house: House) -> None:
        first, card = house.devices[0], house.customers.cards[0]
        begin(house)
        member(house, first, card)
        house.advance(20)
        house.cloned(first)
        clone = house.add_device("s1-clone", first.shop, house.copy_disk(first.save()))
        house.customers.hold(first, card, _POINTS)
        assert most_owed(house) == 0, "nobody has contradicted it yet"
        house.customers.hold(clone, card, _POINTS)
        assert most_owed(house) == 2 * _POINTS

    plays(script)
