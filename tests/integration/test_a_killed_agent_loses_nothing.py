"""An agent that is killed while eight tills sell loses nothing it answered, and doubles nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from kills import KillRun, chosen_seed

SurviveKills = Callable[..., None]


@pytest.fixture
def survive_kills(tmp_path: Path, record_property: Callable[[str, object], None]) -> SurviveKills:
    """Play one run of kills, report its seed and its table, and hold that nothing was found."""

    def survive_kills(*, kills: int, audit_every: int) -> None:
        seed = chosen_seed()
        record_property("TEST_SEED", seed)
        run = KillRun(tmp_path, kills=kills, audit_every=audit_every, seed=seed)
        outcome = run.play()
        record_property(f"{kills} kills", f"\n{outcome.table()}")
        assert not outcome.findings, str(outcome)
        assert (outcome.kills, outcome.lost, outcome.doubled) == (kills, 0, 0)
        assert outcome.only_after_retry > 0, "no kill came while a till was waiting"

    return survive_kills


@pytest.mark.long
def test_ten_kills(survive_kills: SurviveKills) -> None:
    """After each of ten kills the agent is back by itself with all it answered, each once."""
    survive_kills(kills=10, audit_every=5)


@pytest.mark.torture
def test_two_thousand_kills(survive_kills: SurviveKills) -> None:
    """The same two thousand times over, on one ledger that grows."""
    survive_kills(kills=2_000, audit_every=200)
