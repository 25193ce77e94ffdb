"""Many rows in one statement, and rows of many tables in one: handed over as JSON.

Rows that are there already are added to. Two transactions never wait for each other in a circle as
long as both hand in their rows in the order of their keys; :func:`add_up` sorts them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

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

from sync.hub.database import upsert_in

__all__ = ["Part", "add_up", "add_up_all", "among", "is_among", "listed"]


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
        values: _Values = {f"fixed{place}_{name}": self.fixed[name] for name in self.fixed}
        if dialect != "postgresql":
            return values | {f"rows{place}": _text(ordered)}
        by_column = zip(*ordered, strict=True) if ordered else ((),) * len(self.columns)
        for name, column in zip(self.columns, by_column, strict=True):
            values[f"rows{place}_{name}"] = _text(column)
        return values


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
    if dialect == "postgresql":
        # One text for each column: far cheaper to write than arrays of texts.
        each = select(
            *(
                func.json_array_elements_text(
                    cast(bindparam(f"rows{place}_{name}", type_=Text), JSON)
                ).label(name)
                for name in shape.columns
            )
        ).subquery()
        return select(*constants, *(cast(each.c[name], types[name]) for name in shape.columns))
    row = func.json_each(bindparam(f"rows{place}", type_=Text)).table_valued("value")
    values = [func.json_extract(row.c.value, f"$[{at}]") for at in range(len(shape.columns))]
    # SQLite takes ON CONFLICT for a join's ON without a WHERE before it.
    return select(*constants, *values).select_from(row).where(true())


def _json(value: Any) -> ColumnElement[str]:
    return literal(_text(value), Text)


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
