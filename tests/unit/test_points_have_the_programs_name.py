"""What a till says of points it says in the program's own words, where they go into a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.phrases import BUILT_IN, Phrases
from agent.core.point_words import PointWords


def phrases(more: str) -> Phrases:
    """English, but for what many points are called."""
    return Phrases.model_validate(BUILT_IN.model_dump() | {"more_points": more})


@pytest.mark.parametrize(
    ("phrase", "many"),
    [
        ("{points} Stars", "Stars"),
        ("{points}\N{NO-BREAK SPACE}puntos", "puntos"),
        ("{points} {{Stars}}", "{Stars}"),
        ("Stars: {points}", "points"),
        ("{points} of {points}", "points"),
        ("{points}", "points"),
        ("{points} " + "x" * 61, "points"),
    ],
)
def test_a_name_is_what_follows_the_number(phrase: str, many: str) -> None:
    """A phrase that begins with its number names the points; any other is no name."""
    words = PointWords.of(phrases(phrase))
    assert (words.many, words.counted(2)) == (many, f"2 {many}")
    assert words.counted(1, more=True) == "1 more point"


@given(name=st.text(st.characters(exclude_categories=["C"]), max_size=200))
def test_a_sentence_stays_within_its_bound(name: str) -> None:
    """However long a program's words are, what is said of points is no longer than a label."""
    phrase = "{points}" + name.replace("{", "").replace("}", "")
    words = PointWords.of(BUILT_IN.model_copy(update={"more_points": phrase}))
    assert 0 < len(words.many) <= 60
    said = f"none of these {words.many} can be spent here before head office was heard"
    assert len(said) < 200
