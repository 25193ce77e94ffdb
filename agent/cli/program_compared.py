"""How a comparison of two programs is shown: as JSON, and on a terminal."""

from collections.abc import Iterator
from typing import Any

from agent.cli.columns import plain
from agent.core.accumulate import Earned
from agent.core.money import format_money
from agent.tools.shadow import Changed, Comparison, Moved, Side

__all__ = ["as_lines", "as_values"]


def as_values(found: Comparison) -> dict[str, Any]:
    """Put a comparison in plain values."""
    old, new = found.old, found.new
    return {
        "old": _side(old),
        "new": _side(new),
        "difference": {
            "points": new.totals.points - old.totals.points,
            "liability_minor": found.liability_minor,
        },
        "baskets": {
            "count": new.totals.baskets,
            "first_day": None if found.first_day is None else found.first_day.isoformat(),
            "last_day": None if found.last_day is None else found.last_day.isoformat(),
            "changed": found.changed,
            "without_card": found.without_card,
            "other_currency": found.other_currency,
        },
        "members": {
            "count": found.members,
            "unit": found.unit,
            "better": _moved(found.better),
            "worse": _moved(found.worse),
        },
        "most_changed": [_changed(each) for each in found.most_changed],
    }


def _side(side: Side) -> dict[str, Any]:
    totals = side.totals
    return {
        "program": side.program.edition,
        "currency": side.program.currency,
        "points": totals.points,
        "withheld": totals.withheld,
        "baskets_earning": totals.earning,
        "rules": dict(totals.rules.most_common()),
        "liability_minor": side.liability_minor,
        "liability_by": None if side.burn is None else side.burn.by,
    }


def _moved(moved: Moved) -> dict[str, int]:
    return {"count": moved.members, "p50": moved.p50, "p90": moved.p90}


def _changed(changed: Changed) -> dict[str, Any]:
    sale = changed.basket.sale
    return {
        "sale_id": changed.basket.sale_id,
        "store": changed.basket.store,
        "business_date": sale.business_date.isoformat(),
        "total_minor": sale.total_minor,
        "difference": changed.difference,
        "old": _earned(changed.old),
        "new": _earned(changed.new),
    }


def _earned(earned: Earned) -> dict[str, Any]:
    because = [
        {
            "rule": reason.rule,
            "points": reason.points,
            "lines": list(reason.lines),
            "text": reason.text,
        }
        for reason in earned.because
    ]
    return {"points": earned.points, "because": because}


def as_lines(found: Comparison) -> Iterator[str]:
    """Write a comparison for a terminal."""
    old, new = found.old, found.new
    yield f"{old.program.edition} -> {new.program.edition}: {_baskets(found)}"
    yield from _notes(found)
    yield ""
    yield from _table(found)
    yield ""
    yield f"better off: {_members(found, found.better, '+')}"
    yield f"worse off:  {_members(found, found.worse, '-')}"
    same = found.members - found.better.members - found.worse.members
    yield f"as before:  {same:,} members"
    if found.most_changed:
        yield ""
        yield f"the most changed of {found.changed:,} changed baskets"
    for changed in found.most_changed:
        yield from _basket(found, changed)


def _baskets(found: Comparison) -> str:
    if found.first_day is None:
        return "no baskets"
    return (
        f"{found.new.totals.baskets:,} baskets of {found.members:,} members, "
        f"{found.first_day} to {found.last_day}"
    )


def _notes(found: Comparison) -> Iterator[str]:
    old, new = found.old.program, found.new.program
    if old.edition == new.edition and old != new:
        later = new.version + 1
        yield f"both files say version {new.version}: a store takes the new one as {later}"
    if found.without_card:
        yield f"{found.without_card:,} baskets without a card earn nothing"
    if found.other_currency:
        currency = found.new.program.currency
        yield f"{found.other_currency:,} baskets are in another currency and taken for {currency}"


def _table(found: Comparison) -> Iterator[str]:
    old, new = found.old, found.new
    before, after = old.totals, new.totals
    rows = [
        ("", "old", "new", "difference"),
        _row("points", before.points, after.points),
        ("worth", _worth(old), _worth(new), _worth_more(found)),
        _row("baskets that earn", before.earning, after.earning),
    ]
    if before.withheld or after.withheld:
        rows.append(_row("withheld by limits", before.withheld, after.withheld))
    for rule in {**before.rules, **after.rules}:
        rows.append(_row(f"by '{rule}'", before.rules[rule], after.rules[rule]))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *numbers in rows:
        cells = [cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=True)]
        yield "  ".join([name.ljust(widths[0]), *cells])
    for name, side in (("old", old), ("new", new)):
        if side.burn is None:
            yield f"{name}: what points are worth is unknown, no reward takes money off"
        else:
            yield f"{name}: points are worth what '{side.burn.by}' takes off"


def _row(name: str, old: int, new: int) -> tuple[str, str, str, str]:
    share = f" ({(new - old) / old:+.1%})" if old and new != old else ""
    return name, f"{old:,}", f"{new:,}", f"{new - old:+,}{share}"


def _worth(side: Side) -> str:
    if side.liability_minor is None:
        return "unknown"
    return format_money(side.liability_minor, side.program.currency)


def _worth_more(found: Comparison) -> str:
    if found.liability_minor is None:
        return "unknown"
    sign = "+" if found.liability_minor >= 0 else ""
    return f"{sign}{format_money(found.liability_minor, found.new.program.currency)}"


def _members(found: Comparison, moved: Moved, sign: str) -> str:
    if not moved.members:
        return "0 members"
    p50, p90 = (f"{sign}{_much(found, much)}" for much in (moved.p50, moved.p90))
    return f"{moved.members:,} members, p50 {p50}, p90 {p90}"


def _much(found: Comparison, much: int) -> str:
    if found.unit == "minor":
        return format_money(much, found.new.program.currency)
    return f"{much:,} {'point' if abs(much) == 1 else 'points'}"


def _basket(found: Comparison, changed: Changed) -> Iterator[str]:
    basket = changed.basket
    total = format_money(basket.sale.total_minor, found.new.program.currency)
    sign = "+" if changed.difference >= 0 else ""
    yield plain(
        f"  {basket.sale_id}  {basket.sale.business_date}  {total}  "
        f"{changed.old.points:,} -> {changed.new.points:,}  "
        f"({sign}{_much(found, changed.difference)})"
    )
    for name, earned in (("old", changed.old), ("new", changed.new)):
        reasons = [f"{each.rule} {each.points:,}" for each in earned.because]
        yield plain(f"      {name}: {', '.join(reasons) or 'nothing'}")
