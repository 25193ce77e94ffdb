"""What devices tell waits for its own lane only, in order, within a bound for each device."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from lane_shop import ANA, BEN, NOBODY, LaneShop, lane_shop
from structlog.testing import capture_logs

from agent.core.tokens import Token
from agent.daemon import Agent
from agent.inbox import WAITING_MOST, Inbox
from agent.ledger import LedgerUnavailable
from drivers.device import CardPresented, DeviceEvent, ProductScanned, Refused, ZoneVisited
from drivers.events import ProductRead

LANES = {"front": "1", "gun": "1", "back": "2"}
DEVICES = (*LANES, "door")


def card(token: Token) -> CardPresented:
    """A card as a device tells it; the agent goes by who told, whatever that says of itself."""
    return CardPresented(device="anything", token=token)


def numbered(number: int) -> CardPresented:
    """Card number ``number``."""
    return card(Token("em4100", f"{number:010X}"))


def run(work: Callable[[Inbox], Coroutine[Any, Any, None]]) -> None:
    """Do something with an inbox that is open."""

    async def opened() -> None:
        inbox = Inbox(DEVICES, LANES)
        inbox.open()
        await asyncio.wait_for(work(inbox), 30)

    asyncio.run(opened())


async def taken(inbox: Inbox, lane: str, so_many: int) -> list[tuple[str, int]]:
    """Take so many cards of a lane: who told it, and its number."""
    seen = [await inbox.cards[lane].take() for _ in range(so_many)]
    return [(device, int(event.token.value, 16)) for device, event in seen]


def test_a_lane_is_served_in_order() -> None:
    """Cards of one lane come in the order in which they were told, whoever told them."""

    async def work(inbox: Inbox) -> None:
        for number, device in enumerate(("front", "gun", "front", "back", "gun")):
            inbox.of(device)(numbered(number))
        told = [("front", 0), ("gun", 1), ("front", 2), ("gun", 4)]
        assert await taken(inbox, "1", 4) == told
        assert await taken(inbox, "2", 1) == [("back", 3)]

    run(work)


def test_a_flood_takes_no_room_of_others() -> None:
    """A device that floods loses what goes beyond its own hundred, and nobody else loses any."""

    async def work(inbox: Inbox) -> None:
        with capture_logs() as logs:
            for number in range(10 * WAITING_MOST):
                inbox.of("front")(numbered(number))
            inbox.of("gun")(numbered(5_000))
            inbox.of("back")(numbered(5_001))
        assert [inbox.dropped(device) for device in DEVICES] == [9 * WAITING_MOST, 0, 0, 0]
        (said,) = logs
        assert (said["event"], said["reader"]) == ("tap_dropped", "front")
        assert said["token"] == "em4100:******0064"
        assert await taken(inbox, "2", 1) == [("back", 5_001)]
        *of_front, last = await taken(inbox, "1", WAITING_MOST + 1)
        assert of_front == [("front", number) for number in range(WAITING_MOST)]
        assert last == ("gun", 5_000)

    run(work)


def test_room_is_made_and_a_new_flood_is_said_again() -> None:
    """What was taken makes room; a flood after all was taken is one more line in the log."""

    async def work(inbox: Inbox) -> None:
        with capture_logs() as logs:
            for _ in range(2):
                for number in range(WAITING_MOST + 5):
                    inbox.of("front")(numbered(number))
                await taken(inbox, "1", 1)
                inbox.of("front")(numbered(7_000))
                inbox.of("front")(numbered(7_001))
                assert (await taken(inbox, "1", WAITING_MOST))[-1] == ("front", 7_000)
        assert [line["event"] for line in logs] == ["tap_dropped", "tap_dropped"]
        assert inbox.dropped("front") == 12

    run(work)


def test_what_is_nothing_to_a_lane_does_not_wait() -> None:
    """A product, a tag that left, a card at no lane's reader: none of it fills anything."""

    async def work(inbox: Inbox) -> None:
        left = ZoneVisited(device="door", token=ANA, change="left", zone="door")
        product = ProductScanned(device="gun", product=ProductRead(gtin="5901234123457"))
        events: list[tuple[str, DeviceEvent]] = [
            ("door", left), ("door", card(ANA)), ("gun", product)
        ]  # fmt: skip
        for _ in range(2 * WAITING_MOST):
            for device, event in events:
                inbox.of(device)(event)
        inbox.of("door")(ZoneVisited(device="door", token=BEN, change="arrived", zone="door"))
        assert [inbox.dropped(device) for device in DEVICES] == [0, 0, 0, 0]
        device, visit = await inbox.visits.take()
        assert (device, visit.token) == ("door", BEN)

    run(work)


def test_nobody_loses_what_is_nothing_to_a_lane() -> None:
    """Where a device's hundred wait, a product, a refusal or a tag that left is no dropped tap."""

    async def work(inbox: Inbox) -> None:
        for number in range(WAITING_MOST):
            inbox.of("gun")(numbered(number))
        nothing: tuple[DeviceEvent, ...] = (
            ProductScanned(device="gun", product=ProductRead(gtin="5901234123457")),
            Refused(device="gun", reason="checksum"),
            ZoneVisited(device="gun", token=ANA, change="left", zone="door"),
        )
        with capture_logs() as logs:
            for event in nothing:
                inbox.of("gun")(event)
        assert (inbox.dropped("gun"), logs) == (0, [])

    run(work)


