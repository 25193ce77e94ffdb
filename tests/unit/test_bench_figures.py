"""A figure says what it was measured against, and whether that is good enough."""

import pytest

from agent.tools.bench.figures import Figure, Figures, Target
from agent.tools.bench.measure import Measurement
from agent.tools.bench.till_figures import CallFigure, TillFigures


def _figure(value: float, raw_value: float, target: Target, name: str = "sales") -> Figure:
    return Figure(name=name, unit="ms", value=value, raw="bare", raw_value=raw_value, target=target)


def test_a_ratio_is_of_the_value_to_its_raw_limit() -> None:
    """Twice the raw limit is a ratio of two."""
    assert _figure(3.0, 1.5, Target(of="ratio", at_most=3)).ratio == 2.0


@pytest.mark.parametrize(
    ("target", "met", "text"),
    [
        (Target(of="ratio", at_least=0.35), True, ">= 0.35 x raw"),
        (Target(of="ratio", at_least=0.51), False, ">= 0.51 x raw"),
        (Target(of="ratio", at_least=0.5, at_most=1.2), True, "0.5 to 1.2 x raw"),
        (Target(of="ratio", at_least=0.8, at_most=1.2), False, "0.8 to 1.2 x raw"),
        (Target(of="value", at_most=5), True, "<= 5 ms"),
        (Target(of="value", at_most=4.9), False, "<= 4.9 ms"),
        (Target(of="value", at_least=15_000), False, ">= 15,000 ms"),
    ],
)
def test_a_target_holds_a_value_or_a_ratio_within_its_bounds(
    target: Target, met: bool, text: str
) -> None:
    """5 ms beside 10 ms meet what they are held to, a bound itself included."""
    figure = _figure(5.0, 10.0, target)
    assert (figure.met, figure.target_text) == (met, text)
    assert figure.as_json()["met"] is met


def test_the_table_is_aligned_and_names_every_raw_limit() -> None:
    """Each column begins at one place, and each row ends with what its raw limit is."""
    target = Target(of="value", at_most=5)
    figures = Figures(
        bench="ledger",
        runs=5,
        fdatasync_p50_ms=1.0,
        subject="two sales",
        figures=(_figure(4.0, 1.0, target), _figure(12_345.6, 2.0, target, "a longer name")),
    )
    heading, first, second = figures.lines()
    assert heading.index("target") == first.index("<= 5 ms") == second.index("<= 5 ms")
    assert first.endswith("met     bare")
    assert second.endswith("missed  bare")
    assert "12,346 ms" in second
    assert "4.00 ms" in first


def test_all_is_met_only_where_each_is() -> None:
    """One missed target is enough for the whole to miss, and the verdict counts them."""
    target = Target(of="value", at_most=5)
    figures = Figures(
        bench="ledger",
        runs=5,
        fdatasync_p50_ms=1.25,
        subject="two sales",
        figures=(_figure(4.0, 1.0, target), _figure(6.0, 1.0, target)),
    )
    assert not figures.target_met
    assert figures.verdict() == (
        "1 of 2 targets met; two sales; fdatasync p50 1.250 ms; medians of 5 runs"
    )
    assert figures.as_json()["target_met"] is False


def _took(p50_ms: float, p99_ms: float, name: str = "void") -> Measurement:
    return Measurement(name=name, p50_ms=p50_ms, p99_ms=p99_ms, samples=10)


def _call(p50_ms: float, p99_ms: float) -> CallFigure:
    return CallFigure(
        connections=16,
        call=_took(p50_ms, p99_ms),
        raw=_took(1.0, 2.0, "takes a body"),
        sale=_took(2.0, 5.0, "PUT sale"),
    )


@pytest.mark.parametrize(
    ("p50_ms", "p99_ms", "met"), [(4.0, 10.0, True), (4.1, 6.0, False), (3.0, 10.1, False)]
)
def test_a_call_is_held_to_twice_a_sale_at_both_percentiles(
    p50_ms: float, p99_ms: float, met: bool
) -> None:
    """Twice the commit of a sale is still good; more, at either percentile, is not."""
    figure = _call(p50_ms, p99_ms)
    assert figure.met is figure.as_json()["met"] is met
    assert figure.ratio == p50_ms
    assert figure.times_sale == (p50_ms / 2, p99_ms / 5)


def test_the_tills_verdict_counts_calls_and_figures() -> None:
    """Both tables are written and counted; one call that misses makes the whole miss."""
    figures = TillFigures(
        bench="till",
        runs=5,
        fdatasync_p50_ms=1.0,
        subject="two sales",
        figures=(_figure(4.0, 1.0, Target(of="value", at_most=5)),),
        calls=(_call(4.0, 10.0), _call(5.0, 10.0)),
    )
    assert not figures.target_met
    assert figures.verdict().startswith("2 of 3 targets met")
    heading, first, second, gap, _, last = figures.lines()
    assert heading.index("target") == first.index("<= 2 x sale") == second.index("<= 2 x sale")
    assert (first.endswith("met     takes a body"), gap) == (True, "")
    assert last.startswith("sales")
    said = figures.as_json()
    assert [call["times_sale"]["p50"] for call in said["calls"]] == [2.0, 2.5]
    assert len(said["figures"]) == 1
