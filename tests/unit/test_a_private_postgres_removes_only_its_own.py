"""A private PostgreSQL removes what it made, and nothing else."""

from pathlib import Path

import pytest

from agent.tools import postgres
from agent.tools.postgres import PostgresMissing, PrivatePostgres


def test_one_that_was_never_made_removes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where PostgreSQL is missing, whoever wanted one still stops it: the directory in which they
    stand is theirs.
    """

    def missing() -> Path:
        raise PostgresMissing("there is none here")

    kept = tmp_path / "kept"
    kept.write_text("somebody's work")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(postgres, "_programs", missing)
    server = PrivatePostgres()
    with pytest.raises(PostgresMissing):
        server.start()
    server.stop()
    assert kept.read_text() == "somebody's work"
