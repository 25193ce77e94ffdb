"""What several devices say of one sale, redemption or adjustment is posted once, in any order."""

import itertools
from datetime import date

import pytest
from books import EDGE, OTHER, Books, Life, a_capture, a_hold, a_sale
from msgspec.structs import replace

from agent.core.facts import ActivatePoints, LotPart, ReturnSale
from sync.messages import DeviceAddress

THIRD = DeviceAddress(tenant="house", store="s003", device="edge-1")
STRANGER = DeviceAddress(tenant="other", store="s001", device="edge-1")


def a_return(return_id: str, points: int) -> ReturnSale:
    """Part of the sale comes back."""
    return ReturnSale(
        sale_id="s-1", return_id=return_id, amount_minor=475, account="ana", from_active=points
    )


def posted(books: Books) -> dict[str, list[tuple[object, ...]]]:
    """What everything comes to, without what tells of the order in which it came."""
    tables = books.everything()
    return {
        "accounts": [row[:7] for row in tables["accounts"]],
        "program": [row[1:] for row in tables["program_sums"]],
        "conflicts": sorted([(row[2], row[3]) for row in tables["conflicts"]]),
    }


def test_a_sale_that_two_devices_posted_counts_once(books: Books) -> None:
    """The second to say it changes nothing of the posted points, and is noted as a conflict."""
    books.take(Life(0, "disk-1", a_sale("s-1", "ana", 5)).batch(), EDGE)
    books.take(Life(0, "disk-2", a_sale("s-1", "ana", 5)).batch(), OTHER)
    assert books.account("ana") == (5, 0, 0, 5)
    assert len(books.everything()["conflicts"]) == 1
    assert books.faults() == []


def test_tenants_do_not_share_ids(books: Books) -> None:
    """The same sale id at another company is another sale, of another account of that name."""
    for device in (EDGE, STRANGER):
        books.take(Life(0, "disk-1", a_sale("s-1", "ana", 5)).batch(), device)
    assert [row[3] for row in books.everything()["accounts"]] == [5, 5]
    assert books.everything()["conflicts"] == []
    assert books.faults() == []


def test_every_order_of_arrival_ends_in_the_same_sums() -> None:
    """Whatever comes first of what three devices say, the sums and conflicts are the same, and at
    every step they are those of a replay from zero.
    """
    lives = {
        EDGE: Life(0, "disk-1", a_sale("s-1", "ana", 50), a_hold("r-1", "ana", 30)),
        OTHER: Life(0, "disk-2", a_sale("s-1", "ana", 50), a_capture("r-1", "ana", 30)),
        THIRD: Life(0, "disk-3", a_return("back-1", 20), a_return("back-2", 40)),
    }
    deliveries = [(device, seq) for device in lives for seq in (1, 2)]
    orders = [
        order
        for order in itertools.permutations(deliveries)
        if all(order.index((device, 1)) < order.index((device, 2)) for device in lives)
    ]
    ends = []
    for order in orders[:: len(orders) // 8]:
        books = Books("sqlite://")
        for device, seq in order:
            books.take(lives[device].batch(seq, seq), device)
            assert books.faults() == []
        ends.append(posted(books))
        books.stop()
    assert all(end["accounts"] == ends[0]["accounts"] for end in ends)
    assert len({str(sorted(end["accounts"])) for end in ends}) == 1


@pytest.mark.parametrize("at_once", [True, False])
def test_one_journal_alone_needs_no_judging(books: Books, at_once: bool) -> None:
    """A sale with its return, a hold with its capture, pending points with their activation: of one
    device they come to what it wrote, in one batch or in several.
    """
    pending = replace(a_sale("s-2", "ana", 8), pending_until=date(2026, 11, 30))
    life = Life(0, "disk-1", a_sale("s-1", "ana", 50), a_hold("r-1", "ana", 30))
    life.write(a_capture("r-1", "ana", 30), a_return("back-1", 20), pending)
    lot = LotPart(epoch=0, seq=5, points=8)
    activation = ActivatePoints(account="ana", points=8, lots=(lot,))
    life.write(activation, a_hold("r-2", "ana", 8))
    if at_once:
        books.take(life.batch())
    else:
        for seq in range(1, 8):
            books.take(life.batch(seq, seq))
    assert books.account("ana") == (0, 0, 8, 0)
    assert books.faults() == []


def test_an_activation_is_judged_with_the_sale_of_its_lot(books: Books) -> None:
    """Pending points that one of two devices activated are active once, since the sale counts once;
    what the day came to stands as written and as posted.
    """
    waiting = replace(a_sale("s-1", "ana", 8), pending_until=date(2026, 11, 30))
    life = Life(0, "disk-1", waiting)
    books.take(life.batch(), EDGE)
    books.take(Life(0, "disk-2", waiting).batch(), OTHER)
    lot = LotPart(epoch=0, seq=1, points=8)
    books.take(life.write(ActivatePoints(account="ana", points=8, lots=(lot,))).batch(2), EDGE)
    assert books.account("ana") == (8, 0, 0, 8)
    assert books.faults() == []
    assert [row[2:] for row in books.everything()["days"]] == [(2, 8, 8), (1, 8, 0)]
