"""Head office takes a device's word for an entry, but not for the basket inside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw, structs

from agent.core.basket import Sale
from agent.core.entry import Entry, MalformedEntry
from agent.core.facts import AccumulatePoints, Enrol

SALE = (
    b'{"lane":"1","cashier":"ana","business_date":"2026-11-21",'
    b'"occurred_at":"2026-11-21T14:05:09+01:00","currency":"USD","lines":[{"sku":"sku",'
    b'"description":"Milk","category":"grocery","quantity":"1","unit_price_minor":500,'
    b'"amount_minor":500,"discount_minor":0,"tax_minor":0}],'
    b'"tenders":[{"kind":"cash","amount_minor":500}],"total_minor":500,"redemptions":[]}'
)


def entry_of(sale: bytes) -> Entry:
    """An entry with this for a sale, as its bytes are read back."""
    fact = AccumulatePoints(
        sale_id="s-1",
        sale_json=Raw(sale),
        status="no_card",
        program="simple@1",
        points=0,
        because=(),
        flags=(),
    )
    entry = Entry(id="id", epoch=0, seq=1, recorded_at="2026-11-21T13:05:09.000Z", fact=fact)
    return Entry.parse(entry.canonical())


def test_a_sale_in_its_canonical_form_is_accepted() -> None:
    """The bytes that the border made of a basket are accepted; an entry without a sale too."""
    entry = entry_of(SALE)
    entry.check_sale()
    enrolment = structs.replace(entry, fact=Enrol(account="a", token="em4100:0C000621A5"))
    enrolment.check_sale()


@pytest.mark.parametrize(
    "other",
    [
        SALE.replace(b'"lane":"1",', b'"lane": "1",'),
        SALE.replace(b'"lane":"1","cashier":"ana"', b'"cashier":"ana","lane":"1"'),
        SALE.replace(b'"lane":"1",', b'"lane":"1","token":null,'),
        SALE.replace(b'"lane":"1",', b'"lane":"1","lane":"1",'),
        SALE.replace(b'"Milk"', b'"M\\u0069lk"'),
        SALE.replace(b',"redemptions":[]', b""),
        SALE.replace(b"14:05:09+01:00", b"14:05:09.000000+01:00"),
        SALE.replace(b'"total_minor":500', b'"total_minor":500.0'),
    ],
)
def test_the_same_sale_written_otherwise_is_refused(other: bytes) -> None:
    """Bytes that mean a sale but are not its canonical form are refused."""
    assert other != SALE
    entry = entry_of(other)
    with pytest.raises(MalformedEntry):
        entry.check_sale()


@pytest.mark.parametrize(
    "nonsense",
    [
        b"null",
        b"{}",
        b"[]",
        b'"a sale"',
        SALE.replace(b'"total_minor":500', b'"total_minor":501'),
        SALE.replace(b'"quantity":"1"', b'"quantity":"0"'),
        SALE.replace(b'"currency":"USD"', b'"currency":"usd"'),
        SALE.replace(b'"lane":"1",', b'"lane":"1","colour":"red",'),
        SALE.replace(b'"business_date":"2026-11-21"', b'"business_date":"2026-13-21"'),
    ],
)
def test_what_no_basket_can_be_is_refused(nonsense: bytes) -> None:
    """A sale that does not add up, or says something no sale can say, is MalformedEntry."""
    entry = entry_of(nonsense)
    with pytest.raises(MalformedEntry):
        entry.check_sale()


@given(st.from_type(Sale))
def test_every_sale_that_a_till_takes_is_accepted(sale: Sale) -> None:
    """Whatever crossed the border is canonical, and is read back as itself."""
    entry = entry_of(sale.canonical())
    entry.check_sale()
    assert isinstance(entry.fact, AccumulatePoints)
    assert entry.fact.sale == sale
    assert entry.fact.summary.total_minor == sale.total_minor
