"""A card that somebody blocked spends nothing anywhere; a store that had not heard is found out."""

from datetime import timedelta

import pytest
from head_office_books import TENANT, Books, enrolled, hold, sold

from agent.core.facts import CardState, EraseMember
from agent.core.instant import rfc3339
from sync.hub.deciding import UnknownCard, block_card, erase_member, replace_card

CARD = "em4100:0C000621A5"
OTHER = "em4100:0000000002"


def block(books: Books, token: str = CARD, state: str = "blocked") -> int | None:
    """A clerk blocks a card."""
    return books.run(
        lambda c: block_card(c, TENANT, token, state, reason="lost", by="clerk", now=books.now)  # type: ignore[arg-type]
    )


def replace(books: Books, token: str, new: str) -> int | None:
    """A clerk gives a member a new card."""
    return books.run(
        lambda c: replace_card(c, TENANT, token, new, reason="worn", by="clerk", now=books.now)
    )


def test_a_blocked_card_that_redeemed_is_reported(books: Books) -> None:
    """Every card of the member was blocked, and a store redeemed that had not heard: it stands, and
    a row says where, once for each redemption.
    """
    books.device("s1").says(enrolled("a"), sold(10))
    assert block(books) == 1
    books.now += timedelta(minutes=1)
    books.device("s1").says(hold("r1", 4, lease=4), hold("r2", 2, lease=2))
    assert [row.subject for row in books.found("card_blocked_used")] == ["r1", "r2"]
    assert books.account("a").held == 6
    (row, _) = books.found()
    assert "4 points of a were redeemed at house/s1/d" in row.text


def test_what_was_redeemed_before_is_no_finding(books: Books) -> None:
    """A redemption that a trusted clock puts before the block, a member with another good card, and
    a store's own block after its own redemption are all in order.
    """
    earlier = rfc3339(books.now - timedelta(hours=1))
    books.device("s1").says(enrolled("a"), enrolled("b", OTHER), sold(10))
    block(books)
    books.device("s2").says(hold("r1", 1), recorded_at=earlier)
    assert books.kinds() == {"overspend"} or not books.kinds()
    blocked = CardState(token=OTHER, account="b", state="blocked")
    books.device("s3").says(hold("r3", 1, account="b"), blocked)
    assert not books.found("card_blocked_used")


def test_a_store_takes_back_only_what_stores_said(books: Books) -> None:
    """A card that a store blocked another store may find again; what head office blocked, none."""
    found = CardState(token=CARD, account="a", state="active")
    books.device("s1").says(enrolled("a"), CardState(token=CARD, account="a", state="lost"))
    assert books.card(CARD).state == "lost"
    books.device("s2").says(found)
    assert books.card(CARD).state == "active"
    block(books)
    books.device("s2").says(found)
    assert books.card(CARD).state == "blocked"
    assert block(books) is None
    assert block(books, state="active") == 2
    assert books.card(CARD).state == "active"


def test_a_replaced_card_stays_replaced(books: Books) -> None:
    """The new card is the member's, the old one's place is taken for good, and stores are told."""
    books.device("s1").says(enrolled("a"), enrolled("b", OTHER))
    assert replace(books, CARD, "em4100:0000000007") == 1
    assert books.card("em4100:0000000007").account == "a"
    assert (books.card(CARD).state, books.card(CARD).replaced_by) == (
        "replaced",
        "em4100:0000000007",
    )
    books.device("s1").says(CardState(token=CARD, account="a", state="active"))
    assert books.card(CARD).state == "replaced"
    assert replace(books, CARD, "em4100:0000000007") is None
    assert block(books) is None
    (fact,) = books.decided()
    assert isinstance(fact, CardState)
    assert fact.reason == "clerk: worn"


@pytest.mark.parametrize("new", [OTHER, CARD])
def test_a_card_of_another_takes_no_place(books: Books, new: str) -> None:
    """Another member's card, or the very card, is no replacement; an unknown one is refused."""
    books.device("s1").says(enrolled("a"), enrolled("b", OTHER))
    with pytest.raises(UnknownCard):
        replace(books, CARD, new)
    for act in (lambda: block(books, "em4100:0000000009"),
                lambda: replace(books, "em4100:0000000009", OTHER)):  # fmt: skip
        with pytest.raises(UnknownCard):
            act()


def test_a_replacement_at_a_store_is_known(books: Books) -> None:
    """A store gave a member a new card: it is theirs everywhere."""
    new = "em4100:0000000007"
    books.device("s1").says(
        enrolled("a"), CardState(token=CARD, account="a", state="replaced", replaced_by=new)
    )
    assert books.card(new).account == "a"
    assert books.card(CARD).replaced_by == new


def erase(books: Books) -> int | None:
    """A member asks to be forgotten."""
    return books.run(lambda c: erase_member(c, TENANT, "a", now=books.now, reason="asked"))


def test_an_erased_members_points_go_back(books: Books) -> None:
    """The cards spend nothing, what is available goes back to the program, and stores are told."""
    books.device("s1").says(enrolled("a"), sold(10, lease=4))
    assert erase(books) == 1
    member = books.account("a")
    assert (member.state, member.active, member.available) == ("erased", 4, 0)
    assert books.card(CARD).state == "blocked"
    assert isinstance(books.decided()[0], EraseMember)
    assert erase(books) is None
    assert books.balances()


def test_what_is_written_for_the_erased_goes_back_too(books: Books) -> None:
    """A store that had not heard sells on: its entries stand, a row tells it, and what comes home
    of the points goes back to the program.
    """
    books.device("s1").says(enrolled("a"))
    erase(books)
    books.device("s1").says(sold(10, lease=0), sold(5, sale_id="t", lease=0))
    assert books.account("a").active == 0
    (row,) = books.found()
    assert (row.kind, row.subject) == ("erased_member", "a house/s1/d")
    assert books.balances()


def test_nobody_can_be_erased(books: Books) -> None:
    """An account that nobody has is not erased."""
    assert erase(books) is None
    assert books.decided() == []
