"""The settings both ends of the link share: which broker, and who we are to it."""

from pathlib import Path
from typing import Annotated

from pydantic import SecretStr, StringConstraints

from agent.core.values import Value
from sync.link import Broker

__all__ = ["BrokerSettings"]

BrokerUrl = Annotated[str, StringConstraints(pattern=r"^mqtts?://[^/@\s]+$")]


class BrokerSettings(Value):
    """The broker: ``mqtt://host:port``, or ``mqtts://`` with TLS; ``ca_file`` names its authority.

    ``password`` normally comes from a credential, not from the file.
    """

    url: BrokerUrl
    username: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None

    def broker(self) -> Broker:
        """Put the settings in the form the link takes."""
        return Broker(
            url=self.url,
            username=self.username,
            password=self.password.get_secret_value() if self.password else None,
            ca_file=str(self.ca_file) if self.ca_file else None,
        )
