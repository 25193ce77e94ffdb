"""What the ledger is measured with: real baskets, and members to buy them.

A few hundred baskets are shipped; a bench needs more sales than that, so they go round, each time
under another sale_id and with another member's card.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from msgspec import Raw
from msgspec.structs import replace

from agent.clock import device_clock, mint_id
from agent.core.accumulate import accumulate
from agent.core.basket import Sale
from agent.core.entry import Entry
from agent.core.facts import AccumulatePoints, Enrol, Fact
from agent.core.program import Program
from agent.core.stamp import Stamp
from agent.ledger import Profile
from agent.paths import shipped_program
from agent.rules import read_program
from agent.tools.bench.sale import real_sales

__all__ = ["History", "Said", "Work", "card", "phone", "program", "sample_entries", "work"]

Work = list[tuple[str, Sale]]
"""Sales to commit, each with its sale_id."""

_FIRST_PHONE = 202_000_0000


@cache
def program() -> Program:
    """Answer the program that judges every sale of the bench."""
    return read_program(shipped_program("simple"))


@cache
def _parsed_sales() -> tuple[Sale, ...]:
    """Answer the shipped baskets, checked as the border checks them."""
    return tuple(Sale.model_validate_json(json.dumps(sale)) for sale in real_sales())


def card(number: int) -> str:
    """Answer the card of the bench's member so many."""
    return f"em4100:2B{number:08X}"


def phone(number: int) -> str:
    """Answer the telephone number of the bench's member so many, as E.164 writes it."""
    return f"+1{_FIRST_PHONE + number}"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Judged:
    """A basket, and what a till says of it whoever shows a card."""

    sale: Sale
    fact: AccumulatePoints

    def sold_to(self, account: str, token: str, sale_id: str, before: int) -> AccumulatePoints:
        """Answer the fact of selling it to a member who has so many points."""
        assert self.sale.token is not None, "every shipped basket was sold to a member"  # noqa: S101
        own = bytes(self.fact.sale_json).replace(self.sale.token.encode(), token.encode(), 1)
        return replace(
            self.fact,
            sale_id=sale_id,
            sale_json=Raw(own),
            account=account,
            balance=before + self.fact.points,
        )


@cache
def _judged() -> tuple[_Judged, ...]:
    return tuple(_judge(sale) for sale in _parsed_sales())


def _judge(sale: Sale) -> _Judged:
    earned = accumulate(program(), sale)
    fact = AccumulatePoints(
        sale_id="-",
        sale_json=Raw(sale.canonical()),
        status="accumulated",
        program=program().edition,
        points=earned.points,
        because=earned.because,
        flags=(),
    )
    return _Judged(sale=sale, fact=fact)


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A fact, and the shop's day on which it was said."""

    fact: Fact
    business_date: date | None


class History:
    """A shop's years as facts: every member enrolled, then real baskets sold to random ones.

    ``prefix`` keeps one shop's sales apart from any other's, ``first_card`` its members' cards.
    """

    def __init__(
        self,
        *,
        accounts: int,
        seed: int = 1,
        prefix: str = "history",
        first_card: int = 0x2B_0000_0000,
    ) -> None:
        self._prefix = prefix
        self._first_card = first_card
        self._accounts = [mint_id() for _ in range(accounts)]
        self._balances = [0] * accounts
        self._dice = random.Random(seed)  # noqa: S311 - who buys is no secret
        self._sold = 0

    def enrolments(self) -> Iterator[Said]:
        """Yield the enrolment of every member."""
        for number, account in enumerate(self._accounts):
            enrol = Enrol(account=account, token=self._card(number), lane="1", cashier="c1")
            yield Said(fact=enrol, business_date=None)

    def _card(self, number: int) -> str:
        return f"em4100:{self._first_card + number:010X}"

    def profiles(self) -> Iterator[Profile]:
        """Yield what is known of every member: a telephone number."""
        for number, account in enumerate(self._accounts):
            yield Profile(account=account, phone=phone(number))

    def sales(self, count: int) -> Iterator[Said]:
        """Yield so many more sales."""
        baskets = _judged()
        for _ in range(count):
            basket = baskets[self._sold % len(baskets)]
            member = self._dice.randrange(len(self._accounts))
            fact = basket.sold_to(
                self._accounts[member],
                self._card(member),
                f"{self._prefix}-{self._sold:08}",
                self._balances[member],
            )
            self._balances[member] += fact.points
            self._sold += 1
            yield Said(fact=fact, business_date=basket.sale.business_date)


def work(prefix: str, count: int, *, accounts: int, seed: int) -> Work:
    """Prepare sales for random members; ``prefix`` keeps their ids apart from any others."""
    sales, dice = _parsed_sales(), random.Random(seed)  # noqa: S311 - see above
    return [
        (
            f"{prefix}-{number:06}",
            sales[number % len(sales)].model_copy(update={"token": card(dice.randrange(accounts))}),
        )
        for number in range(count)
    ]


def sample_entries() -> list[bytes]:
    """Answer the canonical bytes of an entry for each shipped basket, as a journal holds them."""
    stamp, _ = Stamp.of(device_clock(), None)
    facts = History(accounts=1).sales(len(_parsed_sales()))
    return [_entry(seq, said, stamp).canonical() for seq, said in enumerate(facts, start=1)]


def _entry(seq: int, said: Said, stamp: Stamp) -> Entry:
    return Entry(
        id=mint_id(),
        epoch=0,
        seq=seq,
        recorded_at=stamp.recorded_at,
        clock=stamp.clock,
        business_date=said.business_date,
        fact=said.fact,
    )
