"""Many rows in one statement: arrays for PostgreSQL, JSON for SQLite.

Rows that are there already are added to. Two transactions never wait for each other in a circle as
long as both hand in their rows in the order of their keys; :func:`add_up` sorts them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    case,
    func,
    literal,
    select,
    true,
)
from sqlalchemy import column as named
from sqlalchemy.dialects.postgresql import ARRAY

from sync.hub.database import upsert

__all__ = ["add_up", "among"]


def add_up(  # noqa: PLR0913
    c: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Iterable[tuple[Any, ...]],
    *,
    fixed: Mapping[str, Any],
    sums: Sequence[str] = (),
    largest: Sequence[str] = (),
    agreed: Sequence[str] = (),
    returning: Sequence[str] = (),
) -> Sequence[Row[Any]]:
    """Insert ``rows`` of ``columns``, each with the ``fixed`` values; where a row of that primary
    key is there, add the ``sums`` to it, keep the larger of the ``largest``, and of the ``agreed``
    those that are as they were, NULL instead of others.
    """
    ordered = sorted(rows)
    if not ordered:
        return ()
    source = _source(c, table, columns, ordered, fixed)
    statement = upsert(c, table).from_select([*fixed, *columns], source)
    new, old = statement.excluded, table.c
    changes: dict[str, ColumnElement[Any]] = {name: old[name] + new[name] for name in sums}
    for name in largest:
        changes[name] = case((old[name] >= new[name], old[name]), else_=new[name])
    for name in agreed:
        changes[name] = case((old[name] == new[name], old[name]))
    key = [column.name for column in table.primary_key]
    if changes:
        statement = statement.on_conflict_do_update(index_elements=key, set_=changes)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=key)
    if not returning:
        c.execute(statement)
        return ()
    return c.execute(statement.returning(*(old[name] for name in returning))).all()


def among(c: Connection, column: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    """Say that a column is one of many values, in one parameter however many they are."""
    ordered = sorted(values)
    if c.dialect.name == "postgresql":
        wanted = func.unnest(literal(ordered, ARRAY(column.type))).table_valued("value")
        return column.in_(select(wanted.render_derived().c.value))  # type: ignore[no-any-return]
    each = func.json_each(json.dumps(ordered)).table_valued("value")
    return column.in_(select(each.c.value))  # type: ignore[no-any-return]


def _source(
    c: Connection,
    table: Table,
    columns: Sequence[str],
    rows: list[tuple[Any, ...]],
    fixed: Mapping[str, Any],
) -> Select[Any]:
    """Make a row source of parameters."""
    constants = [literal(value, table.c[name].type) for name, value in fixed.items()]
    if c.dialect.name == "postgresql":
        arrays = [
            literal(list(values), ARRAY(table.c[name].type))
            for name, values in zip(columns, zip(*rows, strict=True), strict=True)
        ]
        each = func.unnest(*arrays).table_valued(
            *(named(name, table.c[name].type) for name in columns)
        )
        return select(*constants, *each.render_derived().c)
    each = func.json_each(json.dumps(rows)).table_valued("value")
    values = [func.json_extract(each.c.value, f"$[{place}]") for place in range(len(columns))]
    # SQLite takes ON CONFLICT for a join's ON without a WHERE before it.
    return select(*constants, *values).select_from(each).where(true())
