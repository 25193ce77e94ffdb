"""A box that starts from one old copy again and again: each life is added up, and no other anew."""

from collections.abc import Iterator

import pytest
from books import Books, Life, a_sale
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, update

from sync.hub.tables import journals, own
from sync.messages import DeviceAddress

A_STEP = st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 3), st.booleans())


@pytest.fixture
def books() -> Iterator[Books]:
    """A head office that only books."""
    books = Books("sqlite://")
    yield books
    books.stop()


def own_of(books: Books, life: Life) -> dict[str, int]:
    """The active points that the ledger which stands on this life wrote."""
    head = life.head()
    (journal,) = [each for each in books.journals() if each.head == head]
    return {account: active for account, (active, _, _) in books.own(journal).items()}


def test_no_other_life_is_added_up_anew(books: Books) -> None:
    """A ledger that is set back to one place at each start: what each life wrote is its own with
    what the copy had, is told to it, and what is kept of the other lives is not written again.
    """
    first = Life().write(*(a_sale(f"s-{n}", name, 1) for n, name in enumerate("aabbc")))
    books.take(first.batch())
    written: list[object] = []

    def note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith(("INSERT INTO own ", "UPDATE own ", "DELETE FROM own ")):
            written.append((statement[:6], parameters))

    lives = [
        first.cut(3).then(epoch, f"disk-{epoch}", cause="restored").write(
            a_sale(f"later-{epoch}", "d", epoch)
        )
        for epoch in range(1, 6)
    ]  # fmt: skip
    event.listen(books.database.engine, "before_cursor_execute", note)
    for life in lives:
        written.clear()
        assert books.take(life.batch(1, 1)).accounts_changed == {"a", "b", "c"}
        assert [word for word, _ in written] == ["INSERT"], written
        books.take(life.batch(2))
    for life in lives:
        assert own_of(books, life) == {"a": 2, "b": 1, "d": life.epoch}
    assert books.faults() == []


def test_whatever_grew_from_what_the_sums_are_those_of_a_replay(books: Books) -> None:
    """Lives that grow from any place of any other, whole or set back, heard in any order and late:
    each line comes to what its entries say.
    """
    shops = iter(range(10_000))

    @settings(max_examples=12, deadline=None, database=None)
    @given(st.lists(A_STEP, min_size=1, max_size=7), st.randoms(use_true_random=False))
    def run(steps: list[tuple[int, int, int, bool]], dice: object) -> None:
        shop = DeviceAddress(tenant="house", store=f"s{next(shops)}", device="edge-1")
        lives = [Life(0, "disk-0", *(a_sale(f"{shop.store}-{n}", "ana", 1) for n in range(4)))]
        for epoch, (which, place, sales, halves) in enumerate(steps, start=1):
            older = lives[which % len(lives)]
            older = older.cut(1 + place % len(older.lines))
            new = older.then(epoch, f"disk-{epoch}", cause="restored")
            lives.append(new.write(*(
                a_sale(f"{shop.store}-{epoch}-{n}", "ana", 10) for n in range(sales)
            )))  # fmt: skip
            if halves:
                lives[0].write(a_sale(f"{shop.store}-late-{epoch}", "ben", 100))
        order = [*lives, *lives[:1]]
        dice.shuffle(order)  # type: ignore[attr-defined]  # it is a random.Random
        for life in order:
            half = 1 + len(life.lines) // 2
            books.take(life.batch(1, half), shop)
        for life in order:
            books.database.transact(lambda c: c.execute(update(journals).values(fenced="unclean")))
            books.take(life.batch(), shop)
        assert books.faults() == []

    run()
    assert books.everything()[own.name]
