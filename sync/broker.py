"""Which broker, and who we are to it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = ["Broker"]


@dataclass(frozen=True, kw_only=True)
class Broker:
    """Where the broker is and who we are to it. ``url`` is ``mqtt://`` or ``mqtts://``."""

    url: str
    username: str | None = None
    password: str | None = None
    ca_file: str | None = None

    @property
    def host(self) -> str:
        """The broker's host name or address."""
        return urlsplit(self.url).hostname or "localhost"

    @property
    def tls(self) -> bool:
        """Whether the link is encrypted."""
        return urlsplit(self.url).scheme == "mqtts"

    @property
    def port(self) -> int:
        """The broker's TCP port: 8883 for mqtts and 1883 for mqtt where the URL names none."""
        return urlsplit(self.url).port or (8883 if self.tls else 1883)
