"""A running agent takes a changed program when it is good, and else keeps the last good one."""

import os
from pathlib import Path

import pytest

from agent.core.strict_toml import InvalidDocument
from agent.layered import load
from agent.rules import Rules
from agent.settings import AgentSettings

_PROGRAM = """
id = "corner"
version = {version}
name = "Corner"
currency = "USD"
[[earn]]
id = "base"
points = {points}
per_minor = 100
text = "points a dollar"
"""


class Shop:
    """A program's file, and an agent that looks at it."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "corner.toml"
        self._writings = 0
        self.write(_PROGRAM.format(version=1, points=1))
        config = directory / "agent.toml"
        config.write_text(
            '[device]\ntenant = "t"\nstore = "s001"\nname = "edge-1"\n'
            f'[ledger]\npath = "{directory / "ledger.db"}"\n[program]\npath = "{self.file}"\n'
            '[[lane]]\nname = "1"\n'
        )
        self.rules = Rules(load(AgentSettings, (config,)))

    def write(self, text: str) -> None:
        """Write the file as an editor does, at another time each time."""
        self._writings += 1
        self.file.write_text(text, "utf-8")
        os.utime(self.file, (self._writings, self._writings))

    def looks(self, times: int) -> list[bool]:
        """Look so often; each look answers whether there are new terms."""
        return [self.rules.look() for _ in range(times)]

    @property
    def version(self) -> int:
        """The version in use."""
        return self.rules.terms.program.version


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop whose program was read once."""
    return Shop(tmp_path)


def test_a_new_version_is_taken_once(shop: Shop) -> None:
    """When the file rests, and not again."""
    assert shop.looks(3) == [False, False, False]
    shop.write(_PROGRAM.format(version=2, points=3))
    assert shop.looks(4) == [False, True, False, False]
    assert (shop.version, shop.rules.fault) == (2, None)


def test_a_mistake_leaves_the_last_good_one(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """It is said with its file and key, once in the log, until the file is good again."""
    shop.write(_PROGRAM.format(version=2, points=0))
    assert shop.looks(4) == [False] * 4
    assert shop.version == 1
    assert shop.rules.fault is not None
    assert "the last good one stays in use" in shop.rules.fault
    assert f"{shop.file}" in shop.rules.fault
    assert capsys.readouterr().out.count("program_refused") == 1
    shop.write(_PROGRAM.format(version=2, points=2))
    assert shop.looks(2) == [False, True]
    assert (shop.version, shop.rules.fault) == (2, None)


def test_a_file_that_is_gone_is_a_mistake(shop: Shop) -> None:
    """Points are given by what was read before."""
    shop.file.unlink()
    assert shop.looks(2) == [False, False]
    assert shop.version == 1
    assert "cannot be read" in (shop.rules.fault or "")


def test_a_change_needs_a_version_of_its_own(shop: Shop) -> None:
    """Entries name the version that judged them: one that says something else is refused."""
    shop.write(_PROGRAM.format(version=1, points=3))
    assert shop.looks(2) == [False, False]
    assert "version 1 says something else than before" in (shop.rules.fault or "")
    assert "version = 2" in (shop.rules.fault or "")


def test_what_is_only_written_again_is_no_change(shop: Shop) -> None:
    """The same program under another time stamp is taken as it is."""
    shop.write(_PROGRAM.format(version=1, points=1) + "# a comment\n")
    shop.looks(2)
    assert (shop.version, shop.rules.fault) == (1, None)


def test_a_first_reading_must_be_good(shop: Shop, tmp_path: Path) -> None:
    """An agent does not start without a program."""
    shop.write("id = ")
    with pytest.raises(InvalidDocument):
        Rules(load(AgentSettings, (tmp_path / "agent.toml",)))
