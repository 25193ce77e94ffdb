"""The feed's marks: somebody says that an account, a card or a program changed.

A mark that a transaction has counted but not yet committed must not be overtaken by a later one, or
a device would go past it for good. So whoever changes something leaves a mark without a number, and
waits for nobody; :mod:`sync.hub.numbering` gives them their numbers.
"""

from collections.abc import Iterable

from sqlalchemy import Connection

from sync.hub.bulk import Part, add_up_all
from sync.hub.tables import marks

__all__ = ["mark", "marked"]


def marked(tenant: str, kind: str, keys: Iterable[str]) -> Part:
    """Answer the rows that say that these changed."""
    return Part(
        table=marks,
        columns=("key",),
        rows=[(key,) for key in set(keys)],
        fixed={"tenant": tenant, "kind": kind},
    )


def mark(c: Connection, tenant: str, kind: str, keys: Iterable[str]) -> None:
    """Say that these changed."""
    add_up_all(c, [marked(tenant, kind, keys)])
