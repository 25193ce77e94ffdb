"""Small program files of tests, written with one thing changed."""

from agent.core.program_check import Checked, check

__all__ = ["CORNER", "checked", "complaints", "warnings_of"]

CORNER = """\
id = "corner"
version = 1
name = "Corner points"
currency = "USD"

[[earn]]
id = "base"
per_minor = 100
text = "1 point per $1"

[[tiers.tier]]
id = "green"
reach = 0
text = "Green"

[[tiers.tier]]
id = "gold"
reach = 500
text = "Gold"

[tiers]
count = "points"
period = "rolling"
keep = "months"
"""
"""A rule and two tiers; what a test adds begins on line 25."""


def checked(added: str, *, top: str = "", corner: str = CORNER) -> Checked:
    """Look through the corner shop's program with something added, at the end and at its top."""
    return check(f"{top}{corner}{added}", source="corner.toml")


def complaints(added: str, *, top: str = "", corner: str = CORNER) -> list[str]:
    """The mistakes of a program, each with its line, key and what to do."""
    found = checked(added, top=top, corner=corner).mistakes
    return [f"{each.line} {each.key}: {each.message}" for each in found]


def warnings_of(added: str, *, top: str = "", corner: str = CORNER) -> list[str]:
    """The warnings of a program that has no mistakes."""
    found = checked(added, top=top, corner=corner)
    assert found.mistakes == ()
    return [f"{each.line} {each.key}: {each.message}" for each in found.warnings]
