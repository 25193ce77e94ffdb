"""What a till is told and prints about a sale follows from the entry alone and fits the paper."""

import re
from datetime import date
from typing import get_args

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.core.accumulate import Because
from agent.core.answer import SaleAnswer, back_answer, claim_answer, sale_answer
from agent.core.entry import Entry, MalformedEntry, Position
from agent.core.facts import AccumulatePoints, ClaimSale, IssueVoucher, ReturnSale, VoidSale
from agent.core.paper import columns, row, wrapped
from agent.core.program import Program
from agent.core.receipt import Paper, ReceiptWidth, receipt
from agent.core.rewards import Toward
from agent.core.stamp_cards import Collected
from agent.paths import shipped_program

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
PAPERS = st.builds(
    Paper.of,
    st.just(PROGRAM),
    width=st.sampled_from(get_args(ReceiptWidth)),
    language=st.sampled_from(PROGRAM.languages),
)
PLACES = st.builds(
    Position,
    epoch=st.integers(0, 2**63),
    seq=st.integers(1, 2**63),
    hash=st.binary(min_size=32, max_size=32),
)
# Every script: letters that are drawn wide, marks that take no room, and numbers among them.
LONG_TEXTS = st.text(
    st.characters(exclude_categories=["C"]) | st.sampled_from("0123456789 \u0301\u200c\u30dd"),
    max_size=200,
)
POINTS = st.integers(-(10**12), 10**12)
SOME = st.integers(1, 10**12)
REASONS = st.lists(
    st.builds(Because, rule=st.just("r"), points=POINTS, lines=st.just(()), text=LONG_TEXTS),
    max_size=3,
).map(tuple)
WORDY = {
    "points": st.integers(0, 10**12),
    "because": REASONS,
    "balance": st.none() | POINTS,
    "pending_until": st.none() | st.dates(),
    "pending": st.none() | SOME,
    "toward": st.none() | st.builds(Toward, reward=st.just("r"), short=SOME, text=LONG_TEXTS),
}
TAKEN = {
    "from_active": st.integers(0, 10**12),
    "from_pending": st.integers(0, 10**12),
    "given_back": st.integers(0, 10**12),
    "withheld": st.integers(0, 10**12),
    "balance": st.none() | POINTS,
    "pending": st.none() | SOME,
}
FACTS = st.one_of(
    st.builds(
        AccumulatePoints,
        sale_id=st.just("s"),
        sale_json=st.just(msgspec.Raw(b"{}")),
        status=st.sampled_from(["accumulated", "unknown_card", "no_card"]),
        program=st.just("simple@1"),
        flags=st.sampled_from([(), ("currency_mismatch",), ("points_withheld",)]),
        **WORDY,
    ),
    st.builds(
        ClaimSale,
        sale_id=st.just("s"),
        account=st.just("a"),
        token=st.just("t"),
        program=st.just("simple@1"),
        flags=st.sampled_from([(), ("points_withheld",)]),
        **WORDY,
    ),
    st.builds(
        ReturnSale,
        sale_id=st.just("s"),
        return_id=st.just("r"),
        amount_minor=st.just(1),
        **TAKEN,
    ),
    st.builds(VoidSale, sale_id=st.just("s"), **TAKEN),
)
AnyFact = AccumulatePoints | ClaimSale | ReturnSale | VoidSale
HERE = Position(epoch=0, seq=123, hash=bytes.fromhex("1a2b3c4d" * 8))


@given(fact=FACTS, place=PLACES, paper=PAPERS)
def test_no_line_is_wider_than_the_paper(fact: AnyFact, place: Position, paper: Paper) -> None:
    """Whatever the fact, the texts, the numbers and the language, each line fits the paper."""
    for line in receipt(fact, place, paper):
        assert columns(line) <= paper.width
        assert line.splitlines() == [line]


@given(fact=FACTS, place=PLACES, paper=PAPERS)
def test_every_number_is_on_the_paper_whole(fact: AnyFact, place: Position, paper: Paper) -> None:
    """No line breaks a number of the entry, and none is left out."""
    lines = receipt(fact, place, paper)
    printed = re.findall(r"\d+", "\n".join(lines))
    for number in _numbers_of(fact):
        assert str(number) in printed
        printed.remove(str(number))
    assert (
        "".join(lines).replace(" ", "").endswith(f"{place.epoch}:{place.seq}{place.hash.hex()[:8]}")
    )


