"""The barest group commit: a thread puts all rows that wait into one transaction, then answers."""

import asyncio
import queue
import threading
from pathlib import Path

from agent.ledger.connection import open_writer

__all__ = ["GroupCommit"]


class GroupCommit:
    """Commits rows of bytes. It runs until its process ends, and looks after nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]]] = queue.SimpleQueue()

    def start(self) -> None:
        """Open the database and start the thread."""
        threading.Thread(target=self._run, daemon=True).start()

    async def commit(self, row: bytes) -> None:
        """Insert a row; returns when it is on disk."""
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.put((row, answer))
        await answer

    def _run(self) -> None:
        connection = open_writer(self._path)
        connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB)")
        while True:
            batch = [self._waiting.get()]
            while not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            connection.execute("BEGIN IMMEDIATE")
            for row, _ in batch:
                connection.execute("INSERT INTO rows (body) VALUES (?)", (row,))
            connection.execute("COMMIT")
            answers = [answer for _, answer in batch]
            answers[0].get_loop().call_soon_threadsafe(_settle, answers)


def _settle(answers: list[asyncio.Future[None]]) -> None:
    for answer in answers:
        answer.set_result(None)
