"""Seasons: days and months that pass in the middle of a history, where its trade has a use for it.

A store may be away while they pass: then it spends, for a while, what has run out meanwhile.
"""

from random import Random
from typing import TYPE_CHECKING

from sync.simulation.clocks import DAY_S

if TYPE_CHECKING:
    from sync.simulation.house import House

__all__ = ["Seasons"]

_MONTH_DAYS = 33
_A_MONTH, _A_DAY, _IS_AWAY = 0.08, 0.15, 0.5


class Seasons:
    """Lets a day or a month pass, now and then."""

    def __init__(self, house: "House", dice: Random) -> None:
        self._house, self._dice = house, dice

    def step(self) -> None:
        """Perhaps let time pass."""
        trade, dice = self._house.trade, self._dice
        if trade.waits and dice.random() < _A_DAY:
            self._pass(dice.choice((1, 1, 2)))
        if trade.runs_out and dice.random() < _A_MONTH:
            self._pass(_MONTH_DAYS)

    def _pass(self, days: int) -> None:
        house, dice = self._house, self._dice
        house.tell(f"{days} days pass")
        if house.running and dice.random() < _IS_AWAY:
            device = dice.choice(house.running)
            address = str(device.address)
            if address not in house.network.cut:
                house.tell(f"{device.name}: cut off meanwhile, and for a while after")
                house.network.cut_off(address)
                after_s = days * DAY_S + dice.choice((2.0, 20.0, 90.0))
                house.schedule.after(after_s, lambda: house.network.mend(address))
        house.advance(days * DAY_S)
        if dice.random() < 0.5:  # head office comes round before anybody shops
            house.advance(dice.choice((6.0, 20.0)))