def _numbers_of(fact: AnyFact) -> list[int]:
    """Every number that a member is to read."""
    balance = [] if fact.balance is None else [abs(fact.balance)]
    if isinstance(fact, ReturnSale | VoidSale):
        taken = fact.from_active + fact.from_pending
        moved = (taken, fact.given_back, fact.withheld, fact.pending)
        return [number for number in moved if number] + balance
    if isinstance(fact, AccumulatePoints) and fact.status != "accumulated":
        return []
    ahead = [] if fact.toward is None else [fact.toward.short]
    until = () if fact.pending_until is None else (f"{fact.pending_until.year:04}",)
    pending = [fact.pending] if fact.pending else []
    reasons = [abs(reason.points) for reason in fact.because]
    return [fact.points, *reasons, *until, *balance, *pending, *ahead]


@given(fact=FACTS, paper=PAPERS)
def test_a_longer_text_takes_more_lines_and_loses_nothing(fact: AnyFact, paper: Paper) -> None:
    """Each rule's text is on the paper with every character, and ends in its own number."""
    if isinstance(fact, ReturnSale | VoidSale):
        return
    if isinstance(fact, AccumulatePoints) and fact.status != "accumulated":
        return
    printed = "".join("".join(receipt(fact, HERE, paper)).split())
    for reason in fact.because:
        assert "".join(reason.text.split()) + str(reason.points) in printed


@example(label="a" * 200, number=5, width=32)
@given(label=LONG_TEXTS, number=POINTS, width=st.sampled_from([32, 42, 48]))
def test_a_number_stands_to_the_right(label: str, number: int, width: int) -> None:
    """A row's last line is as wide as the paper and ends in the number, a space before it."""
    *before, last = row(label, number, width)
    assert columns(last) == width
    assert last.endswith(f" {number}")
    assert all(columns(line) < width - len(str(number)) for line in before)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 8, []),
        ("  two   words ", 8, ["two", "words"]),
        ("unbreakably", 8, ["unbreaka", "bly"]),
        ("ポイント残高のお知らせ", 9, ["ポイント", "残高のお", "知らせ"]),
        ("\uff21\uff22\uff23", 4, ["\uff21\uff22", "\uff23"]),
        ("残高は123456ポイント", 10, ["残高は", "123456ポイ", "ント"]),
        ("2026-12-05から", 11, ["2026-12-05", "から"]),
        ("cafe\u0301 creme\u0300", 5, ["cafe\u0301", "creme\u0300"]),
        ("1\u00a0234\u00a0567 points", 10, ["1\u00a0234\u00a0567", "points"]),
    ],
)
def test_a_text_is_broken_where_it_can_be_read(text: str, width: int, lines: list[str]) -> None:
    """At spaces; where a script has none, between characters by the room they take; not inside a
    number or a date, nor between a letter and its accent.
    """
    assert wrapped(text, width) == lines


@given(entry=st.from_type(Entry), digest=st.binary(min_size=32, max_size=32), paper=PAPERS)
def test_the_same_entry_gives_the_same_answer(entry: Entry, digest: bytes, paper: Paper) -> None:
    """An entry read back from its bytes answers to the byte what it answered when it was made."""
    place = Position(epoch=entry.epoch, seq=entry.seq, hash=digest)
    fact, again = entry.fact, Entry.parse(entry.canonical()).fact
    if isinstance(fact, AccumulatePoints) and isinstance(again, AccumulatePoints):
        given_first = sale_answer(fact, place, paper).model_dump_json()
        assert sale_answer(again, place, paper).model_dump_json() == given_first
        assert SaleAnswer.model_validate_json(given_first) == sale_answer(fact, place, paper)
    if isinstance(fact, ClaimSale) and isinstance(again, ClaimSale):
        given_first = claim_answer(fact, place, paper).model_dump_json()
        assert claim_answer(again, place, paper).model_dump_json() == given_first
    if isinstance(fact, ReturnSale | VoidSale) and isinstance(again, ReturnSale | VoidSale):
        given_first = back_answer(fact, place, paper).model_dump_json()
        assert back_answer(again, place, paper).model_dump_json() == given_first


