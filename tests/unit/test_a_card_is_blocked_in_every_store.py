"""A card that somebody blocked spends nothing anywhere; a store that had not heard is found out."""

from datetime import timedelta

import pytest
from head_office_books import TENANT, Books, enrolled, hold, sold

from agent.core.facts import AddCard, CardState, EraseMember, IssueVoucher
from agent.core.instant import rfc3339
from sync.hub.deciding import UnknownCard, block_card, erase_member, replace_card

CARD = "em4100:0C000621A5"
OTHER = "em4100:0000000002"


def block(house: Books, token: str = CARD, state: str = "blocked") -> int | None:
    """A clerk blocks a card."""
    return house.run(
        lambda c: block_card(c, TENANT, token, state, reason="lost", by="clerk", now=house.now)  # type: ignore[arg-type]
    )


def replace(house: Books, token: str, new: str) -> int | None:
    """A clerk gives a member a new card."""
    return house.run(
        lambda c: replace_card(c, TENANT, token, new, reason="worn", by="clerk", now=house.now)
    )


def test_a_blocked_card_that_redeemed_is_reported(house: Books) -> None:
    """Every card of the member was blocked, and a store redeemed that had not heard: it stands, and
    a row says where, once for each redemption.
    """
    house.device("s1").says(enrolled("a"), sold(10))
    assert block(house) == 1
    house.now += timedelta(minutes=1)
    house.device("s1").says(hold("r1", 4, lease=4), hold("r2", 2, lease=2))
    assert [row.subject for row in house.found("card_blocked_used")] == ["r1", "r2"]
    assert house.account("a").held == 6
    (row, _) = house.found()
    assert "4 points were redeemed at house/s1/d" in row.text


@pytest.mark.parametrize("ended", ["replaced", "blocked", "lost"])
def test_one_card_of_two_that_redeemed_is_reported(house: Books, ended: str) -> None:
    """A member's other card is good; a redemption by the one that is not, at a store that had not
    heard, has its row, and so has a voucher. One by the good card, and one before, have none.
    """
    house.device("s1").says(enrolled("a"), AddCard(account="a", token=OTHER), sold(20))
    earlier = rfc3339(house.now - timedelta(hours=1))
    replace(house, CARD, OTHER) if ended == "replaced" else block(house, state=ended)
    house.now += timedelta(minutes=1)
    by_it, by_other = {"lease": 4, "token": CARD}, {"lease": 4, "token": OTHER}
    voucher = IssueVoucher(account="a", code="0000-0000-0001-2", points=4, lease=-4,
                           voucher_id="v", token=CARD)  # fmt: skip
    store = house.device("s1")
    store.writes(hold("before", 4, **by_it), recorded_at=earlier)
    store.says(hold("r1", 4, **by_it), hold("r2", 4, **by_other), voucher)
    rows = house.found("card_blocked_used")
    assert [row.subject for row in rows] == ["r1", "v house/s1/d"]
    for row, became in zip(rows, ("redeemed", "made a voucher"), strict=True):
        assert f"4 points were {became} at house/s1/d with a card that" in row.text
        assert ended in row.text
        assert CARD not in row.text
    assert house.balances()


@pytest.mark.parametrize("says", ["a clerk", "a store"])
def test_a_card_that_was_ended_once_more_is_ended_since_the_first_time(
    house: Books, says: str
) -> None:
    """Blocked, used where nobody had heard of it, and reported lost before that store is heard: it
    was used as a card that was blocked.
    """
    house.device("s1").says(enrolled("a"), sold(20))
    block(house)
    between = rfc3339(house.now + timedelta(hours=1))
    house.now += timedelta(hours=2)
    if says == "a clerk":
        block(house, state="lost")
    else:
        house.device("s1").says(CardState(token=CARD, account="a", state="lost"))
    house.device("s2").says(hold("r", 4, lease=4, token=CARD), recorded_at=between)
    assert [row.subject for row in house.found("card_blocked_used")] == ["r"]


def test_a_voucher_has_a_row_of_its_own(house: Books) -> None:
    """Also where no POS named it; none tells the code. One that took no points was not bought, and
    one whose entry names no card, as those of before, is nobody's finding.
    """
    house.device("s1").says(enrolled("a"), sold(20))
    block(house)
    house.now += timedelta(minutes=1)
    codes = ["0000-0000-0001-2", "0004-1061-050R-9"]
    bought = [IssueVoucher(account="a", code=code, points=4, token=CARD) for code in codes]
    given = IssueVoucher(account="a", code="0000-0000-0002-4", token=CARD)
    unnamed = IssueVoucher(account="a", code="0000-0000-0003-6", points=4)
    house.device("s1").says(*bought, given, unnamed)
    rows = house.found("card_blocked_used")
    assert [row.points for row in rows] == [4, 4]
    assert not [code for code in codes for row in rows if code in row.text + row.subject]


def test_a_card_that_is_named_is_judged_alone(house: Books) -> None:
    """A store gives the member another card and takes it, having not heard that the only one which
    head office knows is blocked: the card that was shown is good.
    """
    house.device("s1").says(enrolled("a"), sold(20))
    block(house)
    house.now += timedelta(minutes=1)
    house.device("s1").says(AddCard(account="a", token=OTHER), hold("r", 4, lease=4, token=OTHER))
    assert not house.found()


