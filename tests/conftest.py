"""Fixtures for tests that stand on a whole store: real agents, emulated readers, real HTTP."""

import gc
import itertools
import json
import os
import subprocess
import tomllib
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from books import Books, Templates
from figures import pytest_terminal_summary  # noqa: F401 - pytest finds it here
from paper_device import House
from postgres import PrivatePostgres
from two_tills import TwoTills
from zygote import ForkedDaemons

from agent.core.tokens import Token
from agent.tools.processes import Daemon
from agent.tools.site import StoreKit
from drivers.virtual.pos import NO_TLS
from sync.hub.database import Database

_cards = itertools.count(0x5E00000001)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage among what is only made now, nor later among what stays to the end.

    After that tests make thousands of short-lived objects each: looking for cycles after every 700
    of them, as Python does, is a tenth of the time that they take.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.set_threshold(50_000, 20, 20)
        gc.enable()
        gc.freeze()


class _TurnedDirectory(pytest.Dir):
    """A directory that each worker goes through from another place on, and round.

    What one worker compiled the others find compiled: in a fresh checkout each of them would
    compile every file otherwise, all at the same moment.
    """

    def collect(self) -> list[pytest.Item | pytest.Collector]:
        found = list(super().collect())
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
        first = len(found) * worker // workers
        return [*found[first:], *found[:first]]


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector:
    """Go through it as this worker does."""
    directory: pytest.Collector = _TurnedDirectory.from_parent(parent, path=path)
    return directory


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left with it at the end.

    All workers have the same order, wherever in a directory they began.
    """
    folders = [str(config.rootpath / folder) for folder in config.getini("testpaths")]
    items.sort(
        key=lambda item: (
            item.get_closest_marker("long") is None,
            [not str(item.path).startswith(folder) for folder in folders],
            str(item.path),
        )
    )


def _make_store(directory: Path) -> StoreKit:
    return StoreKit(name="s001", directory=directory, lane_names=("1", "2"))


@pytest.fixture(scope="session", autouse=True)
def forked() -> Iterator[ForkedDaemons]:
    """Fork the agents and hubs that tests start from one process that imported their libraries."""
    with ForkedDaemons() as forked, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Daemon, "launch", forked.launch)
        yield forked


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivatePostgres]:
    """A private PostgreSQL, for all tests of a run."""
    server = PrivatePostgres()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def _templates(postgres: PrivatePostgres) -> Templates:
    return Templates(postgres)


@pytest.fixture
def on_postgres(_templates: Templates) -> Iterator[Database]:
    """Head office's empty database in PostgreSQL, for what SQLite does not have or do."""
    database = Database(_templates.url())
    database.start()
    try:
        yield database
    finally:
        database.stop()


@pytest.fixture
def hub() -> Iterator[House]:
    """A head office in memory that knows nobody."""
    house = House()
    try:
        yield house
    finally:
        house.database.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_books(request: pytest.FixtureRequest) -> Iterator[Books]:
    """Head office's empty books, in either kind of database."""
    if request.param == "sqlite":
        books = Books("sqlite://")
    else:
        books = Books(request.getfixturevalue("_templates").url())
    try:
        yield books
    finally:
        books.stop()


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreKit]:
    """A running store of two lanes without head office, for tests that leave it as healthy."""
    kit = _make_store(tmp_path_factory.mktemp("store"))
    try:
        kit.start()
        yield kit
    finally:
        kit.stop()


@pytest.fixture
def closed_store(tmp_path: Path) -> Iterator[StoreKit]:
    """A store of two lanes where nothing was started; what the test starts is ended for it."""
    kit = _make_store(tmp_path / "store")
    try:
        yield kit
    finally:
        kit.stop()


@pytest.fixture
def fresh_store(closed_store: StoreKit) -> StoreKit:
    """A running store of two lanes for one test alone."""
    closed_store.start()
    return closed_store


@pytest.fixture
def connect() -> Iterator[Callable[..., httpx.Client]]:
    """Make HTTP clients of a store, with headers or without; each is closed after the test."""
    with ExitStack() as opened:

        def connect(kit: StoreKit, **headers: str) -> httpx.Client:
            client = httpx.Client(base_url=kit.url, headers=headers, timeout=10, verify=NO_TLS)
            return opened.enter_context(client)

        yield connect