BASE = Because(rule="base", points=14, lines=(0,), text="1 point per $1")
FRUIT = Because(
    rule="fruit",
    points=120,
    lines=(0,),
    text="Double points on all fresh fruit and vegetables this week",
)
COFFEE = Toward(reward="coffee", short=16, text="A coffee")


def a_sale(**changes: object) -> AccumulatePoints:
    """A member's sale."""
    plain: dict[str, object] = {
        "sale_id": "s",
        "sale_json": msgspec.Raw(b"{}"),
        "status": "accumulated",
        "program": "simple@1",
        "points": 134,
        "because": (BASE, FRUIT),
        "balance": 134,
        "flags": (),
        "toward": COFFEE,
    }
    return AccumulatePoints(**(plain | changes))


PENDING = a_sale(points=14, because=(BASE,), pending_until=date(2026, 12, 5), pending=250)
ABROAD = a_sale(points=0, because=(), flags=("currency_mismatch",), balance=-20)
FULL = a_sale(points=0, because=(), flags=("points_withheld",), balance=10**12, toward=None)
NOBODY = {"points": 0, "because": (), "balance": None, "toward": None}
CLAIM = ClaimSale(
    sale_id="s", account="a", token="t", program="simple@1", points=14, because=(BASE,), balance=14
)
VOID = VoidSale(sale_id="s", from_active=10, from_pending=4, given_back=500, balance=600)
FULL_CLAIM = msgspec.structs.replace(
    CLAIM, points=0, because=(), balance=10**12, flags=("points_withheld",)
)
FULL_VOID = msgspec.structs.replace(VOID, given_back=400, withheld=100, balance=10**12)
FULL_RETURN = ReturnSale(sale_id="s", return_id="r", amount_minor=5, withheld=7, balance=10**12)
RETURN = ReturnSale(sale_id="s", return_id="r", amount_minor=500, from_active=5, balance=-5)


