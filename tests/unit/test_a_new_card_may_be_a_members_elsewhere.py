"""A store that is told only of members seen there asks head office whose a card is before it gives
it to anybody: one card in two stores makes two members one for good.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from greeted import Store, in_memory

from agent import online
from agent.paths import shipped_program
from agent.settings import AgentSettings
from agent.till import CardInUse, Enrolment, MalformedToken, MoreCard, Replacement, Till
from sync.messages import AccountItem, CardItem, FeedPage, FeedScope

CARD, NEW, ANOTHERS = (f"em4100:000000000{number}" for number in range(1, 4))


class Shop:
    """A store with a member of its own, Ana, and head office, which ``knows`` of more cards."""

    def __init__(self, store: Store, feed: FeedScope = "seen") -> None:
        self.store = store
        self.till = Till(store.ledger, store.rules.terms, mint_id=lambda: "new")
        self.knows: dict[str, str] = {}
        self.asked: list[str] = []
        self.till.members.asked_whose.ask = self._look_up
        self.till.members.asked_whose.tells_of_all = feed == "all"

    async def opened(self) -> "Shop":
        """Have head office tell of Ana and her card."""
        await self._tell(CARD, "ana")
        return self

    async def _look_up(self, token: str) -> bool:
        self.asked.append(token)
        owner = self.knows.get(token)
        if owner is not None:
            await self._tell(token, owner)
        return owner is not None

    async def _tell(self, token: str, owner: str) -> None:
        items = (
            AccountItem(account=owner, active=70),
            CardItem(token=token, account=owner, state="active"),
        )
        page = FeedPage(nonce="n", cursor=0, generation=0, token=token)
        await self.store.desk.feed(page, items, since=0)


Giving = Callable[[Till, str], Awaitable[Any]]

GIVING: dict[str, Giving] = {
    "enrolled": lambda till, card: till.members.enrol(Enrolment(token=card)),
    "added": lambda till, card: till.members.add_card("ana", MoreCard(token=card)),
    "in place": lambda till, card: till.members.replace_card(CARD, Replacement(by=card)),
}
"""Every call that gives a card to a member."""

_every_call = pytest.mark.parametrize("give", GIVING.values(), ids=GIVING)


def play(scenario: Callable[[Shop], Awaitable[None]], feed: FeedScope = "seen") -> None:
    """Play a scenario in a shop."""

    async def run(store: Store) -> None:
        await scenario(await Shop(store, feed).opened())

    for store in in_memory():
        asyncio.run(run(store))


@_every_call
def test_another_members_card_is_refused(give: Giving) -> None:
    """Nobody here knew it; head office does, and says so before anything is written."""

    async def scenario(shop: Shop) -> None:
        shop.knows[ANOTHERS] = "ben"
        before = shop.store.ledger.head
        with pytest.raises(CardInUse):
            await give(shop.till, ANOTHERS)
        assert shop.asked == [ANOTHERS]
        assert shop.store.ledger.head == before

    play(scenario)


@_every_call
def test_a_card_of_nobodys_is_given(give: Giving) -> None:
    """Also where head office does not answer in time: whoever enrols waits no longer for it."""

    async def scenario(shop: Shop) -> None:
        before = shop.store.ledger.head.seq
        await give(shop.till, NEW)
        assert shop.asked == [NEW]
        assert shop.store.ledger.head.seq > before
        assert (await shop.till.identify(NEW)).status == "active"

    play(scenario)


def test_a_card_that_is_the_members_own_elsewhere_is_theirs() -> None:
    """It was given to them in another store; here nothing is left to write."""

    async def scenario(shop: Shop) -> None:
        shop.knows[NEW] = "ana"
        before = shop.store.ledger.head
        view, was_done = await shop.till.members.add_card("ana", MoreCard(token=NEW))
        assert (view.account, was_done) == ("ana", True)
        assert shop.store.ledger.head == before

    play(scenario)


@_every_call
def test_nobody_waits_for_what_is_known(give: Giving) -> None:
    """A card that was told of already is not asked about, nor one that cannot be a card."""

    async def scenario(shop: Shop) -> None:
        await shop._tell(ANOTHERS, "ben")
        with pytest.raises(CardInUse):
            await give(shop.till, ANOTHERS)
        with pytest.raises(MalformedToken):
            await give(shop.till, "4111111111111111")
        assert shop.asked == []

    play(scenario)


@_every_call
def test_nobody_waits_where_all_members_are_told(give: Giving) -> None:
    """A store that is told of every member has heard of the card, or nobody has it."""

    async def scenario(shop: Shop) -> None:
        await give(shop.till, NEW)
        assert shop.asked == []

    play(scenario, feed="all")


class Listening:
    """An uplink that hears for which cards it is asked, and knows none."""

    ask, hear_anew, online = None, None, True

    def __init__(self, *_said: Any, **_more: Any) -> None:
        self.asked: list[str] = []

    async def look_up(self, token: str) -> bool:
        """Answer that nobody has the card."""
        self.asked.append(token)
        return False


@pytest.mark.parametrize(("feed", "asked"), [("seen", [NEW]), ("all", [])])
def test_the_agent_asks_by_its_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, feed: FeedScope, asked: list[str]
) -> None:
    """``hub.feed`` says of whom a store is told, and so whether it has to ask."""
    uplink = Listening()
    monkeypatch.setattr(online, "Uplink", lambda *_said, **_more: uplink)
    settings = AgentSettings(
        device={"tenant": "t", "store": "s", "name": "d"},
        ledger={"path": tmp_path / "ledger.db"},
        program={"path": shipped_program("simple")},
        lane=({"name": "1"},),
        hub={"url": "mqtt://127.0.0.1:1", "feed": feed},
    )
    for store in in_memory():
        till = Till(store.ledger, store.rules.terms, mint_id=lambda: "new")
        quiet: dict[str, Any] = {"returned": lambda: None, "heard": lambda _a, _t: None}
        online.Online(settings, store.ledger, store.rules, till, **quiet)
        asyncio.run(till.members.enrol(Enrolment(token=NEW)))
    assert uplink.asked == asked
