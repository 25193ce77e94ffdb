"""What was redeemed beyond what there was stands, and is owed: seen, bounded, and paid by what is
earned next.
"""

from datetime import date, timedelta

from head_office_books import TENANT, Books, enrolled, hold, sold, spent
from sqlalchemy import select, update

from agent.core.facts import AdjustPoints, ExpirePoints, LeaseReturn, ReturnSale, SettleConflict
from sync.hub.debts import settle_debts
from sync.hub.deciding import erase_member, merge_accounts
from sync.hub.decisions import decide
from sync.hub.homecoming import write_off
from sync.hub.tables import accounts, journals


def overspent(house: Books) -> None:
    """Ten points, earned in one store, spent there and once more on another's floor."""
    house.device("s1").says(enrolled("a"), sold(10), *spent("r1", 10, lease=10))
    house.device("s2").says(*spent("r2", 10))


def test_what_two_stores_spent_is_a_debt(house: Books) -> None:
    """Both redemptions stand; the member owes what the second took, and no store gives more floor;
    a row names the cause, and it stays open until it is paid.
    """
    overspent(house)
    member = house.account("a")
    assert (member.active, member.available, member.owed) == (-10, -10, 10)
    assert house.balances()
    (row,) = house.found()
    assert (row.kind, row.account, row.points, row.store) == ("overspend", "a", 10, "s2")
    assert row.state == "open"
    assert "spent 10 points more than there were, by entry 1:2 of house/s2/d" in row.text
    (fact,) = house.decided()
    assert isinstance(fact, SettleConflict)
    assert (fact.conflict, fact.account, fact.points) == ("overspend", "a", 10)


def test_a_debt_is_paid_by_what_is_earned(house: Books) -> None:
    """Points that are earned and come home pay: then floor is given again, and stores hear it."""
    overspent(house)
    earner = house.device("s1")
    earner.says(sold(12, sale_id="next"))
    assert house.account("a").owed
    earner.says(LeaseReturn(account="a", recall=1, points=12))
    assert (house.account("a").available, house.account("a").owed) == (2, 0)
    (row,) = house.found()
    assert row.state == "resolved"
    told = house.decided()[-1]
    assert isinstance(told, SettleConflict)
    assert told.text == "The member has paid what was owed."


def test_each_debt_has_its_row(house: Books) -> None:
    """A return at a store that does not know whose the sale was names no member: what it makes them
    owe has a row all the same, and so has what it makes them owe when that is paid.
    """
    seller, other = house.device("s1"), house.device("s2")
    seller.says(enrolled("a"), sold(10), *spent("r1", 10, lease=10))
    for number in (1, 2):
        other.says(ReturnSale(sale_id="s", return_id=f"b{number}", amount_minor=200))
        assert house.account("a").owed == 2
        row = house.found("overspend")[-1]
        assert (len(house.found("overspend")), row.state, row.points) == (number, "open", 2)
        assert f"by entry 1:{number + 1} of house/s2/d" in row.text
        paid = AdjustPoints(
            account="a", points=2, reason="paid", cashier="c", adjust_id=f"{number}"
        )
        seller.says(paid)
        assert (house.account("a").owed, house.found("overspend")[-1].state) == (0, "resolved")
    assert house.balances()


def test_a_debt_of_head_offices_own_has_its_row_again(house: Books) -> None:
    """What head office itself takes has no entry of a store: where the row of the debt before is
    closed, the next one opens another.
    """
    house.device("s1").says(enrolled("a"))
    for number in (1, 2):
        for points in (-3, 3):
            fact = AdjustPoints(account="a", points=points, reason="by hand", cashier="office")
            house.run(lambda c, fact=fact: decide(c, TENANT, fact, now=house.now))
            house.run(lambda c: settle_debts(c, TENANT, ["a"], now=house.now))
            owes = house.found("overspend")
            assert len(owes) == number
            assert owes[-1].state == ("open" if points < 0 else "resolved")


def test_nobody_owes_for_who_was_forgotten(house: Books) -> None:
    """What a member owed is given up with them, what a store spends for them after it, too, and no
    row waits for points that nobody will earn.
    """
    overspent(house)
    house.run(lambda c: erase_member(c, TENANT, "a", now=house.now, reason="asked"))
    house.device("s2").says(*spent("r3", 5))
    member = house.account("a")
    assert (member.active, member.available, member.owed) == (0, 0, 0)
    assert {row.state for row in house.found("overspend")} == {"resolved"}
    told = [each.text for each in house.decided() if isinstance(each, SettleConflict)]
    assert "The member was forgotten, and what was owed with them." in told
    assert house.balances()


def owed_rows(house: Books) -> list[tuple[int, str | None, str]]:
    """Every overspend that was found: points, store and state."""
    return [(row.points, row.store, row.state) for row in house.found("overspend")]


def give(house: Books, points: int) -> None:
    """A person gives the member points at head office."""
    decided = AdjustPoints(account="a", points=points, reason="sorry", cashier="c")
    house.run(lambda c: decide(c, TENANT, decided, now=house.now))
    house.run(lambda c: settle_debts(c, TENANT, ["a"], now=house.now))


def test_each_entry_that_deepens_a_debt_is_a_row(house: Books) -> None:
    """Who owes and spends too much again is found again, by how much deeper the debt is; the rows
    together are what is owed, the points that are given pay all of them, and a debt after that is
    another one.
    """
    overspent(house)
    house.device("s3").says(*spent("r3", 5))
    assert owed_rows(house) == [(10, "s2", "open"), (5, "s3", "open")]
    assert house.account("a").owed == 15
    give(house, 20)
    assert not house.account("a").owed
    house.device("s3").says(*spent("r4", 9))
    assert [row[2] for row in owed_rows(house)] == ["resolved", "resolved", "open"]


