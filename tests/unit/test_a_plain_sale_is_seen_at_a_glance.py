"""The quick look at a sale in an entry accepts nothing that the long way refuses."""

import json
from itertools import islice

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.core.basket import Sale
from agent.core.sale_form import is_plain_sale
from agent.paths import shipped_baskets


def is_a_sale(canonical: bytes) -> bool:
    """The long way: read it and write it again."""
    try:
        return Sale.model_validate_json(canonical).canonical() == canonical
    except ValueError:
        return False


def the_sales() -> list[bytes]:
    """Real baskets, as journals hold them."""
    with shipped_baskets().open(encoding="utf-8") as file:
        return [Sale(**json.loads(line)["sale"]).canonical() for line in islice(file, 40)]


SALES = the_sales()
SHORT = min(SALES, key=len)

CHANGES = {
    b'"lane":"1"': [
        b'"lane":""',
        b'"lane":"1 "',
        b'"lane":1',
        b'"lane":"\xc3\xa4"',
        b'"lane":null',
    ],
    b'"lane":"': [b'"lane":"\x7f', b'"lane":"' + b"x" * 64, b'"lane":"\\u0041', b'"LANE":"'],
    b'"business_date":"2017-': [b'"business_date":"0000-', b'"business_date":"2017-13-'],
    b'"business_date":"': [b'"business_date":" ', b'"day":"'],
    b"T": [b"t", b" ", b"T2", b"T24:00:00"],
    b"-05:00": [b"Z", b"+00:00", b"-00:00", b".5-05:00", b"-05:60", b"-24:00", b"", b"-0500"],
    b'"USD"': [b'"usd"', b'"US"', b'"USDX"', b"null"],
    b'"currency"': [b'"token":null,"currency"', b'"mood":"sunny","currency"'],
    b'"quantity":"1.000"': [
        b'"quantity":"0.000"',
        b'"quantity":"0"',
        b'"quantity":"1."',
        b'"quantity":"1.0000"',
        b'"quantity":"-1"',
        b'"quantity":1',
        b'"quantity":"\xd9\xa1"',
    ],
    b'"tax_minor":0': [b'"tax_minor":0.0', b'"tax_minor":-0', b'"tax_minor":10000000000001'],
    b',"tax_minor":0': [b""],
    b'"total_minor":': [b'"total_minor":-', b'"total_minor":1', b'"total_minor": '],
    b'"redemptions":[]': [b'"redemptions":["a b"]', b'"redemptions":["a"]', b'"redemptions":null'],
    b',"redemptions":[]': [b""],
    b'"kind":"card"': [b'"kind":"iou"', b'"kind":"cash"'],
    b'"token":"': [b'"token":"' + b"x" * 128, b'"token":"caf\xc3\xa9', b'"token":"\xff'],
    b"}": [b"}}", b"} ", b',"x":1}'],
}


def test_real_baskets_are_plain() -> None:
    """Nothing of a real day goes the long way."""
    assert all(is_plain_sale(sale) for sale in SALES)


@pytest.mark.parametrize("change", [(old, new) for old, all_ in CHANGES.items() for new in all_])
def test_what_was_changed_is_no_plainer_than_it_is(change: tuple[bytes, bytes]) -> None:
    """A field that is missing, too long, of another form, or no number: plain only if a sale."""
    old, new = change
    changed = [sale.replace(old, new, 1) for sale in SALES if old in sale]
    assert changed
    for sale in changed:
        assert is_a_sale(sale) or not is_plain_sale(sale)


@example(at=0, what=b"")
@given(at=st.integers(0, len(SHORT)), what=st.binary(max_size=3))
def test_no_byte_makes_it_plain(at: int, what: bytes) -> None:
    """Whatever bytes are written over those of a sale, it is plain only if it is a sale."""
    changed = SHORT[:at] + what + SHORT[at + len(what) :]
    assert is_a_sale(changed) or not is_plain_sale(changed)


def test_letters_of_every_language_are_plain() -> None:
    """What a receipt calls an article is no reason for the long way."""
    sale = SALES[0].replace(b'"description":"', '"description":"Käse 🧀 '.encode(), 1)
    assert is_a_sale(sale)
    assert is_plain_sale(sale)
