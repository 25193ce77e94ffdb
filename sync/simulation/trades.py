"""Trades: what the program of a history's shops has beside points that are earned and redeemed.

Which trade a history has follows from its seed, beside its mix: every other round of all mixes is
of plain shops, the others are not. What trades bring is thrown with dice of its own, so that a
plain history is the same whatever trades there are.
"""

from dataclasses import dataclass
from random import Random

from sync.simulation.faults import MIXES

__all__ = ["PLAIN", "TRADES", "VOUCHERS", "Trade", "dice_of", "trade_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Trade:
    """What there is beside plain points."""

    name: str
    runs_out: bool = False
    """Points run out a month after they were earned; months pass in a history."""
    waits: bool = False
    """Points are pending for a day after their sale; days pass in a history."""
    vouchers: bool = False
    """Points are turned into vouchers, and whoever has one uses it."""


PLAIN = Trade(name="plain")

VOUCHERS = Trade(name="vouchers", vouchers=True, runs_out=True, waits=True)

TRADES = (Trade(name="running_out", runs_out=True), PLAIN, VOUCHERS, PLAIN)


def trade_of(seed: int) -> Trade:
    """Answer which trade a history has.

    >>> [trade_of(seed).name for seed in (0, 19, 38, 57, 76)]
    ['running_out', 'plain', 'vouchers', 'plain', 'running_out']
    """
    return TRADES[seed // len(MIXES) % len(TRADES)]


def dice_of(seed: int) -> Random:
    """Answer the dice for what a trade brings."""
    return Random(f"{seed}-trade")
