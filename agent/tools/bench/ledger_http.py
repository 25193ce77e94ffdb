"""Sales over HTTP: an agent and sixteen connections, beside the barest handler that commits."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median

from agent.tools.bench.driving import drive, request
from agent.tools.bench.figures import Figure, Target
from agent.tools.bench.ledger_sales import Work, card, work
from agent.tools.bench.measure import Progress, alternated
from agent.tools.processes import Daemon, free_port
from agent.tools.site import TILL_TOKEN, StoreKit

__all__ = ["BareApp", "enrolments", "sales_over_http", "sell_requests", "serving"]

_CONNECTIONS = 16
_MEMBERS = 1_000
_SALES = 2_000
_WARM_UP = 200


class BareApp:
    """The bare application, in a process of its own."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "agent.tools.bench.bare_app", str(self.port)]
        self._process = Daemon(
            [*command, str(directory / "bare.db")], directory / "bare.log", ready="running"
        )

    def __enter__(self) -> "BareApp":
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()


@contextmanager
def serving(store: StoreKit) -> Iterator[StoreKit]:
    """Run the agent of a store, for less than half a minute: after that it looks after its ledger,
    and a measurement would be of that too.
    """
    store.agent.start()
    try:
        yield store
    finally:
        store.agent.stop()


def sell_requests(sales: Work) -> list[str]:
    """Build the requests that commit sales."""
    return [
        request(
            "PUT",
            f"/v1/sales/{sale_id}",
            sale.model_dump(mode="json", exclude_none=True),
            bearer_token=TILL_TOKEN,
        )
        for sale_id, sale in sales
    ]


def enrolments(members: int) -> list[str]:
    """Build the requests that enrol so many members."""
    return [
        request("POST", "/v1/accounts", {"token": card(number)}, bearer_token=TILL_TOKEN)
        for number in range(members)
    ]


def sales_over_http(directory: Path, progress: Progress) -> Figure:
    """Measure sales a second at sixteen connections."""
    store = StoreKit(name="bench", directory=directory / "store")
    numbers = count()
    with BareApp(directory) as bare:
        with serving(store):
            drive(store.port, enrolments(_MEMBERS), connections=_CONNECTIONS)

        def sell() -> float:
            number = next(numbers)
            sales = work(f"http-{number}", _WARM_UP + _SALES, accounts=_MEMBERS, seed=number)
            requests = sell_requests(sales)
            with serving(store):
                drive(store.port, requests[:_WARM_UP], connections=_CONNECTIONS)
                return drive(store.port, requests[_WARM_UP:], connections=_CONNECTIONS).took_s

        def keep() -> float:
            sales = work("http", _SALES, accounts=_MEMBERS, seed=0)
            requests = [one.replace("/v1/sales/", "/kept/", 1) for one in sell_requests(sales)]
            return drive(bare.port, requests, connections=_CONNECTIONS).took_s

        runs = alternated({"ours": sell, "bare": keep}, progress=progress)
    return Figure(
        name=f"HTTP, {_CONNECTIONS} connections",
        unit="sales/s",
        value=_SALES / median(runs["ours"]),
        raw="a bare handler: the same body checked, one row with an entry's bytes group-committed",
        raw_value=_SALES / median(runs["bare"]),
        target=Target(of="ratio", at_least=0.5),
    )
