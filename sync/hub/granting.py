"""Grants: head office moves rights to a device's live epoch, and says so with a cumulative total.

What is granted leaves ``available`` in the same statement that holds it is there, so that points
are in one place only: posted = available + rights, at every commit. Totals only grow.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import BindParameter, Connection, bindparam, delete, exists, select, update

from agent.core.facts import LARGEST
from agent.core.instant import rfc3339
from sync.hub.allowance import allowance_of, raise_allowance
from sync.hub.bulk import add_up
from sync.hub.excuses import why_short
from sync.hub.homecoming import come_home
from sync.hub.lease_policy import Answered, Give, Life, Member, Take, plan
from sync.hub.members import Member as Person
from sync.hub.notices import Notice
from sync.hub.recalling import number_recall, recalls_of
from sync.hub.registry import DeviceRow, JournalRow, journals_of
from sync.hub.roster import LIVE, Granted, Roster, read_roster
from sync.hub.tables import accounts, asks, devices, journals, recalls, rights
from sync.hub.terms import Terms, generation_of, may_grant, terms_of
from sync.messages import Grant, Recall

__all__ = ["grants_after", "rebalance", "resend_rights"]

_MOST = 2_000

_LIVE: BindParameter[int] = bindparam("journal_id")
_UNHEARD = select(
    exists()
    .where(rights.c.journal_id == _LIVE, rights.c.granted > rights.c.journaled)
    .label("grants"),
    exists()
    .where(recalls.c.journal_id == _LIVE, recalls.c.answered_points.is_(None))
    .label("recalls"),
)
"""Mostly nothing is unheard. Made once: to make a statement costs more than to run it."""


def grants_after(
    c: Connection,
    device: DeviceRow,
    accounts: Iterable[str],
    *,
    now: datetime,
    held: Sequence[JournalRow] | None = None,
    known: Mapping[str, Person] | None = None,
) -> list[Notice]:
    """Move rights after a booking: what came home is granted where it is needed, tills that wait
    are answered, and the device's floor grows by what was heard.

    ``accounts`` are all that the booking touched, as written or by their roots; ``held`` are all
    journals of the device, and ``known`` the members, where the caller has them.
    """
    terms = terms_of(c, device.tenant, now=now)
    held = journals_of(c, device) if held is None else held
    came = come_home(c, device, held, now=now)
    touched = {*accounts, *came}
    notices = rebalance(
        c, device.tenant, touched, terms=terms, now=now, known=None if came else known
    )
    return notices + raise_allowance(c, device, held, terms=terms, now=now)


def resend_rights(
    c: Connection,
    device: DeviceRow,
    *,
    now: datetime,
    held: Sequence[JournalRow] | None = None,
) -> list[Notice]:
    """Say to a device that has just greeted what it may have missed: grants that it is not known
    to have taken, recalls that it has not answered, and how much floor it has. ``held`` are all its
    journals, where the caller has them.
    """
    held = journals_of(c, device) if held is None else held
    said: list[Notice] = []
    waits = c.execute(_UNHEARD, {"journal_id": device.journal_id}).one()
    if waits.grants:
        said += _unheard_grants(c, device, now=now)
    if waits.recalls:
        said += recalls_of(c, device)
    return said + allowance_of(c, device, now=now, held=held)


def _unheard_grants(c: Connection, device: DeviceRow, *, now: datetime) -> list[Notice]:
    generation = generation_of(c)
    unheard = (rights.c.journal_id == device.journal_id, rights.c.granted > rights.c.journaled)
    c.execute(update(rights).where(*unheard).values(said_at=rfc3339(now)))
    rows = c.execute(
        select(journals.c.epoch, rights.c.account, rights.c.granted)
        .select_from(rights)
        .join(journals, journals.c.id == rights.c.journal_id)
        .join(devices, LIVE)
        .where(devices.c.id == device.id, rights.c.granted > rights.c.journaled)
        .order_by(rights.c.account)
        .limit(_MOST)
    ).all()
    return [
        (
            device,
            Grant(epoch=epoch, account=account, granted_total=granted, generation=generation),
        )
        for epoch, account, granted in rows
    ]


def rebalance(
    c: Connection,
    tenant: str,
    names: Iterable[str],
    *,
    terms: Terms,
    now: datetime,
    known: Mapping[str, Person] | None = None,
) -> list[Notice]:
    """Do for each of these members what the lease policy decides. ``known`` are they as they are
    now, with their rows locked, where the caller has them.
    """
    roster = read_roster(c, tenant, names, ahead=terms.ahead, now=now, known=known)
    if not roster.members:
        return []
    granting = may_grant(c, tenant)
    mover = _Mover(c, roster, now=now)
    for member in roster.members:
        planned = plan(member, terms.ahead, may_grant=granting)
        for give in planned.grants:
            mover.give(member, give)
        for answered in planned.answered:
            mover.answer(member, answered, may_grant=granting)
        mover.say_grants(member)
        for take in planned.recalls:
            mover.take(take)
    return mover.notices


class _Mover:
    """Carries out what was decided of the members of one roster."""

    def __init__(self, c: Connection, roster: Roster, *, now: datetime) -> None:
        self._c = c
        self._roster = roster
        self._now = now
        self._generation = generation_of(c)
        self._granted = dict(roster.granted)
        self._unsaid: list[Life] = []
        self.notices: list[Notice] = []

    def give(self, member: Member, give: Give) -> None:
        """Move points from what is available to a live epoch's rights, as far as the device can
        journal the total.
        """
        key = (give.life.journal_id, member.root)
        before = self._granted.get(key, Granted())
        points = min(give.points, LARGEST - before.granted)
        if points <= 0:
            return
        moved = self._c.execute(
            update(accounts)
            .where(
                accounts.c.tenant == self._roster.tenant,
                accounts.c.account == member.root,
                accounts.c.available - accounts.c.due >= points,
            )
            .values(available=accounts.c.available - points)
        )
        if moved.rowcount != 1:
            return
        (row,) = add_up(
            self._c,
            rights,
            ("account", "granted", "said_at"),
            [(member.root, points, rfc3339(self._now))],
            fixed={"journal_id": give.life.journal_id},
            sums=("granted",),
            largest=("said_at",),
            returning=("granted", "journaled"),
        )
        self._granted[key] = Granted(granted=row.granted, journaled=row.journaled)
        self._unsaid.append(give.life)

    def answer(self, member: Member, answered: Answered, *, may_grant: bool) -> None:
        """Tell a till that waits that it need not wait any longer, and strike its ask off."""
        wait = answered.wait
        why = None
        if answered.short:
            why = why_short(self._c, self._roster.tenant, member, wait.life, may_grant=may_grant)
        self._tell_granted(wait.life, member.root, ask=wait.ask, why=why)
        self._unsaid = [life for life in self._unsaid if life != wait.life]
        self._c.execute(
            delete(asks).where(
                asks.c.tenant == self._roster.tenant,
                asks.c.device_id == wait.life.device_id,
                asks.c.ask == wait.ask,
            )
        )

    def say_grants(self, member: Member) -> None:
        """Tell of grants that no answer told of."""
        for life in self._unsaid:
            self._tell_granted(life, member.root)
        self._unsaid = []

    def take(self, take: Take) -> None:
        """Recall rights, after the grant that the device may not have taken yet."""
        number = number_recall(self._c, self._roster.tenant, take, now=self._now)
        granted = self._granted.get((take.life.journal_id, take.account), Granted())
        if granted.granted > granted.journaled:
            self._tell_granted(take.life, take.account)
        recall = Recall(
            epoch=self._roster.epochs[take.life.journal_id],
            account=take.account,
            recall=number,
            keep=take.keep,
            generation=self._generation,
        )
        self.notices.append((self._roster.devices[take.life.device_id], recall))

    def _tell_granted(
        self, life: Life, account: str, *, ask: str | None = None, why: str | None = None
    ) -> None:
        grant = Grant(
            epoch=self._roster.epochs[life.journal_id],
            account=account,
            granted_total=self._granted.get((life.journal_id, account), Granted()).granted,
            generation=self._generation,
            ask=ask,
            why=why,
        )
        self.notices.append((self._roster.devices[life.device_id], grant))
