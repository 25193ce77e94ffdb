"""Which lines a rule is about is the same for one line and for a whole basket."""

from hypothesis import given
from hypothesis import strategies as st
from small_programs import sale_body

from agent.core.basket import Line
from agent.core.program.parts import Lines

_CATEGORIES = st.sampled_from(["grocery", "fuel", "tobacco", "reward"])
_SKUS = st.sampled_from(["1", "2", "3"])
_RULES = st.builds(
    Lines,
    id=st.just("rule"),
    text=st.just("A rule"),
    categories=st.frozensets(_CATEGORIES, max_size=2),
    exclude_categories=st.frozensets(_CATEGORIES, max_size=2),
    skus=st.frozensets(_SKUS, max_size=1),
    exclude_skus=st.frozensets(_SKUS, max_size=1),
)
_BASKETS = st.lists(
    st.tuples(_CATEGORIES, _SKUS).map(
        lambda said: Line(**sale_body(100)["lines"][0] | {"category": said[0], "sku": said[1]})
    ),
    max_size=6,
)


@given(rule=_RULES, lines=_BASKETS)
def test_a_baskets_lines_are_taken_one_by_one(rule: Lines, lines: list[Line]) -> None:
    """A rule takes of a basket exactly the lines that it takes each by itself, never a reward's."""
    taken = rule.taken(lines, [line.category for line in lines])
    assert taken == tuple(index for index, line in enumerate(lines) if rule.takes(line))
    assert all(lines[index].category != "reward" for index in taken)