@pytest.fixture
def open_till(connect: Callable[..., httpx.Client]) -> Callable[[StoreKit], httpx.Client]:
    """Make an HTTP client that carries a store's bearer token."""

    def open_till(kit: StoreKit) -> httpx.Client:
        tokens = tomllib.loads(kit.config.read_text("utf-8"))["api"]["tokens"]
        return connect(kit, Authorization=f"Bearer {tokens['till1']}")

    return open_till


@pytest.fixture
def till(store: StoreKit, open_till: Callable[[StoreKit], httpx.Client]) -> httpx.Client:
    """An HTTP client of the shared store that carries its bearer token."""
    return open_till(store)


@pytest.fixture
def tills(
    store: StoreKit,
    open_till: Callable[[StoreKit], httpx.Client],
    make_sale: Callable[..., dict[str, Any]],
    new_card: Callable[[], Token],
) -> Iterator[TwoTills]:
    """Two tills of the shared store, with a connection each."""
    with ThreadPoolExecutor(2) as pool:
        yield TwoTills((open_till(store), open_till(store)), pool, make_sale, new_card)


@pytest.fixture(scope="session")
def seq_of() -> Callable[[httpx.Client], int]:
    """Ask an agent for the sequence number of its journal's newest entry."""

    def seq_of(client: httpx.Client) -> int:
        for line in client.get("/metrics").raise_for_status().text.splitlines():
            if line.startswith("tapledger_journal_seq "):
                return int(float(line.split()[1]))
        raise AssertionError("/metrics does not say how long the journal is")

    return seq_of


@pytest.fixture
def journal_seq(till: httpx.Client, seq_of: Callable[[httpx.Client], int]) -> Callable[[], int]:
    """Ask the shared store for the sequence number of its journal's newest entry."""
    return lambda: seq_of(till)


@pytest.fixture(scope="session")
def make_sale() -> Callable[..., dict[str, Any]]:
    """Make a sale's body: one line of groceries, paid in cash; whole fields can be replaced."""

    def make_sale(*, amount_minor: int = 1425, **replaced: Any) -> dict[str, Any]:
        return {
            "lane": "1",
            "cashier": "c1",
            "business_date": "2026-11-21",
            "occurred_at": "2026-11-21T10:15:00+01:00",
            "currency": "USD",
            "token": None,
            "lines": [
                {
                    "sku": "1082185",
                    "description": "BANANAS",
                    "category": "grocery",
                    "quantity": "1.000",
                    "unit_price_minor": amount_minor,
                    "amount_minor": amount_minor,
                    "discount_minor": 0,
                    "tax_minor": 0,
                }
            ],
            "tenders": [{"kind": "cash", "amount_minor": amount_minor}],
            "total_minor": amount_minor,
        } | replaced

    return make_sale


@pytest.fixture(scope="session")
def new_sale_id() -> Callable[[], str]:
    """Mint a sale_id that no other test uses."""
    return lambda: uuid.uuid4().hex


@pytest.fixture(scope="session")
def new_card() -> Callable[[], Token]:
    """Take a card that no other test uses out of the box."""
    return lambda: Token("em4100", f"{next(_cards):010X}")


@pytest.fixture(scope="session")
def listen() -> Callable[
    [httpx.Client, str], AbstractContextManager[Iterator[tuple[str, dict[str, Any]]]]
]:
    """Open a lane's event stream; what it yields are names and data, as they come."""

    @contextmanager
    def listen(client: httpx.Client, lane: str) -> Iterator[Iterator[tuple[str, dict[str, Any]]]]:
        # An event that does not come fails the test: a ping every 15 s must not keep it waiting.
        timeout, params = httpx.Timeout(10), {"lane": lane}
        with client.stream("GET", "/v1/events", params=params, timeout=timeout) as response:
            response.raise_for_status()
            yield _events(response.iter_lines())

    return listen


def _events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


@pytest.fixture(scope="session")
def private_mounts() -> None:
    """Skip where this user may not mount file systems that nobody else sees."""
    try:
        tried = subprocess.run(
            ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("unshare is not installed; on Debian: apt-get install util-linux")
    if tried.returncode:
        pytest.skip(f"private mounts are not permitted here: {tried.stderr.strip()}")
