"""Baskets and programs of a certain shape: thirty lines, ten thousand, a hundred promotions."""

import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import chain, cycle, islice, pairwise
from statistics import median

from agent.core.accumulate import ANYBODY, accumulate
from agent.core.basket import Line, Sale
from agent.core.explain import explain
from agent.core.program import Hours, Program, Promotion
from agent.tools.bench.figures import Figure, Target
from agent.tools.bench.measure import Progress, alternated, medians
from agent.tools.bench.program_rates import CRUDE, cpu_s, crude

__all__ = ["cut", "explained", "more_lines", "more_promotions", "with_promotions"]

_SAMPLES = 2_000
_LINES = (10, 100, 1_000, 10_000)
_TIMES_A_RUN = 10
_PROMOTIONS, _IN_FORCE, _APPLYING = 100, 10, 3


def explained(program: Program, sales: Sequence[Sale], progress: Progress) -> Figure:
    """Measure how long a core takes to explain a basket of thirty real lines."""
    sale = cut(sales, 0, 30)
    runs = alternated(
        {
            "ours": lambda: _each_s(lambda: explain(program, sale, ANYBODY)),
            "crude": lambda: _each_s(lambda: crude([sale])),
        },
        progress=progress,
    )
    return Figure(
        name="a 30-line basket explained, p99",
        unit="ms of a core",
        value=medians("ours", runs["ours"]).p99_ms,
        raw=f"p99 of {CRUDE}",
        raw_value=medians("crude", runs["crude"]).p99_ms,
        target=Target(of="value", at_most=1),
    )


def more_lines(program: Program, sales: Sequence[Sale], progress: Progress) -> list[Figure]:
    """Measure what a line costs in baskets of more and more of them.

    It is the same lines each time, cut into baskets of another length: how much of them fits into
    the processor's caches must not be taken for what a line costs.
    """

    def line_us(lines: int) -> float:
        many = [cut(sales, place, lines) for place in range(0, max(_LINES), lines)] * _TIMES_A_RUN
        took_s = cpu_s(lambda: _judge(program, many))
        return took_s / max(_LINES) / _TIMES_A_RUN * 1_000_000

    runs = alternated({f"{lines}": partial(line_us, lines) for lines in _LINES}, progress=progress)
    return [
        Figure(
            name=f"a line of a basket of {more:,}",
            unit="us",
            value=median(runs[f"{more}"]),
            raw=f"a line of a basket of {fewer:,}",
            raw_value=median(runs[f"{fewer}"]),
            target=Target(of="ratio", at_most=1.2),
        )
        for fewer, more in pairwise(_LINES)
    ]


def more_promotions(program: Program, sales: Sequence[Sale], progress: Progress) -> Figure:
    """Measure what a hundred promotions cost, of which ten are in force and three apply."""
    day = sales[0].business_date
    same_day = [sale.model_copy(update={"business_date": day}) for sale in sales]
    one = with_promotions(program, day, in_all=1, in_force=1, applying=1)
    many = with_promotions(program, day, in_all=_PROMOTIONS, in_force=_IN_FORCE, applying=_APPLYING)
    runs = alternated(
        {
            "one": lambda: cpu_s(lambda: _judge(one, same_day)),
            "many": lambda: cpu_s(lambda: _judge(many, same_day)),
        },
        progress=progress,
    )
    return Figure(
        name=f"{_PROMOTIONS} promotions, {_IN_FORCE} in force, {_APPLYING} applying",
        unit="us a basket",
        value=median(runs["many"]) / len(sales) * 1_000_000,
        raw="one promotion, which applies",
        raw_value=median(runs["one"]) / len(sales) * 1_000_000,
        target=Target(of="ratio", at_most=5),
    )


def cut(sales: Sequence[Sale], place: int, count: int) -> Sale:
    """Make one basket of so many lines of real ones from a place on, over again if they run out."""
    real = chain.from_iterable(cycle([sale.lines for sale in sales]))
    lines: tuple[Line, ...] = tuple(islice(real, place, place + count))
    total_minor = sum(line.amount_minor for line in lines)
    paid = sales[0].tenders[0].model_copy(update={"kind": "card", "amount_minor": total_minor})
    whole = {"lines": lines, "tenders": (paid,), "total_minor": total_minor}
    return sales[0].model_copy(update=whole)


def with_promotions(
    program: Program, day: date, *, in_all: int, in_force: int, applying: int
) -> Program:
    """Give a program so many promotions instead of its own.

    Those in force that do not apply are for other lanes, stores or hours; those that do double the
    points, each by a little more than the one before.
    """
    last_week = day - timedelta(7)
    promotions = [
        Promotion(
            id=f"promotion-{number}",
            text=f"Promotion {number}",
            multiplier=f"2.{number:02}",
            first_day=day if number < in_force else last_week,
            last_day=day if number < in_force else last_week,
            **({} if number < applying else _ELSEWHERE[number % len(_ELSEWHERE)]),
        )
        for number in range(in_all)
    ]
    # Made anew: a copy would take along what the program has found out about its promotions.
    said = {name: getattr(program, name) for name in type(program).model_fields}
    return Program(**said | {"promotion": tuple(promotions)})


_ELSEWHERE = (
    {"lanes": frozenset({"none"})},
    {"stores": frozenset({"none"})},
    {"hours": (Hours(start="03:00", end="03:01"),)},
)


def _judge(program: Program, sales: Sequence[Sale]) -> None:
    for sale in sales:
        accumulate(program, sale)


def _each_s(action: Callable[[], object]) -> list[float]:
    """Take samples in seconds of a core: a wait for one is no explanation."""
    samples = []
    for _ in range(_SAMPLES):
        began_s = time.process_time()
        action()
        samples.append(time.process_time() - began_s)
    return samples
