"""The feed tells each device what the rest of the world did, from where it stopped listening."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from feed_listener import Listener
from numbered import number_all_marks
from rights_office import NOW, TENANT, Office
from sqlalchemy import insert, update

from sync.hub.card_book import hand_over
from sync.hub.feed_items import MOST_BYTES, kept_short, program_key
from sync.hub.feeding import page_for
from sync.hub.marking import mark
from sync.hub.tables import cards, decisions, journals, office, programs, pushed
from sync.messages import (
    AccountItem,
    CardItem,
    DecisionItem,
    FeedRequest,
    ProgramItem,
    PushedItem,
)


@pytest.fixture(name="books")
def _books() -> Iterator[Office]:
    with Office() as books:
        yield books


def _card(account: str) -> CardItem:
    return CardItem(token=f"em4100:{account}", account=account, state="active")


def test_a_device_is_told_everything_once_and_then_what_changes(books: Office) -> None:
    """In the order of the changes, each thing as it stands now."""
    books.member("a", 5)
    books.member("b", 7)
    listener = Listener(books, books.device("one"))
    told = [
        AccountItem(account="a", active=5),
        _card("a"),
        AccountItem(account="b", active=7),
        _card("b"),
    ]
    assert listener.hear() == told
    assert listener.hear() == []
    books.change_account("a", active=9, tier="gold", owed=3)
    mark(books.c, TENANT, "account", ["a"])
    assert listener.hear() == [AccountItem(account="a", active=9, tier="gold", denied=True)]


@pytest.mark.parametrize("at_most", [1, 2, 3, 7])
def test_pages_go_on_where_the_last_one_ended(books: Office, at_most: int) -> None:
    """However long they are, and though things change in between, nothing is left out."""
    for name in "abcdef":
        books.member(name, 1)
    listener = Listener(books, books.device("one"))
    number_all_marks(books.c)
    request = FeedRequest(nonce="n", cursor=0)
    page, first = page_for(books.c, listener.device, request, now=NOW, at_most=at_most)
    assert page.more
    mark(books.c, TENANT, "account", ["a"])
    listener.cursor = page.cursor
    rest = listener.hear(at_most=at_most)
    told = {item.account for item in (*first, *rest) if isinstance(item, AccountItem)}
    assert told == set("abcdef")
    assert rest[-1] == AccountItem(account="a", active=1)
    assert listener.hear() == []


def test_a_page_fits_a_message() -> None:
    """Long things are told on several pages."""
    text = "x" * (MOST_BYTES // 2)
    items = [ProgramItem(name="p", edition=str(number), text=text) for number in range(3)]
    told, marks = kept_short([None, *items])
    assert (told, marks) == ((items[0],), 2)
    longer = ProgramItem(name="p", edition="9", text="x" * (MOST_BYTES + 1))
    assert kept_short([longer, None]) == ((longer,), 2)


@pytest.mark.parametrize(("cursor", "generation"), [(1_000, 0), (4, 1)])
def test_a_cursor_that_is_not_of_these_books_starts_again(
    books: Office, cursor: int, generation: int
) -> None:
    """Head office was restored and counts anew: the device is told everything."""
    books.member("a", 5)
    books.member("b", 5)
    listener = Listener(books, books.device("one"))
    listener.cursor, listener.generation = cursor, generation
    assert len(listener.hear()) == 4
    books.c.execute(update(office).values(generation=7))
    assert len(listener.hear()) == 4
    assert listener.generation == 7


def test_a_device_is_told_less_what_it_wrote_itself(books: Office) -> None:
    """It adds its own sum, and so counts once what is under way. Another line of its own, which
    its ledger no longer stands on, is the rest of the world.
    """
    books.member("a", 100, pending=30)
    one, two = books.device("one"), books.device("two")
    books.own(one, "a", active=40, pending=10)
    assert Listener(books, one).hear()[0] == AccountItem(account="a", active=60, pending=20)
    assert Listener(books, two).hear()[0] == AccountItem(account="a", active=100, pending=30)
    anew = books.device("one", epoch=2)
    assert Listener(books, anew).hear()[0] == AccountItem(account="a", active=100, pending=30)
    goes_on = books.device("one", epoch=3)
    books.change(journals, goes_on.journal_id or 0, line=one.journal_id)
    assert Listener(books, goes_on).hear()[0] == AccountItem(account="a", active=60, pending=20)


def test_a_merged_account_names_its_root(books: Office) -> None:
    """Its points are told with the root; over both together a device adds its own of both."""
    books.member("root", 5)
    books.member("old", 30)
    one = books.device("one")
    books.own(one, "old", active=20)
    listener = Listener(books, one)
    listener.hear()
    books.merge("old", "root")
    told = {item.account: item for item in listener.hear() if isinstance(item, AccountItem)}
    assert told["old"] == AccountItem(account="old", active=-20, root="root")
    assert told["root"] == AccountItem(account="root", active=35)


def test_an_erased_member_is_said_to_be(books: Office) -> None:
    """The stores forget them."""
    books.member("a", 0, state="erased")
    assert Listener(books, books.device("one")).hear()[0] == AccountItem(
        account="a", active=0, erased=True
    )


def test_programs_promotions_and_decisions_are_told(books: Office) -> None:
    """Each as it was put; of pushed promotions only the newest are there."""
    put = {"tenant": TENANT, "put_at": "2026"}
    books.c.execute(insert(programs).values(name="corner", edition="corner@2", text="x = 1", **put))
    books.c.execute(insert(pushed).values(promotions='[{"id":"rush"}]', **put))
    books.c.execute(
        insert(decisions).values(
            tenant=TENANT, seq=1, canonical=b'{"id":"d"}', hash=bytes(32), decided_at="2026"
        )
    )
    mark(books.c, TENANT, "program", [program_key("corner", "corner@2")])
    mark(books.c, TENANT, "pushed", [""])
    mark(books.c, TENANT, "decision", ["1"])
    assert Listener(books, books.device("one")).hear() == [
        ProgramItem(name="corner", edition="corner@2", text="x = 1"),
        PushedItem(promotions='[{"id":"rush"}]'),
        DecisionItem(seq=1, hash="00" * 32, canonical='{"id":"d"}'),
    ]


def test_a_small_store_is_told_of_those_it_has_seen(books: Office) -> None:
    """Members who shopped there, of whom it has rights or wrote something, and their cards."""
    for name in ("visitor", "holder", "author", "stranger"):
        books.member(name, 10)
    one = books.device("one")
    books.visit(one, "visitor")
    books.book(one, "holder", 5, 5)
    books.own(one, "author", active=3)
    listener = Listener(books, one, "seen")
    told = listener.hear(at_most=2)
    assert [item.account for item in told if isinstance(item, AccountItem)] == [
        "visitor",
        "holder",
        "author",
    ]
    assert [item.account for item in told if isinstance(item, CardItem)] == [
        "visitor",
        "holder",
        "author",
    ]
    assert listener.hear() == []
    assert listener.pages == 4


def test_a_store_waits_for_no_changes_that_concern_others(books: Office) -> None:
    """However many they are: it hears of its own members at once, and goes on behind all."""
    mark(books.c, TENANT, "account", [f"stranger-{number}" for number in range(4_500)])
    books.member("visitor", 10)
    one = books.device("one")
    books.visit(one, "visitor")
    while number_all_marks(books.c):
        pass
    request = FeedRequest(nonce="n", cursor=0, scope="seen")
    page, told = page_for(books.c, one, request, now=NOW)
    assert (len(told), page.more) == (2, False)
    assert page.cursor == 4_502
    assert Listener(books, one, "seen").hear() == list(told)


def test_who_was_merged_with_a_member_that_was_seen_is_told_of_too(books: Office) -> None:
    """Under either name it is the same member."""
    books.member("root", 5)
    books.member("old", 30)
    one = books.device("one")
    books.visit(one, "old")
    listener = Listener(books, one, "seen")
    assert len(listener.hear()) == 2
    books.merge("old", "root")
    told = listener.hear()
    assert {item.account for item in told if isinstance(item, AccountItem)} == {"old", "root"}
    assert {item.token for item in told if isinstance(item, CardItem)} == {
        "em4100:old",
        "em4100:root",
    }


def test_who_is_given_the_card_of_a_member_that_was_seen_is_told_of_too(books: Office) -> None:
    """A store knows that card: told whose it is now and not what they have, it would ask nobody."""
    books.member("gone")
    one = books.device("one")
    books.visit(one, "gone")
    listener = Listener(books, one, "seen")
    assert len(listener.hear()) == 2
    books.member("new", 40)
    hand_over(books.c, TENANT, "em4100:gone", "new")
    told = listener.hear()
    assert AccountItem(account="new", active=40) in told
    cards = [item for item in told if isinstance(item, CardItem)]
    assert {(item.token, item.account) for item in cards} == {
        ("em4100:gone", "new"),
        ("em4100:new", "new"),
    }


def test_a_card_that_is_asked_for_brings_its_member_whatever_the_scope(books: Office) -> None:
    """With all their cards, at once; from then on the store has seen them. An unknown card brings
    nothing.
    """
    books.member("a", 10)
    books.member("old", 4)
    books.merge("old", "a")
    listener = Listener(books, books.device("one"), "seen")
    assert listener.hear() == []
    assert listener.look_up("em4100:nobody") == []
    assert listener.look_up("em4100:old") == [
        AccountItem(account="a", active=14),
        AccountItem(account="old", active=0, root="a"),
        _card("a"),
        _card("old"),
    ]
    mark(books.c, TENANT, "account", ["a"])
    assert listener.hear() == [AccountItem(account="a", active=14)]


def test_looking_up_a_card_is_no_visit(books: Office) -> None:
    """No rights are leased ahead to a store for a question."""
    books.member("a", 10)
    one = books.device("one")
    listener = Listener(books, one)
    listener.look_up("em4100:a")
    listener.look_up("em4100:a")
    assert books.visits() == [("a", one.id, 0)]


def test_a_card_that_is_gone_stops_nobody(books: Office) -> None:
    """A mark of which nothing is left to tell is passed over."""
    books.member("a", 10)
    books.c.execute(cards.delete())
    listener = Listener(books, books.device("one"))
    assert listener.hear(at_most=1) == [AccountItem(account="a", active=10)]
    assert listener.hear() == []


def test_a_retired_device_is_told_nothing(books: Office) -> None:
    """It is gone for good, perhaps into strange hands."""
    books.member("a", 10)
    one = books.device("one")
    listener = Listener(books, replace(one, state="retired"))
    assert listener.hear() == []
    request = FeedRequest(nonce="n", cursor=0, token="em4100:a")
    assert page_for(books.c, listener.device, request, now=NOW)[1] == ()


@pytest.mark.parametrize("seed", range(5))
def test_what_a_till_shows_is_what_is_posted(seed: int) -> None:
    """Mirror and own sum come to what head office posted, and to what is under way, at every till,
    whoever books what: also where an entry is worth less than its device wrote.
    """
    dice = random.Random(seed)  # noqa: S311
    with Office() as books:
        names = ["a", "b", "c"]
        for name in names:
            books.member(name, 50)
        tills = [Listener(books, books.device(f"d{number}")) for number in range(3)]
        mirrors: list[dict[str, AccountItem]] = [{} for _ in tills]
        own = [dict.fromkeys(names, 0) for _ in tills]
        for _ in range(60):
            place, name = dice.randrange(3), dice.choice(names)
            wrote = dice.randint(-20, 20)
            books.own(tills[place].device, name, active=wrote)
            own[place][name] += wrote
            books.post(name, dice.choice((wrote, 0, wrote - 1)))
            if dice.random() < 0.05 and books.root(name) == name != "a":
                books.merge(name, "a")
            for at, listener in enumerate(tills):
                if dice.random() < 0.3:
                    items = listener.hear(at_most=2)
                    mirrors[at] |= {i.account: i for i in items if isinstance(i, AccountItem)}
        for at, listener in enumerate(tills):
            items = listener.hear(at_most=2)
            mirrors[at] |= {i.account: i for i in items if isinstance(i, AccountItem)}
            for root in {books.root(name) for name in names}:
                family = [name for name in names if books.root(name) == root]
                shown = sum(mirrors[at][name].active + own[at][name] for name in family)
                assert shown == books.account(root).active
