"""Cells of a table on a terminal: cut to their column, and harmless to whoever looks on."""

import shutil
from datetime import datetime
from textwrap import wrap

__all__ = [
    "CUT",
    "NOTHING",
    "WIDEST",
    "head",
    "local_time",
    "plain",
    "tail",
    "text_width",
    "wrapped",
]

CUT = "…"
NOTHING = "-"
WIDEST = 110
"""How many characters a line of a table has at most."""


_NARROWEST_TEXT, _WIDEST_TEXT = 60, 100


def text_width() -> int:
    """Answer how wide sentences may be on this terminal."""
    return max(_NARROWEST_TEXT, min(_WIDEST_TEXT, shutil.get_terminal_size().columns))


def wrapped(text: str, width: int) -> list[str]:
    """Break a text at blanks alone: a path or a command that is wider can still be copied."""
    return wrap(plain(text), width, break_long_words=False, break_on_hyphens=False) or [""]


def plain(text: str) -> str:
    """Take out what a terminal would obey: a reason may hold any character."""
    return "".join(each if each.isprintable() else " " for each in text)


def head(text: str | None, width: int) -> str:
    """Show a name's beginning."""
    text = plain(text or NOTHING)
    return text if len(text) <= width else f"{text[: width - 1]}{CUT}"


def tail(text: str | None, width: int) -> str:
    """Show an id's end: the beginning of one that was minted is but a time."""
    text = plain(text or NOTHING)
    return text if len(text) <= width else f"{CUT}{text[1 - width :]}"


def local_time(recorded_at: str) -> str:
    """Show the minute of an entry as this machine's clock shows it."""
    return f"{datetime.fromisoformat(recorded_at).astimezone():%H:%M}"
