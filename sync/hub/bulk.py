"""Many rows in one statement: handed over as JSON.

Rows that are there already are added to. Two transactions never wait for each other in a circle as
long as both hand in their rows in the order of their keys; :func:`add_up` sorts them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    Text,
    case,
    cast,
    func,
    literal,
    select,
    true,
)

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
    wanted = _json(sorted(values))
    if c.dialect.name == "postgresql":
        every = select(cast(func.json_array_elements_text(cast(wanted, JSON)), column.type))
    else:
        every = select(func.json_each(wanted).table_valued("value").c.value)
    return column.in_(every)  # type: ignore[no-any-return]


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
        # One text for each column: far cheaper to write than arrays of texts.
        each = select(
            *(
                func.json_array_elements_text(cast(_json(values), JSON)).label(name)
                for name, values in zip(columns, zip(*rows, strict=True), strict=True)
            )
        ).subquery()
        return select(*constants, *(cast(each.c[name], table.c[name].type) for name in columns))
    row = func.json_each(_json(rows)).table_valued("value")
    values = [func.json_extract(row.c.value, f"$[{place}]") for place in range(len(columns))]
    # SQLite takes ON CONFLICT for a join's ON without a WHERE before it.
    return select(*constants, *values).select_from(row).where(true())


def _json(value: Any) -> ColumnElement[str]:
    return literal(msgspec.json.encode(value).decode(), Text)
