"""A store's place in the feed is one of the database that told it; another may give its number to
something else.
"""

from sync.simulation.history import act, tell
from sync.simulation.house import House
from sync.simulation.scripts.staging import begin, cut_off, member, mend


def test_a_store_shows_what_is_so_after_head_office_forgot_what_it_told() -> None:
    """Head office told a store of a sale at another one. It is set back, that other disk is lost,
    and more is booked than was forgotten before the store asks again: it has written nothing that
    is missed, and shows all the same what head office has posted.
    """

    def script(house: House) -> None:
        first, second = house.devices
        cards = house.customers.cards
        begin(house)
        for card in cards:
            member(house, first, card)
        house.advance(40)
        house.office.keep_snapshot()
        house.customers.buy(first, cards[0], 700)
        house.advance(40)
        cut_off(house, second)
        first.crash()
        house.lost(first)
        first.disk = house.new_disk()
        house.office.restore()
        first.start()
        house.advance(40)
        for card in cards[1:]:
            house.customers.buy(first, card, 700)
            house.advance(5)
        house.advance(20)
        mend(house, second)

    outcome = act(script)
    assert outcome.violation is None, tell(outcome)
