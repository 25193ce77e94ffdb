"""One history: a seed, a mix of faults, a day or some of customers, then everything heals."""

import traceback
from dataclasses import dataclass, replace
from random import Random

from sync.simulation.bearers import Bearers
from sync.simulation.cardholders import Cardholders
from sync.simulation.faults import MIXES, Mix
from sync.simulation.healing import heal
from sync.simulation.house import House
from sync.simulation.mischief import Mischief
from sync.simulation.people import People
from sync.simulation.scripts import Script
from sync.simulation.seasons import Seasons
from sync.simulation.trades import PLAIN, Trade, dice_of, trade_of
from sync.simulation.watch.violations import Violation

__all__ = ["Outcome", "act", "play", "tell"]

_STEPS = 20
_GAPS_S = (0.02, 0.3, 1.0, 1.0, 3.0, 6.0, 10.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How a history went. ``story`` is what happened, ``digest`` its fingerprint; ``script`` names
    one that was made by hand, and has no seed of its own.
    """

    seed: int
    mix: str
    violation: Violation | None
    digest: str
    entries: int
    conflicts: int
    story: tuple[str, ...] = ()
    script: str | None = None


def play(
    seed: int,
    *,
    keep_story: bool = False,
    steps: int = _STEPS,
    mix: Mix | None = None,
    trade: Trade | None = None,
    is_sure: bool = True,
) -> Outcome:
    """Play one history, of the mix and the trade that follow from its seed unless others are named.
    A violation is answered, never raised; a mistake of the code is one too. Where it need not be
    ``is_sure`` of what its mix is about, faults are by the dice alone.
    """
    dice = Random(seed)
    mix = MIXES[seed % len(MIXES)] if mix is None else mix
    if not is_sure:
        mix = replace(mix, sure=None)
    return _run(
        seed,
        mix,
        stores=dice.choice((2, 2, 3)),
        cards=dice.choice((2, 3, 4)),
        trade=trade_of(seed) if trade is None else trade,
        script=lambda house: _live(house, seed, steps),
        keep_story=keep_story,
    )


def act(script: Script, *, keep_story: bool = False, trade: Trade = PLAIN) -> Outcome:
    """Play a hand-made history."""
    fair = next(mix for mix in MIXES if mix.name == "fair")
    outcome = _run(0, fair, stores=2, cards=4, trade=trade, script=script, keep_story=keep_story)
    return replace(outcome, script=script.__name__)


def _run(
    seed: int,
    mix: Mix,
    *,
    stores: int,
    cards: int,
    trade: Trade,
    script: Script,
    keep_story: bool,
) -> Outcome:
    """Run a script in a new house, heal it, and hold it to everything."""
    violation: Violation | None = None
    house = House(seed, mix, stores=stores, cards=cards, trade=trade)
    try:
        script(house)
        heal(house)
    except Violation as found:
        violation = found
    except Exception as error:  # noqa: BLE001 - whatever the product raises here is a finding
        house.tell(traceback.format_exc())
        violation = Violation("error", f"{type(error).__name__}: {error}"[:500])
    if violation is not None:
        house.tell(str(violation))
    outcome = Outcome(
        seed=seed,
        mix=mix.name,
        violation=violation,
        digest=house.digest,
        entries=house.truth.entries,
        conflicts=house.office.conflicts(),
        story=tuple(house.story) if keep_story or violation is not None else (),
    )
    house.close()
    return outcome


def _live(house: House, seed: int, steps: int) -> None:
    house.set_weather()
    people, dice = People(house), dice_of(seed)
    bearers, seasons = Bearers(house, dice), Seasons(house, dice)
    cardholders = Cardholders(house, dice)
    mischief = Mischief(house, steps, cardholders)
    house.advance(5)
    for _ in range(steps):
        house.advance(house.dice.choice(_GAPS_S) * house.dice.random() + house.stretch)
        seasons.step()
        mischief.step()
        for _ in range(house.dice.choice((1, 2, 4, 6))):
            people.step()
            bearers.step()
            cardholders.step()


def tell(outcome: Outcome) -> str:
    """Put a history in words."""
    return "\n".join(outcome.story)
