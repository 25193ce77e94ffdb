"""FastAPI applications that do the least a call can: the raw limits of HTTP.

``take`` and ``look`` only take a body and answer. ``keep`` checks its body as the agent does and
commits one row with the bytes of an entry, in one transaction with whatever waits beside it.
"""

import asyncio
import sys
from itertools import cycle
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from agent.core.basket import Sale
from agent.service import HttpServer
from agent.tools.bench.group_commit import GroupCommit
from agent.tools.bench.ledger_sales import sample_entries

__all__ = ["make_app"]


def make_app(database: Path | None) -> FastAPI:
    """Build the application; ``keep`` is there only with a database."""
    app = FastAPI()

    @app.put("/sales/{sale_id}")
    async def take(sale_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Answer how many lines came in."""
        return {"sale_id": sale_id, "lines": len(body["lines"])}

    @app.post("/identify")
    async def look(body: dict[str, Any]) -> dict[str, Any]:
        """Answer the body."""
        return body

    if database is not None:
        _add_keep(app, database)
    return app


def _add_keep(app: FastAPI, database: Path) -> None:
    commits = GroupCommit(database)
    commits.start()
    entries = cycle(sample_entries())

    @app.put("/kept/{sale_id}", status_code=201)
    async def keep(sale_id: str, sale: Sale) -> dict[str, Any]:
        """Answer once a row is on disk."""
        await commits.commit(next(entries))
        return {"sale_id": sale_id, "lines": len(sale.lines)}


def _main(port: str, database: str = "") -> None:
    server = HttpServer(f"127.0.0.1:{port}")
    server.bind()
    sys.stdout.write("running\n")
    sys.stdout.flush()
    asyncio.run(server.serve(make_app(Path(database) if database else None)))


if __name__ == "__main__":
    _main(*sys.argv[1:])
