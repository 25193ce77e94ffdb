"""The settings both ends of the link share: which broker, and who we are to it."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, FilePath, SecretStr, StringConstraints

from agent.core.values import Value
from sync.broker import Broker

__all__ = ["BrokerSettings"]


def _with_a_port_that_exists(url: str) -> str:
    urlsplit(url).port  # noqa: B018 - raises ValueError where it is out of range
    return url


BrokerUrl = Annotated[
    str,
    StringConstraints(
        pattern=r"^mqtts?://([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9a-fA-F:]+\])(:[0-9]+)?$"
    ),
    AfterValidator(_with_a_port_that_exists),
    Field(
        description="the broker's address, without a user and a path",
        examples=["mqtt://127.0.0.1:1883", "mqtts://broker.example.com:8883"],
    ),
]


class BrokerSettings(Value):
    """The broker: ``mqtt://host:port``, or ``mqtts://`` with TLS; ``ca_file`` names its authority.

    ``password`` normally comes from a credential, not from the file.
    """

    url: BrokerUrl
    username: str | None = None
    password: SecretStr | None = None
    ca_file: FilePath | None = None

    def broker(self) -> Broker:
        """Put the settings in the form the link takes."""
        return Broker(
            url=self.url,
            username=self.username,
            password=self.password.get_secret_value() if self.password else None,
            ca_file=str(self.ca_file) if self.ca_file else None,
        )
