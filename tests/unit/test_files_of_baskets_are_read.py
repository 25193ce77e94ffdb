"""A file of baskets is read as it is: packed or not, records or bodies; and a bad one is told."""

import gzip
import json
import lzma
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from small_programs import sale_body, write_baskets

from agent.core.basket import Sale
from agent.paths import shipped_baskets, shipped_year
from agent.tools.baskets import BadBaskets, read_baskets

_BODY = sale_body(1_425)


@pytest.mark.parametrize(
    ("name", "pack"),
    [("b.jsonl", bytes), ("b.jsonl.gz", gzip.compress), ("b.jsonl.xz", lzma.compress)],
)
def test_a_packed_file_is_read_like_another(
    tmp_path: Path, name: str, pack: Callable[[bytes], bytes]
) -> None:
    """A name that ends in .gz or .xz is unpacked; what is in it is the same."""
    file = tmp_path / name
    file.write_bytes(pack(json.dumps(_BODY).encode() + b"\n\n"))
    (found,) = read_baskets(file)
    assert found.sale == Sale.model_validate(_BODY)
    assert (found.store, found.sale_id, found.where) == (None, "line 1", f"{file}:1")


def test_a_record_has_its_store_and_id(tmp_path: Path) -> None:
    """A line may say in which store and under which id the sale was made."""
    record = {"store": "s1", "sale_id": "R-1", "sale": _BODY}
    (found,) = read_baskets(write_baskets(tmp_path / "b.jsonl", record))
    assert (found.store, found.sale_id) == ("s1", "R-1")
    assert found.sale == Sale.model_validate(_BODY)


def test_the_shipped_baskets_are_files_of_baskets() -> None:
    """The 621 baskets of the demo and the 7,793 of a year are read, each with its own id."""
    assert len({each.sale_id for each in read_baskets(shipped_baskets())}) == 621
    year = {each.sale_id for each in read_baskets(shipped_year())}
    assert len(year) == 7_793


def test_days_are_moved_alike(tmp_path: Path) -> None:
    """With a first day, the first basket is of that day and the next as much later as it was; the
    hour on the wall is the same.
    """
    bodies = sale_body(100, day="2017-01-31", hour=9), sale_body(100, day="2017-03-01", hour=17)
    file = write_baskets(tmp_path / "b.jsonl", *bodies)
    found = [each.sale for each in read_baskets(file, first_day=date(2026, 1, 1))]
    assert [sale.business_date for sale in found] == [date(2026, 1, 1), date(2026, 1, 30)]
    assert [sale.occurred_at.isoformat() for sale in found] == [
        "2026-01-01T09:00:00+01:00",
        "2026-01-30T17:00:00+01:00",
    ]


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    """Progress goes up with what is read, and is whole only when the last basket was taken."""
    file = write_baskets(tmp_path / "b.jsonl", *[_BODY] * 3)
    size, heard = file.stat().st_size, list[tuple[int, int]]()
    for _ in read_baskets(file, progress=lambda done, of: heard.append((done, of))):
        assert heard[-1] < (size, size)
    assert heard[-1] == (size, size)
    assert all(before <= after for before, after in pairwise(heard))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[]", r":2: write the body of a sale$"),
        ("{", r":2: not JSON: "),
        (
            json.dumps(_BODY | {"total_minor": 14.25}),
            r":2: total_minor: write it in whole minor units",
        ),
        (json.dumps(_BODY | {"total_minor": 1}), r":2: lines add up to 1425"),
        (
            json.dumps(_BODY | {"curency": "USD"}),
            r":2: .*unknown key 'curency'; did you mean 'currency'",
        ),
        (
            json.dumps({"sale_id": "R-1", "sale": _BODY | {"lane": 1}}),
            r":2: .*lane: write it as a text",
        ),
        (json.dumps({"sale": _BODY}), r":2: key 'sale_id' is missing"),
    ],
)
def test_a_line_that_is_no_basket_is_told_with_its_place(
    tmp_path: Path, line: str, said: str
) -> None:
    """The first bad line ends the reading with file, line, key and what to write there."""
    file = tmp_path / "b.jsonl"
    file.write_text(f"{json.dumps(_BODY)}\n{line}\n", "utf-8")
    with pytest.raises(BadBaskets, match=said) as refused:
        list(read_baskets(file))
    assert str(refused.value).startswith(str(file))


@pytest.mark.parametrize("name", ["b.gz", "b.xz"])
@pytest.mark.parametrize("cut", [False, True])
def test_a_file_that_cannot_be_unpacked_is_told(tmp_path: Path, name: str, cut: bool) -> None:
    """What is not packed as its name says, or is cut off, is refused, not read in part."""
    packed: Any = gzip.compress if name == "b.gz" else lzma.compress
    data = packed(json.dumps(_BODY).encode() * 50)[:-12] if cut else b"plain"
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(BadBaskets, match="cannot be unpacked"):
        list(read_baskets(file))


def test_a_line_without_an_end_is_refused(tmp_path: Path) -> None:
    """A line that goes on and on does not fill the memory."""
    file = tmp_path / "b.xz"
    file.write_bytes(lzma.compress(b" " * (9 * 1024 * 1024)))
    with pytest.raises(BadBaskets, match="a line has more than"):
        list(read_baskets(file))


def test_a_day_beyond_the_calendar_is_refused(tmp_path: Path) -> None:
    """Days that cannot be moved so far are told, not met with a traceback."""
    bodies = sale_body(100, day="2017-01-31"), sale_body(100, day="2018-03-01")
    file = write_baskets(tmp_path / "b.jsonl", *bodies)
    with pytest.raises(BadBaskets, match="no calendar"):
        list(read_baskets(file, first_day=date(9999, 12, 1)))
