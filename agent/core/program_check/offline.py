"""A floor that lets nobody redeem anything, and leases that stand beside nothing."""

from collections.abc import Iterator

from agent.core.mistakes import Finding
from agent.core.program import Program

__all__ = ["useless_floor"]

_CAPS = ("per_redemption", "per_account", "per_device", "per_day", "hard_count")


def useless_floor(program: Program) -> Iterator[Finding]:
    """Find a cap of none, with which the whole table allows nothing, and leases without a use."""
    if program.offline is not None:
        for cap in _CAPS:
            if getattr(program.offline, cap) == 0:
                what = "nothing is redeemed offline then"
                yield Finding(("offline", cap), what, "write more than 0, or take [offline] out")
    can_redeem = program.discount is not None or any(each.cost_points for each in program.reward)
    if program.leases.points and not can_redeem:
        what = "nothing can be bought with points, so nothing needs to be leased"
        yield Finding(("leases", "points"), what, "add [discount] or a [[reward]], or take it out")
