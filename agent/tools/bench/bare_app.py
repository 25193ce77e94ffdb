"""A FastAPI application that only takes a body and answers: the raw limit of an HTTP call."""

import asyncio
import sys
from typing import Any

from fastapi import FastAPI

from agent.service import HttpServer

__all__ = ["app"]

app = FastAPI()


@app.put("/sales/{sale_id}")
async def take(sale_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Answer how many lines came in."""
    return {"sale_id": sale_id, "lines": len(body["lines"])}


if __name__ == "__main__":
    server = HttpServer(f"127.0.0.1:{sys.argv[1]}")
    server.bind()
    sys.stdout.write("running\n")
    sys.stdout.flush()
    asyncio.run(server.serve(app))
