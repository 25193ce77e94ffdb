"""The doctor at head office: what is looked at of a hub's machine, in which order.

Parts that a store's machine has as well are looked at by the same functions.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agent.clock import device_clock
from agent.core.strict_toml import InvalidDocument
from agent.doctor.broker import as_handed, judge_broker, knock_at
from agent.doctor.clock import gather_clock, judge_clock
from agent.doctor.configuration import (
    Configured,
    named,
    read_document,
    read_section,
    with_credentials,
)
from agent.doctor.database import gather_database, judge_database
from agent.doctor.examination import Meanwhile, guarded, in_silence
from agent.doctor.finding import Finding, failed, fine, warned
from agent.doctor.machine import Machine
from agent.doctor.running import asked
from agent.doctor.secrets import gather_secret_files, judge_secret_files
from agent.doctor.software import gather_sqlite, judge_sqlite
from agent.doctor.unit import Unit, credentials_of, installed_unit
from agent.layered import load
from sync.hub.settings import ApiSettings, DatabaseSettings, HubSettings
from sync.settings import BrokerSettings

__all__ = ["HeadOfficeExamination"]

_UNIT = "tapledger-hub"
_LOG = f"journalctl -u {_UNIT} says why"
_THIS_MACHINE = ("127.0.0.1", "[::1]", "localhost")


@dataclass(frozen=True, kw_only=True, slots=True)
class _HubConfigured:
    """What could be read of a hub's configuration, and every mistake in it."""

    files: tuple[Path, ...]
    mistakes: tuple[str, ...] = ()
    broker: BrokerSettings | None = None
    database: DatabaseSettings | None = None
    api: ApiSettings | None = None


def _configured(files: tuple[Path, ...], credentials: Mapping[str, str]) -> _HubConfigured:
    with with_credentials(credentials):
        try:
            whole = load(HubSettings, files)
        except InvalidDocument as error:
            mistakes = tuple(str(error).splitlines())
        else:
            return _HubConfigured(
                files=files, broker=whole.broker, database=whole.database, api=whole.api
            )
        document = read_document(files)
        return _HubConfigured(
            files=files,
            mistakes=mistakes,
            broker=read_section("broker", BrokerSettings, document),
            database=read_section("database", DatabaseSettings, document),
            api=read_section("api", ApiSettings, document),
        )


@dataclass(frozen=True, kw_only=True)
class HeadOfficeExamination:
    """What to look at. ``findings`` does the work."""

    files: tuple[Path, ...]
    machine: Machine = field(default_factory=Machine)
    meanwhile: Meanwhile = in_silence

    def findings(self) -> Iterator[Finding]:
        """Look at one thing after the other, and say of each how it is, as soon as it is known."""
        unit = installed_unit(self.machine, _UNIT)
        it = _configured(self.files, credentials_of(self.machine, unit))
        yield from _judge_configuration(it)
        for name, part in (
            ("secrets", lambda: self._secrets(it, unit)),
            ("database", lambda: self._database(it, unit)),
            ("clock", self._clock),
            ("hub", lambda: _judge_running(it, has_unit=unit is not None)),
            ("broker", lambda: self._broker(it, unit)),
        ):
            yield from guarded(name, part)

    def _secrets(self, it: _HubConfigured, unit: Unit | None) -> Iterator[Finding]:
        files = gather_secret_files(Configured(files=it.files), self.machine, unit)
        yield from judge_secret_files(files, has_unit=unit is not None)
        if it.api is not None:
            yield from _judge_access(it.api)

    def _database(self, it: _HubConfigured, unit: Unit | None) -> Iterator[Finding]:
        if it.database is None:
            return
        if not it.database.takes_many_workers:
            yield judge_sqlite(gather_sqlite())
        with self.meanwhile("asking the database"):
            facts = gather_database(self.machine, it.database.url, unit)
        yield from judge_database(facts)

    def _clock(self) -> Iterator[Finding]:
        moment = device_clock()
        facts = gather_clock(self.machine, system=moment.at, synchronised=moment.synchronised)
        yield from judge_clock(facts)

    def _broker(self, it: _HubConfigured, unit: Unit | None) -> Iterator[Finding]:
        if it.broker is None:
            return
        broker = as_handed(it.broker.broker(), unit)
        with self.meanwhile(f"knocking at {broker.host}"):
            facts = knock_at(broker, section="broker", address=None, now=device_clock().at)
        yield from judge_broker(facts)


def _judge_configuration(it: _HubConfigured) -> list[Finding]:
    if not it.mistakes:
        return [fine("config", f"{named(it.files)} holds")]
    advice = "change that in the file; the hub does not start with it"
    return [failed("config", mistake, advice) for mistake in it.mistakes]


def _judge_access(api: ApiSettings) -> Iterator[Finding]:
    """Say what lets nobody in, or too many."""
    host = api.listen.rpartition(":")[0]
    if not api.tokens:
        said = "nobody has a token, so nobody gets at the API and the status page"
        yield warned("access", said, "set one for each clerk below [api.tokens], as a credential")
    if host not in _THIS_MACHINE:
        said = f"{api.listen} lets the network in, and tokens travel in clear"
        yield warned("access", said, "set [api] listen to 127.0.0.1:8200, behind a proxy with TLS")
    elif api.tokens:
        count = len(api.tokens)
        yield fine("access", "1 clerk has a token" if count == 1 else f"{count} clerks have tokens")


def _judge_running(it: _HubConfigured, *, has_unit: bool) -> Iterator[Finding]:
    """Say whether a hub runs, and what it complains of itself."""
    listen = it.api.listen if it.api else ""
    told = asked(listen)
    health = told.get("health")
    if health is not None:
        for reason in health["reasons"]:
            yield warned("hub", str(reason), f"journalctl -u {_UNIT} says more")
        if not health["reasons"]:
            many = health.get("workers")
            workers = "1 worker takes" if many == 1 else f"{many} workers take"
            yield fine("hub", f"runs and is well, {workers} messages")
    elif told.get("answers"):
        said = f"another program answers at {listen}"
        yield failed("hub", said, f"stop it, or set another [api] listen; {_LOG}")
    elif has_unit:
        advice = f"systemctl enable --now {_UNIT}; {_LOG}"
        yield warned("hub", "the service is installed and does not run", advice)
    else:
        yield fine("hub", f"none runs at {listen}" if listen else "none was asked")
