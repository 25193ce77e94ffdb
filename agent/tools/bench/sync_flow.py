"""From a sale at a store to its commit at head office, while four stores sell at a busy pace.

A sale counts from when the till sent it, so the store's own work is in it and the figure is an
upper bound of commit to commit; head office's database is looked at every two milliseconds. Stores
sell by the clock and do not wait for head office. Every sale is a member's, who is known in each
store: so head office posts points, moves rights and tells the others of it. The raw limit is as
many bare devices at the same pace, with messages as large, and a bare hub.
"""

import asyncio
import json
import statistics
import time
from bisect import bisect_left
from collections.abc import Iterator
from functools import partial
from itertools import count

import psycopg

from agent.tools.bench.bare_hub import libpq_url
from agent.tools.bench.driving import request
from agent.tools.bench.figures import Figure, Target
from agent.tools.bench.measure import RUNS, Progress, percentile
from agent.tools.bench.office_site import CrowdProcess, OfficeSite
from agent.tools.bench.redeeming import is_known
from agent.tools.bench.sale import real_sales
from agent.tools.site import TILL_TOKEN, StoreKit
from agent.tools.waiting import wait_until

__all__ = ["flow_figure"]

_SALES_A_SECOND = 20
_LOOK_EVERY_S = 0.002
_LONGEST_S = 60
_BYTES = 1_300
"""What a batch of one real sale has, deflated and signed."""

_HELD = """
SELECT d.store, j.epoch, j.seq FROM journals j JOIN devices d ON d.journal_id = j.id
"""


def flow_figure(
    site: OfficeSite,
    bare: CrowdProcess,
    stores: list[StoreKit],
    seconds: int,
    progress: Progress,
) -> Figure:
    """Have all stores sell for so many seconds, five times, each beside bare devices."""
    _come(stores)
    sold, bare_s = [], []
    numbers = count()
    for run in range(RUNS):
        flow = _Flow(site.url, stores, numbers)
        sold.append(asyncio.run(flow.run(seconds * _SALES_A_SECOND)))
        progress(2 * run + 1, 2 * RUNS)
        said = bare.does(
            "bare_paced",
            devices=[store.name for store in stores],
            count=seconds * _SALES_A_SECOND,
            every_s=1 / _SALES_A_SECOND,
            size=_BYTES,
        )
        bare_s.append(said["answers_s"])
        progress(2 * run + 2, 2 * RUNS)
    return Figure(
        name=f"sale sent -> at head office, {len(stores)} x {_SALES_A_SECOND}/s, p99",
        unit="ms",
        value=1000 * statistics.median(percentile(run, 99) for run in sold),
        raw="bare MQTT publish -> commit of one row as large, same pace, p99",
        raw_value=1000 * statistics.median(percentile(run, 99) for run in bare_s),
        target=Target(of="value", at_most=100),
    )


def _come(stores: list[StoreKit]) -> None:
    """Have each member of the baskets enrol at one of the stores, and be known at all of them."""
    tokens = sorted({sale["token"] for sale in real_sales()})
    for number, token in enumerate(tokens):
        enrolled = stores[number % len(stores)].lanes["1"].pos.enrol(token)
        if enrolled.status_code not in (201, 409):  # a database that was given may know them
            raise RuntimeError(f"a member was not enrolled: {enrolled.text}")
    for store in stores:
        store.wait_acknowledged()
    for store in stores:
        for token in tokens:
            wait_until(partial(is_known, store, token), "a member to be known at every till")


class _Flow:
    """One run."""

    def __init__(self, url: str, stores: list[StoreKit], numbers: Iterator[int]) -> None:
        self._url = url
        self._stores = stores
        self._numbers = numbers
        self._sales = real_sales()
        self._sent: list[tuple[str, tuple[int, int], float]] = []
        self._held: dict[str, tuple[list[tuple[int, int]], list[float]]] = {
            store.name: ([], []) for store in stores
        }

    async def run(self, each: int) -> list[float]:
        """Have every store sell so often; answers the seconds of each sale to its commit."""
        looking = asyncio.create_task(self._look())
        began_s = time.perf_counter() + 0.1
        async with asyncio.timeout(_LONGEST_S + each / _SALES_A_SECOND):
            await asyncio.gather(
                *(
                    self._sell(place, store, each, began_s)
                    for place, store in enumerate(self._stores)
                )
            )
            while not all(self._when(name, place) for name, place, _ in self._sent):
                await asyncio.sleep(_LOOK_EVERY_S)
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        return [(self._when(name, place) or 0) - sent_s for name, place, sent_s in self._sent]

    def _when(self, store: str, place: tuple[int, int]) -> float | None:
        """Answer when head office was first seen to hold an entry."""
        places, times_s = self._held[store]
        at = bisect_left(places, place)
        return times_s[at] if at < len(places) else None

    async def _look(self) -> None:
        """Look at head office's database again and again."""
        with psycopg.connect(libpq_url(self._url), autocommit=True) as connection:
            while True:
                for store, epoch, seq in connection.execute(_HELD, prepare=True):
                    places, times_s = self._held.get(store, ([], []))
                    if not places or places[-1] < (epoch, seq):
                        places.append((epoch, seq))
                        times_s.append(time.perf_counter())
                await asyncio.sleep(_LOOK_EVERY_S)

    async def _sell(self, place: int, store: StoreKit, each: int, began_s: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", store.port)
        for number in range(each):
            due_s = began_s + (number + place / len(self._stores)) / _SALES_A_SECOND
            await asyncio.sleep(due_s - time.perf_counter())
            sale_number = next(self._numbers)
            sale = self._sales[sale_number % len(self._sales)]
            whole = request("PUT", f"/v1/sales/flow-{sale_number}", sale, bearer_token=TILL_TOKEN)
            sent_s = time.perf_counter()
            writer.write(whole.encode())
            answer = json.loads(await _answer(reader))
            if answer["status"] != "accumulated":
                raise RuntimeError(f"a sale is nobody's: {answer['status']}")
            journal = answer["journal"]
            self._sent.append((store.name, (journal["epoch"], journal["seq"]), sent_s))
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> bytes:
    """Read one answer, which says how long it is. Raises RuntimeError for anything but 201."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    body = await reader.readexactly(length)
    if head.split(b" ", 2)[1] != b"201":
        raise RuntimeError(f"a sale was refused: {body.decode(errors='replace')}")
    return body
