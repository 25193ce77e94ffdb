"""Clerks: what head office does about persons and programs, while stores may hear nothing.

Who is forgotten is nobody from then on. Their card may be given to somebody else, in a store that
never heard of them. And a new version of the program begins on its day wherever it was heard of.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert

from agent.core.instant import rfc3339
from sync.hub.deciding import erase_member
from sync.hub.editions import forget_programs
from sync.hub.feed_items import program_key
from sync.hub.marking import mark
from sync.hub.tables import programs
from sync.simulation.clocks import DAY_S
from sync.simulation.device import Device
from sync.simulation.program import TENANT, Version, program_text

if TYPE_CHECKING:
    from sync.simulation.house import House

__all__ = ["Clerks"]

_MOST_VERSIONS = 4
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

    def new_version(self) -> bool:
        """A new version of the program is put; a store that is away goes on by the one before,
        when its day has come.
        """
        house, dice = self._house, self._house.dice
        if len(house.versions) >= _MOST_VERSIONS or not house.running:
            return False
        waits = dice.choice((0, 1, 1))
        begins = house.world.day + timedelta(days=waits)
        points = dice.choice((1, 2, 3))
        version = Version(number=len(house.versions) + 1, points=points, begins=begins)
        away = dice.choice(house.running) if dice.random() < 0.7 else None
        if away is not None:
            house.cut_off(away, waits * DAY_S + dice.choice(_AWAY_S))
        self.put(version)
        if waits:
            house.advance(dice.choice((5.0, 30.0)))
            self._shop(dice.choice(house.running), dice.choice(house.customers.cards))
            house.tell("a day passes")
            house.advance(waits * DAY_S)
        if away is not None and away.running:
            self._shop(away, dice.choice(house.customers.cards))
        return True

    def put(self, version: Version) -> None:
        """Put a version of the program."""
        house = self._house
        house.tell(
            f"head office: {version.edition} is put: {version.points} for each euro from "
            f"{version.begins} on"
        )
        house.versions[version.edition] = version
        row = {
            "tenant": TENANT,
            "name": "simulated",
            "edition": version.edition,
            "text": program_text(house.trade, version),
            "put_at": rfc3339(house.world.at),
        }

        def put(c: Connection) -> None:
            c.execute(insert(programs).values(**row))
            forget_programs(c)
            mark(c, TENANT, "program", [program_key("simulated", version.edition)])

        house.office.decide(put)

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
