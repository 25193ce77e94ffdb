"""Healing: every line is mended, every agent runs, and within a bound both sides are equal."""

from typing import TYPE_CHECKING

from sync.simulation.network import Weather
from sync.simulation.watch.equal import hold_equal
from sync.simulation.watch.served import hold_served
from sync.simulation.watch.violations import hold

if TYPE_CHECKING:
    from sync.simulation.house import House

__all__ = ["heal"]

_BOUND_S = 1_800.0
_LOOK_S = 31.0
"""A store asks for the feed as seldom as that, where it was told nothing for a while."""
_GREETS_EVERY_S = 310.0


def heal(house: "House") -> None:
    """Mend all, wait until nothing moves any more, and hold everything to be equal (I12, I9)."""
    house.tell("everything is mended")
    house.network.weather = Weather()
    house.schedule.run_until(house.world.now_s + 70)  # who lost power comes up
    for device in house.devices:
        if not device.running:
            device.start()
        device.time.wrong_by_s = 0.0
        house.network.mend(str(device.address))
    _stir_clones(house)
    if house.office.restored:  # a store that hears no contradiction greets again only then
        house.advance(_GREETS_EVERY_S)
    begin_s = house.world.now_s
    _rest(house, begin_s)
    if house.truth.cloned - house.truth.caught:
        # The answers to one of two boxes say nothing to the other, which may have lost its disk
        # since: it hears that it was followed when it greets again.
        house.advance(_GREETS_EVERY_S)
        _rest(house, begin_s)
    house.tell(f"at rest after {house.world.now_s - begin_s:.0f} s")
    missed = house.truth.cloned - house.truth.caught
    hold("I11", not missed, f"nobody noticed that two boxes claim to be {sorted(missed)}")
    hold_equal(house)
    hold_served(house)


def _rest(house: "House", begin_s: float) -> None:
    """Wait until nothing moves any more and every store has sent everything (I12)."""
    quiet = 0
    while quiet < 2:
        before = _state(house)
        house.advance(_LOOK_S)
        house.look_into_halts()
        quiet = quiet + 1 if _state(house) == before and house.is_settled() else 0
        late = house.world.now_s - begin_s > _BOUND_S
        hold("I12", not late, f"not at rest after {_BOUND_S:.0f} s: {house.unsettled()}")


def _stir_clones(house: "House") -> None:
    """Have every box that others claim to be sell something, so that their journals differ."""
    for device in list(house.running):
        if str(device.address) in house.truth.cloned:
            house.customers.buy(device, house.customers.cards[0], 700)


def _state(house: "House") -> tuple[object, ...]:
    return (*(device.ledger.head for device in house.devices), house.office.state())
