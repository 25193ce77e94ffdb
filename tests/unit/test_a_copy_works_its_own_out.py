"""What a value worked out of its fields is worked out anew by a copy with other fields."""

from datetime import date

from agent.core.program import EarnRule, Program, Promotion

DAY = date(2026, 11, 21)
MORE = Promotion(id="more", text="More", bonus=5, first_day=DAY, last_day=DAY)
RULE = EarnRule(id="base", text="Base", per_minor=100, categories=frozenset({"fuel"}))


def program_of(*promotions: Promotion) -> Program:
    """A program with these promotions."""
    return Program(id="c", version=1, name="C", currency="USD", earn=(RULE,), promotion=promotions)


def test_a_copy_has_its_own_promotions_and_edition() -> None:
    """A program that was asked, and is copied with other promotions and version, has those."""
    program = program_of(MORE)
    assert (program.promotions_on(DAY), program.edition) == ((MORE,), "c@1")
    copied = program.model_copy(update={"promotion": (), "version": 2})
    assert (copied.promotions_on(DAY), copied.edition) == ((), "c@2")
    assert (program.promotions_on(DAY), program.edition) == ((MORE,), "c@1")


def test_a_copy_takes_its_own_lines() -> None:
    """A rule that was asked for its lines, and is copied with other categories, takes theirs."""
    assert RULE.taken((), ["fuel", "bakery"]) == (0,)
    copied = RULE.model_copy(update={"categories": frozenset({"bakery"})})
    assert copied.taken((), ["fuel", "bakery"]) == (1,)


def test_a_copy_with_the_same_fields_is_equal() -> None:
    """Nothing that a program said is lost by copying it."""
    program = program_of(MORE)
    assert program.model_copy() == program_of(MORE)
    assert program.model_copy(deep=True) == program_of(MORE)
