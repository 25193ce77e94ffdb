"""A store whose ``hub.feed`` was changed hears everything once from the start: what was passed over
before is told, and who is told of no more is forgotten. Nobody else hears anything anew.
"""

from collections.abc import Iterator
from itertools import count

import pytest
from feed_listener import Listener
from greeted import Store, still_clock
from numbered import number_all_marks
from rights_office import NOW, TENANT, Office

from agent.ledger import Mirror, MirrorPage
from sync.hub.card_book import block_card
from sync.hub.feeding import page_for
from sync.messages import AccountItem, CardItem, FeedPage, FeedPlace, FeedScope, encode_feed
from sync.simulation.ledger import SimulatedLedger
from sync.simulation.now import run_now
from sync.uplink import Wishes

BOTH = pytest.mark.parametrize(("before", "after"), [("seen", "all"), ("all", "seen")])
KNOWN: dict[FeedScope, dict[str, str]] = {
    "all": {"ana": "active", "ben": "active", "eve": "active"},
    "seen": {"ana": "active", "eve": "active"},
}


class Chain:
    """A head office with three members, of whom two have met the one store there is."""

    def __init__(self, books: Office) -> None:
        self.books = books
        self.device = books.device("edge-1")
        for name in KNOWN["all"]:
            books.member(name, 5)
        for name in KNOWN["seen"]:
            books.visit(self.device, name)
        self.store: Store
        self._disk: SimulatedLedger | None = None
        self._ids = count(1)

    def start(self, scope: FeedScope, **more: str) -> None:
        """Start the store on its disk, cut off from whatever it was doing, and have it connect."""
        image = None if self._disk is None else self._disk.image()
        self.stop()
        self._disk = SimulatedLedger(
            image, clock=still_clock, mint_id=lambda: f"id-{next(self._ids)}", name="edge.db"
        )
        self._disk.start()
        self.store = Store(self._disk, wishes=Wishes(feed=scope), **more)
        run_now(self.store.open())

    def stop(self) -> None:
        """Take the power away: what was committed is on the disk, and nothing else is anywhere."""
        if self._disk is not None:
            self._disk.stop()

    def answer(self, *, at_most: int = 100) -> FeedPage:
        """Answer the store's newest request, as head office does."""
        number_all_marks(self.books.c)
        request = self.store.wire.requests[-1]
        page, items = page_for(self.books.c, self.device, request, now=NOW, at_most=at_most)
        run_now(self.store.hear("feed", encode_feed(page, items)))
        return page

    def tell_all(self, *, at_most: int = 100) -> int:
        """Answer until there is no more; answers how often."""
        answers = 1
        while self.answer(at_most=at_most).more:
            answers += 1
        return answers

    def block(self, account: str) -> None:
        """Have head office block a member's card."""
        token = f"em4100:{account}"
        assert block_card(self.books.c, TENANT, token, reason="stolen", by="clerk", now=NOW)

    @property
    def asks_from(self) -> int:
        """From where the store asked last."""
        return self.store.wire.requests[-1].cursor

    def asks_next_from(self) -> int:
        """From where it asks after a while."""
        run_now(self.store.turn(after_s=70.0))
        return self.asks_from

    @property
    def known(self) -> dict[str, str]:
        """Whose cards the store knows, and how they stand there."""
        read = self.store.ledger.read
        cards = [
            (name, run_now(read(lambda view, name=name: view.cards_of(name))))
            for name in KNOWN["all"]
        ]
        return {name: found[0][1] for name, found in cards if found}


@pytest.fixture
def chain() -> Iterator[Chain]:
    """A chain of one store."""
    with Office() as books:
        made = Chain(books)
        yield made
        made.stop()


@BOTH
def test_it_knows_what_a_store_knows_that_never_heard_otherwise(
    chain: Chain, before: FeedScope, after: FeedScope
) -> None:
    """Whom it passed over it knows now, and whom it is told of no more it has forgotten."""
    chain.start(before)
    chain.tell_all()
    assert chain.known == KNOWN[before]
    chain.start(after)
    assert chain.asks_from == 0
    chain.tell_all()
    assert chain.known == KNOWN[after]


@BOTH
def test_it_is_told_so_once(chain: Chain, before: FeedScope, after: FeedScope) -> None:
    """It then goes on from where it stands, and so it does after each start that follows."""
    chain.start(before)
    chain.tell_all()
    chain.start(after)
    newest = chain.answer().cursor
    assert newest > 0
    assert chain.asks_next_from() == newest
    chain.start(after)
    assert chain.asks_from == newest


def test_a_card_that_is_blocked_later_is_accepted_nowhere(chain: Chain) -> None:
    """Head office tells of it no more where the member never was; there it is unknown, and looked
    up when it comes. The card of a member whom the store met while it heard of all is blocked.
    """
    chain.start("all")
    chain.tell_all()
    chain.start("seen")
    chain.tell_all()
    for name in KNOWN["all"]:
        chain.block(name)
    chain.asks_next_from()
    chain.tell_all()
    assert chain.known == {"ana": "blocked", "eve": "blocked"}


