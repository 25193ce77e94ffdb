"""Clerks: what head office does about persons, while stores that they shop in may hear nothing.

Who is forgotten is nobody from then on. Their card may be given to somebody else, in a store that
never heard of them.
"""

from typing import TYPE_CHECKING

from sync.hub.deciding import erase_member
from sync.simulation.device import Device
from sync.simulation.program import TENANT

if TYPE_CHECKING:
    from sync.simulation.house import House

__all__ = ["Clerks"]

_AWAY_S = (15.0, 60.0, 300.0)

_MEMBERS = "SELECT account FROM accounts WHERE root IS NULL AND state = 'active' ORDER BY account"

_CARDS_OF = """
SELECT token FROM cards JOIN accounts USING (tenant, account)
WHERE coalesce(root, account) = ? ORDER BY token
"""


class Clerks:
    """Acts for all of them."""

    def __init__(self, house: "House") -> None:
        self._house = house

    def forget(self) -> bool:
        """Somebody asks to be forgotten; a store may hear nothing just then, and sell to them."""
        house, dice = self._house, self._house.dice
        members = [account for (account,) in house.office.rows(_MEMBERS)]
        if not members or not house.running:
            return False
        account = dice.choice(members)
        cards = [token for (token,) in house.office.rows(_CARDS_OF, account)]
        away = dice.choice(house.running) if cards and dice.random() < 0.6 else None
        if away is not None:
            house.cut_off(away, dice.choice(_AWAY_S))
        self.erase(account)
        house.customers.somebody_new()
        if away is not None:
            self._shop(away, dice.choice(cards))
        return True

    def hand_over(self) -> bool:
        """A store that is away never hears of a member, who is forgotten; it gives their card to
        somebody else, before that or after.
        """
        house, dice = self._house, self._house.dice
        running = house.running
        away = dice.choice(running) if running else None
        others = [each for each in running if away is None or each.address != away.address]
        if away is None or not others:
            return False
        house.cut_off(away, dice.choice(_AWAY_S))
        there, card = dice.choice(others), house.customers.new_card()
        house.network.mend(str(there.address))
        house.customers.enrol(there, card)
        self._shop(there, card)
        house.advance(dice.choice((5.0, 30.0)))
        known = house.office.rows("SELECT account FROM cards WHERE token = ?", card)
        house.customers.cards.append(card)
        if not known or not away.running:
            return False
        is_later = dice.random() < 0.5
        if is_later:
            self.erase(known[0][0])
        house.customers.enrol(away, card)
        self._shop(away, card)
        if not is_later:
            self.erase(known[0][0])
        return True

    def erase(self, account: str) -> None:
        """Forget a member."""
        house = self._house
        house.tell(f"head office: {account} is erased")
        at = house.world.at
        house.office.decide(
            lambda c: erase_member(c, TENANT, account, now=at, reason="asked for it", by="ana")
        )

    def _shop(self, device: Device, card: str) -> None:
        """Somebody buys with a card, and may spend points with it."""
        house, dice = self._house, self._house.dice
        house.customers.buy(device, card, dice.randrange(500, 8_000))
        if dice.random() < 0.5:
            house.customers.hold(device, card, dice.choice((10, 20, 50)))
