"""What a store engineer can set for an agent. Every key is here, with what it means."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from agent.core.phones import Country
from agent.core.phrases import Language
from agent.core.pins import PinHash
from agent.core.program import Program
from agent.core.receipt import NARROWEST, Paper, ReceiptWidth
from agent.core.strict_toml import InvalidDocument
from agent.core.values import Code, Value
from agent.devices import ListedDevice, ReaderSettings, ScannerSettings, same_port
from agent.layered import LayeredSettings, Listen
from sync.messages import Name
from sync.settings import UplinkSettings

__all__ = ["AgentSettings"]


_NAME = "1 to 63 letters, digits, '.', '_' or '-', the first a letter or digit"
_CODE = "1 to 64 printable ASCII characters without spaces"


class DeviceSettings(Value):
    """Who this agent is: tenant (the company), store, and the device's own name."""

    tenant: Annotated[Name, Field(description=_NAME, examples=["corner-shops"])]
    store: Annotated[Name, Field(description=_NAME, examples=["s001"])]
    name: Annotated[Name, Field(description=_NAME, examples=["edge-1"])]


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


_EXAMPLE_TOKEN = "change-me"  # noqa: S105 - it stands in config/agent.toml, for all to read

TillToken = Annotated[SecretStr, Field(min_length=1)]


def _is_loopback(host: str) -> bool:
    """Say whether only this machine gets to a host; of a name but ``localhost`` nobody knows."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _tokens_apart(tokens: dict[str, SecretStr]) -> dict[str, SecretStr]:
    tills: dict[str, str] = {}
    for till, token in tokens.items():
        other = tills.setdefault(token.get_secret_value(), till)
        if other != till:
            raise ValueError(
                f"tills '{other}' and '{till}' have the same token; limits count per till, "
                "so give each a token of its own"
            )
    return tokens


class ApiSettings(Value):
    """Where the POS reaches the agent, and one bearer token for each till."""

    listen: Listen = "127.0.0.1:8100"
    tokens: Annotated[dict[str, TillToken], AfterValidator(_tokens_apart)] = Field(
        default_factory=dict, description="a secret of the till's own that nobody guesses"
    )

    def warnings(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Say what lets nobody in, or too many: what to log, and with what beside it."""
        if not self.tokens:
            yield "no_till_token", {"advice": "add one to [api.tokens]; no till gets in"}
        for till, token in self.tokens.items():
            if token.get_secret_value() == _EXAMPLE_TOKEN:
                yield "example_till_token", {"till": till, "advice": "set a token of your own"}
        if not _is_loopback(self.listen.rpartition(":")[0]):
            advice = "tokens travel in clear; listen on 127.0.0.1, or stand behind TLS"
            yield "listens_on_the_network", {"listen": self.listen, "advice": advice}


class ControlSettings(Value):
    """What a cashier may do alone, and who may agree to more.

    ``adjust_alone_points`` may be adjusted at once without a second person, ``adjust_day_points``
    by one cashier on one business date. ``claims_per_day`` limits how many sales a cashier may give
    to a card afterwards; 0 is no limit. From the ``often``-th sale in a row of one card at one
    cashier on one day head office is told. ``approvers`` has the lines of ``tapledger pin``. With
    ``wait_for_tills`` points are redeemed after a start only once every till of ``[api.tokens]``
    has sent the position it was told last: for tills that do.
    """

    adjust_alone_points: Annotated[int, Field(ge=0, le=10**6)] = 500
    adjust_day_points: Annotated[int, Field(ge=0, le=10**9)] = 5_000
    claims_per_day: Annotated[int, Field(ge=0, le=10**6)] = 0
    often: Annotated[int, Field(ge=2, le=10**6)] = 4
    wait_for_tills: bool = False
    approvers: dict[Code, PinHash] = Field(default_factory=dict, description=_CODE)

    @model_validator(mode="after")
    def _a_day_holds_one_adjustment(self) -> Self:
        """Hold that what may be adjusted at once may be adjusted on a day, where both are meant."""
        meant = "adjust_alone_points" in self.model_fields_set
        if meant and self.adjust_alone_points > self.adjust_day_points:
            raise ValueError(
                f"adjust_alone_points ({self.adjust_alone_points}) is above adjust_day_points "
                f"({self.adjust_day_points}): the day's limit stops every adjustment first, "
                "so no PIN would ever be asked for; lower the one or raise the other"
            )
        return self

    @property
    def pin_hashes(self) -> dict[str, str]:
        """Who may approve, and the hashes of their PINs."""
        return {name: secret.get_secret_value() for name, secret in self.approvers.items()}