def test_nobody_is_forgotten_before_all_was_told(chain: Chain) -> None:
    """While the pages come, the cards that were known still are."""
    chain.start("all")
    chain.tell_all()
    chain.start("seen")
    assert chain.known == KNOWN["all"]
    while chain.answer(at_most=1).more:
        assert chain.known == KNOWN["all"]
    assert chain.known == KNOWN["seen"]


@BOTH
@pytest.mark.parametrize("answers", [0, 2])
def test_a_restart_in_the_middle_loses_nothing(
    chain: Chain, before: FeedScope, after: FeedScope, answers: int
) -> None:
    """It goes on from the last page that it took, and comes to the same as one that ran through."""
    chain.start(before)
    chain.tell_all()
    chain.start(after)
    heard_to = [chain.answer(at_most=1).cursor for _ in range(answers)]
    chain.start(after)
    assert chain.asks_from == (heard_to[-1] if heard_to else 0)
    chain.tell_all(at_most=1)
    assert chain.known == KNOWN[after]


@BOTH
def test_a_change_that_is_taken_back_in_the_middle_is_one_more(
    chain: Chain, before: FeedScope, after: FeedScope
) -> None:
    """The store knows what it knew, with what has happened since."""
    chain.start(before)
    chain.tell_all()
    chain.start(after)
    chain.answer(at_most=2)
    chain.block("ana")
    chain.start(before)
    assert chain.asks_from == 0
    chain.tell_all(at_most=2)
    assert chain.known == KNOWN[before] | {"ana": "blocked"}


@pytest.mark.parametrize("scope", ["all", "seen"])
def test_who_changes_nothing_hears_nothing_anew(chain: Chain, scope: FeedScope) -> None:
    """Whether it is started again or upgraded, and though it was in the middle of a first round."""
    chain.start(scope)
    first = chain.answer(at_most=1)
    assert first.more
    chain.start(scope)
    assert chain.asks_from == first.cursor
    chain.tell_all()
    chain.start(scope, version="99.0")
    assert chain.asks_from > first.cursor
    assert chain.known == KNOWN[scope]


@pytest.mark.parametrize("scope", ["all", "seen"])
def test_a_mirror_that_does_not_know_its_scope_keeps_what_it_has(scope: FeedScope) -> None:
    """It goes on from its cursor under whatever it is asked for first, and knows a change then."""
    ledger = SimulatedLedger(None, clock=still_clock, mint_id=lambda: "id", name="unknown.db")
    ledger.start()
    mirror = Mirror(ledger)
    run_now(mirror.apply(MirrorPage(cursor=9, generation=0, since=0, run="r")))
    other = "seen" if scope == "all" else "all"
    places = [run_now(mirror.place(0, each)) for each in (scope, scope, other)]
    assert places == [(9, "r"), (9, "r"), (0, None)]
    ledger.stop()


def test_a_greeting_still_names_the_place_that_was_heard(chain: Chain) -> None:
    """It shows head office whether that was set back; what was heard under another scope shows it
    as well.
    """
    chain.start("all")
    nonce = chain.store.wire.requests[-1].nonce
    heard = FeedPage(nonce=nonce, cursor=40, generation=0, run="r")
    run_now(chain.store.hear("feed", encode_feed(heard, ())))
    chain.start("seen")
    assert chain.store.wire.hello.feed == FeedPlace(cursor=40, run="r")
    assert chain.asks_from == 0
    assert chain.store.wire.requests[-1].run is None


def test_head_office_knows_whom_a_store_met_that_heard_of_all(chain: Chain) -> None:
    """What concerns a store is put down for it whatever it asks for; so from the start, and from
    then on, it is told of all its members and of their cards, those of a merger too, and of nobody
    else. Who asks for all again is told of all.
    """
    books = chain.books
    listener = Listener(books, chain.device, "all")
    told = {item.account for item in listener.hear() if isinstance(item, AccountItem)}
    assert told == set(KNOWN["all"])
    books.member("twin", 1)
    books.merge("twin", "ana")
    listener.hear()
    listener.scope, listener.cursor, listener.run = "seen", 0, None
    cards = [item.account for item in listener.hear() if isinstance(item, CardItem)]
    assert sorted(cards) == ["ana", "eve", "twin"]
    for name in ("ana", "ben", "twin"):
        chain.block(name)
    blocked = [item for item in listener.hear() if isinstance(item, CardItem)]
    assert {(item.account, item.state) for item in blocked} == {
        ("ana", "blocked"),
        ("twin", "blocked"),
    }
    listener.scope, listener.cursor, listener.run = "all", 0, None
    states = {item.account: item.state for item in listener.hear() if isinstance(item, CardItem)}
    assert states == {"ana": "blocked", "ben": "blocked", "eve": "active", "twin": "blocked"}
