"""``POST /v1/accounts`` takes who brought a member, answers what became of it, and tells no more of
members than any look-up does.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from club import CARD, enrol
from fastapi import FastAPI
from friends import FRIEND, SMALL, TERMS

from agent.api import create_app
from agent.cli import main
from agent.clock import mint_id
from agent.lanes import Lanes
from agent.ledger import Ledger
from agent.metrics import make_metrics
from agent.till import Terms, Till, parse_token
from agent.tools.documents import _no_health

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

PHONE = "phone:(202) 555-0143"
PER_MINUTE = 3


class Counter:
    """An agent's API without its port, at which a member with a telephone number stands."""

    def __init__(self, ledger: Ledger, terms: Terms, loop: asyncio.Runner) -> None:
        self.run = loop.run
        self.ledger = ledger
        self.till = Till(ledger, terms, mint_id=mint_id)
        self.lanes = Lanes(self.till, ("1", "2"))
        self._made = 0
        enrol(self.till, phone="202 555 0143")
        self._app: FastAPI = create_app(
            till=self.till,
            lanes=self.lanes,
            health=_no_health,
            metrics=make_metrics(_no_health, ledger, 0),
            till_tokens=("token",),
            lookups_per_minute=PER_MINUTE,
        )

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """Send one request, and let what is noted behind it be written."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            headers = {"Authorization": "Bearer token"}
            url = "http://127.0.0.1"
            async with httpx.AsyncClient(
                transport=transport, base_url=url, headers=headers
            ) as client:
                answer = await client.request(method, path, json=body)
            await self.till.activity.written()
            await self.lanes.settled()
            return answer

        return self.run(send())

    def enrol(self, referred_by: object, token: str | None = None) -> httpx.Response:
        """Make a new member whom somebody brought."""
        self._made += 1
        body = {"token": token or f"em4100:{self._made:010X}", "referred_by": referred_by}
        return self.ask("POST", "/v1/accounts", body | {"lane": "1", "cashier": "ana"})

    @property
    def flags(self) -> list[tuple[str, str | None]]:
        """What was noted, and of whom."""
        rows = self.run(self.ledger.read(lambda view: view.flags_after((0, 0, ""), at_most=99)))
        return [(row.flag, row.account) for row in rows]


@pytest.fixture
def counter(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Counter]:
    """One under a program that pays for friends."""
    with running_ledger(tmp_path / "ledger.db") as ledger, asyncio.Runner() as loop:
        yield Counter(ledger, TERMS, loop)


@pytest.mark.parametrize(
    ("named", "said"),
    [(CARD, "referred"), (PHONE, "referred"), ("em4100:0000000099", "unknown"), ("?", "unknown")],
)
def test_the_answer_says_what_became_of_it(counter: Counter, named: str, said: str) -> None:
    """201 in any case, with the new member's account as ever."""
    answer = counter.enrol(named)
    assert (answer.status_code, answer.json()["referral"]) == (201, said)
    assert answer.json()["balance"] == 0


def test_nobody_has_to_be_named(counter: Counter) -> None:
    """An enrolment as it always was says nothing of it."""
    assert counter.enrol(None).json()["referral"] is None


@pytest.mark.parametrize("named", [7, "", "x" * 129, ["a"]])
def test_what_is_no_text_is_malformed(counter: Counter, named: object) -> None:
    """A field of another form is a mistake of the POS, and nobody is enrolled."""
    answer = counter.enrol(named)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


def test_a_number_that_is_named_is_a_look_up(counter: Counter) -> None:
    """It is recorded with whom it found and counts; a till that has none left enrols once it has,
    and says so before anything was written.
    """
    (member,) = {counter.ask("POST", "/v1/identify", {"token": CARD}).json()["account"]}
    assert counter.enrol("phone:202 555 0199").json()["referral"] == "unknown"
    for _ in range(PER_MINUTE - 1):
        assert counter.enrol(PHONE).json()["referral"] == "referred"
    head = counter.ledger.head
    answer = counter.enrol(PHONE, "em4100:00000000FF")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_lookups")
    assert counter.ask("POST", "/v1/identify", {"token": "em4100:00000000FF"}).status_code == 404
    assert counter.ledger.head.seq == head.seq + 1  # that the till was limited
    assert counter.enrol(CARD).json()["referral"] == "referred"  # a card that was read is none
    assert counter.enrol(CARD.removeprefix("em4100:")).json()["referral"] == "referred"
    noted = [flag for flag in counter.flags if flag[0] == "phone_lookup"]
    assert noted == [("phone_lookup", None)] + [("phone_lookup", member)] * (PER_MINUTE - 1)


def test_numbers_that_are_tried_out_are_limited(counter: Counter) -> None:
    """Bare numbers that nobody has cost what they cost elsewhere."""
    said = [counter.enrol(f"{number:06}").status_code for number in range(PER_MINUTE + 1)]
    assert said == [201] * PER_MINUTE + [429]


def test_what_told_nothing_costs_nothing(counter: Counter) -> None:
    """An enrolment that is refused, and one under a program that pays for nobody."""
    for _ in range(2 * PER_MINUTE):
        assert counter.enrol(PHONE, CARD).json()["code"] == "card_in_use"
    counter.till.adopt(Terms(program=SMALL.model_copy(update={"referral": None})))
    for _ in range(2 * PER_MINUTE):
        assert counter.enrol(PHONE).json()["referral"] == "not_offered"
    assert counter.flags == []


def test_it_is_shown_where_the_referrer_stands(counter: Counter, sale_body: SaleBody) -> None:
    """The friend pays at one lane; the other one, where the referrer's card lies, shows the points
    at once, and that they are gone again with the sale.
    """
    counter.enrol(CARD, FRIEND)

    async def tap() -> None:
        await counter.lanes.card_presented("2", "reader-2", parse_token(CARD))

    def shown() -> int | None:
        member = counter.lanes["2"].member
        return None if member is None else member.balance

    counter.run(tap())
    assert shown() == 0
    answer = counter.ask("PUT", "/v1/sales/s-1", sale_body(2_000, token=FRIEND))
    assert (answer.json()["points"], shown()) == (120, 200)
    counter.ask("DELETE", "/v1/sales/s-1")
    assert shown() == 0
    counter.ask("PUT", "/v1/sales/s-2", sale_body(2_000))
    counter.ask("PUT", "/v1/sales/s-2/claim", {"token": FRIEND})
    assert shown() == 200


def test_the_history_says_it(counter: Counter, sale_body: SaleBody, tmp_path: Path) -> None:
    """Of both, in the program's words: who brought whom, what came, and what went with the sale."""
    counter.enrol(CARD, FRIEND)
    counter.ask("PUT", "/v1/sales/s-1", sale_body(2_000, token=FRIEND))
    counter.ask("DELETE", "/v1/sales/s-1")

    def told(whose: str) -> str:
        command = ["ledger", "history", "--db", str(tmp_path / "ledger.db"), whose]
        return " ".join(CliRunner().invoke(main, command).output.split())

    assert "promotion: friend; Member gets member: 200" in told(CARD)
    assert "promotion taken back -200" in told(CARD)
    assert "brought by: " in told(FRIEND)
    assert "Member gets member: 100" in told(FRIEND)
    assert "Member gets member: 200" in told("s-1")
