"""Two tills with a connection each that can be let go together, and the calls they make."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import httpx

from agent.core.tokens import Token

__all__ = [
    "Ask",
    "Race",
    "TwoTills",
    "back",
    "capture",
    "claim",
    "enrol",
    "hold",
    "new_id",
    "release",
    "void",
]

Ask = tuple[str, str, dict[str, Any] | None]
"""A call: its method, its path and its body."""


@dataclass(frozen=True, kw_only=True)
class Race:
    """What two tills were told: the winner's answer is the one that wrote."""

    answers: tuple[httpx.Response, httpx.Response]

    @property
    def won(self) -> httpx.Response:
        """The answer that says something new was written; there must be one and no other."""
        new = [one for one in self.answers if one.is_success and not _is_replay(one)]
        assert len(new) == 1, [(one.status_code, one.text) for one in self.answers]
        return new[0]

    @property
    def lost(self) -> httpx.Response:
        """The other answer."""
        return next(one for one in self.answers if one is not self.won)

    @property
    def winner(self) -> int:
        """Which of the two asked first, as the agent sees it: 0 or 1."""
        return self.answers.index(self.won)

    def assert_one_answer(self, status: int, *, but: str = "") -> None:
        """Hold that both were told the same, and the later one that it had been asked before.

        A redemption says how it stands: at which ``journal`` position may be another moment's.
        """
        assert self.won.status_code == status
        assert self.lost.status_code == 200
        assert _is_replay(self.lost)
        told = [{**one.json(), but: None} for one in self.answers]
        assert told[0] == told[1]
        assert but or self.lost.content == self.won.content

    def assert_refused(self, status: int, code: str) -> None:
        """Hold that one was told yes and the other why not."""
        assert self.won.status_code == status
        assert (self.lost.status_code, self.lost.json()["code"]) == (409, code)


def _is_replay(answer: httpx.Response) -> bool:
    return answer.headers.get("Idempotent-Replay") == "true"


class TwoTills:
    """A shop with two tills, and what both need: cards, ids, baskets."""

    def __init__(
        self,
        tills: tuple[httpx.Client, httpx.Client],
        pool: ThreadPoolExecutor,
        make_sale: Callable[..., dict[str, Any]],
        new_card: Callable[[], Token],
    ) -> None:
        self.till, _ = self._tills = tills
        self._pool = pool
        self._together = threading.Barrier(2)
        self._make_sale = make_sale
        self._new_card = new_card

    def race(self, first: Ask, second: Ask) -> Race:
        """Have both tills ask in the same moment."""
        one, other = self._pool.map(self._ask, self._tills, (first, second))
        return Race(answers=(one, other))

    def crowd(self, *asks: Ask) -> list[httpx.Response]:
        """Have as many tills ask in the same moment, half of them over either connection."""
        together = threading.Barrier(len(asks))
        with ThreadPoolExecutor(len(asks)) as pool:
            return list(
                pool.map(lambda till, ask: self._ask(till, ask, together), cycle(self._tills), asks)
            )

    def _ask(
        self, till: httpx.Client, ask: Ask, together: threading.Barrier | None = None
    ) -> httpx.Response:
        method, path, body = ask
        (together or self._together).wait()
        return till.request(method, path, json=body)

    def ask(self, ask: Ask) -> dict[str, Any]:
        """Ask at one till, with nobody else asking."""
        method, path, body = ask
        answer: dict[str, Any] = (
            self.till.request(method, path, json=body).raise_for_status().json()
        )
        return answer

    def member(self, points: int = 0) -> str:
        """Enrol a card and give it points."""
        token = str(self._new_card())
        self.ask(("POST", "/v1/accounts", {"token": token}))
        if points:
            self.ask(self.sale(new_id(), token, points * 100))
        return token

    def balance(self, token: str) -> int:
        """Ask for a balance at both tills, which have to agree."""
        told = {
            till.post("/v1/identify", json={"token": token}).raise_for_status().json()["balance"]
            for till in self._tills
        }
        (balance,) = told
        return int(balance)

    def sale(self, sale_id: str, token: str | None, amount_minor: int, **more: Any) -> Ask:
        """A sale of groceries."""
        body = self._make_sale(amount_minor=amount_minor, token=token, **more)
        return "PUT", f"/v1/sales/{sale_id}", body

    def sold(self, token: str | None, amount_minor: int) -> str:
        """Commit a sale; answers its id."""
        sale_id = new_id()
        self.ask(self.sale(sale_id, token, amount_minor))
        return sale_id

    def held(self, token: str, points: int) -> str:
        """Hold points; answers the redemption's id."""
        redemption_id = new_id()
        self.ask(hold(redemption_id, token, points))
        return redemption_id


def new_id() -> str:
    """Mint an id."""
    return uuid.uuid4().hex


def hold(redemption_id: str, token: str, points: int) -> Ask:
    """Points to be held."""
    return "PUT", f"/v1/redemptions/{redemption_id}", {"token": token, "points": points}


def capture(redemption_id: str, points: int | None = None) -> Ask:
    """What is held, or so much of it, to be spent."""
    body = None if points is None else {"points": points}
    return "POST", f"/v1/redemptions/{redemption_id}/capture", body


def release(redemption_id: str) -> Ask:
    """What is held to be given back."""
    return "DELETE", f"/v1/redemptions/{redemption_id}", None


def back(sale_id: str, return_id: str, amount_minor: int) -> Ask:
    """Money's worth that comes back."""
    return "PUT", f"/v1/sales/{sale_id}/returns/{return_id}", {"amount_minor": amount_minor}


def void(sale_id: str) -> Ask:
    """A sale to be called off."""
    return "DELETE", f"/v1/sales/{sale_id}", None


def claim(sale_id: str, token: str) -> Ask:
    """A card that is shown after a sale."""
    return "PUT", f"/v1/sales/{sale_id}/claim", {"token": token}


def enrol(token: str) -> Ask:
    """A card that becomes a member's."""
    return "POST", "/v1/accounts", {"token": token}
