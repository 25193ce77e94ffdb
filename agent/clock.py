"""The one place that reads the device's clock and mints ids; everything else is handed these."""

from datetime import UTC, datetime

import uuid_utils

__all__ = ["mint_id", "system_clock"]


def system_clock() -> datetime:
    """Answer the present moment in UTC."""
    return datetime.now(UTC)


def mint_id() -> str:
    """Mint a UUIDv7 (RFC 9562, 5.7): unique without a network, and rising within one process."""
    return str(uuid_utils.uuid7())
