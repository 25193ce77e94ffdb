"""Many rows in one statement, and rows of many tables in one: handed over as JSON, or to PostgreSQL
as an array for each column.

Rows that are there already are added to. Two transactions never wait for each other in a circle as
long as both hand in their rows in the order of their keys; :func:`add_up` sorts them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Connection,
    FromClause,
    Join,
    Row,
    Select,
    Subquery,
    Table,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from sync.hub.database import upsert_in

__all__ = [
    "Part",
    "add_up",
    "add_up_all",
    "among",
    "handed_over",
    "is_among",
    "listed",
    "looked_up",
    "rows_of",
]


_Values = dict[str, Any]


class _Shape(NamedTuple):
    """What a statement is made from, whatever the values are."""

    table: Table
    columns: tuple[str, ...]
    fixed: tuple[str, ...]
    sums: tuple[str, ...]
    largest: tuple[str, ...]
    smallest: tuple[str, ...]
    agreed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Rows of ``columns`` for a table, each with the ``fixed`` values. Where a row of that primary
    key is there, the ``sums`` are added to it, the larger of the ``largest`` and the smaller of the
    ``smallest`` kept, and of the ``agreed`` those that are as they were, NULL instead of others.
    """

    table: Table
    columns: tuple[str, ...]
    rows: Iterable[tuple[Any, ...]]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    sums: tuple[str, ...] = ()
    largest: tuple[str, ...] = ()
    smallest: tuple[str, ...] = ()
    agreed: tuple[str, ...] = ()

    @property
    def shape(self) -> _Shape:
        """What its statement is made from."""
        parts = (self.sums, self.largest, self.smallest, self.agreed)
        return _Shape(self.table, self.columns, tuple(self.fixed), *parts)

    def values(self, dialect: str, place: int, ordered: Sequence[tuple[Any, ...]]) -> _Values:
        """Make the parameters of its rows, as the part that stands at ``place``."""
        fixed: _Values = {f"fixed{place}_{name}": self.fixed[name] for name in self.fixed}
        return fixed | handed_over(dialect, f"rows{place}", self.columns, ordered)


def add_up(  # noqa: PLR0913
    c: Connection,
    table: Table,
    columns: tuple[str, ...],
    rows: Iterable[tuple[Any, ...]],
    *,
    fixed: Mapping[str, Any],
    sums: tuple[str, ...] = (),
    largest: tuple[str, ...] = (),
    agreed: tuple[str, ...] = (),
    returning: tuple[str, ...] = (),
) -> Sequence[Row[Any]]:
    """Write rows, see :class:`Part`; answers the columns asked for of each, as they are then."""
    ordered = sorted(rows)
    if not ordered:
        return ()
    part = Part(
        table=table,
        columns=columns,
        rows=ordered,
        fixed=fixed,
        sums=sums,
        largest=largest,
        agreed=agreed,
    )
    statement = _statement(c.dialect.name, part.shape, returning)
    done = c.execute(statement, part.values(c.dialect.name, 0, ordered))
    return done.all() if returning else ()


def add_up_all(c: Connection, parts: Iterable[Part]) -> None:
    """Write rows for several tables: on PostgreSQL by one statement, as each is a journey to the
    database and back.
    """
    dialect = c.dialect.name
    if dialect != "postgresql":
        for part in parts:
            if ordered := sorted(part.rows):
                statement = _statement(dialect, part.shape, ())
                c.execute(statement, part.values(dialect, 0, ordered))
        return
    shapes: list[_Shape] = []
    values: _Values = {}
    for place, part in enumerate(parts):
        shapes.append(part.shape)
        values |= part.values(dialect, place, sorted(part.rows))
    c.execute(_together(tuple(shapes)), values)


@cache
def _statement(dialect: str, shape: _Shape, returning: tuple[str, ...]) -> Any:
    """Make the statement that adds rows up, once: it costs more to make than to run."""
    statement = _insert(dialect, shape, 0)
    if not returning:
        return statement
    return statement.returning(*(shape.table.c[name] for name in returning))


@cache
def _together(shapes: tuple[_Shape, ...]) -> Any:
    """Make the statement that adds up rows for all of these tables."""
    inserts = [_insert("postgresql", shape, place) for place, shape in enumerate(shapes)]
    return select(literal(1)).add_cte(
        *(each.cte(f"part{place}") for place, each in enumerate(inserts))
    )


