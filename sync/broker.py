"""Which broker, and who we are to it."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

__all__ = ["Broker"]


_NO_PASSWORD = ""  # or OpenSSL would ask for one on the terminal


def _readable(file: str | None) -> str | None:
    """Hold that a file can be opened: OpenSSL does not say which. Raises OSError."""
    if file is not None:
        try:
            Path(file).open("rb").close()
        except OSError as error:
            raise OSError(f"{file} cannot be read: {error.strerror}") from error
    return file


@dataclass(frozen=True, kw_only=True)
class Broker:
    """Where the broker is and who we are to it. ``url`` is ``mqtt://`` or ``mqtts://``."""

    url: str
    username: str | None = None
    password: str | None = None
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    """Our own certificate, and its key, for a broker that asks for one."""

    @property
    def host(self) -> str:
        """The broker's host name or address."""
        return urlsplit(self.url).hostname or "localhost"

    @property
    def tls(self) -> bool:
        """Whether the link is encrypted."""
        return urlsplit(self.url).scheme == "mqtts"

    def tls_context(self) -> ssl.SSLContext:
        """Make what TLS needs of our side. Raises OSError saying which file cannot be used."""
        context = ssl.create_default_context(cafile=_readable(self.ca_file))
        if self.cert_file is not None:
            cert_file, key_file = _readable(self.cert_file), _readable(self.key_file)
            try:
                context.load_cert_chain(str(cert_file), key_file, password=_NO_PASSWORD)
            except (ssl.SSLError, ValueError) as error:
                raise OSError(
                    f"{cert_file} and {key_file or cert_file} are no certificate with its key"
                ) from error
        return context

    @property
    def port(self) -> int:
        """The broker's TCP port: 8883 for mqtts and 1883 for mqtt where the URL names none."""
        return urlsplit(self.url).port or (8883 if self.tls else 1883)
