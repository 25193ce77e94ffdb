"""A link to a broker that is up, for as long as a test wants it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sync.broker import Broker
from sync.link import Arrived, Link, Will

__all__ = ["link"]


def _ignore(message: Arrived) -> None:
    message.done()


@contextmanager
def link(
    broker: Broker,
    client_id: str,
    *topics: str,
    take: Callable[[Arrived], None] = _ignore,
    will: Will | None = None,
    on_down: Callable[[], None] = lambda: None,
) -> Iterator[Link]:
    """Open a link, wait until it is up, and end it after; unless told to, it takes and ignores."""
    up = threading.Event()
    made = Link(
        broker,
        client_id=client_id,
        topics=topics,
        window=16,
        on_up=up.set,
        on_down=on_down,
        on_message=take,
        will=will,
    )
    made.start()
    try:
        assert up.wait(10), made.fault
        yield made
    finally:
        made.stop()
