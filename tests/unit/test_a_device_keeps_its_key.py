"""A device has one key for as long as its disk lives, and the file is its owner's alone."""

import stat
from pathlib import Path

import pytest

from sync.keys import KeyUnusable, load_key
from sync.signing import key_text


def test_the_first_start_makes_it_and_later_ones_find_it(tmp_path: Path) -> None:
    """The same key is read back as was made."""
    path = tmp_path / "ledger.db.key"
    first = load_key(path)
    assert key_text(load_key(path)) == key_text(first)
    assert key_text(load_key(tmp_path / "another.key")) != key_text(first)


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    """It is made for its owner alone, and one that was left open is shut when it is read."""
    path = tmp_path / "ledger.db.key"
    load_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    load_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_start_that_was_cut_off_leaves_no_half_key(tmp_path: Path) -> None:
    """What an interrupted start had begun to write is not taken for the key."""
    path = tmp_path / "ledger.db.key"
    unfinished = tmp_path / "ledger.db.key.unfinished"
    unfinished.write_text("-----BEGIN PRIV")
    load_key(path)
    assert not unfinished.exists()


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\n\n"])
def test_a_damaged_key_is_named_and_left_alone(tmp_path: Path, content: bytes) -> None:
    """No new key is put in its place: head office would take this device for another."""
    path = tmp_path / "ledger.db.key"
    path.write_bytes(content)
    with pytest.raises(KeyUnusable, match=str(path)):
        load_key(path)
    assert path.read_bytes() == content


def test_a_place_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """A directory that is not there, or a directory in the key's place, is said with its path."""
    for path in (tmp_path / "gone" / "ledger.db.key", tmp_path):
        with pytest.raises(KeyUnusable, match=str(path)):
            load_key(path)
