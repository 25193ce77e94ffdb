"""The one place that reads the device's clocks and mints ids; everything else is handed these."""

import ctypes
import time
from datetime import UTC, datetime
from pathlib import Path

import uuid_utils

from agent.core.instant import Moment

__all__ = ["device_clock", "mint_id", "system_clock"]

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised to a reliable server
_TIMEX_BYTES = 512  # struct timex has 208 on 64-bit Linux; the kernel never writes more
_boot_id: list[str] = []


def system_clock() -> datetime:
    """Answer the present moment in UTC."""
    return datetime.now(UTC)


def device_clock() -> Moment:
    """Read every clock of the device: wall, boot, and whether the kernel trusts the wall clock.

    Sources: clock_gettime(2) with CLOCK_BOOTTIME, adjtimex(2), random(4) for the boot id.
    """
    return Moment(
        at=datetime.now(UTC),
        boot_id=_this_boot(),
        up_ms=time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000,
        synchronised=_synchronised(),
    )


def mint_id() -> str:
    """Mint a UUIDv7 (RFC 9562, 5.7): unique without a network, and rising within one process."""
    return str(uuid_utils.uuid7())


def _this_boot() -> str:
    if not _boot_id:
        _boot_id.append(_BOOT_ID.read_text("ascii").strip())
    return _boot_id[0]


def _synchronised() -> bool:
    """Ask the kernel, changing nothing: a struct of zeros sets no mode."""
    state: int = _LIBC.adjtimex(_TIMEX)
    return state not in (-1, _TIME_ERROR)


_LIBC = ctypes.CDLL(None, use_errno=True)
_TIMEX = ctypes.create_string_buffer(_TIMEX_BYTES)
