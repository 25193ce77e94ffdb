"""The loyalty programs of the simulated shops: small, with everything that moves rights."""

from functools import cache

from agent.core.program import Program
from sync.simulation.trades import PLAIN, Trade

__all__ = ["PROGRAM_TEXT", "RUNS_OUT", "TENANT", "program", "program_text"]

TENANT = "sim"

PROGRAM_TEXT = """
id = "simulated"
version = 1
name = "Simulated points"
currency = "EUR"
categories = ["grocery"]

[[earn]]
id = "base"
points = 1
per_minor = 100
text = "1 point per euro"

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


def program_text(trade: Trade) -> str:
    """Answer the file of the program that the shops of a trade have."""
    waits = _WAITS if trade.waits else ""
    return waits + PROGRAM_TEXT + (RUNS_OUT if trade.runs_out else "")


@cache
def program(trade: Trade = PLAIN) -> Program:
    """Answer it, read as any other program is."""
    return Program.parse(program_text(trade), source="the simulation")
