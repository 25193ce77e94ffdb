"""Where head office speaks of what a store does not know, it hears the rest; and that as well, once
it was upgraded.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from greeted import Store, in_memory

from sync.messages import CardItem, FeedPage, ProgramItem, UnknownItem, decode_feed, encode
from sync.messages.coding import MalformedMessage, deflate_lines
from sync.simulation.now import run_now

BLOCKED = CardItem(token="em4100:0C000621A5", account="a-1", state="blocked")
NEWER = {"kind": "household", "members": ["a-1", "a-2"]}
PROGRAM = ProgramItem(name="simple", edition="simple@9", text="later = true")


def a_page(page: FeedPage, *items: dict[str, Any]) -> bytes:
    """Encode a page of a later head office."""
    lines = (json.dumps({"item": item}).encode() for item in items)
    return deflate_lines((encode(page), *lines))


def play(scenario: Callable[[Store], Coroutine[Any, Any, None]]) -> None:
    """Play with a store that is connected."""
    for store in in_memory():
        run_now(store.open())
        run_now(scenario(store))


async def hears(store: Store, *items: dict[str, Any], cursor: int = 5, more: bool = False) -> None:
    """Have a page arrive that answers the newest request."""
    nonce = store.wire.requests[-1].nonce
    page = FeedPage(nonce=nonce, cursor=cursor, generation=0, more=more)
    await store.hear("feed", a_page(page, *items))


async def asks_from(store: Store) -> int:
    """Answer from where it asks next."""
    await store.turn(70)
    return store.wire.requests[-1].cursor


async def state_of(store: Store) -> str | None:
    """Answer how a till finds the card."""
    cards = await store.ledger.read(lambda view: view.cards_of(BLOCKED.account))
    return dict(cards).get(BLOCKED.token)


def test_an_item_of_a_later_kind_stands_alone() -> None:
    """What is of a known kind and makes no sense is still no page."""
    page = FeedPage(nonce="n", cursor=5, generation=0)
    told = a_page(page, NEWER, BLOCKED.model_dump())
    assert decode_feed(told) == (page, (UnknownItem(kind="household"), BLOCKED))
    for wrong in ({"kind": "card"}, {"kind": 1}, {}, {"kind": "x" * 65}):
        with pytest.raises(MalformedMessage):
            decode_feed(a_page(page, wrong))


def test_a_page_with_something_new_is_taken_but_for_that() -> None:
    """The card is blocked, the next page is asked for, and what was left out is counted."""

    async def scenario(store: Store) -> None:
        await hears(store, NEWER, BLOCKED.model_dump())
        assert await state_of(store) == "blocked"
        assert await asks_from(store) == 5
        assert (store.desk.left_out, store.talk.refused) == (1, 0)

    play(scenario)


@pytest.mark.parametrize("item", [NEWER, PROGRAM.model_dump()])
def test_an_upgraded_store_is_told_everything_again(item: dict[str, Any]) -> None:
    """Once, and only where something was left out: a kind of item, or a program that is beyond the
    version before. Meanwhile nothing that it knew is forgotten.
    """

    async def scenario(store: Store) -> None:
        store.rules.take_program = lambda *_: "there is no such key"  # type: ignore[method-assign]
        await hears(store, item, BLOCKED.model_dump())
        same = Store(store.ledger)
        await same.open()
        assert await asks_from(same) == 5
        upgraded = Store(store.ledger, version="99.0")
        await upgraded.open()
        assert await asks_from(upgraded) == 0
        await hears(upgraded, cursor=3, more=True)
        assert await state_of(upgraded) == "blocked"
        assert upgraded.wire.requests[-1].cursor == 3
        await hears(upgraded, BLOCKED.model_dump())
        assert await asks_from(upgraded) == 5
        assert await state_of(upgraded) == "blocked"

    play(scenario)


def test_who_left_nothing_out_goes_on_after_an_upgrade() -> None:
    """A thousand stores that are upgraded in one night ask for no more than before."""

    async def scenario(store: Store) -> None:
        await hears(store, BLOCKED.model_dump())
        upgraded = Store(store.ledger, version="99.0")
        await upgraded.open()
        assert await asks_from(upgraded) == 5

    play(scenario)
