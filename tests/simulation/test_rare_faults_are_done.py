"""A history that is about a fault has that fault: by the dice alone most would have none of it."""

import pytest

from sync.simulation.faults import MIXES
from sync.simulation.history import play

_TOLD = {
    "lose": "the disk is lost",
    "restore": "the disk is set back from",
    "clone": "a copy of its disk runs in another box",
    "office_restore": "head office: its database is set back",
    "long_away": "cut off for 72 hours",
    "scope": "is set up to hear of",
    "version": " is put: ",
    "hand_over": " is erased",
    "one_card_twice": " was given to two members",
}


@pytest.mark.parametrize("fault", _TOLD)
def test_each_history_that_is_about_a_rare_fault_has_it(fault: str) -> None:
    """Also in the short ones, of six steps, that are played most often."""
    (place,) = [number for number, mix in enumerate(MIXES) if mix.sure == fault]
    for seed in (place, place + len(MIXES)):
        story = play(seed, steps=6, keep_story=True).story
        assert any(_TOLD[fault] in line for line in story), seed
