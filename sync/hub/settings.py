"""What can be set for the hub. Every key is here, with what it means."""

from agent.core.values import Value
from agent.layered import LayeredSettings, Listen
from sync.messages import Name
from sync.settings import BrokerSettings

__all__ = ["HubSettings"]


class DatabaseSettings(Value):
    """SQLAlchemy URL of head office's database, such as ``sqlite:////var/lib/tapledger/hub.db``."""

    url: str


class ApiSettings(Value):
    """Where ``/healthz`` answers."""

    listen: Listen = "127.0.0.1:8200"


class HubSettings(LayeredSettings):
    """The whole configuration of one hub; ``name`` is its session at the broker."""

    name: Name = "hub"
    broker: BrokerSettings
    database: DatabaseSettings
    api: ApiSettings = ApiSettings()
