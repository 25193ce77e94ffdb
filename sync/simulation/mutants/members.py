"""Rules of members that are left out: merged accounts, points that run out, holds, returns."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, true, update

from agent import syncdesk
from agent.core.facts import AccumulatePoints, DeleteReward
from agent.till import pending
from agent.till import rights as till_rights
from sync.hub import expiring, homecoming, weighing
from sync.hub import members as members_module
from sync.hub import office as office_module
from sync.hub.decisions import decide
from sync.hub.judging import Mention
from sync.hub.tables import accounts
from sync.simulation.mutants.mutant import Mutant, Patch, original
from sync.simulation.program import TENANT
from sync.simulation.scripts import disks
from sync.simulation.scripts import rights as of_rights
from sync.simulation.trades import VOUCHERS

__all__ = ["MEMBER_MUTANTS"]


def _expire_leased() -> tuple[Patch, ...]:
    return ((expiring, "_may_go", lambda due, _available: due),)


def _drops_lease() -> tuple[Patch, ...]:
    kept = original(members_module, "_move")

    def move(c: Connection, tenant: str, gone: Any, into: Any) -> set[str]:
        moved: set[str] = kept(c, tenant, gone, into)
        its = (accounts.c.tenant == tenant, accounts.c.account == into.account)
        c.execute(update(accounts).where(*its).values(available=accounts.c.active))
        return moved

    return ((members_module, "_move", move),)


def _keeps_own() -> tuple[Patch, ...]:
    def keep(transaction: Any, account: str) -> None:
        """What was leased under it can be spent here, too."""

    return ((syncdesk, "_send_home", keep), (till_rights, "return_everything", keep))


def _early_return() -> tuple[Patch, ...]:
    kept = original(weighing, "_weigh_anew")

    def weigh(weighed: Any, thing: str, new: Any, known: Iterable[Mention]) -> None:
        here = {mention.order for mention in new.mentions}
        before = [each for each in known if each.order not in here]
        is_sold = any(isinstance(each.entry.fact, AccumulatePoints) for each in before)
        kept(weighed, thing, new, before if is_sold else [])

    return ((weighing, "_weigh_anew", weigh),)


def _times_out() -> tuple[Patch, ...]:
    kept = original(office_module, "sweep_rights")

    def sweep(c: Connection, *, now: datetime) -> Any:
        for row in c.execute(select(accounts).where(accounts.c.held > 0)).all():
            gone = DeleteReward(
                redemption_id="any", account=row.account, points=row.held, reason="timed_out"
            )
            decide(c, TENANT, gone, now=now)
        return kept(c, now=now)

    return ((office_module, "sweep_rights", sweep),)


def _older_lots() -> tuple[Patch, ...]:
    def with_rights(lots: Any, _present: int) -> int:
        return sum(points for *_, points in lots)

    return ((pending, "_with_rights", with_rights),)


MEMBER_MUTANTS = (
    Mutant(
        name="expire_leased",
        breaks="points run out that a store has the right to",
        caught_by=("I5", "I4"),
        patches=_expire_leased,
        script=of_rights.points_run_out_while_leased,
    ),
    Mutant(
        name="merge_drops_lease",
        breaks="what stores have rights to is forgotten when two accounts are merged",
        caught_by=("I4",),
        patches=_drops_lease,
        script=of_rights.one_person_has_two_cards,
    ),
    Mutant(
        name="merge_keeps_own",
        breaks="a store keeps its rights under an account that was merged into another",
        caught_by=("I10",),
        patches=_keeps_own,
        script=of_rights.one_person_has_two_cards,
    ),
    Mutant(
        name="early_return_dropped",
        breaks="a return that is heard before its sale is forgotten",
        caught_by=("I9",),
        patches=_early_return,
        script=of_rights.a_return_before_its_sale,
    ),
    Mutant(
        name="head_office_times_out_hold",
        breaks="head office gives back what is held, by a clock of its own",
        caught_by=("I3", "I9"),
        patches=_times_out,
        script=of_rights.a_hold_waits_for_its_customer,
    ),
    Mutant(
        name="no_seal",
        breaks="rights of an epoch come home before its end was heard",
        caught_by=("I5", "I4"),
        patches=lambda: ((homecoming, "_reached_its_end", true),),
        script=of_rights.an_epoch_ends_unheard,
    ),
    Mutant(
        name="older_lots_bring_rights",
        breaks="what waited since an older epoch brings rights as it becomes active",
        caught_by=("I10", "I5"),
        patches=_older_lots,
        mixes=("lost", "restored", "cloned", "everything"),
        script=disks.what_waited_is_active_twice,
        trade=VOUCHERS,
    ),
)
