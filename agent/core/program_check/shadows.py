"""Promotions that another one always beats, or equals: no member would miss them.

Where all that apply are given, none is in another's shadow. One with caps or a budget may run out,
and beats nothing for sure.
"""

from collections.abc import Iterator
from datetime import date

from agent.core.mistakes import Finding
from agent.core.program import Caps, Hours, Program, Promotion
from agent.core.program.parts import as_fraction
from agent.core.program_check.lines import covers

__all__ = ["shadowed_promotions"]

_NO_CAPS = Caps()


def shadowed_promotions(program: Program) -> Iterator[Finding]:
    """Find promotions in the shadow of another; each once, with the first that beats it."""
    if program.stacking == "all":
        return
    listed = [(place, each) for place, each in enumerate(program.promotion) if not each.always]
    for place, promotion in listed:
        beaten_by = next(
            (
                other
                for other_place, other in listed
                if other is not promotion
                and _wins(program, (other_place, other), (place, promotion))
            ),
            None,
        )
        if beaten_by is not None:
            wins = "gives as much" if program.stacking == "best" else "began later"
            what = (
                f"'{beaten_by.id}' applies whenever this does and {wins}, so this changes nothing"
            )
            fix = "take one of the two out, narrow the other, or write always = true"
            yield Finding(("promotion", place), what, fix)


def _wins(program: Program, one: tuple[int, Promotion], other: tuple[int, Promotion]) -> bool:
    """Say whether one gives as much, in the place of the other, wherever the other would be."""
    if not _beats(program, one[1], other[1]):
        return False
    if program.stacking == "newest":
        return (_began(one[1]), one[0]) > (_began(other[1]), other[0])
    return one[0] < other[0] or not _beats(program, other[1], one[1])


def _beats(program: Program, one: Promotion, other: Promotion) -> bool:
    return (
        one.caps == _NO_CAPS
        and one.budget is None
        and _gives_as_much(one, other)
        and _is_whenever(one, other)
        and _is_wherever(one, other)
        and _has_its_occasion(one, other)
        and one.minimum_minor <= other.minimum_minor
        and covers(program, one, other)
    )


def _gives_as_much(one: Promotion, other: Promotion) -> bool:
    if one.bonus is not None:
        return other.bonus is not None and one.bonus >= other.bonus
    if one.multiplier is None or other.multiplier is None:
        return False
    return as_fraction(one.multiplier) >= as_fraction(other.multiplier) and _holds(
        one.rules, other.rules
    )


def _holds(wide: frozenset[str], narrow: frozenset[str]) -> bool:
    """Say whether a condition holds where another does; an empty one always holds."""
    return not wide or (bool(narrow) and narrow <= wide)


def _is_whenever(one: Promotion, other: Promotion) -> bool:
    return (
        (not one.first_day or (other.first_day is not None and one.first_day <= other.first_day))
        and (not one.last_day or (other.last_day is not None and one.last_day >= other.last_day))
        and (
            not one.starts_at or (other.starts_at is not None and one.starts_at <= other.starts_at)
        )
        and (not one.ends_at or (other.ends_at is not None and one.ends_at >= other.ends_at))
        and _holds(frozenset(one.weekdays), frozenset(other.weekdays))
        and _has_the_hours(one.hours, other.hours)
    )


def _has_the_hours(wide: tuple[Hours, ...], narrow: tuple[Hours, ...]) -> bool:
    if not wide:
        return True
    return bool(narrow) and all(any(_within(each, some) for some in wide) for each in narrow)


def _within(inner: Hours, outer: Hours) -> bool:
    if inner == outer:
        return True
    return inner.start < inner.end and outer.start <= inner.start and inner.end <= outer.end


def _is_wherever(one: Promotion, other: Promotion) -> bool:
    return (
        _holds(one.stores, other.stores)
        and _holds(one.lanes, other.lanes)
        and _holds(one.tiers, other.tiers)
    )


def _has_its_occasion(one: Promotion, other: Promotion) -> bool:
    if one.occasion is None:
        return True
    same = one.occasion == other.occasion and one.zone == other.zone
    return same and one.within_days >= other.within_days and one.tier_days == other.tier_days


def _began(promotion: Promotion) -> date:
    if promotion.first_day is None and promotion.starts_at is not None:
        return promotion.starts_at.date()
    return promotion.first_day or date.min
