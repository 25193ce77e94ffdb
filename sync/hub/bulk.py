"""Many rows in one statement: handed over as JSON.

Rows that are there already are added to. Two transactions never wait for each other in a circle as
long as both hand in their rows in the order of their keys; :func:`add_up` sorts them.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
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
    bindparam,
    case,
    cast,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite

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
    statement = _statement(
        c.dialect.name,
        table,
        tuple(columns),
        tuple(fixed),
        tuple(sums),
        tuple(largest),
        tuple(agreed),
        tuple(returning),
    )
    found = c.execute(statement, _parameters(c.dialect.name, columns, ordered, fixed))
    return found.all() if returning else ()


@lru_cache(maxsize=256)
def _statement(
    dialect: str,
    table: Table,
    columns: tuple[str, ...],
    fixed: tuple[str, ...],
    sums: tuple[str, ...],
    largest: tuple[str, ...],
    agreed: tuple[str, ...],
    returning: tuple[str, ...],
) -> Any:
    """Make the statement; there are some ten of them, and making one costs more than running it."""
    source = _source(dialect, table, columns, fixed)
    begin = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = begin(table).from_select([*fixed, *columns], source)
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
    return statement.returning(*(old[name] for name in returning)) if returning else statement


def among(c: Connection, column: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    """Say that a column is one of many values, in one parameter however many they are."""
    wanted = _json(sorted(values))
    if c.dialect.name == "postgresql":
        every = select(cast(func.json_array_elements_text(cast(wanted, JSON)), column.type))
    else:
        every = select(func.json_each(wanted).table_valued("value").c.value)
    return column.in_(every)  # type: ignore[no-any-return]


def _source(
    dialect: str, table: Table, columns: tuple[str, ...], fixed: tuple[str, ...]
) -> Select[Any]:
    """Make a row source of parameters."""
    constants = [bindparam(f"fixed_{name}", type_=table.c[name].type) for name in fixed]
    if dialect == "postgresql":
        # One text for each column: far cheaper to write than arrays of texts.
        each = select(
            *(
                func.json_array_elements_text(
                    cast(bindparam(f"each_{name}", type_=Text()), JSON)
                ).label(name)
                for name in columns
            )
        ).subquery()
        return select(*constants, *(cast(each.c[name], table.c[name].type) for name in columns))
    row = func.json_each(bindparam("rows", type_=Text())).table_valued("value")
    values = [func.json_extract(row.c.value, f"$[{place}]") for place in range(len(columns))]
    # SQLite takes ON CONFLICT for a join's ON without a WHERE before it.
    return select(*constants, *values).select_from(row).where(true())


def _parameters(
    dialect: str, columns: Sequence[str], rows: list[tuple[Any, ...]], fixed: Mapping[str, Any]
) -> dict[str, Any]:
    """Answer the values that such a source takes."""
    constants = {f"fixed_{name}": value for name, value in fixed.items()}
    if dialect == "postgresql":
        each = zip(columns, zip(*rows, strict=True), strict=True)
        return constants | {f"each_{name}": _text(values) for name, values in each}
    return constants | {"rows": _text(rows)}


def _json(value: Any) -> ColumnElement[str]:
    return literal(_text(value), Text)


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
