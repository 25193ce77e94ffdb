"""The settings both ends of the link share: which broker, and who we are to it."""

import os
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, model_validator

from agent.core.values import Value
from sync.broker import Broker
from sync.messages import FeedScope

__all__ = ["BrokerSettings", "UplinkSettings"]


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


FileName = Annotated[
    str,
    Field(
        min_length=1,
        description="the path of a PEM file, or the name of a credential",
        examples=["/etc/tapledger/tapledger-ca.crt", "device.key"],
    ),
]


class BrokerSettings(Value):
    """The broker: ``mqtt://host:port``, or ``mqtts://`` with TLS; ``ca_file`` names its authority.

    ``password`` normally comes from a credential, not from the file. ``cert_file`` and ``key_file``
    are our own certificate and its key, for a broker that asks for one; a file that is named
    without any directory is one of the service's credentials.
    """

    url: BrokerUrl
    username: str | None = None
    password: SecretStr | None = None
    ca_file: FileName | None = None
    cert_file: FileName | None = None
    key_file: FileName | None = None

    @model_validator(mode="after")
    def _certificate_and_key(self) -> Self:
        """Hold that a certificate has its key, and that there is TLS to show it in."""
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file go together: set both or none")
        if self.cert_file is not None and not self.url.startswith("mqtts:"):
            raise ValueError("cert_file is for TLS: write url as mqtts://…, or leave it out")
        return self

    @property
    def files(self) -> tuple[Path, ...]:
        """The files it names by where they lie; credentials are the service's own."""
        named = (self.ca_file, self.cert_file, self.key_file)
        return tuple(Path(name) for name in named if name is not None and "/" in name)

    def broker(self) -> Broker:
        """Put the settings in the form the link takes."""
        return Broker(
            url=self.url,
            username=self.username,
            password=self.password.get_secret_value() if self.password else None,
            ca_file=_found(self.ca_file),
            cert_file=_found(self.cert_file),
            key_file=_found(self.key_file),
        )


class UplinkSettings(BrokerSettings):
    """Head office, as a store reaches it.

    ``feed`` says which members the store is told of: ``all``, or those who were ``seen`` here.
    ``patience_s`` is how long a till waits for head office while a customer stands there.
    """

    feed: FeedScope = "all"
    patience_s: Annotated[float, Field(ge=0.05, le=5)] = 0.4


def _found(name: str | None) -> str | None:
    """Answer where a file lies: one without a directory beside the service's credentials, where
    there are any.
    """
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if name is None or credentials is None or "/" in name:
        return name
    return str(Path(credentials) / name)
