"""Our own certificate, for a broker that asks for one: until when it is good.

A broker hangs up on one that ran out without a word that reaches us, so we look at it ourselves:
before it ends, and whenever the line is lost. A new file is taken with the next connection.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from cryptography import x509

from sync.broker import Broker

__all__ = ["SOON", "end_of_ours", "our_certificate", "warn_of_ours"]

SOON = timedelta(days=30)
"""So long before its end a certificate is worth a word."""

_log = structlog.get_logger(__name__)


def our_certificate(broker: Broker) -> x509.Certificate | None:
    """Read the certificate that we show; None where we show none. Raises OSError, ValueError."""
    if not broker.tls or broker.cert_file is None:
        return None
    return x509.load_pem_x509_certificate(Path(broker.cert_file).read_bytes())


def end_of_ours(broker: Broker, *, now: datetime | None = None) -> str | None:
    """Say that our own certificate ran out, where it did, and what to do."""
    try:
        ours = our_certificate(broker)
    except (OSError, ValueError):
        return None  # the connection itself says what is wrong with the file
    until = None if ours is None else ours.not_valid_after_utc
    if until is None or until > (now or datetime.now(UTC)):
        return None
    return (
        f"our own certificate {broker.cert_file} ran out on {until:%Y-%m-%d}; "
        "put a new one there, it is taken without a restart"
    )


def warn_of_ours(broker: Broker, *, now: datetime | None = None) -> None:
    """Log that our own certificate ends soon, or has ended."""
    try:
        ours = our_certificate(broker)
    except (OSError, ValueError):
        return
    if ours is None:
        return
    left = ours.not_valid_after_utc - (now or datetime.now(UTC))
    if left < SOON:
        _log.warning(
            "certificate_ends",
            file=broker.cert_file,
            on=f"{ours.not_valid_after_utc:%Y-%m-%d}",
            days_left=max(0, left.days),
        )
