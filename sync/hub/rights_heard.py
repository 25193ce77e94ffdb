"""What a device's entries say of its rights, kept as it says it.

Head office never works out a right by itself: it adds up what entries say. Where that does not
count (an epoch that the device opened by itself, a branch, or one whose rights came home) the row
is kept level, so that nothing is taken from what is available.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from sync.hub.bulk import add_up, among
from sync.hub.registry import JournalRow
from sync.hub.tables import rights

__all__ = ["hear_rights"]


def hear_rights(
    c: Connection, held: JournalRow, leases: Mapping[str, int], grants: Mapping[str, int]
) -> dict[str, int]:
    """Add changes of rights, and take in grants that head office forgot, by account.

    Answers by how much the rights that count have changed.
    """
    counts = held.gives_rights
    forgotten = _forgotten(c, held, grants) if counts else {}
    rows = [
        (
            account,
            leases.get(account, 0),
            forgotten.get(account, 0) if counts else -leases.get(account, 0),
            grants.get(account, 0),
        )
        for account in leases.keys() | grants.keys()
    ]
    add_up(
        c,
        rights,
        ("account", "change", "granted", "journaled"),
        rows,
        fixed={"journal_id": held.id},
        sums=("change", "granted"),
        largest=("journaled",),
    )
    if not counts:
        return {}
    changed = leases.keys() | forgotten.keys()
    return {name: leases.get(name, 0) + forgotten.get(name, 0) for name in changed}


def _forgotten(c: Connection, held: JournalRow, grants: Mapping[str, int]) -> dict[str, int]:
    """Answer what a device was granted beyond what head office knows of: it was restored since."""
    if not grants:
        return {}
    known = select(rights.c.account, rights.c.granted).where(
        rights.c.journal_id == held.id, among(c, rights.c.account, grants)
    )
    granted = {row.account: row.granted for row in c.execute(known.with_for_update())}
    more = {account: total - granted.get(account, 0) for account, total in grants.items()}
    return {account: points for account, points in more.items() if points > 0}
