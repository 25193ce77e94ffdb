"""A sale is worth what all entries of it say together: one member, one sale, whoever wrote it."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mentioned import (
    DUE,
    SaleBook,
    basket,
    in_epochs,
    mention,
    mentions_of,
    sale_books,
    sums,
)
from msgspec.structs import replace

from agent.core.facts import (
    AccumulatePoints,
    ActivatePoints,
    Fact,
    LotPart,
    ReturnedLine,
    ReturnSale,
    VoidSale,
)
from agent.core.postings import PROGRAM
from sync.hub.judging import Judgement, Mention, judge, postings_alone, thing_of, things_of

BOOKS = st.lists(sale_books(), min_size=1, max_size=3)


def worth_at(judged: Judgement, account: str) -> int:
    """All points that a member has of it."""
    return sum(points for (owner, _), points in judged.worth.items() if owner == account)


def kinds(judged: Judgement) -> set[str]:
    """What was found to contradict."""
    return {each.kind for each in judged.conflicts}


def sold(points: int = 10, **said: object) -> AccumulatePoints:
    """A sale of 10.00 that gave a member points."""
    fact = AccumulatePoints(sale_id="s", sale_json=basket(), status="accumulated", account="a",
                            program="p@1", points=points, because=(), flags=())  # fmt: skip
    return replace(fact, **said)  # type: ignore[arg-type]


def back(return_id: str, amount_minor: int) -> ReturnSale:
    """A return by a device that never had the sale."""
    return ReturnSale(sale_id="s", return_id=return_id, amount_minor=amount_minor)


def judged(*books: Sequence[Fact]) -> Judgement:
    """Judge the sale, each book written by a store of its own."""
    return judge("sale:s", mentions_of(books))


@given(BOOKS, st.randoms(use_true_random=False))
def test_no_order_of_arrival_changes_it(books: list[list[Fact]], dice: object) -> None:
    """Whatever order the entries come in, the worth and what contradicted are the same."""
    mentions = mentions_of(books)
    shuffled = list(mentions)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert judge("sale:s", shuffled) == judge("sale:s", mentions)


@given(sale_books(), st.integers(1, 8))
def test_one_device_is_believed_to_the_point(book: list[Fact], turn: int) -> None:
    """Where one device alone wrote of it, at every moment, it is the sum of what that wrote, and
    nothing contradicts; also where head office welcomed it to a new epoch in between.
    """
    if not isinstance(next(iter(book), None), AccumulatePoints):
        return
    mentions = in_epochs(book, turn)
    for length in range(1, len(book) + 1):
        found = judge("sale:s", mentions[:length])
        assert found.worth == sums(book[:length])
        assert found.conflicts == ()


@given(BOOKS)
def test_it_sums_to_zero_and_nothing_comes_back_twice(books: list[list[Fact]]) -> None:
    """What members have is what the program gave; never less than none, and never more than the
    best of the copies gave, with what is given back of redemptions once.
    """
    found = judged(*books)
    assert sum(found.worth.values()) == 0
    issued = -found.worth.get((PROGRAM, "issued"), 0)
    given = [fact.points for book in books for fact in book if hasattr(fact, "because")]
    assert 0 <= issued <= max(given, default=0) + 7
    assert 0 <= -found.worth.get((PROGRAM, "redeemed"), 0) <= 30
    for account in ("a", "b", "friend"):
        assert found.worth.get((account, "pending"), 0) >= 0
        assert worth_at(found, account) >= 0


@given(BOOKS, st.integers(1, 1500))
def test_a_return_more_gives_nobody_points(books: list[list[Fact]], amount_minor: int) -> None:
    """One more return, of whatever, never leaves more of what was earned."""
    before = judged(*books).worth.get((PROGRAM, "issued"), 0)
    after = judged(*books, [back("another", amount_minor)]).worth.get((PROGRAM, "issued"), 0)
    assert after >= before


@given(sale_books(account="a"), st.integers(0, 60))
def test_a_copy_more_takes_nothing_away(book: list[Fact], points: int) -> None:
    """The same sale written once more, before anything came back of it there, never leaves a member
    less than the first gave.
    """
    if any(isinstance(fact, ReturnSale | VoidSale) for fact in book):
        return
    assert worth_at(judged(book, [sold(points)]), "a") >= worth_at(judged(book), "a")


def test_the_same_sale_twice_counts_once() -> None:
    """Two agents, or two lanes, committed one basket: the member has the better of the two, once,
    and a clerk is told where it was written.
    """
    found = judged([sold(10)], [sold(12, sale_json=basket(lane="9"))])
    assert worth_at(found, "a") == 12
    (conflict,) = found.conflicts
    assert (conflict.kind, conflict.subject, conflict.points) == ("duplicate_sale", "s", 10)
    assert conflict.store == "s1"
    assert "it counts once, with the 12 points that s2/d gave" in conflict.text


def test_equals_are_told_apart_by_their_place() -> None:
    """Of two that gave as much, the first by store, device, epoch and seq stands."""
    found = judged([sold(account="late")], [sold(account="early")])
    assert worth_at(found, "late") == 10
    assert worth_at(found, "early") == 0


def test_an_id_used_again_is_two_sales() -> None:
    """Another basket under a used id was bought and paid all the same: each counts, and what comes
    back goes with the sale of who took it back.
    """
    other = sold(7, sale_json=basket(700))
    found = judged([sold(10)], [other, VoidSale(sale_id="s", account="a", from_active=7)])
    assert worth_at(found, "a") == 10
    assert kinds(found) == {"sale_id_reused"}
    assert "2 sales of 10.00 USD and 7.00 USD" in found.conflicts[0].text


def test_a_return_waits_for_its_sale() -> None:
    """A return that is heard before its sale takes nothing, and all it should once that came."""
    early = mention(back("r", 500), store="s2")
    assert judge("sale:s", [early]).worth == {}
    both = judge("sale:s", [early, mention(sold(10))])
    assert worth_at(both, "a") == 5
    assert both.conflicts == ()


def test_returns_elsewhere_are_rounded_once() -> None:
    """Three returns of a third each, at stores that never had the sale, take all its points and
    no more: one rounding on the total, not three.
    """
    thirds = [[back("r1", 333)], [back("r2", 333)], [back("r3", 334)]]
    assert worth_at(judged([sold(10)], thirds[0]), "a") == 6
    assert worth_at(judged([sold(10)], *thirds[:2]), "a") == 3
    whole = judged([sold(10)], *thirds)
    assert worth_at(whole, "a") == 0
    assert whole.conflicts == ()


def test_a_return_elsewhere_is_rounded_with_those_at_home() -> None:
    """A third brought back where the sale was, and a third elsewhere, leave what two thirds would
    have left wherever they were brought: 3 of 10, not 10 - 4 - 4.
    """
    known = replace(back("r1", 333), account="a", from_active=4)
    assert worth_at(judged([sold(10), known], [back("r2", 333)]), "a") == 3
    assert worth_at(judged([sold(10), known], [back("r2", 333)], [back("r3", 334)]), "a") == 0


def test_lines_that_came_back_elsewhere_are_priced_here() -> None:
    """A store without the sale says which line came back; head office knows what it was worth."""
    line = replace(back("r", 0), lines=(ReturnedLine(line=0, quantity="1"),))
    assert worth_at(judged([sold(100)], [line]), "a") == 75


def test_what_came_back_twice_is_taken_once() -> None:
    """The same goods brought back to two stores: no more points go than were earned, and a clerk
    reads how much money went over the counter twice.
    """
    book = SaleBook(points=10)
    book.sell()
    book.give_back("r1", 1000)
    found = judged(book.facts, [back("r2", 600)])
    assert worth_at(found, "a") == 0
    (conflict,) = found.conflicts
    assert (conflict.kind, conflict.store, conflict.points) == ("returned_twice", "s2", 6)
    assert "6.00 USD more came back" in conflict.text


def test_a_line_that_came_back_twice_is_found() -> None:
    """A line that one store took back whole cannot come back to another."""
    lines = (ReturnedLine(line=0, quantity="2"),)
    known = replace(back("r1", 500), lines=lines, account="a", from_active=5)
    found = judged([sold(10), known], [replace(back("r2", 0), lines=lines)])
    assert kinds(found) == {"returned_twice"}
    assert worth_at(found, "a") == 5


def test_a_return_sent_again_elsewhere_is_one() -> None:
    """A POS that asks two agents for one return gets it once, by the word of who has the sale."""
    known = replace(back("r", 500), account="a", from_active=4)
    found = judged([sold(10), known], [back("r", 500)])
    assert worth_at(found, "a") == 6
    assert found.conflicts == ()


def test_a_void_of_a_copy_ends_the_sale() -> None:
    """A sale that two agents wrote and one called off is called off, whoever gave more for it."""
    void = VoidSale(sale_id="s", account="a", from_active=10)
    assert worth_at(judged([sold(10), void], [sold(12)]), "a") == 0


def test_what_was_redeemed_is_given_back_once() -> None:
    """Both copies of a sale came back, and each gave back the points that paid for it: once."""
    book = SaleBook(points=10, redeemed=30)
    book.sell()
    book.void()
    found = judged(book.facts, book.facts)
    assert found.worth[("a", "active")] == 30
    assert found.worth[(PROGRAM, "redeemed")] == -30


def test_what_two_returns_give_back_was_redeemed_once() -> None:
    """Both copies came back whole under ids of their own: the points that paid are given back once,
    and the money that went over the counter twice is told.
    """
    books = []
    for return_id in ("r1", "r2"):
        book = SaleBook(points=10, redeemed=30)
        book.sell()
        book.give_back(return_id, 1000)
        books.append(book.facts)
    found = judged(*books)
    assert found.worth[(PROGRAM, "redeemed")] == -30
    assert kinds(found) == {"duplicate_sale", "returned_twice"}


def test_points_become_active_once() -> None:
    """Two devices that wrote one sale both made its points active: nothing is below zero."""
    book = SaleBook(points=10, pending=True)
    book.sell()
    book.activate()
    assert judged(book.facts, book.facts).worth == {("a", "active"): 10, (PROGRAM, "issued"): -10}
    assert judged(book.facts, book.facts[:1]).worth[("a", "active")] == 10


def _two_sales() -> list[Mention]:
    lots = tuple(LotPart(epoch=1, seq=seq, points=5) for seq in (1, 2, 3))
    waits = {"points": 5, "pending_until": DUE}
    facts: list[Fact] = [
        sold(sale_id="one", **waits),
        sold(sale_id="two", **waits),
        VoidSale(sale_id="two", account="a"),  # a place whose lot is of no thing that was sold
        ActivatePoints(account="a", points=15, lots=lots),
    ]
    return mentions_of([facts])


def test_an_activation_speaks_of_what_its_lots_came_from() -> None:
    """One entry makes the points of two sales active, and some of no thing: each gets its own, and
    together they are what the entry says.
    """
    one, two, _, activation = _two_sales()
    things = {1: thing_of(one.entry), 2: thing_of(two.entry)}

    def thing_at(_epoch: int, seq: int) -> str | None:
        return things.get(seq)

    assert things_of(activation.entry, thing_at) == ("sale:one", "sale:two")
    for sale in (one, two):
        (thing,) = things_of(sale.entry, thing_at)
        assert judge(thing, [sale, activation]).worth[("a", "active")] == 5
    assert [each.points for each in postings_alone(activation.entry, thing_at)] == [-5, 5]
    assert postings_alone(one.entry, thing_at) == ()


def test_what_is_no_thing_is_not_judged() -> None:
    """Nobody asks for the worth of something that is neither sale, redemption, voucher nor
    adjustment.
    """
    with pytest.raises(ValueError, match="no such sort of thing"):
        judge("weather:rain", [])
