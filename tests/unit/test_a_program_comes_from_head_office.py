"""What head office sends of the program holds before the store's own file, when it is good."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.core.program import Promotion
from agent.layered import load
from agent.rules import Rules
from agent.settings import AgentSettings

_PROGRAM = """
id = "corner"
version = {version}
name = "Corner"
currency = "{currency}"
[[earn]]
id = "base"
points = {points}
per_minor = 100
text = "points a dollar"
"""
_NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def text(version: int, points: int = 1, currency: str = "USD", more: str = "") -> str:
    """A version of the program."""
    written = _PROGRAM.format(version=version, points=points, currency=currency)
    return written.replace("[[earn]]", f"{more}\n[[earn]]")


class Shop:
    """A program's file, and an agent that looks at it and hears head office."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.file = directory / "corner.toml"
        self.file.write_text(text(1), "utf-8")
        config = directory / "agent.toml"
        config.write_text(
            '[device]\ntenant = "t"\nstore = "s001"\nname = "edge-1"\n'
            f'[ledger]\npath = "{directory / "ledger.db"}"\n[program]\npath = "{self.file}"\n'
            '[[lane]]\nname = "1"\n'
        )
        self.settings = load(AgentSettings, (config,))
        self.now = _NOW
        self.restart()

    def restart(self) -> None:
        """The agent is started anew on the same disk."""
        self.rules = Rules(self.settings, now=lambda: self.now)

    def hear(self, version: int, written: str, name: str = "corner") -> str | None:
        """Head office sends a version; answers why it was refused."""
        return self.rules.take_program(name, f"{name}@{version}", written)

    @property
    def version(self) -> int:
        """The version in use."""
        return self.rules.terms.program.version


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop with version 1 in its file."""
    return Shop(tmp_path)


def pushed(name: str = "rain", **said: object) -> Promotion:
    """A promotion of three hours."""
    times = {"starts_at": _NOW, "ends_at": _NOW + timedelta(hours=3)}
    return Promotion.model_validate({"id": name, "text": "Rain", "bonus": 5, **times, **said})


def as_json(*promotions: Promotion) -> str:
    """Write promotions as head office does."""
    return f"[{','.join(each.model_dump_json() for each in promotions)}]"


def test_a_version_is_taken_and_told_once(shop: Shop) -> None:
    """From the next sale on; the file's version still judges what it judged."""
    assert shop.hear(2, text(2, 3)) is None
    assert [shop.rules.look() for _ in range(2)] == [True, False]
    assert (shop.version, shop.rules.fault) == (2, None)
    assert shop.hear(2, text(2, 3)) is None
    assert not shop.rules.look()


def test_it_outlives_a_restart(shop: Shop) -> None:
    """Whether or not head office is heard."""
    shop.hear(2, text(2, 3))
    shop.rules.take_pushed(as_json(pushed()))
    shop.restart()
    assert shop.version == 2
    assert [each.id for each in shop.rules.terms.pushed] == ["rain"]


def test_versions_take_turns_by_their_days(shop: Shop) -> None:
    """One that begins later is there, and waits; the file's own is in force until then."""
    shop.hear(2, text(2, 3, more="effective_from = 2026-12-01"))
    terms = shop.rules.terms
    before, after = datetime(2026, 11, 30, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    assert terms.on(before.date()).program.version == 1
    assert terms.on(after.date()).program.version == 2
    assert terms.edition("corner@1") is not None


def test_the_file_gives_way(shop: Shop) -> None:
    """A newer version in the file counts for nothing once head office has spoken."""
    shop.hear(2, text(2, 3))
    shop.rules.look()
    shop.file.write_text(text(7, 9), "utf-8")
    os.utime(shop.file, (7, 7))
    for _ in range(3):
        shop.rules.look()
    assert (shop.version, shop.rules.fault) == (2, None)


@pytest.mark.parametrize(
    ("version", "written", "words"),
    [
        (2, text(2, 0), "points"),
        (2, "id = ", "TOML"),
        (2, text(3), "calls itself corner@3"),
        (2, text(2, currency="EUR", more="effective_from = 2026-12-01"), "EUR"),
        (1, text(1, 5), "says something else than before"),
    ],
)
def test_what_cannot_be_is_refused(shop: Shop, version: int, written: str, words: str) -> None:
    """The last good one stays, health says why, also after a restart, until a good one comes."""
    why = shop.hear(version, written)
    assert why is not None
    assert words in why
    assert why == shop.rules.fault
    assert not shop.rules.look()
    assert shop.version == 1
    shop.restart()
    assert (shop.version, shop.rules.fault) == (1, why)
    assert shop.hear(4, text(4)) is None
    assert (shop.version, shop.rules.fault) == (4, None)


def test_another_program_is_another_stores(shop: Shop) -> None:
    """A store works by the program that its file names."""
    assert shop.hear(2, text(2).replace("corner", "beauty"), name="beauty") is None
    assert not shop.rules.look()
    assert shop.version == 1


def test_a_broken_file_is_as_if_it_were_not_there(shop: Shop) -> None:
    """What a power cut or a hand left broken is not worked by, and holds up no start."""
    shop.hear(2, text(2, 3))
    for file in (shop.directory / "ledger.db.programs").iterdir():
        file.write_bytes(b"\xff\xfe")
    shop.restart()
    assert shop.version == 1


def test_pushed_promotions_are_there_for_their_time(shop: Shop) -> None:
    """They replace those before, and are let go of a day after they are over: a sale that is handed
    in late still has them.
    """
    assert shop.rules.take_pushed(as_json(pushed(), pushed("wind"))) is None
    assert shop.rules.look()
    assert shop.rules.take_pushed(as_json(pushed("snow"))) is None
    assert [each.id for each in shop.rules.terms.pushed] == ["snow"]
    shop.now = _NOW + timedelta(hours=26)
    shop.rules.look()
    assert shop.rules.terms.pushed
    shop.now = _NOW + timedelta(hours=28)
    assert shop.rules.look()
    assert shop.rules.terms.pushed == ()


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("[", "JSON"),
        (as_json(pushed("base")), "base"),
        (as_json(pushed(ends_at=_NOW + timedelta(days=3))), "24 hours"),
        ('[{"id":"rain"}]', "pushed"),
    ],
)
def test_a_push_that_cannot_be_is_refused(shop: Shop, sent: str, words: str) -> None:
    """Whole, and what was pushed before stays."""
    shop.rules.take_pushed(as_json(pushed("snow")))
    why = shop.rules.take_pushed(sent)
    assert why is not None
    assert words in why
    assert why == shop.rules.fault
    assert [each.id for each in shop.rules.terms.pushed] == ["snow"]


def test_a_program_that_says_the_same_ends_a_push(shop: Shop) -> None:
    """A version with a rule of the same name is the one that is worked by."""
    shop.rules.take_pushed(as_json(pushed("base2")))
    assert shop.hear(2, text(2).replace('"base"', '"base2"')) is None
    assert (shop.version, shop.rules.terms.pushed) == (2, ())


def test_a_push_at_the_calendars_end_harms_nobody(shop: Shop) -> None:
    """A moment after which there are no days is refused in words, as any mistake is."""
    last = datetime(9999, 12, 31, 23, tzinfo=UTC)
    far = pushed("far", starts_at=last - timedelta(hours=3), ends_at=last)
    assert "the year 9999 is out of range" in str(shop.rules.take_pushed(as_json(far)))
    assert shop.rules.terms.pushed == ()