def _insert(dialect: str, shape: _Shape, place: int) -> Any:
    source = _source(dialect, shape, place)
    statement = upsert_in(dialect, shape.table).from_select([*shape.fixed, *shape.columns], source)
    new, old = statement.excluded, shape.table.c
    changes: dict[str, ColumnElement[Any]] = {name: old[name] + new[name] for name in shape.sums}
    for name in shape.largest:
        changes[name] = case((old[name] >= new[name], old[name]), else_=new[name])
    for name in shape.smallest:  # NULL is larger than anything
        changes[name] = case((old[name] <= new[name], old[name]), else_=new[name])
    for name in shape.agreed:
        changes[name] = case((old[name] == new[name], old[name]))
    key = [column.name for column in shape.table.primary_key]
    if changes:
        return statement.on_conflict_do_update(index_elements=key, set_=changes)
    return statement.on_conflict_do_nothing(index_elements=key)


def among(c: Connection, column: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    """Say that a column is one of many values, in one parameter however many they are."""
    return _is_in(c.dialect.name, column, _json(sorted(values)))


def is_among(dialect: str, column: Any, name: str) -> ColumnElement[bool]:
    """Say the same in a statement that is kept, of which ``name`` is the parameter: see
    :func:`listed`.
    """
    return _is_in(dialect, column, bindparam(name, type_=Text))


def listed(values: Iterable[Any]) -> str:
    """Write the values that a statement with :func:`is_among` is given."""
    return _text(sorted(values))


def _is_in(dialect: str, column: Any, wanted: Any) -> ColumnElement[bool]:
    if dialect == "postgresql":
        every = select(cast(func.json_array_elements_text(cast(wanted, JSON)), column.type))
        # As an array it is looked up in an index, however the planner guesses its length.
        found = column == func.any(func.array(every.scalar_subquery()))
    else:
        found = column.in_(select(func.json_each(wanted).table_valued("value").c.value))
    return found  # type: ignore[no-any-return]


def _source(dialect: str, shape: _Shape, place: int) -> Select[Any]:
    """Make a row source of parameters."""
    types = {column.name: column.type for column in shape.table.columns}
    constants = [bindparam(f"fixed{place}_{name}", type_=types[name]) for name in shape.fixed]
    each = rows_of(dialect, f"rows{place}", {name: types[name] for name in shape.columns})
    # SQLite takes ON CONFLICT for a join's ON without a WHERE before it.
    return select(*constants, *each.c).where(true())


def rows_of(dialect: str, name: str, columns: Mapping[str, Any]) -> Subquery:
    """Make a table of the rows that a statement is given under a name, see :func:`handed_over`;
    ``columns`` are their types by name.
    """
    if dialect == "postgresql":
        arrays = {
            column: cast(bindparam(f"{name}_{column}", type_=Text), ARRAY(kind))
            for column, kind in columns.items()
        }
        return select(
            *(func.unnest(array).label(column) for column, array in arrays.items())
        ).subquery()
    row = func.json_each(bindparam(name, type_=Text)).table_valued("value")
    values = [func.json_extract(row.c.value, f"$[{at}]") for at in range(len(columns))]
    return select(
        *(value.label(column) for value, column in zip(values, columns, strict=True))
    ).subquery()


def looked_up(
    dialect: str, rows: FromClause, table: Table, *conditions: ColumnElement[bool]
) -> tuple[Join, ReadOnlyColumnCollection[str, Any]]:
    """Join to each of ``rows`` what an index of a table holds for it; answers the join, and the
    table's columns in it.

    PostgreSQL is kept from reading the table whole for each row, as it may where it does not know
    yet how many there are.
    """
    if dialect != "postgresql":
        return rows.join(table, and_(*conditions)), table.c
    found = select(table).where(*conditions).offset(0).lateral()
    return rows.join(found, true()), found.c


def handed_over(
    dialect: str, name: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> _Values:
    """Make the parameters of a statement that is given rows under a name."""
    if dialect != "postgresql":
        return {name: _text(rows)}
    # Column by column: what makes columns of all rows at once makes an iterator of each row.
    return {
        f"{name}_{column}": _array(list(map(itemgetter(place), rows)))
        for place, column in enumerate(columns)
    }


def _array(values: Sequence[Any]) -> str:
    """Write texts or numbers as PostgreSQL writes an array: far cheaper to make, as one text, than
    what the driver makes of a list.
    """
    text = _text(values)
    if "\\" in text:  # JSON has more escapes than an array
        return "{" + ",".join(map(_element, values)) + "}"
    return "{" + text[1:-1] + "}"


def _element(value: Any) -> str:
    if not isinstance(value, str):
        return _text(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _json(value: Any) -> ColumnElement[str]:
    return literal(_text(value), Text)


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
