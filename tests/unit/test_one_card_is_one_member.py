"""A card that two stores enrolled is one person's, and so are its points, in whatever order the
stores are heard.
"""

from datetime import date
from functools import partial

import pytest
from head_office_books import TENANT, Books, enrolled, hold, sold

from agent.core.facts import AddCard, CardState, MergeAccounts, SettleConflict
from sync.hub.deciding import NotMergeable, block_card, erase_member, merge_accounts

LATER = date(2026, 11, 22)
TOKEN = "em4100:0C000621A5"


@pytest.mark.parametrize("first", ["s1", "s2"])
def test_two_enrolments_of_a_card_are_merged(house: Books, first: str) -> None:
    """Whoever is heard first, the account enrolled first stands for both, with the points of both;
    stores are told by a decision, a clerk by a row.
    """
    house.device("s1").writes(enrolled("old"), sold(10, account="old", sale_id="one"))
    late = house.device("s2")
    late.writes(enrolled("new"), sold(5, account="new", sale_id="two"), business_date=LATER)
    for store in sorted(("s1", "s2"), key=lambda each: each != first):
        house.device(store).delivers()
    assert house.account("old").active == 15
    assert (house.account("new").active, house.account("new").root) == (0, "old")
    assert house.account("old").enrolled_on == "2026-11-21"
    assert house.balances()
    (row,) = house.found()
    assert (row.kind, row.subject, row.account) == ("enrolled_twice", "new", "old")
    (fact,) = house.decided()
    assert isinstance(fact, MergeAccounts)
    assert (fact.account, fact.into, row.decision_seq) == ("new", "old", 1)


def test_enrolments_on_one_day_go_by_their_names(house: Books) -> None:
    """Of two of one day the smaller name stands, so that every order ends alike."""
    house.device("s1").says(enrolled("b"))
    house.device("s2").says(enrolled("a"))
    house.device("s3").says(enrolled("c"))
    assert {house.account(name).root for name in ("b", "c")} == {"a"}
    assert house.account("a").root is None


def test_a_card_added_elsewhere_brings_its_member(house: Books) -> None:
    """A card that one store enrolled and another added to a member is that member's own."""
    house.device("s1").says(enrolled("a"), enrolled("b", "em4100:0000000002"))
    house.device("s2").says(AddCard(account="b", token="em4100:0C000621A5"))
    assert house.account("b").root == "a"


@pytest.mark.parametrize("by_clerk", [False, True])
def test_who_was_forgotten_takes_nobody_along(house: Books, by_clerk: bool) -> None:
    """A card of a member who was erased, enrolled anew by a store that has not heard of it, is the
    new member's, with the points they collect; it stays blocked where head office had blocked it.
    """
    house.device("s1").says(enrolled("gone", TOKEN), sold(10, account="gone"))
    if by_clerk:
        block = partial(block_card, tenant=TENANT, token=TOKEN, reason="lost", by="clerk")
        house.run(lambda c: block(c, now=house.now))
    house.run(lambda c: erase_member(c, TENANT, "gone", now=house.now))
    store = house.device("s2")
    store.says(enrolled("new", TOKEN), sold(5, account="new", sale_id="two"))
    store.delivers()
    house.device("s3").says(AddCard(account="gone", token=TOKEN))
    new = house.account("new")
    assert (new.state, new.root, new.active) == ("active", None, 5)
    assert house.account("gone").state == "erased"
    card = house.card(TOKEN)
    assert (card.account, card.state) == ("new", "blocked" if by_clerk else "active")
    (row,) = house.found("enrolled_twice")
    assert (row.account, row.state) == ("new", "resolved")
    assert "the card is the new member's" in row.text
    assert house.balances()
    assert house.amiss() == []


@pytest.mark.parametrize("pair", [("gone", "b"), ("b", "gone"), ("was", "b"), ("b", "was")])
def test_nobody_is_merged_with_who_was_forgotten(house: Books, pair: tuple[str, str]) -> None:
    """Whoever asks, whichever of the two was forgotten, and under whichever of their accounts."""
    house.device("s1").says(enrolled("b", "em4100:0000000001"), sold(10, account="b"))
    house.device("s2").says(enrolled("gone", "em4100:0000000002"))
    house.run(lambda c: merge_accounts(c, TENANT, "was", "gone", now=house.now))
    house.run(lambda c: erase_member(c, TENANT, "gone", now=house.now))
    with pytest.raises(NotMergeable):
        house.run(lambda c: merge_accounts(c, TENANT, *pair, now=house.now))
    b = house.account("b")
    assert (b.state, b.root, b.active) == ("active", None, 10)
    assert house.balances()