def test_events_of_many_threads_are_all_there() -> None:
    """Threads that tell at the same moment lose nothing within the bound, and wake who waits."""

    async def work(inbox: Inbox) -> None:
        waiting = asyncio.gather(
            taken(inbox, "1", 2 * WAITING_MOST), taken(inbox, "2", WAITING_MOST)
        )
        await asyncio.sleep(0)

        def tell(device: str) -> None:
            for number in range(WAITING_MOST):
                inbox.of(device)(numbered(number))

        threads = [threading.Thread(target=tell, args=[device]) for device in LANES]
        for thread in threads:
            thread.start()
        first, second = await waiting
        for device, told in (("front", first), ("gun", first), ("back", second)):
            assert [n for who, n in told if who == device] == [*range(WAITING_MOST)]

    run(work)


def test_a_closed_inbox_takes_nothing() -> None:
    """Before the agent serves and after it stopped, what a device tells is nobody's."""

    async def work(inbox: Inbox) -> None:
        inbox.close()
        inbox.of("front")(numbered(1))
        inbox.open()
        inbox.of("front")(numbered(2))
        assert await taken(inbox, "1", 1) == [("front", 2)]

    run(work)
    inbox = Inbox(DEVICES, LANES)
    inbox.of("front")(numbered(1))
    assert inbox.dropped("front") == 0


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[LaneShop]:
    """Two lanes over a real ledger."""
    with lane_shop(tmp_path / "ledger.db") as shop:
        yield shop


class Desks(Agent):
    """An agent of which only the desks run, over a shop's lanes and till."""

    def __init__(self, inbox: Inbox, shop: LaneShop) -> None:
        self._inbox, self._lanes, self._till = inbox, shop.lanes, shop.till

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve every lane."""
        tasks = [asyncio.ensure_future(work()) for _, work in self._desks()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


def test_a_look_up_that_hangs_holds_up_its_lane_only(
    shop: LaneShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one lane waits for whose card it is, another is served; then the first one is."""

    async def work(inbox: Inbox) -> None:
        slow, asked, identify = asyncio.Event(), asyncio.Event(), shop.till.identify

        async def identify_slowly(text: str, how: Any = "read") -> Any:
            if text == str(ANA):
                asked.set()
                await slow.wait()
            return await identify(text, how)

        monkeypatch.setattr(shop.till, "identify", identify_slowly)
        with Desks(inbox, shop).serving():
            inbox.of("front")(card(ANA))
            await asked.wait()
            inbox.of("back")(card(BEN))
            assert await told(shop, "2", 1) == [BEN]
            assert shop.told("1") == []
            slow.set()
            assert await told(shop, "1", 1) == [ANA]

    run(work)


def test_a_screen_that_never_reads_holds_up_nobody(shop: LaneShop) -> None:
    """A lane whose listener takes nothing is shown card after card; its stream ends, and another
    lane, and another listener of the same lane, hear all of theirs.
    """

    async def work(inbox: Inbox) -> None:
        with Desks(inbox, shop).serving(), shop.lanes.listen("1") as asleep:
            heard: list[Token] = []
            for number in range(3 * WAITING_MOST):
                inbox.of("front")(card((ANA, NOBODY)[number % 2]))
                heard += await told(shop, "1", 1)
            inbox.of("back")(card(BEN))
            assert await told(shop, "2", 1) == [BEN]
            assert heard == [ANA, NOBODY] * (3 * WAITING_MOST // 2)
            ended = [event async for event in asleep.events()]
            assert len(ended) < 3 * WAITING_MOST

    run(work)


def test_a_visit_that_cannot_be_noted_is_lost_alone(
    shop: LaneShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While nobody can look up whose tag it is, a visit is lost and said in the log without its
    number; the one after it is noted, a lane is served, and a sale is taken.
    """

    async def work(inbox: Inbox) -> None:
        read = shop.ledger.read

        async def cannot(_: Any) -> Any:
            monkeypatch.setattr(shop.ledger, "read", read)
            raise LedgerUnavailable("no disk")

        monkeypatch.setattr(shop.ledger, "read", cannot)
        with Desks(inbox, shop).serving(), capture_logs() as logs:
            for token in (ANA, NOBODY, BEN):
                inbox.of("door")(
                    ZoneVisited(device="door", token=token, change="arrived", zone="door")
                )
            while not any(line["event"] == "visit" for line in logs):
                await asyncio.sleep(0)
            inbox.of("back")(card(BEN))
            assert await told(shop, "2", 1) == [BEN]
        said = [line for line in logs if line["event"].startswith("visit")]
        assert [(line["event"], line["reader"]) for line in said] == [
            ("visit_not_noted", "door"),
            ("visit", "door"),
        ]
        assert said[1]["token"] == BEN.masked
        await shop.sell(ANA)

    run(work)


async def told(shop: LaneShop, lane: str, so_many: int) -> list[Token]:
    """Wait until so many taps were told at a lane."""
    heard: list[Token] = []
    while len(heard) < so_many:
        events = [event for event in shop.told(lane) if event.name == "card"]
        heard += [Token.parse(e.data["token"]) for e in events if e.data["cause"] == "tap"]
        await asyncio.sleep(0)
    return heard
