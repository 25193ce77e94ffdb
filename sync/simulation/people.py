"""People: what customers, cashiers and head office's clerks do at each step of a history."""

from typing import TYPE_CHECKING

from sync.simulation.device import Device

if TYPE_CHECKING:
    from sync.simulation.house import House

__all__ = ["People"]

_WEIGHTS = {
    "buy": 30,
    "hold": 26,
    "end": 22,
    "enrol": 8,
    "bring_back": 8,
    "bring_back_elsewhere": 2,
    "void": 3,
    "block": 1,
    "merge": 1,
    "wait_for_holds": 2,
}


_AT_ONCE = 0.2
"""How often a device gets round to sending before the next thing happens in its store."""


class People:
    """Acts for all of them."""

    def __init__(self, house: "House") -> None:
        self._house = house

    def step(self) -> None:
        """Somebody does something at some store that is open."""
        house, dice = self._house, self._house.dice
        running = house.running
        if not running:
            return
        device = dice.choice(running)
        what = dice.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        if house.customers.unenrolled:
            what = "enrol"
        getattr(self, f"_{what}")(device)
        if device.running and dice.random() < _AT_ONCE:
            device.turn()

    def _card(self) -> str:
        return self._house.dice.choice(self._house.customers.cards)

    def _enrol(self, device: Device) -> None:
        waiting = self._house.customers.unenrolled
        token = waiting.pop(0) if waiting else self._card()
        self._house.customers.enrol(device, token)
        if self._house.dice.random() < 0.2:  # the same person, in another store that has not heard
            other = self._house.dice.choice(self._house.running)
            self._house.customers.enrol(other, token)

    def _buy(self, device: Device) -> None:
        dice, customers = self._house.dice, self._house.customers
        token = self._card() if dice.random() < 0.95 else None
        customers.buy(device, token, dice.randrange(500, 8_000))
        sales = self._house.notebook.sales
        if sales and dice.random() < self._house.mix.twice:
            other = dice.choice(self._house.running)
            customers.buy_again(other, sales[-1])

    def _hold(self, device: Device) -> None:
        points = self._house.dice.choice((10, 10, 20, 20, 30, 50, 90))
        self._house.customers.hold(device, self._card(), points)

    def _end(self, device: Device) -> None:
        house, dice = self._house, self._house.dice
        open_ones = [each for each in house.notebook.redemptions if each.open]
        if not open_ones:
            self._hold(device)
            return
        redeemed = dice.choice(open_ones)
        here = [each for each in house.running if each.shop == redeemed.store]
        if not here:
            return
        at = dice.choice(here) if dice.random() < 0.95 else device
        what = dice.choice(("capture", "buy_with", "buy_with", "release"))
        if what == "buy_with":
            house.customers.buy_with(at, redeemed, dice.randrange(500, 3_000))
        else:
            getattr(house.customers, what)(at, redeemed)

    def _bring_back(self, _device: Device, *, elsewhere: bool = False) -> None:
        house = self._house
        sales = [each for each in house.notebook.sales if each.left_minor > 0]
        if not sales:
            return
        sold = house.dice.choice(sales[-12:])
        here = [each for each in house.running if (each.shop == sold.store) is not elsewhere]
        if here:
            minor = house.dice.choice((sold.left_minor, max(1, sold.left_minor // 3)))
            house.customers.bring_back(house.dice.choice(here), sold, minor)

    def _bring_back_elsewhere(self, device: Device) -> None:
        self._bring_back(device, elsewhere=True)

    def _void(self, _device: Device) -> None:
        house = self._house
        sales = house.notebook.sales[-6:]
        if sales:
            sold = house.dice.choice(sales)
            here = [each for each in house.running if each.shop == sold.store]
            if here:
                house.customers.void(house.dice.choice(here), sold)

    def _block(self, device: Device) -> None:
        if self._house.dice.random() < 0.3:
            self._house.customers.block(device, self._card())

    def _merge(self, _device: Device) -> None:
        if self._house.dice.random() < 0.5:
            self._house.office.merge_some()
        else:
            self._house.office.block_some()

    def _wait_for_holds(self, _device: Device) -> None:
        self._house.advance(70)
        for each in self._house.running:
            each.look()