@pytest.mark.parametrize("is_late", [False, True])
def test_a_word_about_who_was_forgotten_is_none_about_who_has_their_card(
    house: Books, is_late: bool
) -> None:
    """Whether a store says that a member lost their card before or after head office hears that it
    is another's now, it is good; and it is lost once that one has lost it.
    """
    house.device("s1").says(enrolled("gone", TOKEN))
    house.run(lambda c: erase_member(c, TENANT, "gone", now=house.now))
    lost = CardState(token=TOKEN, account="gone", state="lost")
    if not is_late:
        house.device("s2").says(lost)
    house.device("s3").says(enrolled("new", TOKEN))
    if is_late:
        house.device("s2").says(lost)
    assert (house.card(TOKEN).account, house.card(TOKEN).state) == ("new", "active")
    house.device("s2").says(CardState(token=TOKEN, account="new", state="lost"))
    assert house.card(TOKEN).state == "lost"


def test_a_card_that_was_replaced_is_good_for_nobody_any_more(house: Books) -> None:
    """Not for whoever is given it after its member was forgotten either."""
    replaced = CardState(token=TOKEN, account="gone", state="replaced", replaced_by="em4100:01")
    house.device("s1").says(enrolled("gone", TOKEN), replaced)
    house.run(lambda c: erase_member(c, TENANT, "gone", now=house.now))
    house.device("s2").says(enrolled("new", TOKEN))
    assert (house.card(TOKEN).account, house.card(TOKEN).state) == ("new", "replaced")


@pytest.mark.parametrize("others", [(), ("other",)])
def test_a_card_that_is_lost_before_it_is_heard_of_stays_lost(
    house: Books, others: tuple[str, ...]
) -> None:
    """A store's word that a card is lost counts where the older entry that gave it out comes later,
    also where another store gave it out as well.
    """
    for each in others:
        house.device("s1").says(enrolled(each, TOKEN))
    house.device("s2").says(CardState(token=TOKEN, account="a", state="lost"))
    house.device("s3").says(enrolled("a", TOKEN))
    assert house.card(TOKEN).state == "lost"
    for each in others:
        assert house.account(each).root or each == house.account("a").root


def test_what_is_written_under_the_old_account_counts(house: Books) -> None:
    """A store that has not heard of a merge goes on under the old account: its points are the
    member's, and one row says which store was behind.
    """
    old = house.device("s1")
    old.says(enrolled("b", "em4100:0000000001"))
    house.device("s2").says(enrolled("a", "em4100:0000000002"))
    house.run(lambda c: merge_accounts(c, TENANT, "b", "a", now=house.now))
    old.says(
        sold(10, account="b"), sold(7, account="b", sale_id="t"), hold("r", 4, account="b", lease=4)
    )
    assert (house.account("a").active, house.account("a").held) == (13, 4)
    assert (house.account("b").active, house.account("b").available) == (0, 0)
    assert house.balances()
    (row,) = house.found()
    assert (row.kind, row.subject) == ("merged_account_used", "b house/s1/d")
    assert "counts for the one that stays" in row.text


def test_a_clerk_merges_once(house: Books) -> None:
    """Merged again, or the other way round, two accounts stay what they are; chains are flat."""
    for number, name in enumerate("abc"):
        house.device("s1").says(
            enrolled(name, f"em4100:000000000{number}"), sold(10, account=name, sale_id=name)
        )

    def merge(account: str, into: str) -> int | None:
        return house.run(lambda c: merge_accounts(c, TENANT, account, into, now=house.now))

    assert merge("a", "b") == 1
    assert merge("a", "b") is None
    assert merge("b", "a") is None
    assert merge("b", "c") == 2
    assert (house.account("a").root, house.account("b").root) == ("c", "c")
    assert house.account("c").active == 30
    assert house.balances()


def test_members_nobody_heard_of_can_be_merged(house: Books) -> None:
    """A clerk may know of a merge before the stores' entries come: they count where they should."""
    house.device("s1").says(enrolled("x", "em4100:0000000009"))
    house.run(lambda c: merge_accounts(c, TENANT, "b", "a", now=house.now))
    house.device("s2").says(sold(10, account="b"))
    assert house.account("a").active == 10


def test_a_finding_is_told_once(house: Books) -> None:
    """What a store brings up again and again is one row and one decision."""
    house.run(lambda c: merge_accounts(c, TENANT, "b", "a", now=house.now))
    for sale in ("one", "two", "three"):
        house.device("s1").says(sold(1, account="b", sale_id=sale))
    settled = [fact for fact in house.decided() if isinstance(fact, SettleConflict)]
    assert [fact.conflict for fact in settled] == ["merged_account_used"]
