"""Rows that are handed over together: whatever their texts have in them, they arrive the same."""

from books import Books
from sqlalchemy import Connection, select

from sync.hub.bulk import add_up
from sync.hub.tables import cards, visits

_AWKWARD = (
    "",
    " ",
    "NULL",
    "null",
    'a "quote"',
    "'single'",
    "back\\slash",
    "\\",
    '\\"',
    "{braces,and,commas}",
    "[1,2]",
    "line\nbreak\ttab\r\x01\x7f",
    "é ß 日本 😀",
)


def test_no_text_is_too_awkward_to_arrive_unchanged(any_books: Books) -> None:
    """Neither alone nor beside others, in either kind of database."""

    def written(names: tuple[str, ...], tenant: str) -> list[tuple[str, str]]:
        def work(c: Connection) -> list[tuple[str, str]]:
            rows = [(name, name) for name in names]
            add_up(c, cards, ("token", "account"), rows, fixed={"tenant": tenant})
            found = select(cards.c.token, cards.c.account).where(cards.c.tenant == tenant)
            return sorted((row.token, row.account) for row in c.execute(found))

        return any_books.database.transact(work)

    assert written(_AWKWARD, "all") == sorted((name, name) for name in _AWKWARD)
    for number, name in enumerate(_AWKWARD):
        assert written((name,), f"alone-{number}") == [(name, name)]


def test_absent_values_and_numbers_arrive_beside_texts(any_books: Books) -> None:
    """A value that is absent stays absent, and numbers stay as large as they are."""
    rows = [("a", "2026-01-01", 2**31 - 1), ("b\\", "", -(2**31))]

    def work(c: Connection) -> list[tuple[str, str, int]]:
        fixed = {"tenant": "t", "device_id": 2**62}
        add_up(c, visits, ("account", "last_at", "visits"), rows, fixed=fixed)
        found = select(visits.c.account, visits.c.last_at, visits.c.visits)
        return sorted(map(tuple, c.execute(found)))

    assert any_books.database.transact(work) == rows

    def replaced(c: Connection) -> list[tuple[str, str | None]]:
        added = [("x", "a", None), ("y\\", "a", "z")]
        columns = ("token", "account", "replaced_by")
        add_up(c, cards, columns, added, fixed={"tenant": "t"})
        found = select(cards.c.token, cards.c.replaced_by)
        return sorted(map(tuple, c.execute(found)))

    assert any_books.database.transact(replaced) == [("x", None), ("y\\", "z")]
