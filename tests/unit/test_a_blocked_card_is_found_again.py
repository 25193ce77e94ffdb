"""A card that a clerk blocked spends again by a clerk's word, and no other does."""

from functools import partial

import pytest
from books import NOW, OTHER, Books, Life, a_sale
from clerk import Clerk
from numbered import number_all_marks

from agent.core.facts import CardState, Enrol
from sync.hub.feeding import page_for
from sync.messages import CardItem, FeedRequest

CARD, ANOTHER = "em4100:0C000621A5", "em4100:0C000621A6"


class House:
    """A member with one card, a store that knows them, and a clerk."""

    def __init__(self) -> None:
        self.books = Books("sqlite://")
        self.life = Life(0, "disk-1", Enrol(account="a", token=CARD), a_sale("s-1", "a", 50))
        self.books.take(self.life.batch())
        self.clerk = Clerk(self.books)

    def ask(self, what: str, **said: str) -> tuple[int, str]:
        """Have something done to the card; answers the status, and how the card stands or why that
        was refused.
        """
        wanted = {"reason": "as told by telephone"} | said
        answer = self.clerk.post(f"/v1/cards/{CARD}/{what}", json=wanted)
        if answer.status_code != 200:
            assert answer.json()["code"] == "card_blocked"
            return answer.status_code, answer.json()["detail"]
        (card,) = (each for each in answer.json()["cards"] if each["token"] == CARD)
        return answer.status_code, card["state"]

    def store_says(self, state: str, account: str = "a") -> None:
        """A till says how the card stands."""
        first = self.life.head().seq + 1
        self.life.write(CardState(token=CARD, account=account, state=state))  # type: ignore[arg-type]
        self.books.take(self.life.batch(first))

    def told(self) -> str:
        """How the card stands by what a store hears of head office."""
        device = self.books.device(OTHER)
        self.books.database.transact(number_all_marks)
        ask = partial(page_for, device=device, request=FeedRequest(nonce="n", cursor=0), now=NOW)
        _, items = self.books.database.transact(ask)
        (state,) = (each.state for each in items if isinstance(each, CardItem))
        return state


@pytest.fixture
def house() -> House:
    """Nothing is blocked yet."""
    return House()


@pytest.mark.parametrize("state", ["blocked", "lost"])
def test_what_a_clerk_blocked_spends_again(house: House, state: str) -> None:
    """Stores hear of it as of the block, asked again it stays so, it stands in the clerk's name,
    and it can be blocked once more.
    """
    assert house.ask("block", state=state) == (200, state)
    assert house.told() == state
    for _ in range(2):
        assert house.ask("unblock", reason="found") == (200, "active")
    assert house.told() == "active"
    told = house.clerk.get("/v1/accounts/a/entries").json()
    reasons = [each["entry"]["fact"]["reason"] for each in told if each["kind"] == "CARD_STATE"]
    assert reasons == ["ana: found", "ana: as told by telephone"]
    assert house.ask("block") == (200, "blocked")


def test_a_card_that_is_good_stays_so(house: House) -> None:
    """Nothing is decided about it."""
    assert house.ask("unblock") == (200, "active")
    kinds = {each["kind"] for each in house.clerk.get("/v1/accounts/a/entries").json()}
    assert "CARD_STATE" not in kinds


@pytest.mark.parametrize("is_first", [True, False])
def test_what_a_store_blocked_too_stays_blocked(house: House, is_first: bool) -> None:
    """That store's tills would go by their own word: it is said so, and what helps."""
    if is_first:
        house.store_says("lost")
        assert house.ask("unblock")[0] == 409
    house.ask("block")
    if not is_first:
        house.store_says("lost")
    status, why = house.ask("unblock")
    assert status == 409
    assert "a store blocked it" in why
    assert "/replace" in why
    house.store_says("active")
    assert house.ask("unblock") == (200, "active")


def test_a_replaced_card_stays_replaced(house: House) -> None:
    """Its place is taken."""
    house.ask("replace", by=ANOTHER)
    status, why = house.ask("unblock")
    assert (status, "took its place" in why) == (409, True)


def test_a_card_of_who_was_forgotten_stays_blocked(house: House) -> None:
    """Nobody comes back by a card."""
    house.ask("block")
    house.clerk.post("/v1/accounts/a/erase", json={"reason": "by letter"})
    status, why = house.ask("unblock")
    assert (status, "forgotten" in why) == (409, True)


def test_a_card_that_was_anothers_when_it_was_blocked_stays_so(house: House) -> None:
    """A clerk blocked it for a member who was forgotten since: who has it now gets another."""
    house.ask("block", state="lost")
    house.clerk.post("/v1/accounts/a/erase", json={"reason": "by letter"})
    house.books.take(Life(0, "disk-2", Enrol(account="b", token=CARD)).batch(), OTHER)
    assert house.clerk.get(f"/v1/cards/{CARD}").json()["account"] == "b"
    status, why = house.ask("unblock")
    assert (status, "another member's" in why) == (409, True)
    nobody = house.clerk.post(f"/v1/cards/{ANOTHER}/unblock", json={"reason": "found"})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "unknown_card")
