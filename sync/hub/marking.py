"""The feed's marks: somebody says that an account, a card or a program changed.

A mark that a transaction has counted but not yet committed must not be overtaken by a later one, or
a device would go past it for good. So whoever changes something leaves a mark without a number, and
waits for nobody; :mod:`sync.hub.numbering` gives them their numbers.
"""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection

from sync.hub.bulk import Part, add_up_all
from sync.hub.tables import marks

__all__ = ["mark", "marked"]

_TOGETHER = 500
"""So many keys stand in one row: a row for each would cost as much as what it is about."""


def marked(tenant: str, kind: str, keys: Iterable[str]) -> Part:
    """Answer the rows that say that these changed."""
    listed = sorted(set(keys))
    return Part(
        table=marks,
        columns=("names",),
        rows=[
            (msgspec.json.encode(listed[first : first + _TOGETHER]).decode(),)
            for first in range(0, len(listed), _TOGETHER)
        ],
        fixed={"tenant": tenant, "kind": kind},
    )


def mark(c: Connection, tenant: str, kind: str, keys: Iterable[str]) -> None:
    """Say that these changed."""
    add_up_all(c, [marked(tenant, kind, keys)])
