"""The rules a simulated agent works under: the program of all shops, and what head office sends."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from agent.core.program import Editions, Program
from agent.core.strict_toml import InvalidDocument
from agent.till import Terms
from sync.simulation.program import program
from sync.simulation.trades import PLAIN, Trade

__all__ = ["SimulatedRules"]

_HOLD_FOR = timedelta(seconds=60)
"""Short: a history is."""


def _kept(_edition: str, _text: str) -> None:
    """There is no disk."""


def _nothing(_terms: Terms) -> None:
    """No till works by them yet."""


class SimulatedRules:
    """What :class:`agent.rules.Rules` is to a store, without files: ``sent`` are the
    editions that head office sent before, with their texts, ``keep`` is handed another one, and
    ``renewed`` the terms that follow.
    """

    def __init__(
        self,
        store: str,
        trade: Trade = PLAIN,
        *,
        sent: Sequence[tuple[str, str]] = (),
        keep: Callable[[str, str], None] = _kept,
    ) -> None:
        first = program(trade)
        self._programs = [first, *(Program.parse(text, source="sent") for _, text in sent)]
        self._keep = keep
        self.renewed: Callable[[Terms], None] = _nothing
        self.terms = Terms(program=first, alone=False, store=store, hold_for=_HOLD_FOR)
        if sent:
            self._renew()

    def take_program(self, name: str, edition: str, text: str) -> str | None:  # noqa: ARG002
        """Take a version of the program, and judge by it from its day on; answers why it is not
        taken.
        """
        if all(each.edition != edition for each in self._programs):
            try:
                self._programs.append(Program.parse(text, source="sent"))
            except InvalidDocument as error:
                return str(error)
            self._keep(edition, text)
            self._renew()
            self.renewed(self.terms)
        return None

    def _renew(self) -> None:
        editions = Editions.as_they_came(self._programs)
        self.terms = replace(self.terms, program=editions.newest, editions=editions)

    def take_pushed(self, promotions: str) -> str | None:  # noqa: ARG002 - nobody pushes any
        """Take promotions that are pushed."""
        return None
