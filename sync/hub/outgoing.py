"""What head office sends: each kind of message has its topic, and some are worth nothing later."""

from collections.abc import Iterable
from dataclasses import dataclass

from agent.core.values import Value
from sync.hub.notices import Notice
from sync.messages import (
    CHANNELS,
    Challenge,
    DeviceAddress,
    FeedItem,
    FeedPage,
    Halt,
    Ok,
    Welcome,
    encode,
    encode_feed,
)

__all__ = ["Outgoing", "addressed", "feed_page", "to"]

_KINDS = {each.message: each.kind for each in CHANNELS if each.sender == "head office"}

_HALT_EXPIRY_S = 30
"""A halt kept longer would halt a device again whose trouble was mended meanwhile."""

_GREETING_EXPIRY_S = 60
"""The device has greeted anew by then, and takes no answer to the HELLO before."""

_EXPIRIES_S: dict[type[Value], int] = {
    Ok: _GREETING_EXPIRY_S,
    Challenge: _GREETING_EXPIRY_S,
    Welcome: _GREETING_EXPIRY_S,
    Halt: _HALT_EXPIRY_S,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Outgoing:
    """A message for one topic. Where it cannot go, it is not kept: the device asks again."""

    topic: str
    payload: bytes
    expiry_s: int | None = None
    retain: bool = False


def to(address: DeviceAddress, message: Value) -> Outgoing:
    """Address one message to a device."""
    kind = type(message)
    return Outgoing(
        topic=address.topic(_KINDS[kind]),
        payload=encode(message),
        expiry_s=_EXPIRIES_S.get(kind),
    )


def addressed(notices: Iterable[Notice]) -> list[Outgoing]:
    """Address what a transaction left to be said, in order."""
    return [to(device.address, message) for device, message in notices]


def feed_page(address: DeviceAddress, page: FeedPage, items: tuple[FeedItem, ...]) -> Outgoing:
    """Address a page of the feed to the device that asked for it."""
    return Outgoing(
        topic=address.topic(_KINDS[FeedPage]),
        payload=encode_feed(page, items),
        expiry_s=_GREETING_EXPIRY_S,
    )
