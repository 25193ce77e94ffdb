"""From what a device tells and how it stands to what an onlooker is told."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import assert_never

from msgspec import structs

from agent.core.tokens import proof_of
from agent.news import DeviceNews
from drivers.device import CardPresented, DeviceEvent, ProductScanned, Refused, ZoneVisited

__all__ = ["Standing", "changes", "news_of"]

Standing = Mapping[str, str | None]
"""The fault of each device by its name; None where it has none."""


def news_of(event: DeviceEvent, lane: str | None) -> DeviceNews:
    """Answer what a device told as what an onlooker is told: its card masked."""
    news = DeviceNews(at=_now(), device=event.device, lane=lane, kind="refused")
    match event:
        case CardPresented(token=token, counter=counter):
            card = {"token": token.masked, "proof": proof_of(token), "counter": counter}
            return news.model_copy(update={"kind": "card", **card})
        case ProductScanned(product=product):
            named = structs.asdict(product)
            return news.model_copy(update={"kind": "product", **named})
        case ZoneVisited(token=token, change=change, zone=zone):
            visit = {"token": token.masked, "change": change, "zone": zone}
            return news.model_copy(update={"kind": "visit", **visit})
        case Refused(reason=reason):
            return news.model_copy(update={"reason": reason})
        case _:
            assert_never(event)


def changes(before: Standing, now: Standing, lane_of: Mapping[str, str]) -> Iterator[DeviceNews]:
    """Answer who was lost and who was found between two looks; all, where there was none."""
    for device, fault in now.items():
        if device in before and (before[device] is None) == (fault is None):
            continue
        lane = lane_of.get(device)
        kind = "found" if fault is None else "lost"
        yield DeviceNews(at=_now(), device=device, lane=lane, kind=kind, fault=fault)


def _now() -> datetime:
    return datetime.now(UTC)
