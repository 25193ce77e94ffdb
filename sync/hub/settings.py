"""What can be set for the hub. Every key is here, with what it means."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from agent.core.values import Value
from agent.layered import LayeredSettings, Listen
from sync.messages import Name
from sync.settings import BrokerSettings

__all__ = ["DatabaseSettings", "HubSettings"]

_SHORTEST_TOKEN = 16
_BACKENDS = ("sqlite", "postgresql+psycopg")


def _of_a_known_kind(url: str) -> str:
    try:
        kind = make_url(url).drivername
    except ArgumentError as error:
        raise ValueError("write it as sqlite:////path or postgresql+psycopg://host/name") from error
    if kind not in _BACKENDS:
        raise ValueError(f"'{kind}' is not one of {', '.join(_BACKENDS)}")
    return url


class DatabaseSettings(Value):
    """SQLAlchemy URL of head office's database: ``sqlite:////var/lib/tapledger-hub/hub.db``, or
    ``postgresql+psycopg://user:password@host/name``, which normally comes from a credential.
    """

    url: Annotated[str, AfterValidator(_of_a_known_kind)]

    @property
    def takes_many_workers(self) -> bool:
        """Whether several processes may write. SQLite takes one writer."""
        return make_url(self.url).get_backend_name() != "sqlite"


def _long_enough(token: SecretStr) -> SecretStr:
    if len(token) < _SHORTEST_TOKEN:
        raise ValueError(f"write at least {_SHORTEST_TOKEN} characters")
    return token


class ApiSettings(Value):
    """Where the API and the status page answer, and a bearer token for each who may ask.

    ``tenant`` says whose members they are, where one head office serves several companies.
    """

    listen: Listen = "127.0.0.1:8200"
    tenant: Name | None = None
    tokens: dict[str, Annotated[SecretStr, AfterValidator(_long_enough)]] = Field(
        default_factory=dict
    )


class HubSettings(LayeredSettings):
    """The whole configuration of one hub; ``name`` is its sessions' at the broker."""

    name: Name = "hub"
    broker: BrokerSettings
    database: DatabaseSettings
    api: ApiSettings = ApiSettings()
