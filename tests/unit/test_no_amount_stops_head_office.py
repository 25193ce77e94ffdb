"""However many points devices say that a member has, head office goes on, also for others."""

from datetime import date

from head_office_books import NOW, TENANT, Books, enrolled, hold, sold
from numbered import number_all_marks
from rights_office import Office

from sync.hub.asking import answer_ask
from sync.hub.deciding import erase_member, expire_due
from sync.hub.feeding import page_for
from sync.hub.registry import device_of
from sync.messages import AccountItem, Ask, DeviceAddress, FeedRequest, Grant, MonthItem

PROGRAM = """
id = "small"
version = 1
name = "Small"
currency = "USD"
[[earn]]
id = "base"
per_minor = 100
text = "points"
[expiry]
kind = "rolling"
months = 6
[tiers]
count = "points"
period = "calendar_year"
keep = "months"
keep_months = 12
[[tiers.tier]]
id = "green"
reach = 0
text = "Green"
"""
MOST = 10**12
"""More no entry may say."""


def rich(house: Books) -> None:
    """A member of s1 gets more points than one entry may say."""
    house.put_program(PROGRAM, "small@1")
    facts = (sold(MOST, sale_id=f"s-{each}", lease=0, spend_minor=1) for each in range(3))
    house.device("s1").says(enrolled("a"), *facts)
    assert house.account("a").active == 3 * MOST


def test_stores_are_told(house: Books) -> None:
    """Of that member what can be told, and of all that come after."""
    rich(house)
    house.device("s1").says(enrolled("b", "em4100:0C00000002"))
    house.device("s2").says(enrolled("c", "em4100:0C00000003"))
    house.run(number_all_marks)
    address = DeviceAddress(tenant=TENANT, store="s2", device="d")
    request = FeedRequest(nonce="n", cursor=0)
    _, items = house.run(lambda c: page_for(c, device_of(c, address, now=NOW), request, now=NOW))
    told = {each.account: each for each in items if isinstance(each, AccountItem)}
    assert [(name, each.active) for name, each in told.items()] == [("a", MOST), ("b", 0), ("c", 0)]
    assert told["a"].toward == (MonthItem(month="2026-01", points=MOST),)


def test_all_of_it_runs_out(house: Books) -> None:
    """And that of members after it."""
    rich(house)
    house.device("s2").says(
        enrolled("b", "em4100:0C00000002"), sold(5, account="b", sale_id="b", lease=0)
    )
    later = date(2027, 8, 1)
    for _ in range(4):
        house.run(lambda c: expire_due(c, TENANT, later, now=NOW))
    assert (house.account("a").active, house.account("b").active) == (0, 0)
    assert house.amiss() == []


def test_all_of_it_is_forfeited(house: Books) -> None:
    """Of a member who is erased."""
    rich(house)
    house.run(lambda c: erase_member(c, TENANT, "a", now=NOW))
    assert house.account("a").active == 0
    assert house.amiss() == []


def test_all_of_it_is_owed(house: Books) -> None:
    """By a member whose store gave so much beyond its rights, in entries of one batch."""
    house.device("s1").says(enrolled("a"), sold(3, sale_id="s", lease=0))
    holds = (hold(f"r-{each}", MOST) for each in range(3))
    house.device("s1").says(*holds)
    assert house.account("a").owed == 3 * MOST - 3
    assert house.amiss() == []


def test_a_till_gets_what_it_can_journal() -> None:
    """The total that a device is granted is one that its own entry can say; the rest stays here."""
    ask = Ask(ask="ask-1", epoch=1, account="a", points=50)
    with Office() as books:
        books.member("a", 3 * MOST)
        ((_, grant),) = answer_ask(books.c, books.device("one"), ask, now=books.now)
        assert isinstance(grant, Grant)
        assert (grant.granted_total, grant.why) == (MOST, None)
        assert books.account("a").available == 2 * MOST
        assert books.amiss() == []
