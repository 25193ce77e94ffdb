"""Files of baskets: one JSON object a line, in the order in which they were sold.

A line is a sale's body as a POS sends it, or ``{"store", "sale_id", "sale"}`` with such a body. A
file whose name ends in ``.gz`` or ``.xz`` is packed.
"""

import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError
from pydantic_core import from_json

from agent.core.basket import Sale
from agent.core.strict_toml import mistakes_of
from agent.core.values import Code, Value

__all__ = ["BadBaskets", "Basket", "read_baskets"]

_MOST_BYTES = 8 * 1024 * 1024
"""Far more than 10,000 lines of a basket take."""


class BadBaskets(ValueError):
    """A file of baskets holds something else; it says where, and what to write there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Basket:
    """A basket of a file. ``where`` names file and line, and so does a missing ``sale_id``."""

    where: str
    store: str | None
    sale_id: str
    sale: Sale


class _Record(Value):
    store: Code | None = None
    sale_id: Code
    sale: Sale


def read_baskets(
    path: Path,
    *,
    first_day: date | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Basket]:
    """Read baskets one by one; ``progress`` hears how many bytes of how many are read.

    With a ``first_day`` all days are moved alike, so that the first basket's is that one. Raises
    BadBaskets for the first line that is none, and OSError.
    """
    moved: timedelta | None = None
    for basket in _read(path, progress):
        if first_day is None:
            yield basket
            continue
        if moved is None:
            moved = first_day - basket.sale.business_date
        yield _moved(basket, moved)


def _moved(basket: Basket, by: timedelta) -> Basket:
    sale = basket.sale
    try:
        days = {"business_date": sale.business_date + by, "occurred_at": sale.occurred_at + by}
    except OverflowError as error:
        raise BadBaskets(f"{basket.where}: no calendar has this day {by.days} days on") from error
    return replace(basket, sale=sale.model_copy(update=days))


def _read(path: Path, progress: Callable[[int, int], None] | None) -> Iterator[Basket]:
    size = path.stat().st_size
    with path.open("rb") as raw:
        for number, line in enumerate(_lines(path, raw), start=1):
            if progress is not None:
                progress(min(raw.tell(), size - 1), size)
            if not line.isspace():
                yield _basket(f"{path}:{number}", number, line)
    if progress is not None:
        progress(size, size)


def _lines(path: Path, raw: IO[bytes]) -> Iterator[bytes]:
    try:
        file = _unpacked(path.suffix, raw)
        while line := file.readline(_MOST_BYTES + 1):
            if len(line) > _MOST_BYTES:
                raise BadBaskets(f"{path}: a line has more than {_MOST_BYTES:,} bytes")
            yield line
    except (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error) as error:
        raise BadBaskets(f"{path}: cannot be unpacked: {error}") from error


def _unpacked(suffix: str, raw: IO[bytes]) -> IO[bytes] | gzip.GzipFile | lzma.LZMAFile:
    if suffix == ".gz":
        return gzip.GzipFile(fileobj=raw)
    return lzma.LZMAFile(raw) if suffix == ".xz" else raw


def _basket(where: str, number: int, line: bytes) -> Basket:
    try:
        document: Any = from_json(line)
    except ValueError as error:
        raise BadBaskets(f"{where}: not JSON: {error}") from error
    if not isinstance(document, dict):
        raise BadBaskets(f"{where}: write the body of a sale")
    is_record = "sale" in document
    try:
        if is_record:
            record = _Record.model_validate(document)
            return Basket(where=where, store=record.store, sale_id=record.sale_id, sale=record.sale)
        sale = Sale.model_validate(document)
    except ValidationError as error:
        model = _Record if is_record else Sale
        raise BadBaskets(mistakes_of(error, model, document, source=where)) from error
    return Basket(where=where, store=None, sale_id=f"line {number}", sale=sale)
