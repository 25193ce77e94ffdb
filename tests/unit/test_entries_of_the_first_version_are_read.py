"""Entries that version 0.1 wrote are entries for ever: read, and written the same to the byte."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agent.core.entry import Entry
from agent.core.facts import AccumulatePoints

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "ledger-0.1.db"

ENROLMENT = (
    b'{"id":"00000005-old","epoch":0,"seq":2,"recorded_at":"2026-11-20T09:00:37.250Z",'
    b'"fact":{"kind":"ENROL","account":"00000004-old","token":"em4100:2A0000009E","lane":"1",'
    b'"cashier":"c1"}}'
)
SALE = (
    '{"id":"00000061-old","epoch":0,"seq":42,"recorded_at":"2026-11-20T09:25:17.250Z",'
    '"fact":{"kind":"ACCUMULATE_POINTS","sale_id":"s384-31268957379","sale":{"lane":"2",'
    '"cashier":"c4","business_date":"2017-01-04","occurred_at":"2017-01-04T16:09:47-05:00",'
    '"currency":"USD","token":"em4100:2A000001A2","lines":[{"sku":"853317",'
    '"description":"Crème brûlée \\"für zwei\\" 日本 \u2028 </b> \\\\ \\t",'
    '"category":"grocery","quantity":"1.000","unit_price_minor":100,"amount_minor":100,'
    '"discount_minor":0,"tax_minor":0}],"tenders":[{"kind":"card","amount_minor":100}],'
    '"total_minor":100,"redemptions":[]},"status":"accumulated","account":"00000006-old",'
    '"program":"simple@1","points":1,"because":[{"rule":"base","points":1,"lines":[0],'
    '"text":"1 point per $1"}],"balance":4,"flags":[]}}'
).encode()
SALE_WITHOUT_CARD = (
    b'{"id":"00000060-old","epoch":0,"seq":41,"recorded_at":"2026-11-20T09:24:40.250Z",'
    b'"fact":{"kind":"ACCUMULATE_POINTS","sale_id":"s343-31254950330","sale":{"lane":"2",'
    b'"cashier":"c3","business_date":"2017-01-04","occurred_at":"2017-01-04T08:04:18-05:00",'
    b'"currency":"USD","lines":[{"sku":"6534178","description":"GASOLINE-REG UNLEADED",'
    b'"category":"fuel","quantity":"59.897","unit_price_minor":59,"amount_minor":3369,'
    b'"discount_minor":158,"tax_minor":0}],"tenders":[{"kind":"card","amount_minor":3369}],'
    b'"total_minor":3369,"redemptions":[]},"status":"no_card","program":"simple@1","points":0,'
    b'"because":[],"flags":[]}}'
)


@pytest.mark.parametrize("written", [ENROLMENT, SALE, SALE_WITHOUT_CARD])
def test_what_version_0_1_wrote_is_written_the_same(written: bytes) -> None:
    """Its bytes are an entry without a clock and a day, which writes those very bytes."""
    entry = Entry.parse(written)
    assert entry.canonical() == written
    assert (entry.clock, entry.business_date) == (None, None)
    entry.check_sale()


def test_its_sale_is_read_as_it_was_sold() -> None:
    """What the POS said is there: the words, the amounts, the points."""
    fact = Entry.parse(SALE).fact
    assert isinstance(fact, AccumulatePoints)
    assert fact.sale.lines[0].description == 'Crème brûlée "für zwei" 日本 \u2028 </b> \\ \t'
    assert (fact.summary.total_minor, fact.points, fact.balance, fact.lease) == (100, 1, 4, 0)
    assert (fact.pending_until, fact.tier) == (None, None)


def test_every_entry_of_a_real_ledger_is_written_the_same() -> None:
    """All entries of a ledger that version 0.1 left are read, sales included."""
    with closing(sqlite3.connect(f"file:{SAMPLE}?immutable=1", uri=True)) as connection:
        lines = connection.execute("SELECT canonical FROM journal ORDER BY seq").fetchall()
    assert len(lines) == 54
    for (canonical,) in lines:
        entry = Entry.parse(canonical)
        assert entry.canonical() == canonical
        entry.check_sale()
    assert SALE in [canonical for (canonical,) in lines]
