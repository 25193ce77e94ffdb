"""Devices are told to whoever looks on, in a form without card numbers, and wait for nobody."""

import asyncio
import json
from collections.abc import Callable
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from agent.api.devices import NoDevices
from agent.cli.news_lines import REASONS
from agent.core.tokens import Token
from agent.device_news import changes, news_of
from agent.news import DeviceNews
from agent.watching import DeviceWatch
from drivers.device import CardPresented, DeviceEvent, ProductScanned, Refused, ZoneVisited
from drivers.events import ProductRead, Reason

_LANES = {"front": "1"}
_CARD = Token("em4100", "0C000621A5")

_DIGITS = st.text("0123456789ABCDEF", min_size=8, max_size=20)
_TOKENS = st.builds(Token, st.sampled_from(["em4100", "uid", "gsrn", "card", "sdm"]), _DIGITS)
_EVENTS = st.one_of(
    st.builds(CardPresented, device=st.just("front"), token=_TOKENS),
    st.builds(
        ZoneVisited,
        device=st.just("front"),
        token=_TOKENS,
        change=st.sampled_from(["arrived", "left"]),
        zone=st.just("door"),
    ),
)


@given(_EVENTS)
def test_no_card_number_is_told(event: CardPresented | ZoneVisited) -> None:
    """Of a card its last four characters are told, and never the number."""
    said = news_of(event, "1").as_json()
    assert event.token.value not in said
    assert json.loads(said)["token"] == event.token.masked


def test_each_kind_says_what_it_is() -> None:
    """A card with its proof, a product, a visit and a refusal each have their own fields."""
    told: list[tuple[DeviceEvent, dict[str, object]]] = [
        (
            CardPresented(device="front", token=Token("sdm", "04958CAA5C5E80"), counter=8),
            {"kind": "card", "token": "sdm:**********5E80", "proof": "sdm", "counter": 8},
        ),
        (
            ProductScanned(device="gun", product=ProductRead(gtin="5901234123457", lot="A1")),
            {"kind": "product", "gtin": "5901234123457", "lot": "A1"},
        ),
        (
            ZoneVisited(device="door", token=_CARD, change="left", zone="entrance"),
            {"kind": "visit", "token": _CARD.masked, "change": "left", "zone": "entrance"},
        ),
        (Refused(device="gun", reason="checksum"), {"kind": "refused", "reason": "checksum"}),
    ]
    for event, expected in told:
        said = json.loads(news_of(event, _LANES.get(event.device)).as_json())
        assert said.pop("at")
        assert said == expected | {"device": event.device, "lane": _LANES.get(event.device)}


def test_loss_and_return_are_told_once() -> None:
    """A device that stays as it is is no news."""

    def told(before: dict[str, str | None], now: dict[str, str | None]) -> list[str]:
        return [f"{each.device} {each.kind}" for each in changes(before, now, _LANES)]

    assert told({}, {"front": None, "gun": "gone"}) == ["front found", "gun lost"]
    assert told({"front": None, "gun": "gone"}, {"front": None, "gun": "still gone"}) == []
    assert told({"front": None, "gun": "gone"}, {"front": "x", "gun": None}) == [
        "front lost",
        "gun found",
    ]


class _Front:
    """A reader that is there."""

    name = "front"
    fault = None


def _watching(story: Callable[[DeviceWatch], object]) -> None:
    async def run() -> None:
        watch = DeviceWatch(lambda: [_Front()], _LANES)
        answer = story(watch)
        if asyncio.iscoroutine(answer):
            await answer

    asyncio.run(run())


async def _settle() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def test_who_never_reads_is_hung_up_on() -> None:
    """One who takes nothing is ended with a bounded rest, and who reads hears all."""

    async def story(watch: DeviceWatch) -> None:
        to_lane: list[DeviceEvent] = []
        tell = watch.beside(to_lane.append)
        with watch.listen() as stuck, watch.listen() as reading:
            heard: list[DeviceNews] = []

            async def read() -> None:
                async for news in reading.events():
                    heard.append(news)

            task = asyncio.create_task(read())
            for number in range(3_000):
                tell(CardPresented(device="front", token=Token("em4100", f"{number:010X}")))
                await _settle()
            assert len(heard) == 3_001
            watch.stop()
            await task
            rest = [news async for news in stuck.events()]
            assert 0 < len(rest) <= 1_000
        assert len(to_lane) == 3_000

    _watching(story)


def test_nobody_listens_and_nothing_is_done() -> None:
    """Without a listener an event goes to its lane and nowhere else."""

    async def story(watch: DeviceWatch) -> None:
        to_lane: list[DeviceEvent] = []
        tell = watch.beside(to_lane.append)
        with watch.listen():
            pass
        tell(CardPresented(device="front", token=_CARD))
        await _settle()
        assert len(to_lane) == 1
        with watch.listen() as listener:
            watch.stop()
            assert [news.kind async for news in listener.events()] == ["found"]

    _watching(story)


def test_an_agent_without_devices_tells_nothing() -> None:
    """Where there are none, a listener waits in peace."""
    with NoDevices().listen() as listener:
        listener.end()

        async def read() -> list[DeviceNews]:
            return [news async for news in listener.events()]

        assert asyncio.run(read()) == []


def test_every_reason_has_words_that_fit() -> None:
    """Each reason of a refusal is said in words, on what a line of 80 characters has left."""
    assert set(REASONS) == set(get_args(Reason))
    assert max(map(len, REASONS.values())) <= 39


def test_a_driver_that_floods_fills_no_loop_while_somebody_looks_on() -> None:
    """What it tells between two turns of the event loop is bounded, whoever wrote the driver."""
    watch = DeviceWatch(tuple, {})
    taken: list[DeviceEvent] = []
    tell = watch.beside(taken.append)

    async def look_on() -> int:
        with watch.listen() as listener:
            for _ in range(2):
                for _ in range(500):  # the loop has no turn meanwhile
                    tell(CardPresented(device="front", token=_CARD))
                await asyncio.sleep(0)
            listener.end()
            return len([news async for news in listener.events() if news.kind == "card"])

    heard = asyncio.run(look_on())
    assert len(taken) == 1_000
    assert 2 <= heard < 500, heard
