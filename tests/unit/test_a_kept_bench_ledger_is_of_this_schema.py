"""A ledger that a bench kept is measured again only where this version would make the same."""

from pathlib import Path

import pytest

from agent.tools.bench import ledger_built
from agent.tools.bench.ledger_built import LEDGER, Size, build

_SIZE = Size(accounts=10, entries=30)


def _ledgers(directory: Path) -> list[Path]:
    return sorted(directory.rglob(LEDGER))


def test_a_kept_ledger_is_reused(tmp_path: Path) -> None:
    """Built twice in one directory it is built once."""
    built = build(tmp_path, _SIZE, lambda _done, _of: None)
    before = [path.stat().st_ino for path in _ledgers(tmp_path)]
    assert build(tmp_path, _SIZE, lambda _done, _of: None) == built
    assert [path.stat().st_ino for path in _ledgers(tmp_path)] == before


def test_a_kept_ledger_of_another_schema_is_built_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ledger of another schema gives its place to a new one; one of another size stays."""
    other_size = Size(accounts=10, entries=40)
    build(tmp_path, other_size, lambda _done, _of: None)
    outdated = build(tmp_path, _SIZE, lambda _done, _of: None)
    monkeypatch.setattr(ledger_built, "schema_key", lambda: "3-of-tomorrow")
    built = build(tmp_path, _SIZE, lambda _done, _of: None)
    assert built.large != outdated.large
    assert not outdated.large.exists()
    assert len(_ledgers(tmp_path)) == 4


def test_the_key_tells_one_schema_from_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """One step more, or another text of the same steps, is another key."""
    today = ledger_built.schema_key()
    assert ledger_built.schema_key() == today
    with monkeypatch.context() as another_text:
        another_text.setitem(ledger_built.SQL, "own_schema", "SELECT 'another schema'")
        assert ledger_built.schema_key() != today
    monkeypatch.setattr(ledger_built, "known_steps", lambda: ["one step"])
    assert ledger_built.schema_key() != today
