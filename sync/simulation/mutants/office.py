"""Rules that head office leaves out."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from agent.core.facts import AccumulatePoints
from sync.hub import feeding, following, greeting, homecoming, weighing
from sync.hub import granting as granting_module
from sync.hub import office as office_module
from sync.hub.debts import settle_debts
from sync.hub.meeting import Known, Verdict, meet
from sync.hub.office import HeadOffice, Outgoing
from sync.hub.registry import DeviceRow, JournalRow
from sync.hub.summing import Sums
from sync.hub.tables import accounts, journals, rights, things
from sync.messages import DeviceAddress, Hello
from sync.simulation.mutants.mutant import Mutant, Patch, original
from sync.simulation.scripts import disks, offices
from sync.simulation.scripts import rights as of_rights

__all__ = ["OFFICE_MUTANTS"]


def _no_challenge() -> tuple[Patch, ...]:
    def at_once(known: Known, hello: Hello) -> Verdict:
        return meet(replace(known, challenge="x"), hello.model_copy(update={"challenge": "x"}))

    return ((greeting, "meet", at_once),)


def _two_live() -> tuple[Patch, ...]:
    from sync.hub import meeting  # noqa: PLC0415 - it is patched itself

    return ((meeting, "_is_a_second_one", lambda _known, _hello: False),)


def _no_restart() -> tuple[Patch, ...]:
    return ((greeting, "shows_a_restore", lambda *_args, **_options: False),)


def _close_on_fence() -> tuple[Patch, ...]:
    def come_home(c: Connection, device: DeviceRow, *_held: Any, now: datetime) -> set[str]:
        ended = select(journals.c.id).where(
            journals.c.device_id == device.id,
            journals.c.fenced.is_not(None),
            journals.c.branch == 0,
            journals.c.written_off.is_(False),
        )
        came: set[str] = set()
        for journal_id in c.execute(ended).scalars().all():
            came |= set(homecoming._take_back(c, device.tenant, journal_id))
        settle_debts(c, device.tenant, came, now=now)
        return came

    return ((granting_module, "come_home", come_home),)


def _close_on_timeout() -> tuple[Patch, ...]:
    kept = original(office_module, "sweep_rights")

    def sweep(c: Connection, *, now: datetime) -> Any:
        held = select(rights).where(rights.c.granted > 0)
        for row in c.execute(held).all():
            half = row.granted // 2
            its = (rights.c.journal_id == row.journal_id, rights.c.account == row.account)
            c.execute(update(rights).where(*its).values(granted=rights.c.granted - half))
            c.execute(
                update(accounts)
                .where(accounts.c.account == row.account)
                .values(available=accounts.c.available + half)
            )
        return kept(c, now=now)

    return ((office_module, "sweep_rights", sweep),)


def _grant_unbounded() -> tuple[Patch, ...]:
    kept = original(granting_module, "plan")

    def plan(member: Any, ahead: Any, *, may_grant: bool) -> Any:
        return kept(replace(member, available=member.available + 50), ahead, may_grant=may_grant)

    def give(self: Any, member: Any, give: Any) -> None:
        self._c.execute(
            update(accounts)
            .where(accounts.c.tenant == self._roster.tenant, accounts.c.account == member.root)
            .values(available=accounts.c.available - give.points + 10**6)
        )
        kept_give(self, member, give)
        self._c.execute(
            update(accounts)
            .where(accounts.c.tenant == self._roster.tenant, accounts.c.account == member.root)
            .values(available=accounts.c.available + give.points - 10**6)
        )

    kept_give = original(granting_module._Mover, "give")
    return ((granting_module, "plan", plan), (granting_module._Mover, "give", give))


def _ack_before_commit() -> tuple[Patch, ...]:
    kept, turns = original(HeadOffice, "_take"), itertools.count(1)

    def take(self: HeadOffice, address: DeviceAddress, payload: bytes) -> list[Outgoing]:
        before = self._database.snapshot()
        answers: list[Outgoing] = kept(self, address, payload)
        if next(turns) % 5 == 0:
            self._database.restore(before)
        return answers

    return ((HeadOffice, "_take", take),)


def _not_adopting() -> tuple[Patch, ...]:
    kept = original(following, "change_of_rights")

    def change(
        c: Connection, held: JournalRow, leases: Mapping[str, int], _grants: Mapping[str, int]
    ) -> dict[str, int]:
        changed: dict[str, int] = kept(c, held, leases, {})
        return changed

    return ((following, "change_of_rights", change),)


def _fork_counts() -> tuple[Patch, ...]:
    gives = property(lambda self: self.opened and not self.written_off)
    return ((JournalRow, "gives_rights", gives),)


def _duplicates_unheard() -> tuple[Patch, ...]:
    kept_sums, kept_weigh = original(following, "sum_up"), original(following, "weigh")
    summed: list[Sums] = []

    def sum_up(*args: Any, **options: Any) -> Sums:
        summed[:] = [kept_sums(*args, **options)]
        return summed[0]

    def weigh(c: Connection, device: Any, held: Any, said: Any, thing_at: Any) -> Any:
        weighed = kept_weigh(c, device, held, said, thing_at)
        spoken = select(things.c.thing).where(things.c.sole.is_(None))
        disputed = set(c.execute(spoken).scalars())
        for each in said:
            fact = each.entry.fact
            if isinstance(fact, AccumulatePoints) and not disputed.isdisjoint(each.things):
                summed[0].leases[fact.account or ""] -= fact.lease
        return weighed

    return ((following, "sum_up", sum_up), (following, "weigh", weigh))


def _by_entry() -> tuple[Patch, ...]:
    return ((weighing, "speak_of", lambda *_args: set()),)


def _marks_forgotten() -> tuple[Patch, ...]:
    kept = original(following, "marked")
    return ((following, "marked", lambda tenant, kind, _keys: kept(tenant, kind, ())),)


def _own_forgotten() -> tuple[Patch, ...]:
    return ((following, "own_of", lambda *_args: ()),)


def _grants_at_once() -> tuple[Patch, ...]:
    def may_grant(_c: Connection, _tenant: str) -> bool:
        return True

    return ((granting_module, "may_grant", may_grant),)


def _any_place() -> tuple[Patch, ...]:
    def ours(*_args: Any) -> str:
        return "ours"

    return ((feeding, "whose", ours), (greeting, "whose", ours))


OFFICE_MUTANTS = (
    Mutant(
        name="no_challenge",
        breaks="a late or repeated HELLO ends an epoch",
        caught_by=("I11", "I12", "I4", "I9"),
        patches=_no_challenge,
        mixes=("storm", "storm_islands", "everything", "broker"),
        script=offices.an_old_hello_comes_again,
    ),
    Mutant(
        name="two_live_not_halted",
        breaks="two boxes that claim to be one go on",
        caught_by=("I11", "I12"),
        patches=_two_live,
        mixes=("cloned",),
        script=disks.a_box_is_copied,
    ),
    Mutant(
        name="hub_without_generation",
        breaks="a head office that was set back goes on as if nothing had happened",
        caught_by=("I1", "I4", "I5", "I9", "I10", "I12"),
        patches=_no_restart,
        mixes=("office",),
        script=offices.a_forgotten_epoch,
    ),
    Mutant(
        name="close_on_fence",
        breaks="rights of an uncleanly ended epoch come home at once",
        caught_by=("I10", "I5"),
        patches=_close_on_fence,
        mixes=("lost", "restored", "cloned", "everything"),
        script=disks.an_older_ledger_goes_on_unseen,
    ),
    Mutant(
        name="close_on_timeout",
        breaks="rights are taken back by a timer, not by what the device says",
        caught_by=("I4", "I5"),
        patches=_close_on_timeout,
    ),
    Mutant(
        name="grant_unbounded",
        breaks="more is granted than is available",
        caught_by=("I5", "I4"),
        patches=_grant_unbounded,
    ),
    Mutant(
        name="ack_before_commit",
        breaks="a batch is acknowledged although its commit failed",
        caught_by=("I8", "I1", "I4"),
        patches=_ack_before_commit,
    ),
    Mutant(
        name="hub_not_adopting",
        breaks="grants that a head office which was set back forgot are not adopted",
        caught_by=("I4", "I5"),
        patches=_not_adopting,
        mixes=("office",),
        script=offices.one_store_is_back_first,
    ),
    Mutant(
        name="fork_counts_lease",
        breaks="a branch that contradicts what is held has rights as well",
        caught_by=("I10", "I4"),
        patches=_fork_counts,
        mixes=("restored", "cloned"),
        script=disks.an_older_ledger_goes_on_unseen,
    ),
    Mutant(
        name="duplicate_lease_ignored",
        breaks="of a sale that two devices took, the rights of the second one are not heard",
        caught_by=("I4", "I9"),
        patches=_duplicates_unheard,
        script=of_rights.a_sale_at_two_stores,
    ),
    Mutant(
        name="returns_by_entry",
        breaks="what several devices say of one sale is added up, not judged together",
        caught_by=("I9",),
        patches=_by_entry,
        script=of_rights.a_return_before_its_sale,
    ),
    Mutant(
        name="feed_not_marked",
        breaks="stores are not told what was booked",
        caught_by=("I9",),
        patches=_marks_forgotten,
    ),
    Mutant(
        name="own_not_counted",
        breaks="a store is told its own sales as somebody else's",
        caught_by=("I9",),
        patches=_own_forgotten,
    ),
    Mutant(
        name="any_place_in_the_feed",
        breaks="a store goes on from a number that this database gave to something else",
        caught_by=("I9",),
        patches=_any_place,
        mixes=("office",),
        script=offices.a_place_that_was_forgotten,
    ),
    Mutant(
        name="hub_grants_at_once",
        breaks="a head office that was set back grants before all have caught up",
        caught_by=("I10", "I4", "I5"),
        patches=_grants_at_once,
        mixes=("office",),
        script=offices.one_store_is_back_first,
    ),
)