@pytest.mark.parametrize(
    ("fact", "width", "language", "lines"),
    [
        (
            a_sale(),
            32,
            "en",
            (
                "Points from this sale        134",
                "  1 point per $1              14",
                "  Double points on all fresh",
                "  fruit and vegetables this",
                "  week                       120",
                "Points balance               134",
                "A coffee: 16 to go",
                "Ref 0:123 1a2b3c4d",
            ),
        ),
        (
            a_sale(),
            42,
            "es",
            (
                "Puntos de esta compra                  134",
                "  1 punto por cada $1                   14",
                "  Double points on all fresh fruit and",
                "  vegetables this week                 120",
                "Saldo de puntos                        134",
                "Un café: 16 por sumar",
                "Ref. 0:123 1a2b3c4d",
            ),
        ),
        (
            PENDING,
            48,
            "en",
            (
                "Points from this sale                         14",
                "  1 point per $1                              14",
                "They count from 2026-12-05",
                "Points balance                               134",
                "Points pending                               250",
                "A coffee: 16 to go",
                "Ref 0:123 1a2b3c4d",
            ),
        ),
        (
            PENDING,
            32,
            "es",
            (
                "Puntos de esta compra         14",
                "  1 punto por cada $1         14",
                "Cuentan desde el 2026-12-05",
                "Saldo de puntos              134",
                "Puntos pendientes            250",
                "Un café: 16 por sumar",
                "Ref. 0:123 1a2b3c4d",
            ),
        ),
        (
            ABROAD,
            32,
            "en",
            (
                "Points from this sale          0",
                "No points in this currency",
                "Points owed                   20",
                "A coffee: 16 to go",
                "Ref 0:123 1a2b3c4d",
            ),
        ),
        (
            ABROAD,
            48,
            "es",
            (
                "Puntos de esta compra                          0",
                "Sin puntos en esta moneda",
                "Puntos que debe                               20",
                "Un café: 16 por sumar",
                "Ref. 0:123 1a2b3c4d",
            ),
        ),
        (
            a_sale(status="unknown_card", **NOBODY),
            42,
            "en",
            ("Card not known: no points", "Ref 0:123 1a2b3c4d"),
        ),
        (
            a_sale(status="unknown_card", **NOBODY),
            32,
            "es",
            ("Tarjeta desconocida: sin puntos", "Ref. 0:123 1a2b3c4d"),
        ),
        (a_sale(status="no_card", **NOBODY), 32, "en", ("Ref 0:123 1a2b3c4d",)),
        (a_sale(status="no_card", **NOBODY), 48, "es", ("Ref. 0:123 1a2b3c4d",)),
        (
            CLAIM,
            42,
            "en",
            (
                "Points from this sale                   14",
                "  1 point per $1                        14",
                "Points balance                          14",
                "Ref 0:123 1a2b3c4d",
            ),
        ),
        (
            CLAIM,
            48,
            "es",
            (
                "Puntos de esta compra                         14",
                "  1 punto por cada $1                         14",
                "Saldo de puntos                               14",
                "Ref. 0:123 1a2b3c4d",
            ),
        ),
        (
            VOID,
            32,
            "en",
            (
                "Sale voided",
                "Points taken back            -14",
                "Points given back            500",
                "Points balance               600",
                "Ref 0:123 1a2b3c4d",
            ),
        ),
        (
            VOID,
            42,
            "es",
            (
                "Compra anulada",
                "Puntos retirados                       -14",
                "Puntos devueltos                       500",
                "Saldo de puntos                        600",
                "Ref. 0:123 1a2b3c4d",
            ),
        ),
        (
            RETURN,
            48,
            "en",
            (
                "Goods returned",
                "Points taken back                             -5",
                "Points owed                                    5",
                "Ref 0:123 1a2b3c4d",
            ),
        ),
        (
            RETURN,
            32,
            "es",
            (
                "Devolución",
                "Puntos retirados              -5",
                "Puntos que debe                5",
                "Ref. 0:123 1a2b3c4d",
            ),
        ),
        (
            FULL,
            32,
            "en",
            (
                "Points from this sale          0",
                "Account full: points withheld",
                "Points balance     1000000000000",
                "Ref 0:123 1a2b3c4d",
            ),
        ),
        (
            FULL_CLAIM,
            42,
            "es",
            (
                "Puntos de esta compra                    0",
                "Cuenta llena: puntos retenidos",
                "Saldo de puntos              1000000000000",
                "Ref. 0:123 1a2b3c4d",
            ),
        ),
        (
            FULL_VOID,
            48,
            "en",
            (
                "Sale voided",
                "Points taken back                            -14",
                "Points given back                            400",
                "Account full: points withheld                100",
                "Points balance                     1000000000000",
                "Ref 0:123 1a2b3c4d",
            ),
        ),
        (
            FULL_RETURN,
            32,
            "es",
            (
                "Devolución",
                "Cuenta llena: puntos retenidos 7",
                "Saldo de puntos    1000000000000",
                "Ref. 0:123 1a2b3c4d",
            ),
        ),
    ],
)
def test_what_a_member_reads(
    fact: AnyFact, width: ReceiptWidth, language: str, lines: tuple[str, ...]
) -> None:
    """Each kind of receipt, as it comes out of the printer."""
    assert receipt(fact, HERE, Paper.of(PROGRAM, width=width, language=language)) == lines


def test_a_rule_that_says_something_else_by_now_is_not_quoted() -> None:
    """A sale's reason is translated only while the program's own text of that rule is the one that
    stands in the entry; else it is printed as it stands there.
    """
    spanish = Paper.of(PROGRAM, language="es")
    changed = msgspec.structs.replace(
        CLAIM, because=(Because(rule="base", points=28, lines=(), text="2 points per $1"),)
    )
    assert receipt(CLAIM, HERE, spanish)[1] == "  1 punto por cada $1         14"
    assert receipt(changed, HERE, spanish)[1] == "  2 points per $1             28"


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


@pytest.mark.parametrize(
    ("language", "said"), [("en", "A coffee: {} to go"), ("es", "Un café: {} por sumar")]
)
@pytest.mark.parametrize("short", [1, 2, 120])
def test_how_far_a_reward_is_reads_well_for_any_number(
    language: str, said: str, short: int
) -> None:
    """One point to go is written as rightly as a hundred."""
    fact = a_sale(toward=Toward(reward="coffee", short=short, text="A coffee"))
    lines = receipt(fact, HERE, Paper.of(PROGRAM, language=language))
    assert lines[-2] == said.format(short)


