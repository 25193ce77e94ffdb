"""Rights of epochs that have ended: they come home, or stay out until somebody gives them up.

A fence is clean where the next life of the same ledger names the very entry it grew from, and the
chain that head office holds reaches exactly there: then nothing was spent that is not known. What
an uncleanly fenced epoch holds counts as still out there. A person may write it off, and takes the
risk; whatever is heard of that epoch later says nothing of rights any more.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from sync.hub.bulk import among
from sync.hub.debts import settle_debts
from sync.hub.decisions import note
from sync.hub.judging import Conflict
from sync.hub.registry import DeviceRow, JournalRow
from sync.hub.tables import ROOT, accounts, devices, journals, rights

__all__ = ["NotFenced", "come_home", "write_off"]

_NEXT = journals.alias()


class NotFenced(ValueError):
    """The journal is live: its rights are being used, and only it can return them."""


def come_home(
    c: Connection, device: DeviceRow, held: Iterable[JournalRow], *, now: datetime
) -> set[str]:
    """Take back the rights of a device's epochs that were fenced cleanly and are held to their
    end. ``held`` are all its journals, read since its row was locked: nobody else writes their
    rights off meanwhile. Answers the accounts that got some.
    """
    ended_clean = (each for each in held if each.fenced == "clean" and each.branch == 0)
    still_out = [each.id for each in ended_clean if not each.written_off]
    if not still_out:
        return set()
    ended = (
        select(journals.c.id)
        .where(journals.c.id.in_(still_out), _reached_its_end())
        .order_by(journals.c.id)
    )
    came: set[str] = set()
    for journal_id in c.execute(ended).scalars().all():
        came |= set(_take_back(c, device.tenant, journal_id))
    if came:
        settle_debts(c, device.tenant, came, now=now)
    return came


def write_off(c: Connection, journal_id: int, by: str, *, now: datetime) -> int:
    """Give up on the rights of an ended epoch, as a person decided: head office may grant them
    again. Answers how many points came back; a second time none.

    Raises NotFenced for an epoch that is live.
    """
    found = c.execute(
        select(devices, journals.c.epoch, journals.c.fenced, journals.c.written_off)
        .join(journals, journals.c.device_id == devices.c.id)
        .where(journals.c.id == journal_id)
        .with_for_update()
    ).one()
    if found.fenced is None and found.state != "retired":
        raise NotFenced(f"journal {journal_id} is live: retire the device first, or wait")
    if found.written_off:
        return 0
    came = _take_back(c, found.tenant, journal_id)
    points = sum(came.values())
    conflict = Conflict(
        kind="rights_written_off",
        subject=f"journal {journal_id}",
        points=points,
        store=found.store,
        device=found.device,
        text=f"{points} points that epoch {found.epoch} of {found.store}/{found.device} held were "
        f"written off by {by}; what was spent of them there is a debt if it is heard of later.",
    )
    note(c, found.tenant, conflict, now=now)
    settle_debts(c, found.tenant, came, now=now)
    return points


def _reached_its_end() -> ColumnElement[bool]:
    """Say that head office holds all of a journal, up to the entry that the next life grew from."""
    return (
        select(_NEXT.c.id)
        .where(
            _NEXT.c.parent_id == journals.c.id,
            _NEXT.c.parent_seq == journals.c.seq,
            _NEXT.c.parent_hash == journals.c.hash,
        )
        .exists()
    )


def _take_back(c: Connection, tenant: str, journal_id: int) -> dict[str, int]:
    """Move what an epoch holds to what is available, and close it. Answers it by account.

    The accounts are locked before the rights are read: a booking locks them in that order, too.
    """
    its = rights.c.journal_id == journal_id
    names = c.execute(select(rights.c.account).where(its)).scalars().all()
    c.execute(
        select(accounts.c.account)
        .where(accounts.c.tenant == tenant, among(c, accounts.c.account, names))
        .order_by(accounts.c.account)
        .with_for_update()
    ).all()
    held = c.execute(
        select(
            ROOT.label("root"),
            func.sum(rights.c.granted + rights.c.change).label("points"),
        )
        .select_from(rights)
        .join(accounts, and_(accounts.c.tenant == tenant, accounts.c.account == rights.c.account))
        .where(its, rights.c.granted + rights.c.change != 0)
        .group_by(ROOT)
    ).all()
    came = {row.root: int(row.points) for row in held}
    for root, points in sorted(came.items()):
        c.execute(
            update(accounts)
            .where(accounts.c.tenant == tenant, accounts.c.account == root)
            .values(available=accounts.c.available + points)
        )
    c.execute(update(rights).where(its).values(granted=-rights.c.change))
    c.execute(update(journals).where(journals.c.id == journal_id).values(written_off=True))
    return came
