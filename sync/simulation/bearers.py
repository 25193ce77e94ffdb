"""Bearers: members who turn points into vouchers, and whoever has one and uses it."""

from random import Random
from typing import TYPE_CHECKING

from sync.simulation.device import Device
from sync.simulation.notebook import Voucher

if TYPE_CHECKING:
    from sync.simulation.house import House

__all__ = ["Bearers"]

_OFTEN = 0.5
_WEIGHTS = {"issue": 4, "hold": 4, "end": 4}


class Bearers:
    """Acts for all of them, where the shops have vouchers."""

    def __init__(self, house: "House", dice: Random) -> None:
        self._house, self._dice = house, dice

    def step(self) -> None:
        """Perhaps somebody wants a voucher, shows one, or pays with one."""
        house, dice = self._house, self._dice
        if not house.trade.vouchers or not house.running or dice.random() > _OFTEN:
            return
        what = dice.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        getattr(self, f"_{what}")(dice.choice(house.running))

    def _issue(self, device: Device) -> None:
        customers, dice = self._house.customers, self._dice
        customers.issue(device, dice.choice(customers.cards), dice.choice((10, 20, 30)))

    def _hold(self, device: Device) -> None:
        known = self._house.notebook.vouchers
        if not known:
            self._issue(device)
            return
        voucher = self._dice.choice(known[-8:])
        self._house.customers.hold_voucher(self._at(voucher, device), voucher)

    def _end(self, device: Device) -> None:
        customers, dice = self._house.customers, self._dice
        shown = [each for each in self._house.notebook.vouchers if each.held]
        if not shown:
            self._hold(device)
            return
        voucher = dice.choice(shown)
        at, redemption_id = self._at(voucher, device), dice.choice(voucher.held)
        what = dice.choice(("capture", "release", "buy", "buy"))
        if what == "buy":
            customers.buy_with_voucher(at, voucher, redemption_id, dice.randrange(500, 3_000))
        else:
            customers.end_voucher(at, voucher, redemption_id, used=what == "capture")

    def _at(self, voucher: Voucher, device: Device) -> Device:
        """Answer where a voucher is shown: nearly always at a box of the store that gave it."""
        here = [each for each in self._house.running if each.shop == voucher.store]
        return self._dice.choice(here) if here and self._dice.random() < 0.95 else device
