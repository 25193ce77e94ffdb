"""The rules a simulated agent works under: the program of all shops, and what head office sends."""

from datetime import timedelta

from agent.till import Terms
from sync.simulation.program import program
from sync.simulation.trades import PLAIN, Trade

__all__ = ["SimulatedRules"]

_HOLD_FOR = timedelta(seconds=60)
"""Short: a history is."""


class SimulatedRules:
    """What :class:`agent.rules.Rules` is to a store, without files."""

    def __init__(self, store: str, trade: Trade = PLAIN) -> None:
        self.terms = Terms(program=program(trade), alone=False, store=store, hold_for=_HOLD_FOR)

    def take_program(self, name: str, edition: str, text: str) -> str | None:  # noqa: ARG002
        """Take a version of the program: every shop has it."""
        return None

    def take_pushed(self, promotions: str) -> str | None:  # noqa: ARG002 - nobody pushes any
        """Take promotions that are pushed."""
        return None
