"""What a program says of itself: its version, its languages, returns and limits."""

from collections.abc import Iterator

from agent.core.point_words import PointWords
from agent.core.program import Limits, Program
from agent.core.program_words.words import (
    PROVED,
    counted,
    day_in_words,
    listed,
    of_points,
    sentence,
)

__all__ = ["about", "limits", "offline", "returns"]


def about(program: Program) -> Iterator[str]:
    """Say which version of which program this is, and from when it counts."""
    begins = program.effective_from
    since = f" It counts from {day_in_words(begins)}." if begins is not None else ""
    name = f"program '{program.id}', version {program.version}, in {program.currency}"
    yield f"{program.name}: {name}.{since}"
    if len(program.languages) > 1:
        yield f"Receipts and the customer's page speak {listed(program.languages, 'or')}."


def returns(program: Program) -> Iterator[str]:
    """Say what goods that come back do, and how long points wait for that."""
    many = PointWords.in_first(program).many
    yield f"Goods that come back take back the {many} they earned and give back those they cost."
    if program.return_window_days:
        days = counted(program.return_window_days, "day")
        yield sentence(f"{many} are pending for {days} after their sale; then they can be spent")


def limits(program: Program) -> Iterator[str]:
    """Say how many points a member may have at once, and what a card must prove to spend many."""
    most = program.limits
    if most.points_per_sale is not None:
        yield f"No sale earns more than {of_points(program, most.points_per_sale)}."
    if most.points_per_day is not None:
        yield f"No member earns more than {of_points(program, most.points_per_day)} a day."
    if most.sales_per_hour is not None:
        sales = counted(most.sales_per_hour, "sale")
        yield f"No member earns for more than {sales} within an hour."
    if most.model_copy(update={"redemptions": ()}) != Limits():
        yield "What goes beyond is withheld; no sale is refused for it."
    for limit in most.redemptions:
        points = of_points(program, limit.above_points)
        yield f"More than {points} are spent for one sale only {PROVED[limit.proof]}."


def offline(program: Program) -> Iterator[str]:
    """Say what is redeemed while head office does not answer, and what it leases ahead."""
    many, leases, floor = PointWords.in_first(program).many, program.leases, program.offline
    if floor is None and not leases.points:
        return
    yield sentence(f"{many} can be spent where they were earned, until they are needed elsewhere")
    if leases.points:
        devices = counted(leases.devices, "store device")
        at = f"the {devices}" if leases.devices > 1 else "the store device"
        yield (
            f"Of each member {of_points(program, leases.points)} can be spent at {at} visited last."
        )
    if floor is None:
        yield "A store that head office does not answer redeems nothing beyond that."
        return
    yield (
        "A store that head office does not answer redeems beyond that, at its own risk, at most "
        f"{of_points(program, floor.per_redemption)} at once, "
        f"{of_points(program, floor.per_account)} of one member and "
        f"{of_points(program, floor.per_device)} at one device until head office knows of them, "
        f"and {of_points(program, floor.per_day)} a day."
    )
    if floor.soft_count < floor.hard_count:
        times = counted(floor.soft_count, "time")
        yield f"After {times} in a row the card itself must be read."
    yield f"After {counted(floor.hard_count, 'time')} in a row a member has to wait."
