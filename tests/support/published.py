"""What a shipped program promises, as a table of cases in ``tests/data/cases/NAME.toml``.

The expected values were worked out by hand from the programs' public terms. Each kind of case is a
class here, whose fields are the keys that its tables may have; what is left out has a plain value.
Money is written as on a price tag: ``"12.50"``.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from agent.core.account import Account
from agent.core.basket import Sale
from agent.core.explain import Explanation, explain
from agent.core.paper import row, wrapped
from agent.core.program import Program
from agent.core.promoting import Circumstances
from agent.core.receipt import NARROWEST
from agent.core.tiers import Standing, standing_on
from agent.paths import shipped_program

__all__ = ["Buys", "Earns", "Lists", "Next", "Published", "RunsOut", "Stands"]

_CASES = Path(__file__).resolve().parents[1] / "data" / "cases"
_DAY = "2026-11-21"


def _minor(money: str) -> int:
    return int(Decimal(money) * 100)


def _lines(lines: Sequence[str]) -> list[dict[str, Any]]:
    """Read lines as ``category amount [quantity [sku]]``."""
    made = []
    for line in lines:
        category, amount, *more = line.split()
        quantity, sku, *_ = [*more, *("1", category)[len(more) :]]
        price = {"unit_price_minor": abs(_minor(amount)), "amount_minor": _minor(amount)}
        made.append({"sku": sku, "category": category, "quantity": quantity, **price})
    return made


def _explained(
    program: Program,
    *,
    lines: Sequence[str],
    account: Mapping[str, Any],
    paid: Sequence[str] = (),
    day: str = _DAY,
    at: str | None = None,
    currency: str | None = None,
) -> Explanation:
    made = _lines(lines)
    total_minor = sum(line["amount_minor"] for line in made)
    tenders = [
        {"kind": kind, "amount_minor": _minor(amount)} for kind, amount in map(str.split, paid)
    ]
    sale = {
        "lane": "1",
        "cashier": "ana",
        "business_date": day,
        "occurred_at": at or f"{day}T12:00:00+00:00",
        "currency": currency or program.currency,
        "lines": made,
        "tenders": tenders or [{"kind": "card", "amount_minor": total_minor}],
        "total_minor": total_minor,
    }
    when = Circumstances(account=Account.model_validate(account))
    return explain(program, Sale.model_validate(sale), when)


@dataclass(frozen=True, kw_only=True)
class Earns:
    """``points`` for ``lines``, or by rule in ``because``: ``"base 15"``."""

    name: str
    points: int
    lines: list[str]
    because: list[str] | None = None
    paid: list[str] = field(default_factory=list)
    tier: str | None = None
    birthday: str | None = None
    day: str = _DAY
    at: str | None = None
    currency: str | None = None

    def holds(self, program: Program) -> None:
        """Check it."""
        said = _explained(
            program,
            lines=self.lines,
            account={"tier": self.tier, "birthday": self.birthday},
            paid=self.paid,
            day=self.day,
            at=self.at,
            currency=self.currency,
        )
        assert said.points == self.points, said.because
        assert sum(each.points for each in said.because) == self.points, said.because
        if self.because is not None:
            assert [f"{each.rule} {each.points}" for each in said.because] == self.because, said


@dataclass(frozen=True, kw_only=True)
class Buys:
    """What one reward costs and is worth to a member with ``balance`` and a basket of ``basket``;
    ``why_not`` where it cannot be had.
    """

    name: str
    reward: str
    balance: int
    cost_points: int
    value: str | None = None
    why_not: str | None = None
    tier: str | None = None
    basket: str = "20.00"

    def holds(self, program: Program) -> None:
        """Check it."""
        said = _explained(
            program,
            lines=[f"merchandise {self.basket}"],
            account={"tier": self.tier, **_points(self.balance)},
        )
        assert said.balance == self.balance
        offer = next(each for each in said.rewards if each.reward == self.reward)
        value_minor = None if self.value is None else _minor(self.value)
        assert (offer.cost_points, offer.value_minor) == (self.cost_points, value_minor), offer
        assert offer.available is (self.why_not is None), offer
        assert offer.why == (self.why_not or offer.text), offer


@dataclass(frozen=True, kw_only=True)
class Lists:
    """Which rewards are ``there`` for a member with ``balance`` and a basket of ``basket``, and
    which are listed but ``beyond`` reach.
    """

    name: str
    balance: int
    there: list[str]
    beyond: list[str]
    tier: str | None = None
    basket: str = "20.00"

    def holds(self, program: Program) -> None:
        """Check it."""
        account = {"tier": self.tier, **_points(self.balance)}
        said = _explained(program, lines=[f"merchandise {self.basket}"], account=account)
        assert [each.reward for each in said.rewards if each.available] == self.there, said.rewards
        assert [each.reward for each in said.rewards if not each.available] == self.beyond, said


@dataclass(frozen=True, kw_only=True)
class RunsOut:
    """When the points of ``lots`` are ``gone``, each ``"40 2025-12-15"``: points and a day."""

    name: str
    lots: list[str]
    gone: list[str]
    tier: str | None = None
    last_activity_on: str | None = None

    def holds(self, program: Program) -> None:
        """Check it."""
        lots = [
            {"points": int(points), "earned_on": day} for points, day in map(str.split, self.lots)
        ]
        account = {"tier": self.tier, "lots": lots, "last_activity_on": self.last_activity_on}
        said = _explained(program, lines=[], account=account)
        assert [f"{each.points} {each.on}" for each in said.expires] == self.gone, said.expires


@dataclass(frozen=True, kw_only=True)
class Next:
    """The ``above`` tier and how much is ``short`` for it, with ``has`` points or money so far."""

    name: str
    tier: str
    has: int | str
    above: str | None = None
    short: int | str | None = None

    def holds(self, program: Program) -> None:
        """Check it."""
        counted = (
            {"qualifying_spend_minor": _minor(self.has)}
            if isinstance(self.has, str)
            else {"qualifying_points": self.has}
        )
        said = _explained(program, lines=[], account={"tier": self.tier, **counted})
        assert said.tier == self.tier
        short = _minor(self.short) if isinstance(self.short, str) else self.short
        ahead = said.next_tier
        found = (None, None) if ahead is None else (ahead.tier, ahead.points or ahead.spend_minor)
        assert found == (self.above, short), found


@dataclass(frozen=True, kw_only=True)
class Stands:
    """The standing on ``day`` of a member who was ``before`` and ``got`` points or money on days.

    A standing is written ``"gold since 2026-03-10 until 2027-03-09"``; what was got ``"2026-03-10
    500"``.
    """

    name: str
    day: str
    now: str
    before: str | None = None
    got: list[str] = field(default_factory=list)

    def holds(self, program: Program) -> None:
        """Check it."""
        rules = program.tiers
        assert rules is not None
        by_day = [
            (date.fromisoformat(day), _minor(much) if rules.count == "spend" else int(much))
            for day, much in map(str.split, self.got)
        ]
        today = date.fromisoformat(self.day)

        def reached(first: date) -> int:
            return sum(much for day, much in by_day if first <= day <= today)

        now = standing_on(rules, _standing(self.before), reached, today)
        assert now == _standing(self.now), now


_Case = Earns | Buys | Lists | RunsOut | Next | Stands
_C = TypeVar("_C", Earns, Buys, Lists, RunsOut, Next, Stands)

_TABLES: Mapping[str, type[_Case]] = {
    "earns": Earns,
    "buys": Buys,
    "lists": Lists,
    "runs_out": RunsOut,
    "next": Next,
    "stands": Stands,
}


class Published:
    """A shipped program and its cases."""

    def __init__(self, name: str) -> None:
        """Read both."""
        self.program = Program.parse(shipped_program(name).read_text("utf-8"), source=name)
        tables = tomllib.loads((_CASES / f"{name}.toml").read_text("utf-8"))
        self.cases = [_TABLES[what](**each) for what, listed in tables.items() for each in listed]

    def of(self, kind: type[_C]) -> list[_C]:
        """Answer the cases of one kind."""
        return [each for each in self.cases if isinstance(each, kind)]

    def texts_that_need_two_lines(self) -> list[str]:
        """List what takes more than a line of the narrowest receipt, where a receipt prints it."""
        program = self.program
        rules = [each.text for each in (*program.earn, *program.promotion)]
        costs = [(each.text, each.cost_points) for each in program.reward]
        if program.discount is not None:
            costs.append((program.discount.text, program.discount.minimum))
        ahead = program.phrases_in("en").next_reward
        lines = [(text, row(text, 99_999, NARROWEST, indent="  ")) for text in rules]
        lines += [
            (text, wrapped(ahead.format(reward=text, points=points), NARROWEST))
            for text, points in costs
        ]
        return [text for text, printed in lines if len(printed) > 1]


def _points(balance: int) -> dict[str, Any]:
    if balance < 0:
        return {"debt": -balance}
    return {"lots": [{"points": balance, "earned_on": "2026-11-01"}] if balance else []}


def _standing(said: str | None) -> Standing | None:
    if said is None:
        return None
    tier, _, since, *rest = said.split()
    until = date.fromisoformat(rest[1]) if rest else None
    return Standing(tier=tier, since=date.fromisoformat(since), kept_until=until)