class MembersSettings(Value):
    """How members are found who show no card.

    A telephone number without a country's code is read in ``phone_country``; ``lookups_per_minute``
    is how many members each till may look for by a typed or spoken number.
    """

    phone_country: Country = "US"
    lookups_per_minute: Annotated[int, Field(ge=1, le=6_000)] = 30


class LaneSettings(Value):
    """One till, and the names of the devices that belong to it.

    Its receipts are ``receipt_width`` characters wide, in ``language``, or else in the program's
    first.
    """

    name: Annotated[Name, Field(description=_NAME, examples=["1"])]
    devices: Annotated[tuple[Code, ...], Field(description=_CODE, examples=["front"])] = ()
    receipt_width: Annotated[
        ReceiptWidth, Field(description="32, 42 or 48, the characters of a line")
    ] = NARROWEST
    language: Annotated[
        Language | None,
        Field(description="one of the program's languages", examples=["en", "pt-BR"]),
    ] = None


class AgentSettings(LayeredSettings):
    """The whole configuration of one agent; without ``[hub]`` it works alone."""

    device: DeviceSettings
    ledger: LedgerSettings
    hub: UplinkSettings | None = None
    program: ProgramSettings
    api: ApiSettings = ApiSettings()
    controls: ControlSettings = ControlSettings()
    members: MembersSettings = MembersSettings()
    reader: tuple[ReaderSettings, ...] = ()
    scanner: tuple[ScannerSettings, ...] = ()
    lane: Annotated[
        tuple[LaneSettings, ...], Field(min_length=1, description="a [[lane]] for each till")
    ]

    @model_validator(mode="after")
    def _devices_belong_together(self) -> Self:
        """Hold that each name is used once, each port by one device, each device by one lane."""
        _each_once("[[reader]] and [[scanner]]", [device.name for device in self.listed])
        _each_once("[[lane]]", [lane.name for lane in self.lane])
        if both := same_port(self.listed):
            one, other = both
            alike = one.port == other.port or one.port.startswith("/")  # or two names of a file
            raise ValueError(
                f"{one.kind} '{one.name}' and {other.kind} '{other.name}' name the same port "
                + (other.port if alike else f"as '{one.port}' and '{other.port}'")
            )
        known = {device.name for device in self.listed}
        owned: dict[str, str] = {}
        for lane in self.lane:
            for device in lane.devices:
                if device not in known:
                    raise ValueError(
                        f"lane '{lane.name}' names '{device}', which is no reader or scanner; "
                        + _there_is(known)
                    )
                if owned.setdefault(device, lane.name) != lane.name:
                    raise ValueError(
                        f"lanes '{owned[device]}' and '{lane.name}' both name '{device}'"
                    )
        return self

    @property
    def listed(self) -> tuple[ListedDevice, ...]:
        """All devices, readers first."""
        return (*self.reader, *self.scanner)

    @property
    def lane_of_device(self) -> dict[str, str]:
        """Which lane owns which device."""
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


def _there_is(devices: Iterable[str]) -> str:
    names = ", ".join(f"'{name}'" for name in sorted(devices))
    return f"there is {names}" if names else "there is no [[reader]] and no [[scanner]]"


def _each_once(kind: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two of {kind} are called '{name}'")
