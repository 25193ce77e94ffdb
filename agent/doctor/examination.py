"""One examination: what is looked at, in which order, and what follows from what."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from agent.clock import device_clock
from agent.devices import ListedDevice
from agent.doctor.broker import gather_broker, judge_broker
from agent.doctor.clock import gather_clock, judge_clock
from agent.doctor.configuration import Configured, configured, judge_configuration
from agent.doctor.devices import PCSC, judge_at_agent, judge_from_outside, told_by
from agent.doctor.disk import gather_disk, judge_disk
from agent.doctor.finding import Finding, fine, warned
from agent.doctor.ledger import gather_ledger, judge_ledger
from agent.doctor.listening import gather_heard, judge_heard, listens_to
from agent.doctor.machine import Machine, Who
from agent.doctor.readers import gather_pcsc, judge_modules, judge_pcsc
from agent.doctor.reading import gather_named_files, judge_named_files
from agent.doctor.running import (
    RunningFacts,
    gather_running,
    judge_running,
)
from agent.doctor.secrets import gather_secret_files, judge_access, judge_secret_files
from agent.doctor.software import examine_program, gather_sqlite, judge_sqlite
from agent.doctor.unit import Unit, credentials_of, installed_unit
from agent.doctor.witnesses import judge_witnesses

__all__ = ["Examination", "Meanwhile", "guarded", "in_silence"]

Meanwhile = Callable[[str], AbstractContextManager[object]]
"""Says what takes long while it is done."""

_USER = "tapledger"


def in_silence(_: str) -> AbstractContextManager[object]:
    """Say nothing of what takes long."""
    return nullcontext()


def guarded(name: str, part: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Look at one part, and go on with the next where the machine lets nobody look."""
    try:
        yield from part()
    except OSError as error:
        why = f"{error.filename or name}: {error.strerror or error}"
        yield warned(name, f"it cannot be looked at: {why}", "run the doctor as root (sudo)")


@dataclass(frozen=True, kw_only=True)
class Examination:
    """What to look at, and for how long to listen. ``findings`` does the work."""

    files: tuple[Path, ...]
    listen_s: float
    machine: Machine = field(default_factory=Machine)
    meanwhile: Meanwhile = in_silence

    def findings(self) -> Iterator[Finding]:
        """Look at one thing after the other, and say of each how it is, as soon as it is known."""
        unit = installed_unit(self.machine)
        it = configured(self.files, credentials_of(self.machine, unit))
        running = gather_running(self.machine, it, has_unit=unit is not None)
        yield from judge_configuration(it)
        for name, part in (
            ("files", lambda: self._files(it, unit)),
            ("program", lambda: examine_program(it)),
            ("sqlite", lambda: [judge_sqlite(gather_sqlite())]),
            ("ledger", lambda: self._memory(it, unit, running)),
            ("agent", lambda: judge_running(running)),
            ("witnesses", lambda: judge_witnesses(it)),
            ("devices", lambda: self._devices(it, unit, running)),
            ("broker", lambda: self._head_office(it, unit)),
        ):
            yield from guarded(name, part)

    def _files(self, it: Configured, unit: Unit | None) -> Iterator[Finding]:
        yield from judge_named_files(gather_named_files(self.machine, it, unit))
        secrets = gather_secret_files(it, self.machine, unit)
        yield from judge_secret_files(secrets, has_unit=unit is not None)
        yield from judge_access(it)

    def _memory(
        self, it: Configured, unit: Unit | None, running: RunningFacts
    ) -> Iterator[Finding]:
        newest: datetime | None = None
        if it.ledger is not None:
            yield from judge_disk(gather_disk(self.machine, it.ledger, unit))
            ledger = gather_ledger(it.ledger.path, running=running.is_agent)
            newest = ledger.newest_entry
            yield from judge_ledger(ledger)
        moment = device_clock()
        yield from judge_clock(
            gather_clock(
                self.machine,
                system=moment.at,
                synchronised=moment.synchronised,
                newest_entry=newest,
            )
        )

    def _devices(
        self, it: Configured, unit: Unit | None, running: RunningFacts
    ) -> Iterator[Finding]:
        yield from judge_modules(self.machine.modules(), it.devices)
        readers = None
        if any(device.driver == PCSC for device in it.devices):
            with self.meanwhile("asking pcscd for its readers"):
                facts = gather_pcsc(self.machine, user=_USER)
            yield from judge_pcsc(facts)
            readers = facts.readers
        who = Who.me() if unit is None else unit.runs_as
        look = {
            device.name: partial(
                judge_from_outside, self.machine, device, who, readers, agent=running.locked_by
            )
            for device in it.devices
        }
        if running.health is not None:
            told = told_by(running.health)
            for device in it.devices:
                yield judge_at_agent(device, told.get(device.name), look[device.name])
            return
        looked = [(device, look[device.name]()) for device in it.devices]
        reached = [device for device, finding in looked if self._is_listened_to(device, finding)]
        findings = [] if running.is_agent else self._heard(reached)
        heard = {each.name: found for each, found in zip(reached, findings, strict=False)}
        for device, finding in looked:  # in the order of the configuration
            if running.is_agent and finding.status == "ok":
                continue  # it is the agent's, which does not answer
            yield heard.get(device.name, finding)

    @staticmethod
    def _is_listened_to(device: ListedDevice, finding: Finding) -> bool:
        return finding.status == "ok" and listens_to(device)

    def _heard(self, lines: list[ListedDevice]) -> list[Finding]:
        names = ", ".join(device.name for device in lines)
        listening = f"listening to {names} for {self.listen_s:g} s: lay a card on it now"
        with self.meanwhile(listening) if lines else nullcontext():
            return [judge_heard(heard) for heard in gather_heard(lines, for_s=self.listen_s)]

    def _head_office(self, it: Configured, unit: Unit | None) -> Iterator[Finding]:
        if it.hub is None:
            if it.whole is not None:
                yield fine("broker", "no [hub]: the agent works alone")
            return
        with self.meanwhile(f"knocking at {it.hub.broker().host}"):
            facts = gather_broker(it, now=device_clock().at, unit=unit)
        yield from judge_broker(facts)
