"""What a till is told and prints about a sale follows from the entry alone and fits the paper."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.accumulate import Because
from agent.core.answer import RECEIPT_WIDTH, SaleAnswer, sale_answer
from agent.core.entry import Entry, MalformedEntry, Position
from agent.core.facts import AccumulatePoints

PLACES = st.builds(
    Position,
    epoch=st.integers(0, 9_999),
    seq=st.integers(1, 10**10),
    hash=st.binary(min_size=32, max_size=32),
)
PRINTABLE = st.characters(min_codepoint=0x20, max_codepoint=0x24F, exclude_categories=["C"])
LONG_TEXTS = st.text(PRINTABLE, max_size=200) | st.text(PRINTABLE, min_size=30, max_size=60)
HERE = Position(epoch=0, seq=7, hash=bytes.fromhex("8e" * 32))


def a_fact(fact: AccumulatePoints, **changes: object) -> AccumulatePoints:
    """A generated fact, changed and checked again."""
    plain = msgspec.json.decode(msgspec.json.encode(fact)) | changes
    return msgspec.json.decode(msgspec.json.encode(plain), type=AccumulatePoints)


@given(fact=st.from_type(AccumulatePoints), place=PLACES, texts=st.lists(LONG_TEXTS, max_size=3))
def test_no_line_is_wider_than_the_paper(
    fact: AccumulatePoints, place: Position, texts: list[str]
) -> None:
    """Whatever the sale, the rules' texts and the numbers, no line has more than 32 characters."""
    reasons = tuple(Because(rule="r", points=10**9, lines=(0,), text=text) for text in texts)
    wordy = msgspec.structs.replace(fact, because=(*fact.because, *reasons))
    for line in sale_answer(wordy, place).receipt:
        assert len(line) <= RECEIPT_WIDTH == 32


@given(
    fact=st.from_type(AccumulatePoints),
    text=LONG_TEXTS,
    points=st.integers(-(10**12), 10**12),
)
def test_a_long_text_gives_way_to_its_number(
    fact: AccumulatePoints, text: str, points: int
) -> None:
    """A rule's text is cut before its points are: every row ends in its whole number."""
    reason = Because(rule="base", points=points, lines=(0,), text=text)
    changed = a_fact(
        fact,
        status="accumulated",
        account="acc-1",
        because=[msgspec.to_builtins(reason)],
        balance=points,
    )
    receipt = sale_answer(changed, HERE).receipt
    assert receipt[0].endswith(f" {changed.points}")
    assert receipt[1].endswith(f" {points}")
    assert receipt[-2].endswith(f" {points}")
    assert {len(receipt[0]), len(receipt[1]), len(receipt[-2])} == {32}


@given(fact=st.from_type(AccumulatePoints), place=PLACES)
def test_every_receipt_says_where_the_sale_stands(fact: AccumulatePoints, place: Position) -> None:
    """The last line is the sale's place in the journal, by which it can be found again."""
    assert sale_answer(fact, place).receipt[-1] == f"Ref {place}"


@given(entry=st.from_type(Entry), digest=st.binary(min_size=32, max_size=32))
def test_the_same_entry_gives_the_same_answer(entry: Entry, digest: bytes) -> None:
    """An entry read back from its bytes answers to the byte what it answered when it was made."""
    if not isinstance(entry.fact, AccumulatePoints):
        return
    place = Position(epoch=entry.epoch, seq=entry.seq, hash=digest)
    again = Entry.parse(entry.canonical()).fact
    assert isinstance(again, AccumulatePoints)
    given_first = sale_answer(entry.fact, place).model_dump_json()
    assert sale_answer(again, place).model_dump_json() == given_first
    assert SaleAnswer.model_validate_json(given_first) == sale_answer(entry.fact, place)


@given(fact=st.from_type(AccumulatePoints), balance=st.integers(0, 10**6))
def test_a_members_receipt_states_points_reasons_and_balance(
    fact: AccumulatePoints, balance: int
) -> None:
    """A member reads what the sale earned, why, and the balance it left."""
    reason = Because(rule="base", points=12, lines=(0,), text="1 point per $1")
    changed = a_fact(
        fact,
        status="accumulated",
        account="acc-1",
        points=12,
        because=[msgspec.to_builtins(reason)],
        balance=balance,
        flags=[],
    )
    assert sale_answer(changed, HERE).receipt == (
        "Points from this sale         12",
        "  1 point per $1              12",
        f"Points balance{balance:>18}",
        "Ref 0:7:8e8e8e8e",
    )


@given(fact=st.from_type(AccumulatePoints))
def test_who_earns_nothing_reads_why(fact: AccumulatePoints) -> None:
    """No card, an unknown card and another currency each get the receipt that says so."""
    stranger: dict[str, object] = {
        "account": None,
        "points": 0,
        "because": [],
        "balance": None,
        "flags": [],
    }
    without = sale_answer(a_fact(fact, **stranger, status="no_card"), HERE)
    assert without.receipt == ("Ref 0:7:8e8e8e8e",)
    unknown = sale_answer(a_fact(fact, **stranger, status="unknown_card"), HERE)
    assert unknown.receipt == ("Card not known: no points", "Ref 0:7:8e8e8e8e")
    abroad = a_fact(
        fact,
        status="accumulated",
        account="acc-1",
        points=0,
        because=[],
        balance=5,
        flags=["currency_mismatch"],
    )
    assert "No points in this currency" in sale_answer(abroad, HERE).receipt


@pytest.mark.parametrize("text", ["first\nsecond", "tab\there", "\x1bp\x00", "\x1b@", "\x85"])
@given(entry=st.from_type(Entry), fact=st.from_type(AccumulatePoints))
def test_a_line_is_one_line(entry: Entry, fact: AccumulatePoints, text: str) -> None:
    """No entry is written or taken with a text that a printer would obey."""
    reason = Because(rule="base", points=1, lines=(0,), text=text)
    worded = msgspec.structs.replace(fact, because=(reason,))
    entry = msgspec.structs.replace(entry, fact=worded)
    with pytest.raises(MalformedEntry):
        entry.checked()
    with pytest.raises(MalformedEntry):
        Entry.parse(entry.canonical())
