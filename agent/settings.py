"""What a store engineer can set for an agent. Every key is here, with what it means."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from agent.core.phrases import Language
from agent.core.program import Program
from agent.core.receipt import NARROWEST, Paper, ReceiptWidth
from agent.core.strict_toml import InvalidDocument
from agent.core.values import Code, Value
from agent.layered import LayeredSettings, Listen
from drivers.registry import SERIAL_READERS
from sync.messages import Name
from sync.settings import BrokerSettings

__all__ = ["AgentSettings"]


def _known_driver(name: str) -> str:
    if name not in SERIAL_READERS:
        known = ", ".join(sorted(SERIAL_READERS))
        raise ValueError(f"no driver is called '{name}'; there is {known}")
    return name


class DeviceSettings(Value):
    """Who this agent is: tenant (the company), store, and the device's own name."""

    tenant: Name
    store: Name
    name: Name


class LedgerSettings(Value):
    """Where the journal lives; the directory is made where it is missing.

    Entries that head office has acknowledged stay ``keep_days`` in the database and are then
    sealed; ``budget_mib`` is what database, sealed entries and backups may take of the disk.
    """

    path: Path
    keep_days: Annotated[float, Field(ge=0, le=3650)] = 35
    budget_mib: Annotated[int, Field(ge=16)] = 8_192


class ProgramSettings(Value):
    """The loyalty program's file."""

    path: Path


TillToken = Annotated[SecretStr, Field(min_length=1)]


class ApiSettings(Value):
    """Where the POS reaches the agent, and one bearer token for each till."""

    listen: Listen = "127.0.0.1:8100"
    tokens: dict[str, TillToken] = Field(default_factory=dict)


class ReaderSettings(Value):
    """One card reader: its name, its driver, and a port or any URL that pyserial opens."""

    name: Code
    driver: Annotated[str, AfterValidator(_known_driver)]
    port: str


class LaneSettings(Value):
    """One till, and the names of the devices that belong to it.

    Its receipts are ``receipt_width`` characters wide, in ``language``, or else in the program's
    first.
    """

    name: Name
    devices: tuple[Code, ...] = ()
    receipt_width: ReceiptWidth = NARROWEST
    language: Language | None = None


class AgentSettings(LayeredSettings):
    """The whole configuration of one agent; without ``[hub]`` it works alone."""

    device: DeviceSettings
    ledger: LedgerSettings
    hub: BrokerSettings | None = None
    program: ProgramSettings
    api: ApiSettings = ApiSettings()
    reader: tuple[ReaderSettings, ...] = ()
    lane: Annotated[tuple[LaneSettings, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _devices_belong_together(self) -> Self:
        """Hold that each name is used once, each port by one reader, each device by one lane."""
        _each_once("reader", [reader.name for reader in self.reader])
        _each_once("lane", [lane.name for lane in self.lane])
        by_port: dict[str, str] = {}
        for reader in self.reader:
            other = by_port.setdefault(str(Path(reader.port).resolve()), reader.name)
            if other != reader.name:
                raise ValueError(
                    f"readers '{other}' and '{reader.name}' name the same port {reader.port}"
                )
        known = {reader.name for reader in self.reader}
        owned: dict[str, str] = {}
        for lane in self.lane:
            for device in lane.devices:
                if device not in known:
                    raise ValueError(f"lane '{lane.name}' names '{device}', which is no reader")
                if owned.setdefault(device, lane.name) != lane.name:
                    raise ValueError(
                        f"lanes '{owned[device]}' and '{lane.name}' both name '{device}'"
                    )
        return self

    @property
    def lane_of_reader(self) -> dict[str, str]:
        """Which lane owns which reader."""
        return {device: lane.name for lane in self.lane for device in lane.devices}

    def papers(self, program: Program) -> dict[str, Paper]:
        """Answer what each lane prints on. Raises InvalidDocument for a language nobody wrote."""
        papers = {}
        for lane in self.lane:
            try:
                paper = Paper.of(program, width=lane.receipt_width, language=lane.language)
            except ValueError as error:
                raise InvalidDocument(f"lane '{lane.name}': language: {error}") from error
            papers[lane.name] = paper
        return papers


def _each_once(kind: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two of [[{kind}]] are called '{name}'")
