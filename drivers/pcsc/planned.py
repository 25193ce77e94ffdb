"""What a reader's thread calls for each card: the reading that its configuration asks for."""

import structlog

from drivers.device import Place
from drivers.events import Event, RefusedFrame, StatusSeen
from drivers.pcsc.apdu import Talk
from drivers.pcsc.keys import KeysUnusable
from drivers.pcsc.options import PcscOptions, plan_of
from drivers.pcsc.plan import ReadingPlan
from drivers.pcsc.reading import read

__all__ = ["PlannedReading"]

_log = structlog.get_logger(__name__)


class PlannedReading:
    """Reads the cards of one reader; one per device, and called on its thread alone.

    Nothing is read from a file before ``check`` or the first card. While its keys cannot be had
    every card is refused, and the next one tries again: without them a card that has to sign could
    be any.
    """

    def __init__(self, options: PcscOptions, place: Place) -> None:
        self._options, self._place = options, place
        self._plan: ReadingPlan | None = None
        self._fault: str | None = None

    @property
    def fault(self) -> str | None:
        """Why cards are refused whoever shows them, for an engineer; None while all is well."""
        return self._fault if self._plan is None else self._plan.fault

    def check(self) -> str | None:
        """Have the keys at hand, and answer the fault where they cannot be had."""
        self._ready()
        return self.fault

    def __call__(self, atr: bytes) -> Talk[list[Event]]:
        """Read one card: yields commands, is sent their answers, and returns what was seen."""
        plan = self._ready()
        if plan is None:
            return [StatusSeen(about="keys_unusable"), RefusedFrame(reason="unreadable")]
        return (yield from read(atr, plan))

    def _ready(self) -> ReadingPlan | None:
        if self._plan is None:
            try:
                self._plan, self._fault = plan_of(self._options, self._place), None
            except KeysUnusable as error:
                self._fault = str(error)
            else:
                self._warn(self._plan)
        return self._plan

    def _warn(self, plan: ReadingPlan) -> None:
        for key in plan.factory_keys():
            advice = "every such chip leaves the factory with it; set one of your own"
            _log.warning("factory_key", reader=self._place.name, key=key, advice=advice)