def test_a_word_that_is_wider_than_the_paper_is_broken() -> None:
    """What has no space to break at is broken where the line ends; wide characters count twice."""
    assert wrapped("a" * 45, 20) == ["a" * 20, "a" * 20, "a" * 5]
    assert wrapped("1" * 45, 20) == ["1" * 20, "1" * 20, "1" * 5]
    assert wrapped("字" * 11, 20) == ["字" * 10, "字"]


def test_a_language_that_a_program_has_not_is_refused() -> None:
    """A lane's language is one of its program's, or the first of them."""
    program = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
    assert Paper.of(program).language == "en"
    assert Paper.of(program, language="es").language == "es"
    with pytest.raises(ValueError, match="no language 'de'; it has en, es"):
        Paper.of(program, language="de")


def test_a_claim_and_a_void_are_answered() -> None:
    """What a claim earned and what a void took stand in their answers, with their place."""
    place = Position(epoch=0, seq=7, hash=bytes(32))
    claim = ClaimSale(
        sale_id="s",
        account="a",
        token="em4100:0C000621A5",
        program="p@1",
        points=3,
        because=(),
        balance=3,
    )
    answer = claim_answer(claim, place)
    assert (answer.status, answer.points, answer.journal.seq) == ("accumulated", 3, 7)
    void = VoidSale(
        sale_id="s", account="a", from_active=2, from_pending=1, given_back=0, balance=0
    )
    taken = back_answer(void, place)
    assert (taken.status, taken.points_taken, taken.return_id) == ("voided", 3, None)


VOUCHERS = [
    (
        IssueVoucher(
            account="a", code="0000000000010", points=250, value_minor=250, currency="USD",
            good_until=date(2028, 11, 20), balance=15,
        ),
        ["Voucher 0000000000010", "2.50 USD off", "Good until 2028-11-20",
         "Points redeemed -250", "Points balance 15", "Ref 0:123 1a2b3c4d"],
    ),
    (
        IssueVoucher(
            account="a", code="0000000000010", points=100, value_minor=200, currency="USD",
            partner=True, balance=0,
        ),
        ["Voucher 0000000000010", "2.00 USD off", "To be used at a partner",
         "Points redeemed -100", "Points balance 0", "Ref 0:123 1a2b3c4d"],
    ),
    (
        IssueVoucher(account="a", code="0000000000010", reward="cake", text="A cake", balance=15),
        ["Voucher 0000000000010", "A cake", "Ref 0:123 1a2b3c4d"],
    ),
    (
        IssueVoucher(account="a", code="0000000000010", reward="cake"),
        ["Voucher 0000000000010", "cake", "Ref 0:123 1a2b3c4d"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("fact", "lines"), VOUCHERS)
def test_a_voucher_is_printed_with_what_it_is(fact: IssueVoucher, lines: list[str]) -> None:
    """Its code, what it is worth or which thing it is, until when and where, and what it cost."""
    printed = receipt(fact, HERE, Paper.of(PROGRAM))
    assert [" ".join(line.split()) for line in printed] == lines


@pytest.mark.parametrize("good_until", [None, date(2027, 5, 20)])
def test_stamp_cards_stand_below_the_points(good_until: date | None) -> None:
    """How full each card is now, and of a full one what it gave, its code, and how long it is good
    for where it ends.
    """
    cards = (
        Collected(card="tea", text="Tea stamps", full=5, count=2, stamps=2),
        Collected(
            card="coffee",
            text="Coffee stamps",
            full=9,
            count=1,
            stamps=3,
            given=1,
            gives="A coffee",
            vouchers=("0000-0000-0001-2",),
            good_until=good_until,
        ),
    )
    place = Position(epoch=0, seq=1, hash=b"\1" * 32)
    lines = receipt(a_sale(stamps=cards), place, Paper.of(PROGRAM))
    told = ["Tea stamps: 2 of 5", "Coffee stamps: 1 of 9", "A coffee", "Voucher 0000-0000-0001-2"]
    told += [] if good_until is None else ["Good until 2027-05-20"]
    first = lines.index("Tea stamps: 2 of 5")
    assert list(lines[first:-1]) == told
