"""Tills that sell real baskets as fast as they are answered, over real connections."""

import http.client
import itertools
import json
import random
import threading
from collections.abc import Iterator
from typing import Any

from book import Book, Reply, Sale

from agent.core.tokens import Token
from agent.paths import shipped_baskets
from agent.tools.waiting import wait_until

__all__ = ["TILL_TOKEN", "Call", "Door", "Till", "real_sales"]

TILL_TOKEN = "till-token-of-this-test"

_ANSWER_WITHIN_S = 30
_NEW_CARD = 0.03
_JOIN_NEIGHBOUR = 0.1
_ASK_AGAIN = 0.15


class Call:
    """A till's kept connection to the agent; a broken one is opened again at the next call."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_WITHIN_S)

    def ask(self, method: str, path: str, body: bytes | None = None) -> Reply | None:
        """Ask once; answers None where the connection broke before the whole answer was there.

        Raises TimeoutError where the agent lives and says nothing.
        """
        headers = {"Authorization": f"Bearer {TILL_TOKEN}", "Content-Type": "application/json"}
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            return Reply(
                status=answer.status,
                replayed=answer.headers.get("Idempotent-Replay") == "true",
                body=answer.read(),
            )
        except TimeoutError:
            self._connection.close()
            raise
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return None

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


class Door:
    """Whether the agent is there to be asked: open, closed, or closed for good."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self.closed_for_good = False

    def open(self) -> None:
        """Let tills ask."""
        self._open.set()

    def close(self) -> None:
        """Have tills wait before they ask again."""
        self._open.clear()

    def close_for_good(self) -> None:
        """Have every till go home, whatever it waits for."""
        self.closed_for_good = True
        self._open.set()

    def wait_open(self) -> bool:
        """Wait until the agent is there; answers False where it will not be again."""
        self._open.wait()
        return not self.closed_for_good


def real_sales(till: int, tills: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Deal one of several tills its share of the real baskets, again and again under new ids."""
    with shipped_baskets().open(encoding="utf-8") as file:
        baskets = [json.loads(line) for line in file]
    for number in itertools.count():
        for basket in baskets[till::tills]:
            yield f"{number}-{basket['sale_id']}", basket["sale"]


class Till:
    """Sells in a thread. What was not answered is sent again under its id until it is."""

    def __init__(
        self, name: int, port: int, book: Book, door: Door, sales: Iterator[Any], seed: str
    ) -> None:
        self.under_way: Sale | None = None
        self.neighbour: Till = self
        self._dice = random.Random(f"{seed}/till {name}")  # noqa: S311 - deals work, keeps no secret
        self._name = name
        self._call = Call(port)
        self._book = book
        self._door = door
        self._sales = sales
        self._cards = itertools.count()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"till {name}", daemon=True)

    def start(self) -> None:
        """Begin selling."""
        self._thread.start()

    def finish(self) -> None:
        """Take no new sale."""
        self._stopping.set()

    def join(self) -> None:
        """Wait until the last sale was answered."""
        wait_until(lambda: not self._thread.is_alive(), f"{self._thread.name} to finish")
        self._call.close()

    def _work(self) -> None:
        try:
            while not self._stopping.is_set() and not self._door.closed_for_good:
                self._sell_one()
        except TimeoutError:
            self._book.find(f"till {self._name} was not answered and not hung up on")

    def _sell_one(self) -> None:
        sale = self._next_sale()
        self._book.note_sent(sale)
        self.under_way = sale
        self._put(sale)
        # A till beside this one that comes to the rescue sends the very same sale.
        beside = self.neighbour.under_way
        if beside is not None and self._dice.random() < _JOIN_NEIGHBOUR:
            self._put(beside)
        if self._dice.random() < _ASK_AGAIN:
            before = self._book.choose(self._dice)
            if before is not None:
                self._put(before)

    def _next_sale(self) -> Sale:
        """Take the next basket, now and then for a card that was never seen before."""
        sale_id, body = next(self._sales)
        token = body["token"]
        if self._dice.random() < _NEW_CARD:
            token = str(Token("em4100", f"{self._name:02X}{next(self._cards):08X}"))
            self.enrol(token)
        return Sale(
            sale_id=sale_id,
            body=json.dumps(body | {"token": token}, separators=(",", ":")).encode(),
            token=token,
            account=self._book.accounts.get(token),
        )

    def _put(self, sale: Sale) -> None:
        reply, attempts = self._until_answered("PUT", f"/v1/sales/{sale.sale_id}", sale.body)
        if reply is None:
            return
        self._book.note_sale(sale, reply, attempts=attempts)
        if sale.token not in self._book.accounts:
            self.enrol(sale.token)

    def enrol(self, token: str) -> None:
        """Make an account for a card; where that was done before, ask for it."""
        card = json.dumps({"token": token}).encode()
        for path in ("/v1/accounts", "/v1/identify"):
            reply, _ = self._until_answered("POST", path, card)
            if reply is None:
                return
            if reply.status != 409:
                self._book.note_card(token, reply)
                return

    def _until_answered(self, method: str, path: str, body: bytes) -> tuple[Reply | None, int]:
        for attempts in itertools.count(1):
            if not self._door.wait_open():
                break
            reply = self._call.ask(method, path, body)
            if reply is not None:
                return reply, attempts
        return None, attempts
