"""What a device's entries say of its rights, kept as it says it.

Head office never works out a right by itself: it adds up what entries say. Where that does not
count (an epoch that the device opened by itself, a branch, or one whose rights came home) the row
is kept level, so that nothing is taken from what is available.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from sync.hub.bulk import Part, among
from sync.hub.registry import JournalRow
from sync.hub.tables import rights

__all__ = ["change_of_rights", "rights_of"]


def change_of_rights(
    c: Connection, held: JournalRow, leases: Mapping[str, int], grants: Mapping[str, int]
) -> dict[str, int]:
    """Answer by how much entries change the rights that count: leases, and what a device was
    granted beyond what head office knows of, because it was restored since.
    """
    if not held.gives_rights:
        return {}
    known: dict[str, int] = {}
    if grants:
        # A grant is told to the device after it was committed here, so no later one is missed.
        wanted = select(rights.c.account, rights.c.granted).where(
            rights.c.journal_id == held.id, among(c, rights.c.account, grants)
        )
        known = {row.account: row.granted for row in c.execute(wanted)}
    changed = dict(leases)
    for account, total in grants.items():
        forgotten = max(0, total - known.get(account, 0))
        changed[account] = changed.get(account, 0) + forgotten
    return changed


def rights_of(
    held: JournalRow,
    leases: Mapping[str, int],
    grants: Mapping[str, int],
    changed: Mapping[str, int],
) -> Part:
    """Answer what entries say of rights; ``changed`` is what of it counts.

    Accounts are written before, in the order in which grants lock them.
    """
    rows = []
    for account in leases.keys() | grants.keys():
        lease = leases.get(account, 0)
        rows.append((account, lease, changed.get(account, 0) - lease, grants.get(account, 0)))
    return Part(
        table=rights,
        columns=("account", "change", "granted", "journaled"),
        rows=rows,
        fixed={"journal_id": held.id},
        sums=("change", "granted"),
        largest=("journaled",),
    )
