"""From a POS sending a sale to its answer, which is given after the entry is on disk."""

import json
import sqlite3
import sys
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from agent.ledger.connection import open_writer
from agent.paths import shipped_baskets
from agent.tools.bench.measure import Sampler, timed
from agent.tools.processes import Daemon, free_port
from agent.tools.site import StoreKit
from drivers.virtual.pos import NO_TLS

__all__ = ["SaleBench", "real_sales"]

_SALES = 300
_ENTRY_BYTES = 2_000  # a journal entry of a real basket of nine lines


def real_sales() -> list[dict[str, Any]]:
    """Answer the bodies of the shipped real baskets."""
    with shipped_baskets().open(encoding="utf-8") as file:
        return [json.loads(line)["sale"] for line in file]


class SaleBench:
    """One POS on one connection; every member known."""

    subject = "PUT sale -> answer"
    target_p99_ms = 15.0

    def __init__(self) -> None:
        self._store: StoreKit | None = None
        self._bare_app: Daemon | None = None
        self._bare_http: httpx.Client | None = None
        self._database: sqlite3.Connection | None = None
        self._sales = real_sales()
        self._numbers = count()

    def open(self, directory: Path) -> dict[str, Sampler]:
        """Start an agent, a bare FastAPI application, and open a bare database."""
        self._store = StoreKit(name="bench", directory=directory / "store")
        self._store.start()
        for token in sorted({sale["token"] for sale in self._sales}):
            self._store.lanes["1"].pos.enrol(token)
        port = free_port()
        self._bare_app = Daemon(
            [sys.executable, "-m", "agent.tools.bench.bare_app", str(port)],
            directory / "bare.log",
            ready="running",
        )
        self._bare_app.start()
        self._bare_http = httpx.Client(base_url=f"http://127.0.0.1:{port}", verify=NO_TLS)
        self._database = open_writer(directory / "bare.db")
        self._database.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB)")
        return {
            self.subject: self._sample,
            "bare FastAPI handler": self._sample_bare_app,
            "bare SQLite FULL commit": self._sample_bare_commit,
        }

    def close(self) -> None:
        """End everything."""
        if self._store is not None:
            self._store.stop()
        if self._bare_http is not None:
            self._bare_http.close()
        if self._bare_app is not None:
            self._bare_app.stop()
        if self._database is not None:
            self._database.close()

    def _sample(self) -> list[float]:
        assert self._store is not None, "open comes first"  # noqa: S101
        pos = self._store.lanes["1"].pos

        def sell() -> None:
            number = next(self._numbers)
            answer = pos.sell(f"bench-{number}", self._sales[number % len(self._sales)])
            if answer.status_code != 201:
                raise RuntimeError(f"sale refused: {answer.text}")

        return [timed(sell) for _ in range(_SALES)]

    def _sample_bare_app(self) -> list[float]:
        http = self._bare_http
        assert http is not None, "open comes first"  # noqa: S101
        sales = self._sales[:_SALES]
        return [timed(partial(http.put, "/sales/x", json=sale)) for sale in sales]

    def _sample_bare_commit(self) -> list[float]:
        database = self._database
        assert database is not None, "open comes first"  # noqa: S101

        def commit() -> None:
            database.execute("BEGIN IMMEDIATE")
            database.execute("INSERT INTO rows (body) VALUES (?)", (bytes(_ENTRY_BYTES),))
            database.execute("COMMIT")

        return [timed(commit) for _ in range(_SALES)]