def test_what_was_spent_before_its_member_was_forgotten_is_no_use_of_an_ended_card(
    house: Books,
) -> None:
    """However late it is heard: to be forgotten ends the cards from then on."""
    earlier = rfc3339(house.now - timedelta(hours=1))
    house.device("s1").says(enrolled("a"), sold(20))
    erase(house)
    house.device("s1").says(hold("r", 4, lease=4, token=CARD), recorded_at=earlier)
    assert not house.found("card_blocked_used")
    house.now += timedelta(minutes=1)
    house.device("s1").says(hold("later", 4, lease=4, token=CARD))
    assert [row.subject for row in house.found("card_blocked_used")] == ["later"]


def test_what_was_redeemed_before_is_no_finding(house: Books) -> None:
    """A redemption that a trusted clock puts before the block, a member with another good card, and
    a store's own block after its own redemption are all in order.
    """
    earlier = rfc3339(house.now - timedelta(hours=1))
    house.device("s1").says(enrolled("a"), enrolled("b", OTHER), sold(10))
    block(house)
    house.device("s2").says(hold("r1", 1), recorded_at=earlier)
    assert house.kinds() == {"overspend"} or not house.kinds()
    blocked = CardState(token=OTHER, account="b", state="blocked")
    house.device("s3").says(hold("r3", 1, account="b"), blocked)
    assert not house.found("card_blocked_used")


def test_a_store_takes_back_only_what_stores_said(house: Books) -> None:
    """A card that a store blocked another store may find again; what head office blocked, none."""
    found = CardState(token=CARD, account="a", state="active")
    house.device("s1").says(enrolled("a"), CardState(token=CARD, account="a", state="lost"))
    assert house.card(CARD).state == "lost"
    house.device("s2").says(found)
    assert house.card(CARD).state == "active"
    block(house)
    house.device("s2").says(found)
    assert house.card(CARD).state == "blocked"
    assert block(house) is None
    assert block(house, state="active") == 2
    assert house.card(CARD).state == "active"


def test_a_replaced_card_stays_replaced(house: Books) -> None:
    """The new card is the member's, the old one's place is taken for good, and stores are told."""
    house.device("s1").says(enrolled("a"), enrolled("b", OTHER))
    assert replace(house, CARD, "em4100:0000000007") == 1
    assert house.card("em4100:0000000007").account == "a"
    assert (house.card(CARD).state, house.card(CARD).replaced_by) == (
        "replaced",
        "em4100:0000000007",
    )
    house.device("s1").says(CardState(token=CARD, account="a", state="active"))
    assert house.card(CARD).state == "replaced"
    assert replace(house, CARD, "em4100:0000000007") is None
    assert block(house) is None
    (fact,) = house.decided()
    assert isinstance(fact, CardState)
    assert fact.reason == "clerk: worn"


@pytest.mark.parametrize("new", [OTHER, CARD])
def test_a_card_of_another_takes_no_place(house: Books, new: str) -> None:
    """Another member's card, or the very card, is no replacement; an unknown one is refused."""
    house.device("s1").says(enrolled("a"), enrolled("b", OTHER))
    with pytest.raises(UnknownCard):
        replace(house, CARD, new)
    for act in (lambda: block(house, "em4100:0000000009"),
                lambda: replace(house, "em4100:0000000009", OTHER)):  # fmt: skip
        with pytest.raises(UnknownCard):
            act()


def test_a_replacement_at_a_store_is_known(house: Books) -> None:
    """A store gave a member a new card: it is theirs everywhere."""
    new = "em4100:0000000007"
    house.device("s1").says(
        enrolled("a"), CardState(token=CARD, account="a", state="replaced", replaced_by=new)
    )
    assert house.card(new).account == "a"
    assert house.card(CARD).replaced_by == new


def erase(house: Books) -> int | None:
    """A member asks to be forgotten."""
    return house.run(lambda c: erase_member(c, TENANT, "a", now=house.now, reason="asked"))


def test_an_erased_members_points_go_back(house: Books) -> None:
    """The cards spend nothing, what is available goes back to the program, and stores are told."""
    house.device("s1").says(enrolled("a"), sold(10, lease=4))
    assert erase(house) == 1
    member = house.account("a")
    assert (member.state, member.active, member.available) == ("erased", 4, 0)
    assert house.card(CARD).state == "blocked"
    assert isinstance(house.decided()[0], EraseMember)
    assert erase(house) is None
    assert house.balances()


def test_what_is_written_for_the_erased_goes_back_too(house: Books) -> None:
    """A store that had not heard sells on: its entries stand, a row tells it, and what comes home
    of the points goes back to the program.
    """
    house.device("s1").says(enrolled("a"))
    erase(house)
    house.device("s1").says(sold(10, lease=0), sold(5, sale_id="t", lease=0))
    assert house.account("a").active == 0
    (row,) = house.found()
    assert (row.kind, row.subject) == ("erased_member", "a house/s1/d")
    assert house.balances()


def test_nobody_can_be_erased(house: Books) -> None:
    """An account that nobody has is not erased."""
    assert erase(house) is None
    assert house.decided() == []
