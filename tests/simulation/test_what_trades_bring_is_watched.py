"""Points that run out, wait or become vouchers are watched: what may not be is seen at once."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from msgspec import Raw, structs

from agent.core.entry import Entry
from agent.core.facts import (
    AccumulatePoints,
    ActivatePoints,
    ExpirePoints,
    Fact,
    HoldVoucher,
    IssueVoucher,
    LotPart,
    ReleaseVoucher,
    ReturnSale,
    UseVoucher,
)
from sync.simulation.watch.expiry import ExpiryWatch
from sync.simulation.watch.lots import LotWatch
from sync.simulation.watch.violations import Violation
from sync.simulation.watch.vouchers import VoucherUses, VoucherWatch

_CODE = "7H3KPQ9D2MXAV"
_DAY = date(2026, 3, 2)
_SALE = Raw(
    b'{"lane":"1","cashier":"ana","business_date":"2026-03-02","currency":"EUR","total_minor":1200}'
)


def entry(fact: Fact, seq: int = 1, day: date = _DAY) -> Entry:
    """An entry of some box."""
    return Entry(
        id=str(seq), epoch=1, seq=seq, recorded_at="2026-03-02T08:00:00.000Z",
        business_date=day, fact=fact,
    )  # fmt: skip


def hold(redemption_id: str) -> HoldVoucher:
    """Somebody shows the voucher."""
    return HoldVoucher(redemption_id=redemption_id, account="a", code=_CODE, expires_at="")


def use(redemption_id: str) -> UseVoucher:
    """They pay with it."""
    return UseVoucher(redemption_id=redemption_id, account="a", code=_CODE)


def sold(points: int, until: date | None = None) -> AccumulatePoints:
    """A sale whose points wait until a day."""
    return AccumulatePoints(
        sale_id="s", sale_json=_SALE, status="accumulated", account="a", program="p@1",
        points=points, because=(), flags=(), pending_until=until,
    )  # fmt: skip


def test_a_voucher_that_came_back_is_good_once_more() -> None:
    """A box may hold, use and take back a voucher, and then use it for the next sale."""
    watch, back = VoucherWatch(), ReleaseVoucher(
        redemption_id="r1", account="a", code=_CODE, reason="sale_came_back"
    )  # fmt: skip
    for fact in (IssueVoucher(account="a", code=_CODE), hold("r1"), use("r1"), back, hold("r2")):
        watch.saw(entry(fact), "box")


def test_one_box_uses_a_voucher_once() -> None:
    """A voucher that is used, and did not come back, is held by nobody else."""
    watch = VoucherWatch()
    for fact in (IssueVoucher(account="a", code=_CODE), hold("r1"), use("r1")):
        watch.saw(entry(fact), "box")
    with pytest.raises(Violation, match="I5"):
        watch.saw(entry(hold("r2")), "box")


def test_a_second_use_that_head_office_heard_of_is_named() -> None:
    """A box and its copy use one voucher: once both are heard, one of them must be named."""
    uses = VoucherUses()
    uses.saw(entry(use("r1")), b"1")
    uses.saw(entry(use("r2")), b"2")
    uses.hold_named({b"1"}, set())
    uses.hold_named({b"1", b"2"}, {"r2"})
    with pytest.raises(Violation, match="I11"):
        uses.hold_named({b"1", b"2"}, set())


@pytest.mark.parametrize(("day", "points"), [(_DAY, 10), (date(2026, 3, 3), 11)])
def test_points_become_active_on_their_day_and_no_more_than_wait(day: date, points: int) -> None:
    """Ten points that wait until the 3rd become active neither on the 2nd nor as eleven."""
    watch = LotWatch()
    watch.saw(entry(sold(10, date(2026, 3, 3))), _DAY, "box")
    lots = (LotPart(epoch=1, seq=1, points=points),)
    with pytest.raises(Violation):
        watch.saw(entry(ActivatePoints(account="a", points=points, lots=lots), 2), day, "box")


@pytest.mark.parametrize(("epoch", "lease"), [(1, 11), (2, 1)])
def test_points_bring_no_more_rights_than_waited_in_their_own_epoch(epoch: int, lease: int) -> None:
    """Ten points bring ten rights at most, and none in an epoch after the one they waited in."""
    watch, lots = LotWatch(), (LotPart(epoch=1, seq=1, points=10),)
    watch.saw(entry(sold(10, _DAY)), _DAY, "box")
    active = ActivatePoints(account="a", points=10, lots=lots, lease=lease)
    late = structs.replace(entry(active, 2), epoch=epoch)
    with pytest.raises(Violation, match="I10"):
        watch.saw(late, _DAY, "box")


def tables(
    points: int,
    active: int,
    available: int,
    earned_on: date,
    *more: Fact,
    waits: bool = False,
    journal: int = 1,
) -> Callable[..., Any]:
    """Head office's tables after points ran out on 10 April; thirty were earned on a day."""
    family = [sold(30, date(2026, 4, 12) if waits else None), *more]
    gone = ExpirePoints(account="a", points=points, due_on=date(2026, 4, 10))
    answers = {
        "SELECT seq": [(1, entry(gone).canonical())],
        "SELECT act": [(active, available, 0)],
        "SELECT id,": [(1, 1, 1, None, None), (2, 1, 1, None, None)],
        "\nWITH fami": [
            (1 if each is family[0] else journal, entry(each, day=earned_on).canonical())
            for each in family
        ],
    }
    return lambda sql, *_values: answers[sql[:10]]


@pytest.mark.parametrize(
    ("points", "active", "available", "earned_on", "is_right"),
    [
        (30, 0, 0, date(2026, 3, 10), True),
        (30, 0, 0, date(2026, 3, 11), False),
        (30, 20, -10, date(2026, 3, 10), False),
    ],
)
def test_only_what_is_due_and_nobody_has_rights_to_runs_out(
    points: int, active: int, available: int, earned_on: date, is_right: bool
) -> None:
    """Thirty points of a month ago may run out, those of a day less may not, nor what is leased."""
    watch = ExpiryWatch(tables(points, active, available, earned_on))
    if is_right:
        watch.committed()
    else:
        with pytest.raises(Violation, match="I4"):
            watch.committed()


def test_what_waits_or_came_back_is_not_among_what_lasts() -> None:
    """Thirty older points run out, though thirty of this month wait still; they do not where these
    are active, and where ten of these came back, twenty are what must be left. What a copy of the
    disk made active is what stands at that place in its own journal.
    """
    today, lots = date(2026, 4, 10), (LotPart(epoch=1, seq=1, points=30),)
    active = ActivatePoints(account="a", points=30, lots=lots)
    back = ReturnSale(sale_id="s", return_id="r", amount_minor=400)
    ExpiryWatch(tables(30, 0, 0, today, waits=True)).committed()
    with pytest.raises(Violation, match="I4"):
        ExpiryWatch(tables(30, 0, 0, today, active, waits=True)).committed()
    ExpiryWatch(tables(30, 0, 0, today, active, waits=True, journal=2)).committed()
    ExpiryWatch(tables(30, 20, 20, today, active, back, waits=True)).committed()
    with pytest.raises(Violation, match="I4"):
        ExpiryWatch(tables(30, 19, 19, today, active, back, waits=True)).committed()
