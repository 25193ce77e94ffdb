"""The least that head office can do: take a message, commit it as one row, answer.

Started with a broker's port, a password and a database's URL. The answer is when the row was
committed, by the clock that all processes of a machine share. Two connections do all of it, so this
is the raw limit of whatever a device sends and waits for.
"""

import asyncio
import sys
import time
from collections import deque
from collections.abc import Callable

import psycopg
from sqlalchemy.engine import make_url

from agent.tools.bench.mqtt import MqttSession
from sync.messages import DeviceAddress

__all__ = ["bare_writer", "libpq_url", "main"]

_KINDS = ("journal", "ask")
_TABLE = "CREATE TABLE IF NOT EXISTS bare (id bigserial PRIMARY KEY, body bytea)"


def libpq_url(url: str) -> str:
    """Write SQLAlchemy's URL of a database as its driver takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def bare_writer(url: str) -> Callable[[bytes], None]:
    """Open a PostgreSQL database and answer what commits one row in it."""
    connection = psycopg.connect(libpq_url(url), autocommit=True)
    connection.execute(_TABLE)

    def write(body: bytes) -> None:
        connection.execute("INSERT INTO bare (body) VALUES (%s)", (body,))

    return write


async def main(port: int, password: str, url: str) -> None:
    """Take messages and answer them, until told to end."""
    commit = bare_writer(url)
    sessions: list[MqttSession] = []
    waiting: deque[tuple[str, bytes]] = deque()
    """Answers for which the broker has no room yet."""

    def take(topic: str, payload: bytes) -> None:
        commit(payload)
        committed_s = time.perf_counter()
        address, _ = DeviceAddress.of_topic(topic)
        waiting.append((address.topic("down/ack"), b"%.9f" % committed_s))
        answer()

    def answer() -> None:
        while waiting and sessions[0].publish(*waiting[0]):
            waiting.popleft()

    topics = tuple(f"tapledger/1/+/+/+/{kind}" for kind in _KINDS)
    sessions.append(
        await MqttSession.connect(
            port, "hub", password, topics=topics, on_message=take, on_room=answer
        )
    )
    sys.stdout.write("bare hub is running\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
