"""The agent's way to head office: the uplink, the desk that keeps its word, and how both stand."""

from collections.abc import Awaitable, Callable, Set
from contextlib import suppress
from typing import Any

from agent import __version__
from agent.api.health import Reached
from agent.clock import mint_id
from agent.ledger import Ledger, LedgerError
from agent.ledger.mirror import Mirror
from agent.rules import Rules
from agent.settings import AgentSettings
from agent.syncdesk import DeskStanding, SyncDesk
from agent.till import Rights, Till
from sync.messages import DeviceAddress
from sync.uplink import Uplink, Wishes

__all__ = ["Online"]


class Online:
    """Wires one agent's ledger and till to head office; without ``[hub]`` there is none."""

    def __init__(
        self,
        settings: AgentSettings,
        ledger: Ledger,
        rules: Rules,
        till: Till,
        *,
        returned: Callable[[], None],
        heard: Callable[[Set[str], Set[str]], None],
    ) -> None:
        """``returned`` is called when rights have gone back, before head office can hear of it,
        ``heard`` with the accounts and tokens of which head office has told.
        """
        self._ledger = ledger
        self._standing: DeskStanding | None = None
        rights = Rights(ledger, lambda: rules.terms, mint_id=mint_id)
        rights.returned = returned
        self._desk = SyncDesk(ledger, rights, Mirror(ledger), rules)
        self._desk.heard = heard
        self._uplink = self._make_uplink(settings)
        if self._uplink is not None:
            till.ask_online = self._uplink.ask
            whose = till.members.asked_whose
            whose.ask = self._uplink.look_up
            whose.ask_anew = self._uplink.hear_anew
            whose.tells_of_all = settings.hub is None or settings.hub.feed == "all"
            till.is_online = lambda: self._uplink is not None and self._uplink.online

    def _make_uplink(self, settings: AgentSettings) -> Uplink | None:
        device, hub = settings.device, settings.hub
        if hub is None:
            return None
        return Uplink(
            hub.broker(),
            DeviceAddress(tenant=device.tenant, store=device.store, device=device.name),
            self._ledger,
            self._desk,
            key_path=self._ledger.places.key,
            wishes=Wishes(feed=hub.feed, patience_s=hub.patience_s, version=__version__),
        )

    @property
    def part(self) -> tuple[str, Callable[[], Awaitable[None]]] | None:
        """What runs for as long as the agent does, and its name."""
        return None if self._uplink is None else ("uplink", self._uplink.run)

    def start(self) -> None:
        """Have the journal tell the uplink when it grows."""
        if self._uplink is not None:
            self._ledger.on_commit(self._uplink.journal_grew)

    def stop(self) -> None:
        """Leave the broker. May block for up to three seconds; call it in a thread."""
        if self._uplink is not None:
            self._uplink.stop()

    async def look(self) -> None:
        """See again how rights and clock stand, for ``/healthz``."""
        with suppress(LedgerError):
            self._standing = await self._desk.standing()

    def reasons(self) -> tuple[str, ...]:
        """Say what is wrong that does not mend by itself."""
        if self._uplink is None:
            return ()
        said = []
        if self._uplink.halted is not None:
            said.append(f"sync is halted: {self._uplink.halted}")
        if self._uplink.refused is not None:
            said.append(f"sync is hindered: {self._uplink.refused}")
        return tuple(said)

    def reached(self) -> Reached:
        """Say how head office is reached, and what it may be asked for."""
        uplink, ledger, standing = self._uplink, self._ledger, self._standing
        head, held = ledger.head, ledger.epochs
        known: dict[str, Any] = {}
        if standing is not None:
            known["clock"] = standing.clock
            if uplink is not None:
                known["lease_exposure"] = standing.exposure_points
                known["floor_left"] = standing.floor_left
        return Reached(
            unacknowledged=0 if uplink is None else held.unacknowledged,
            online=uplink is not None and uplink.online,
            offline_because=None if uplink is None else uplink.fault,
            alone=uplink is None,
            epoch=head.epoch,
            opened=ledger.opened,
            head_seq=head.seq,
            acknowledged_seq=min(held.held_of(head.epoch), head.seq),
            refused_messages=0 if uplink is None else uplink.refused_messages + self._desk.left_out,
            **known,
        )
