"""Stores, network and head office keep every invariant through any faults, and end equal."""

import pytest
from found_seeds import BY_DICE_ALONE, FOUND, MIXES_OF, TRADES_OF

from sync.simulation.faults import MIXES
from sync.simulation.history import play, tell
from sync.simulation.trades import TRADES

_EACH = 15
_STEPS = 6
"""A third of what ``tapledger simulate`` plays, so that three hundred take a minute or two."""


@pytest.mark.parametrize("first", range(1, 301, _EACH))
def test_histories_of_any_faults_keep_every_invariant(first: int) -> None:
    """Whatever fails in a history, no invariant breaks at any step, and all heals in the end."""
    for seed in range(first, first + _EACH):
        outcome = play(seed, steps=_STEPS)
        assert outcome.violation is None, (
            f"play({seed}, steps={_STEPS}) ({outcome.mix}):\n{tell(outcome)}"
        )


@pytest.mark.parametrize("seed", FOUND)
def test_what_was_found_once_stays_mended(seed: int) -> None:
    """A history that once showed a mistake shows none, in the mix and trade in which it did."""
    (mix,) = {each for each in MIXES if each.name == MIXES_OF[seed]}
    (trade,) = {each for each in TRADES if each.name == TRADES_OF[seed]}
    outcome = play(seed, mix=mix, trade=trade, is_sure=seed not in BY_DICE_ALONE)
    assert outcome.violation is None, f"{FOUND[seed]}\n{tell(outcome)}"


@pytest.mark.torture
@pytest.mark.timeout(4 * 3600)
def test_twenty_thousand_histories_keep_every_invariant() -> None:
    """Twenty thousand histories keep every invariant."""
    from sync.simulation.histories import play_all  # noqa: PLC0415 - it starts processes

    found = [each for each in play_all(range(1_000, 21_000), jobs=2) if each.violation is not None]
    assert not found, [(each.seed, each.mix, str(each.violation)) for each in found]
