"""A store that wants to know of its own members hears of each from the moment it met them."""

from books import EDGE, NOW, OTHER, Books, Life, a_sale
from numbered import number_all_marks
from sqlalchemy import Connection

from agent.core.entry import Entry
from agent.core.facts import Enrol, Fact, LeaseGrant, SettleConflict
from sync.hub.decisions import decide, note
from sync.hub.feeding import page_for
from sync.hub.incidents import head_office_restored
from sync.hub.members import merge_accounts
from sync.messages import AccountItem, CardItem, DecisionItem, DeviceAddress, FeedItem, FeedRequest

ANA = Enrol(account="ana", token="em4100:0C00000001")
BEN = Enrol(account="ben", token="em4100:0C00000002")


def hears(books: Books, store: DeviceAddress, cursor: int = 0) -> tuple[list[FeedItem], int]:
    """Ask as a store does; answers what it is told and where it goes on."""
    books.database.transact(number_all_marks)
    device, request = books.device(store), FeedRequest(nonce="n", cursor=cursor, scope="seen")
    page, items = books.database.transact(lambda c: page_for(c, device, request, now=NOW))
    assert not page.more
    return list(items), page.cursor


def of(items: list[FeedItem]) -> set[str]:
    """Name the accounts that were told."""
    return {item.account for item in items if isinstance(item, AccountItem)}


def writes(books: Books, store: DeviceAddress, *facts: Fact) -> Life:
    """Have a store write, and head office book it."""
    life = Life(0, f"disk-of-{store.store}", *facts)
    books.take(life.batch(), store)
    return life


def goes_on(books: Books, store: DeviceAddress, life: Life, *facts: Fact) -> None:
    """Have it write more."""
    first = len(life.lines) + 1
    books.take(life.write(*facts).batch(first), store)


def test_a_store_hears_nothing_of_strangers(any_books: Books) -> None:
    """Whoever it never met, and whatever happens to them elsewhere."""
    writes(any_books, OTHER, ANA, a_sale("s-1", "ana", 5))
    writes(any_books, EDGE, BEN)
    told, cursor = hears(any_books, EDGE)
    assert of(told) == {"ben"}
    assert hears(any_books, EDGE, cursor) == ([], cursor)


def test_what_is_decided_of_no_member_is_told_to_every_store(any_books: Books) -> None:
    """As that a database was set back; what is decided of a member a store hears that met them."""
    writes(any_books, OTHER, ANA)
    writes(any_books, EDGE, BEN)
    _, cursor = hears(any_books, EDGE)
    any_books.database.transact(_decides)
    told, cursor = hears(any_books, EDGE, cursor)
    assert _settled(told) == ["head_office_restored", "ben"]
    assert hears(any_books, EDGE, cursor) == ([], cursor)
    assert _settled(hears(any_books, OTHER)[0]) == ["head_office_restored", "ana"]


def _decides(c: Connection) -> None:
    """Head office decides three things: of itself, and of each member."""
    note(c, EDGE.tenant, head_office_restored(OTHER, 1), now=NOW)
    for account in ("ana", "ben"):
        settled = SettleConflict(conflict="overspend", subject=account, text="X.", account=account)
        decide(c, EDGE.tenant, settled, now=NOW)


def _settled(told: list[FeedItem]) -> list[str]:
    """Name what the decisions that were told are about."""
    facts = [Entry.parse(i.canonical.encode()).fact for i in told if isinstance(i, DecisionItem)]
    return [each.account or each.conflict for each in facts if isinstance(each, SettleConflict)]


def test_whatever_a_store_writes_of_a_member_is_a_meeting(any_books: Books) -> None:
    """Though the member was not there: rights that it took make it want to know."""
    life = writes(any_books, OTHER, ANA, a_sale("s-1", "ana", 5))
    grant = LeaseGrant(account="ana", granted_total=1, generation=0)
    writes(any_books, EDGE, grant)
    _, cursor = hears(any_books, EDGE)
    goes_on(any_books, OTHER, life, a_sale("s-2", "ana", 7))
    told, _ = hears(any_books, EDGE, cursor)
    assert [item.active for item in told if isinstance(item, AccountItem)] == [12]


def test_who_is_met_late_is_told_from_the_start_with_all_there_is(any_books: Books) -> None:
    """Their cards and what was decided of them are older than the meeting: a store that listens
    anew hears of these, too.
    """
    writes(any_books, OTHER, ANA, a_sale("s-1", "ana", 5))
    any_books.database.transact(
        lambda c: merge_accounts(c, EDGE.tenant, "twin", "ana", now=NOW, reason="one person")
    )
    hears(any_books, OTHER)
    life = writes(any_books, EDGE, BEN)
    assert of(hears(any_books, EDGE)[0]) == {"ben"}
    goes_on(any_books, EDGE, life, a_sale("s-9", "ana", 3))
    anew, _ = hears(any_books, EDGE)
    assert of(anew) == {"ana", "ben", "twin"}
    assert ANA.token in {item.token for item in anew if isinstance(item, CardItem)}
    assert any(isinstance(item, DecisionItem) for item in anew)


def test_who_is_met_late_is_told_whole_to_who_listens_on(any_books: Books) -> None:
    """A store asks for a card, and the answer is lost: from then on it hears all there is of that
    member. Of one of their cards alone it would not know whose it is.
    """
    writes(any_books, OTHER, ANA, Enrol(account="twin", token="em4100:0C00000003"))
    any_books.database.transact(
        lambda c: merge_accounts(c, EDGE.tenant, "twin", "ana", now=NOW, reason="one person")
    )
    writes(any_books, EDGE, BEN)
    _, cursor = hears(any_books, EDGE)
    device, lost = any_books.device(EDGE), FeedRequest(nonce="n", cursor=cursor, token=ANA.token)
    any_books.database.transact(lambda c: page_for(c, device, lost, now=NOW))
    any_books.database.transact(number_all_marks)
    told, _ = hears(any_books, EDGE, cursor)
    assert of(told) == {"ana", "twin"}
    cards = {item.token: item.account for item in told if isinstance(item, CardItem)}
    assert cards == {ANA.token: "ana", "em4100:0C00000003": "twin"}


def test_who_was_merged_into_a_member_is_met_with_them(any_books: Books) -> None:
    """From the merger on, whoever of the two the store has met, also where only one changes."""
    life = writes(any_books, OTHER, ANA, a_sale("s-1", "ana", 5))
    writes(any_books, EDGE, BEN)
    _, cursor = hears(any_books, EDGE)
    any_books.database.transact(lambda c: merge_accounts(c, EDGE.tenant, "ben", "ana", now=NOW))
    told, cursor = hears(any_books, EDGE, cursor)
    assert of(told) == {"ana", "ben"}
    goes_on(any_books, OTHER, life, a_sale("s-2", "ana", 7))
    told, _ = hears(any_books, EDGE, cursor)
    assert of(told) == {"ana"}
