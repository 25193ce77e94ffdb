"""What no head office of ours says is refused at a store, counted, and in the way of nothing."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from extremes import changed
from greeted import Store, append, in_memory
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.facts import LARGEST
from sync.messages import AccountItem, FeedPage, Grant, Ok, Recall, encode_feed
from sync.messages.coding import deflate_lines

_AT = "2026-11-21T13:05:09.000Z"
_MESSAGES: dict[str, dict[str, Any]] = {
    "ok": {
        "nonce": "NONCE",
        "epoch": 1,
        "seq": 1,
        "hash": "0" * 64,
        "time": _AT,
        "generation": 0,
        "tails": [],
    },
    "challenge": {"nonce": "NONCE", "challenge": "c", "generation": 0},
    "welcome": {"nonce": "NONCE", "new_epoch": 2, "time": _AT, "generation": 0},
    "halt": {"nonce": "NONCE", "reason": "refused", "text": "no"},
    "ack": {"incarnation": "i", "epoch": 1, "seq": 1, "hash": "0" * 64, "again": True},
    "grant": {"epoch": 1, "account": "a", "granted_total": 5, "generation": 0, "ask": "q"},
    "recall": {"epoch": 1, "account": "a", "recall": 1, "keep": 0, "generation": 0},
    "floor": {"epoch": 1, "floor_total": 5, "generation": 0},
    "unheard-of": {},
}
_ITEMS: tuple[dict[str, Any], ...] = (
    {
        "kind": "account",
        "account": "a",
        "active": 5,
        "enrolled_on": "2026-01-01",
        "tier": "gold",
        "tier_since": "2026-01-01",
        "root": None,
        "lots": [{"points": 5, "earned_on": "2026-01-01"}],
        "toward": [{"month": "2026-01", "points": 5, "spend_minor": 1}],
    },
    {"kind": "card", "token": "card:1234", "account": "a", "state": "active"},
    {"kind": "program", "name": "simple", "edition": "simple@1", "text": "x = 1"},
    {"kind": "pushed", "promotions": "[]"},
    {"kind": "decision", "seq": 1, "hash": "0" * 64, "canonical": "{}"},
)


_MESSAGE = st.sampled_from(list(_MESSAGES))
_PAGE = st.tuples(
    changed({"nonce": "NONCE", "cursor": 5, "generation": 0, "more": False}),
    st.lists(st.sampled_from(_ITEMS).flatmap(changed), max_size=3),
)


def play(scenario: Callable[[Store], Coroutine[Any, Any, None]]) -> None:
    """Play a scenario with a store that head office welcomed, and that waits for a page."""

    async def run() -> None:
        await store.open()
        await store.turn(20)
        await scenario(store)

    made = in_memory()
    store = next(made)
    try:
        asyncio.run(run())
    finally:
        next(made, None)


async def goes_on(store: Store) -> None:
    """Hold that the store greets anew, and sends what it writes then."""
    store.talk.link_down()
    hello = await store.greet()
    held = {"epoch": hello.epoch, "seq": hello.head_seq, "hash": hello.head_hash}
    await store.hear("ok", Ok.model_validate({**held, "nonce": hello.nonce, "time": _AT}))
    await append(store.ledger)
    await store.turn()
    header, entries = store.wire.batches[-1]
    assert (header.epoch, header.first_seq) == (hello.epoch, hello.head_seq + 1)
    assert len(entries) == 1


@settings(max_examples=40)
@given(st.lists(_MESSAGE.flatmap(lambda kind: st.tuples(st.just(kind), changed(_MESSAGES[kind])))))
def test_whatever_it_says_raises_nothing(said: list[tuple[str, bytes]]) -> None:
    """A message that is another in some values is taken or refused; the store sells on, greets and
    is heard.
    """

    async def scenario(store: Store) -> None:
        for kind, payload in said:
            nonce = store.wire.hello.nonce
            await store.hear(kind, payload.replace(b"NONCE", nonce.encode()))
        await goes_on(store)

    play(scenario)


@settings(max_examples=40)
@given(_PAGE)
def test_whatever_a_page_tells_raises_nothing(page: tuple[bytes, list[bytes]]) -> None:
    """A page is taken whole or not at all, and members are found at the till after either."""
    head, items = page

    async def scenario(store: Store) -> None:
        nonce = store.wire.requests[-1].nonce
        named = head.replace(b"NONCE", nonce.encode())
        lines = [b'{"item":' + item + b"}" for item in items]
        await store.hear("feed", deflate_lines((named, *lines)))
        await goes_on(store)

    play(scenario)


def test_what_no_entry_can_say_is_refused() -> None:
    """More rights than an entry can tell of, and a recall of such a number, are counted as refused;
    what comes after them is journaled.
    """

    async def scenario(store: Store) -> None:
        epoch, before = store.ledger.head.epoch, store.ledger.head.seq
        largest = Grant(epoch=epoch, account="a", granted_total=LARGEST, generation=0)
        more = largest.model_copy(update={"granted_total": LARGEST + 1})
        recall = Recall(epoch=epoch, account="a", recall=LARGEST + 1, generation=0)
        for kind, message in (("grant", more), ("recall", recall), ("grant", largest)):
            await store.hear(kind, message)
        assert store.talk.refused == 2
        assert store.ledger.head.seq == before + 1

    play(scenario)


def test_a_page_that_no_ledger_can_keep_is_refused() -> None:
    """An account cannot have been merged into itself: nothing of such a page is kept, the cursor
    stays, and the page that is asked for next is taken.
    """

    async def scenario(store: Store) -> None:
        for root in ("a", None):
            page = FeedPage(nonce=store.wire.requests[-1].nonce, cursor=5, generation=0)
            await store.hear(
                "feed", encode_feed(page, (AccountItem(account="a", active=5, root=root),))
            )
            await store.turn(70)
        assert store.talk.refused == 1
        cursors = [each.cursor for each in store.wire.requests]
        assert (set(cursors[:-1]), cursors[-1]) == ({0}, 5)

    play(scenario)