def test_entries_of_one_batch_are_told_apart(house: Books) -> None:
    """Two redemptions that come together are a row each, each by what it was beyond rights; points
    that were there come off the older one.
    """
    house.device("s1").says(enrolled("a"), sold(10, lease=0))
    house.device("s2").says(hold("r1", 12), hold("r2", 3))
    assert [row[0] for row in owed_rows(house)] == [2, 3]


def test_what_was_paid_in_part_is_owed_again_by_a_row(house: Books) -> None:
    """Points that pay a part of a debt make no row; spent again, the same points are a row, though
    the debt is no deeper than it was at first.
    """
    overspent(house)
    give(house, 4)
    assert (house.account("a").owed, len(owed_rows(house))) == (6, 1)
    house.device("s3").says(*spent("r3", 4))
    assert owed_rows(house) == [(10, "s2", "open"), (4, "s3", "open")]


def test_what_is_only_still_out_is_said_once(house: Books) -> None:
    """A store gave points that another has rights to: one row. When that other spends them, by its
    rights, nothing is owed beyond what the row says, and no second one is written.
    """
    house.device("s1").says(enrolled("a"), sold(10))
    house.device("s2").says(hold("r", 6))
    house.device("s1").says(hold("r1", 10, lease=10))
    assert (house.account("a").active, owed_rows(house)) == (-6, [(6, "s2", "open")])


def test_the_debt_of_an_account_merged_since_is_settled(house: Books) -> None:
    """The rows of a debt stay rows of the account that made it; once its member, under whatever
    account, has paid, they are settled.
    """
    house.device("s1").says(enrolled("b"), *spent("r", 3, account="b"))
    house.run(lambda c: merge_accounts(c, TENANT, "b", "a", now=house.now))
    assert house.account("a").owed == 3
    give(house, 3)
    assert owed_rows(house) == [(3, "s1", "resolved")]


def test_the_debt_of_a_merged_account_is_the_members(house: Books) -> None:
    """Entries under an account that was merged put its root into debt."""
    house.device("s1").says(enrolled("b"))
    house.device("s2").says(enrolled("a"))
    house.device("s1").says(*spent("r", 3, account="b"))
    assert house.account("a").owed
    assert house.found("overspend")[0].account == "a"


def test_a_merge_pays_what_one_of_the_two_owes(house: Books) -> None:
    """Who had a debt under one account and points under another has paid once both are one."""
    house.device("s1").says(enrolled("b"), *spent("r", 3, account="b"))
    house.device("s2").says(enrolled("a", "em4100:0C000621A6"), sold(10, lease=0))
    house.run(lambda c: merge_accounts(c, TENANT, "b", "a", now=house.now))
    assert (house.account("a").available, house.account("a").owed) == (7, 0)
    assert owed_rows(house) == [(3, "s1", "resolved")]


def expire(house: Books, points: int, due_on: date) -> None:
    """Head office lets points run out."""
    fact = ExpirePoints(account="a", points=points, due_on=due_on)
    house.run(lambda c: decide(c, TENANT, fact, now=house.now))
    house.run(lambda c: c.execute(update(accounts).values(expired=points)))


def test_what_ran_out_unheard_is_given_back(house: Books) -> None:
    """Points ran out at head office while a store that was cut off redeemed them: they are given
    back, as far as that goes, and only the rest is owed.
    """
    house.device("s1").says(enrolled("a"), sold(10, lease=0))
    expire(house, 10, date(2026, 11, 20))
    house.device("s2").says(hold("r", 12))
    member = house.account("a")
    assert (member.active, member.available, member.expired) == (-2, -2, 0)
    found = {row.kind: row.points for row in house.found()}
    assert found == {"expired_then_redeemed": 10, "overspend": 2}
    given = house.decided()[1]
    assert isinstance(given, AdjustPoints)
    assert (given.points, house.found("expired_then_redeemed")[0].decision_seq) == (10, 2)


def test_what_ran_out_long_ago_is_gone(house: Books) -> None:
    """A redemption weeks after points ran out is no excuse: all of it is owed."""
    house.device("s1").says(enrolled("a"), sold(10, lease=0))
    expire(house, 10, date(2026, 11, 21) - timedelta(days=15))
    house.device("s2").says(hold("r", 12))
    assert house.kinds() == {"overspend"}
    assert house.account("a").available == -12


def test_rights_that_are_given_up_pay_a_debt(house: Books) -> None:
    """A device is gone with points that its member owes elsewhere: once a person writes its rights
    off, the debt is paid, and stores are told of both.
    """
    house.device("s1").says(enrolled("a"), sold(10))
    house.device("s2").says(hold("r", 6))
    assert house.account("a").owed
    (row,) = house.found("overspend")
    assert "gave 6 points more than are free" in row.text
    gone = house.run(lambda c: c.execute(select(journals.c.id).order_by(journals.c.id)).scalar())
    house.run(lambda c: c.execute(update(journals).values(fenced="unclean")))
    assert house.run(lambda c: write_off(c, gone, "ann", now=house.now)) == 10
    assert (house.account("a").available, house.account("a").owed) == (4, 0)
    assert house.found("rights_written_off")[0].decision_seq == 2
    assert [row.state for row in house.found("overspend")] == ["resolved"]
