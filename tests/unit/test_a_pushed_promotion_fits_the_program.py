"""What head office pushes for some hours is held to what a program's file is held to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.core.mistakes import Amiss, Location
from agent.core.program import Program, Promotion
from agent.core.pushing import LONGEST, accept

PROGRAM = Program.parse(
    """
    id = "p"
    version = 1
    name = "P"
    currency = "USD"
    categories = ["fuel", "bakery"]
    [[earn]]
    id = "base"
    per_minor = 100
    text = "Base"
    [[promotion]]
    id = "double"
    multiplier = "2"
    text = "Double"
    [enrolment]
    id = "welcome"
    points = 5
    text = "Welcome"
    """,
    source="p.toml",
)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOON = {"starts_at": NOON, "ends_at": NOON + timedelta(hours=3)}


def pushed(name: str = "rain", **said: Any) -> Promotion:
    """A promotion of three hours."""
    return Promotion.model_validate({"id": name, "text": "Rain", "bonus": 5, **SOON, **said})


def test_what_fits_is_taken() -> None:
    """Any number of them, for as long as may be."""
    both = (pushed(), pushed("wind", ends_at=NOON + LONGEST, categories=["fuel"]))
    assert accept(PROGRAM, both) == both
    assert accept(PROGRAM, ()) == ()


@pytest.mark.parametrize(
    ("promotions", "at", "words"),
    [
        ([pushed("base")], ("pushed", 0, "id"), "two rules are called 'base'"),
        ([pushed("double")], ("pushed", 0, "id"), "two rules are called 'double'"),
        ([pushed(), pushed()], ("pushed", 1, "id"), "two rules are called 'rain'"),
        ([pushed("welcome")], ("enrolment", "id"), "two rules are called 'welcome'"),
        (
            [pushed(), pushed("wind", categories=["fuels"])],
            ("pushed", 1, "categories", 0),
            "nobody declared the category 'fuels'; did you mean 'fuel'?",
        ),
        ([pushed(tiers=["gold"])], ("pushed", 0, "tiers", 0), "the tier 'gold'"),
        (
            [pushed(bonus=None, multiplier="2", rules=["bas"])],
            ("pushed", 0, "rules", 0),
            "the earn rule 'bas'; did you mean 'base'?",
        ),
        ([pushed(texts={"de": "Regen"})], ("pushed", 0, "texts", "de"), "cannot stand here"),
        ([pushed(starts_at=None)], ("pushed", 0, "starts_at"), "is pushed needs starts_at"),
        ([pushed(ends_at=None)], ("pushed", 0, "ends_at"), "is pushed needs ends_at"),
        (
            [pushed(ends_at=NOON + LONGEST + timedelta(seconds=1))],
            ("pushed", 0, "ends_at"),
            "for 24 hours at most; write 2026-11-22T12:00:00+00:00 or earlier",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    promotions: list[Promotion], at: Location, words: str
) -> None:
    """The one that is wrong is named by its place, with what to write."""
    with pytest.raises(Amiss) as caught:
        accept(PROGRAM, promotions)
    assert [each.at for each in caught.value.found] == [at]
    assert words in caught.value.found[0].said


def test_every_finding_is_told() -> None:
    """Whoever pushes hears of all that is wrong at once."""
    with pytest.raises(Amiss) as caught:
        accept(PROGRAM, [pushed("base", ends_at=None), pushed(categories=["oil"])])
    assert len(caught.value.found) == 3
