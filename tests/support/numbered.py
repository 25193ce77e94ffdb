"""A worker that numbers the feed in a test, whatever database it is given."""

from itertools import count

from sync.hub.numbering import Numbering

__all__ = ["number_all_marks"]

_names = count(1)

number_all_marks = Numbering(lambda: f"run-{next(_names)}").number_all_marks
"""Give numbers to what was marked."""
