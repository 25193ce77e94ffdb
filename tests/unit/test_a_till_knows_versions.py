"""A till judges each sale by the version of its business date, also when part of it comes back."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from club import enrol, sell

from agent.clock import mint_id
from agent.core.program import Editions
from agent.core.strict_toml import InvalidDocument
from agent.ledger import Ledger, replay
from agent.rules import read_editions
from agent.till import Back, Terms, Till

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

_VERSION = """
id = "corner"
version = {version}
effective_from = {day}
name = "Corner"
currency = "USD"
[[earn]]
id = "base"
points = {version}
per_minor = 100
text = "{version} a dollar"
"""


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """A directory with two versions; the second begins on the third of December."""
    directory = tmp_path / "corner"
    directory.mkdir()
    for version, day in ((1, date(2026, 1, 1)), (2, date(2026, 12, 3))):
        text = _VERSION.format(version=version, day=day)
        (directory / f"corner-{version}.toml").write_text(text, "utf-8")
    return directory


@pytest.fixture
def till(versions: Path, tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Till]:
    """A till with both versions and a member; whatever a test did, it replays."""
    editions = read_editions(versions)
    with running_ledger(tmp_path / "ledger.db") as ledger:
        terms = Terms(program=editions.newest, editions=editions)
        till = Till(ledger, terms, mint_id=mint_id)
        enrol(till)
        yield till
    replay(tmp_path / "ledger.db")


def test_each_sale_has_its_own(till: Till, sale_body: SaleBody) -> None:
    """The day before, the day itself, and a lane that hands in yesterday's sales."""
    days = ("02", "03", "02")
    bodies = [sale_body(1_000, business_date=f"2026-12-{day}") for day in days]
    sold = [sell(till, f"s-{index}", body) for index, body in enumerate(bodies)]
    assert [each.points for each in sold] == [10, 20, 10]


def test_what_comes_back_is_judged_as_it_was_sold(till: Till, sale_body: SaleBody) -> None:
    """A sale of the first version, of which half comes back under the second, keeps half."""
    sell(till, "s-1", sale_body(1_000, 999, business_date="2026-12-02"))
    sell(till, "s-2", sale_body(100, business_date="2026-12-03"))
    back = Back(lines=[{"line": 1, "quantity": "1"}])  # type: ignore[arg-type]  # as a POS sends it
    assert asyncio.run(till.take_back("s-1", "b-1", back))[0].points_taken == 9


def test_a_till_speaks_by_the_shops_day(till: Till, sale_body: SaleBody) -> None:
    """The version that it shows is the one of the day that the newest sale said."""
    shown = []
    for index, day in enumerate(("02", "03")):
        sell(till, f"s-{index}", sale_body(100, business_date=f"2026-12-{day}"))
        shown.append(till.program.version)
    assert shown == [1, 2]


@pytest.mark.parametrize("files", [(), ("corner-1", "other")])
def test_a_directory_of_no_versions_is_refused(versions: Path, files: tuple[str, ...]) -> None:
    """An empty one, and one of two programs: with the setting and the directory."""
    for file in versions.iterdir():
        text = file.read_text("utf-8")
        file.unlink()
        for name in files:
            other = text.replace('"corner"', f'"{name}"')
            (versions / f"{name}.toml").write_text(other, "utf-8")
    with pytest.raises(InvalidDocument, match=r"^program\.path: .*corner: "):
        read_editions(versions)


def test_one_file_is_a_program_of_one_version(versions: Path) -> None:
    """As a shop begins."""
    alone: Editions = read_editions(versions / "corner-2.toml")
    assert [each.version for each in alone.programs] == [2]
