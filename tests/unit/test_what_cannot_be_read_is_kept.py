"""An entry that this version cannot read is kept in its place, moves nothing, blocks nothing, and
is posted by a version that reads it.
"""

import json
from typing import Any

import pytest
from books import EDGE, NOW, Books, Life, a_hold, a_sale
from sqlalchemy import Connection, update

from sync.hub import batch, reposting
from sync.hub.registry import DeviceRow, device_of
from sync.hub.reposting import repost
from sync.hub.tables import journals
from sync.messages import Journal

NEWER = b'{"fact":{"kind":"DONATE_POINTS","points":3}}'


@pytest.fixture
def books(any_books: Books) -> Books:
    """Head office's empty books, in either kind of database."""
    return any_books


def chained(life: Life, *lines: bytes) -> Life:
    """Append lines as they are."""
    life.lines += lines
    return life


def strange(life: Life, how: str) -> bytes:
    """A next line that follows in the chain and is no entry of this version."""
    entry = json.loads(Life(0, "disk-1", a_sale("s-9", "ana", 1)).lines[0])
    entry |= {"seq": len(life.lines) + 1, "id": "strange"}
    if how == "newer":
        return NEWER
    if how == "elsewhere":
        entry["seq"] += 1
    elif how == "sale":
        entry["fact"]["sale"]["total_minor"] += 1
    elif how == "spelling":
        entry["fact"]["account"] = "a na"
    elif how == "nul":
        fact = {"kind": "ENROL", "account": "ana", "token": "card:\0"}
        entry["fact"] = fact
    elif how == "form":
        return json.dumps(entry).encode()
    else:
        return b"\xff\x00"
    return json.dumps(entry, separators=(",", ":")).encode()


@pytest.mark.parametrize("how", ["newer", "elsewhere", "sale", "spelling", "form", "noise", "nul"])
def test_nothing_is_kept_back_by_it(books: Books, how: str) -> None:
    """It is acknowledged with the rest of its batch; what comes before and after it counts, and a
    clerk is told which entry waits.
    """
    life = Life(0, "disk-1", a_sale("s-1", "ana", 5))
    chained(life, strange(life, how)).write(a_sale("s-2", "ana", 7))
    booked = books.take(life.batch())
    assert booked.kept == 3
    assert booked.held.position == life.head()
    assert books.account("ana") == (12, 0, 0, 12)
    ((_, _, kind, subject, *_),) = books.everything()["conflicts"]
    assert (kind, subject) == ("unreadable", f"{EDGE}/disk-1/0/0:2")
    assert books.faults() == []
    assert books.take(life.batch()).kept == 0


@pytest.mark.parametrize("text", ["bread\0\0", "bread\\u0000"])
def test_what_a_till_prints_is_read_whatever_it_says(books: Books, text: str) -> None:
    """A till that fills its texts up with zeros, or writes them as it would escape them, sells like
    any other: stores take the sale, and so does head office.
    """
    life = Life(0, "disk-1", a_sale("s-1", "ana", 5))
    entry = json.loads(Life(0, "disk-1", a_sale("s-2", "ana", 7)).lines[0])
    entry |= {"seq": 2, "id": "strange"}
    entry["fact"]["sale"]["lines"][0]["description"] = text
    chained(life, json.dumps(entry, separators=(",", ":")).encode())
    assert books.take(life.batch()).kept == 2
    assert books.account("ana") == (12, 0, 0, 12)
    assert books.everything()["conflicts"] == []
    assert books.faults() == []


def test_a_version_that_reads_it_posts_it(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """Posted later, everything is as if it had been read at once, and its row is closed; what still
    cannot be read goes on waiting.
    """
    life = Life(0, "disk-1", a_sale("s-1", "ana", 5)).then(1)
    life.write(a_sale("s-2", "ana", 7), a_sale("s-3", "ana", 9))
    chained(life, NEWER)
    with monkeypatch.context() as patch:
        patch.setattr(batch, "read_entry", lambda *_: None)
        books.take(life.batch(1, 3))
    books.take(life.batch(4))
    assert books.everything()["accounts"] == []
    assert repost(books.database, now=NOW) == 3
    assert books.account("ana") == (16, 0, 0, 16)
    assert books.journals()[-1].opened or books.journals()[0].opened
    assert [row[10] for row in books.everything()["conflicts"]].count("open") == 1
    assert books.faults() == []
    before = books.everything()
    assert repost(books.database, now=NOW) == 0
    assert books.everything() == before


def test_what_is_heard_meanwhile_stays_heard(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another worker books floor of the same epoch while posting waits for the device's row: both
    are counted.
    """
    life = Life(0, "disk-1", a_hold("r-1", "ana", 3, floor=3))
    with monkeypatch.context() as patch:
        patch.setattr(batch, "read_entry", lambda *_: None)
        books.take(life.batch())

    def after_another(c: Connection, *args: Any, **named: Any) -> DeviceRow:
        c.execute(update(journals).values(floor=40))
        return device_of(c, *args, **named)

    monkeypatch.setattr(reposting, "device_of", after_another)
    assert repost(books.database, now=NOW) == 1
    assert [each.floor for each in books.journals()] == [43]


def test_a_header_must_name_what_its_lines_come_to(books: Books) -> None:
    """Lines that cannot be read are kept only where the chain vouches for them."""
    life = chained(Life(0, "disk-1", a_sale("s-1", "ana", 5)), NEWER)
    header, lines = life.batch()
    forged: Journal = header.model_copy(update={"last_hash": "0" * 64})
    assert books.take((forged, lines)).kept == 0
    assert books.journals() == []
