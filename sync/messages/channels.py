"""Channels: which kind of topic carries which message, from whom, when, and how.

``config/asyncapi.yaml`` is written from this table, and both ends subscribe by it.
"""

from dataclasses import dataclass
from typing import Literal

from agent.core.values import Value
from sync.messages.feed import FeedPage, FeedRequest
from sync.messages.greeting import Challenge, Halt, Hello, Ok, Presence, Welcome
from sync.messages.journal import Ack, Journal
from sync.messages.rights import Allowance, Ask, Grant, Recall

__all__ = ["CHANNELS", "Channel", "topics_down", "topics_up"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Channel:
    """One kind of topic under a device's address.

    ``lines`` names what the lines after the header are, in a payload of deflated lines.
    """

    kind: str
    message: type[Value]
    sender: Literal["device", "head office"]
    when: str
    lines: str | None = None
    retained: bool = False


CHANNELS = (
    Channel(
        kind="hello",
        message=Hello,
        sender="device",
        when="on every connection, to answer a CHALLENGE or a WELCOME, when answers are overdue, "
        "when the journal began a new epoch, and every few minutes",
    ),
    Channel(
        kind="journal",
        message=Journal,
        sender="device",
        when="whenever the journal grew, and again from the last acknowledgement on",
        lines="the canonical bytes of one entry each",
    ),
    Channel(
        kind="ask",
        message=Ask,
        sender="device",
        when="while a customer waits for points that are elsewhere; it expires with their patience",
    ),
    Channel(
        kind="feed",
        message=FeedRequest,
        sender="device",
        when="every five to thirty seconds while connected, later where much is under way, and at "
        "once where a page said that there is more",
    ),
    Channel(
        kind="presence",
        message=Presence,
        sender="device",
        when="on every connection, and once a minute at most where it has greeted or something "
        "changed; the broker publishes the will",
        retained=True,
    ),
    Channel(kind="down/ok", message=Ok, sender="head office", when="the HELLO matches"),
    Channel(
        kind="down/challenge",
        message=Challenge,
        sender="head office",
        when="the HELLO does not match, or something is to begin",
    ),
    Channel(
        kind="down/welcome",
        message=Welcome,
        sender="head office",
        when="a HELLO answered the challenge",
    ),
    Channel(
        kind="down/halt",
        message=Halt,
        sender="head office",
        when="the device may not go on as it is",
    ),
    Channel(
        kind="down/ack",
        message=Ack,
        sender="head office",
        when="after the commit of a batch",
    ),
    Channel(
        kind="down/grant",
        message=Grant,
        sender="head office",
        when="rights were moved to the device, and as the answer to an ASK",
    ),
    Channel(
        kind="down/recall",
        message=Recall,
        sender="head office",
        when="rights are needed elsewhere, until a LEASE_RETURN answers it",
    ),
    Channel(
        kind="down/floor",
        message=Allowance,
        sender="head office",
        when="after a greeting, and when the allowance changed",
    ),
    Channel(
        kind="down/feed",
        message=FeedPage,
        sender="head office",
        when="a device asked for it",
        lines="one item each",
    ),
)
"""Every channel there is."""


def topics_up(*, retained: bool) -> tuple[str, ...]:
    """Answer the topic filters by which head office hears every device: what the broker keeps for
    whoever comes, or else what it does not.
    """
    return tuple(
        f"tapledger/1/+/+/+/{each.kind}"
        for each in CHANNELS
        if each.sender == "device" and each.retained is retained
    )


def topics_down() -> tuple[str, ...]:
    """Answer the kinds of topic by which a device hears head office."""
    return tuple(each.kind for each in CHANNELS if each.sender == "head office")
