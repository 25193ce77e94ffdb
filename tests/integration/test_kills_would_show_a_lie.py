"""An agent that lies is found out by the very run of kills that an honest one survives."""

from pathlib import Path

import pytest
from kills import KillRun, Outcome, chosen_seed


def play_against(mutant: str, directory: Path) -> Outcome:
    """Play up to sixty kills against an agent that lies; a run ends at its first finding."""
    outcome = KillRun(directory, kills=60, seed=chosen_seed(), mutant=mutant).play()
    assert outcome.findings, f"nothing was found:\n{outcome}"
    return outcome


@pytest.mark.long
def test_an_answer_before_its_commit_is_found_out(tmp_path: Path) -> None:
    """Where callers are answered before the commit, what they were told is not there after it."""
    play_against("answer_before_commit", tmp_path)


@pytest.mark.torture
def test_a_retry_taken_as_new_is_doubled(tmp_path: Path) -> None:
    """Where a sale's id is not looked up, a retry is written a second time."""
    outcome = play_against("no_replay_check", tmp_path)
    assert outcome.doubled > 0, str(outcome)
    assert any("second time" in finding for finding in outcome.findings)
