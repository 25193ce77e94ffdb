"""The loyalty programs of the simulated shops: small, with everything that moves rights."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from agent.core.program import Program
from sync.simulation.trades import PLAIN, Trade

__all__ = ["FIRST", "PROGRAM_TEXT", "RUNS_OUT", "TENANT", "Version", "program", "program_text"]

TENANT = "sim"

PROGRAM_TEXT = """
id = "simulated"
version = {number}
name = "Simulated points"
currency = "EUR"
categories = ["grocery"]

[[earn]]
id = "base"
points = {points}
per_minor = 100
text = "{points} point per euro"

[discount]
id = "money-off"
points = 1
worth_minor = 1
step = 10
text = "Money off"

[offline]
per_redemption = 20
per_account = 30
per_device = 60
per_day = 80
soft_count = 6
hard_count = 10

[leases]
points = 40
devices = 2
"""


_WAITS = "return_window_days = 1\n"

RUNS_OUT = """
[expiry]
kind = "rolling"
months = 1
"""
"""What a program says under which points run out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """A version of the program: what a whole euro gives from a day on."""

    number: int = 1
    points: int = 1
    begins: date = date.min

    @property
    def edition(self) -> str:
        """What entries call it."""
        return f"simulated@{self.number}"

    def worth(self, paid_minor: int) -> int:
        """Answer what is earned by paying so much, reckoned here by hand."""
        return paid_minor // 100 * self.points


FIRST = Version()


def program_text(trade: Trade, version: Version = FIRST) -> str:
    """Answer the file of the program that the shops of a trade have."""
    waits = _WAITS if trade.waits else ""
    begins = "" if version.begins == date.min else f"effective_from = {version.begins}\n"
    text = PROGRAM_TEXT.format(number=version.number, points=version.points)
    return begins + waits + text + (RUNS_OUT if trade.runs_out else "")


@cache
def program(trade: Trade = PLAIN, version: Version = FIRST) -> Program:
    """Answer it, read as any other program is."""
    return Program.parse(program_text(trade, version), source="the simulation")
