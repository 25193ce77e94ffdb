"""A tap while the shop is busy: eight lanes, a reader at each, and a sale every two seconds.

One loop plays all eight customers and their tills, as cheaply as it can: the card's last byte goes
into the port, the lane's event comes out of its stream, and the till sells to that card at once.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

from agent.core.tokens import Token
from agent.tools.bench.devices_shop import LANES, BarePorts, open_shop
from agent.tools.bench.driving import drive, request
from agent.tools.bench.figures import Figure, Target
from agent.tools.bench.measure import RUNS, Progress, alternated, medians
from agent.tools.bench.sale import real_sales
from agent.tools.site import TILL_TOKEN, StoreKit
from drivers.readers.em4100 import frame

__all__ = ["taps"]

_EVERY_S = 2.0
_MOST_P99_MS = 5.0
_ANSWERS_WITHIN_S = 10.0


def taps(directory: Path, customers: int, progress: Progress) -> tuple[Figure, Figure]:
    """Measure so many customers at each lane in each of five runs; answers p50 and p99."""
    with BarePorts() as ports, open_shop(directory) as shop:
        day = _Day(shop, customers)
        card = frame(Token("em4100", "2B00000000"))

        def bare() -> list[float]:
            return [ports.took_s(tap % len(LANES), card) for tap in range(customers * len(LANES))]

        samplers = {"ours": lambda: asyncio.run(day.run()), "bare": bare}
        runs = alternated(samplers, progress=progress)
    ours, raw = medians("ours", runs["ours"]), medians("bare", runs["bare"])
    return (
        _figure("p50", ours.p50_ms, raw.p50_ms),
        _figure("p99", ours.p99_ms, raw.p99_ms),
    )


def _figure(which: str, ours_ms: float, raw_ms: float) -> Figure:
    return Figure(
        name=f"last byte -> lane event, {len(LANES)} lanes selling, {which}",
        unit="ms",
        value=ours_ms,
        raw="write to a port -> read in a bare process",
        raw_value=raw_ms,
        target=Target(of="value", at_most=_MOST_P99_MS),
    )


class _Day:
    """The customers of all lanes, each a member with a card of their own."""

    def __init__(self, shop: StoreKit, customers: int) -> None:
        self._shop, self._customers = shop, customers
        self._cards = (Token("em4100", f"2B{number:08X}") for number in count(1))
        self._sales = real_sales()
        self._numbers = count()
        enrolments = [
            request(
                "POST", "/v1/accounts", {"token": f"em4100:2B{number:08X}"}, bearer_token=TILL_TOKEN
            )
            for number in range(1, RUNS * customers * len(LANES) + 1)
        ]
        drive(shop.port, enrolments, connections=1)

    async def run(self) -> list[float]:
        """Serve one run's customers; answers the seconds of each tap."""
        lanes = [self._lane(name, place) for place, name in enumerate(LANES)]
        return [took_s for lane in await asyncio.gather(*lanes) for took_s in lane]

    async def _lane(self, name: str, place: int) -> list[float]:
        events, listening = await asyncio.open_connection("127.0.0.1", self._shop.port)
        answers, selling = await asyncio.open_connection("127.0.0.1", self._shop.port)
        ask = request("GET", f"/v1/events?lane={name}", None, bearer_token=TILL_TOKEN)
        listening.write(ask.encode())
        await _line_with(events, b"data: ")  # it tells at once how the agent is
        begins_s = time.monotonic() + place * _EVERY_S / len(LANES)
        samples = []
        try:
            for customer in range(self._customers):
                await asyncio.sleep(begins_s + customer * _EVERY_S - time.monotonic())
                card = next(self._cards)
                samples.append(await _timed(self._tap(name, card, events)))
                selling.write(self._sale(name, card))
                await asyncio.wait_for(_answered(answers), _ANSWERS_WITHIN_S)
        finally:
            listening.close()
            selling.close()
        return samples

    def _tap(
        self, lane: str, card: Token, events: asyncio.StreamReader
    ) -> Callable[[], Awaitable[None]]:
        async def tap() -> None:
            self._shop.lanes[lane].reader.write(frame(card))
            await asyncio.wait_for(_line_with(events, str(card).encode()), _ANSWERS_WITHIN_S)

        return tap

    def _sale(self, lane: str, card: Token) -> bytes:
        number = next(self._numbers)
        sale = self._sales[number % len(self._sales)] | {"lane": lane, "token": str(card)}
        path = f"/v1/sales/bench-{number}"
        return request("PUT", path, sale, bearer_token=TILL_TOKEN).encode()


async def _timed(action: Callable[[], Awaitable[None]]) -> float:
    began_s = time.perf_counter()
    await action()
    return time.perf_counter() - began_s


async def _line_with(events: asyncio.StreamReader, text: bytes) -> None:
    """Read a lane's stream up to a line that holds a text."""
    while text not in (line := await events.readline()):
        if not line:
            raise RuntimeError("the agent has ended a lane's stream")


async def _answered(answers: asyncio.StreamReader) -> None:
    """Read one answer to a sale. Raises RuntimeError where it was not taken."""
    head = await answers.readuntil(b"\r\n\r\n")
    length = next(
        line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
    )
    body = await answers.readexactly(int(length.split(b":")[1]))
    if not head.startswith(b"HTTP/1.1 201"):
        raise RuntimeError(f"a sale was refused: {json.loads(body)}")
