"""A process that does nothing but wait for ports: the raw limit of a tap, and of being idle.

Started with ports; prints ``running``, and for each piece that comes the monotonic clock's
nanoseconds, which all processes of a machine share. It wakes once a second, as whatever has a
watchdog does.
"""

import asyncio
import os
import sys
import time

__all__ = ["serve"]

_WAKES_EVERY_S = 1.0


def _stamp(port: int) -> None:
    if os.read(port, 4_096):
        sys.stdout.write(f"{time.monotonic_ns()}\n")
        sys.stdout.flush()


async def serve(ports: list[str]) -> None:
    """Wait for ever."""
    loop = asyncio.get_running_loop()
    for name in ports:
        port = os.open(name, os.O_RDONLY | os.O_NOCTTY)
        loop.add_reader(port, _stamp, port)
    sys.stdout.write("running\n")
    sys.stdout.flush()
    while True:
        await asyncio.sleep(_WAKES_EVERY_S)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1:]))
