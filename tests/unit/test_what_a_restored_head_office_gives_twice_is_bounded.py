"""Head office was set back and nobody has told it yet: what it gives on old books is bounded, is
seen, and ends as soon as one device that was told more has greeted.
"""

from collections.abc import Iterator

import pytest
from paper_device import House as Paper
from paper_device import PaperDevice, answers

from agent.core.facts import AdjustPoints
from sync.hub.decisions import decide
from sync.hub.tables import devices, office
from sync.messages import Ack, Presence, encode
from sync.simulation.history import act
from sync.simulation.house import House
from sync.simulation.program import TENANT

POINTS = 100


@pytest.fixture
def paper() -> Iterator[Paper]:
    """A head office that knows nobody."""
    made = Paper()
    yield made
    made.database.stop()


def born(device: PaperDevice, acknowledged_seq: int) -> tuple[str, bytes]:
    """The retained birth of a device."""
    presence = Presence(
        online=True,
        epoch=device.life.epoch,
        head_seq=device.life.seq,
        acknowledged_seq=acknowledged_seq,
    )
    return device.address.topic("presence"), encode(presence)


def test_points_given_twice_are_owed_and_no_more() -> None:
    """A store was granted a member's points, head office forgot it, and another store, which had
    heard of nothing, asks before anybody has shown it. Both spend: each redemption stands, the
    member owes what was granted twice and not a point more, as a row says, and all the books agree
    in the end.
    """
    found: list[tuple[str, int, str]] = []

    def script(house: House) -> None:
        first, second = house.devices
        card = house.customers.cards[0]
        house.advance(40)
        house.customers.enrol(first, card)
        house.advance(30)
        ((account,),) = house.office.rows("SELECT account FROM cards WHERE token = ?", card)
        gift = AdjustPoints(account=account, points=POINTS, reason="a gift", cashier="ana")
        house.office.database.transact(lambda c: decide(c, TENANT, gift, now=house.world.at))
        house.advance(30)
        house.network.cut_off(str(second.address))
        ((free,),) = house.office.rows("SELECT available FROM accounts")
        assert 0 < free < POINTS  # the rest is with the store where the member was
        house.office.keep_snapshot()
        house.customers.hold(first, card, POINTS)
        house.advance(2)
        house.office.restore()
        house.network.mend(str(second.address))
        house.advance(2)
        house.customers.hold(second, card, free)
        for redeemed, device in zip(house.notebook.redemptions, house.devices, strict=True):
            house.customers.capture(device, redeemed)
        house.advance(70)
        assert house.office.rows("SELECT active, owed FROM accounts") == [(-free, free)]
        found.extend(house.office.rows("SELECT kind, state FROM conflicts ORDER BY kind"))

    outcome = act(script)
    assert outcome.violation is None, "\n".join(outcome.story)
    assert found == [("head_office_restored", "resolved"), ("overspend", "open")]


def test_a_birth_has_its_device_greet(paper: Paper) -> None:
    """The broker keeps what each device said last of how far it was acknowledged. A head office
    that holds less asks that device to greet, and its HELLO, which is signed, proves it; one that
    holds as much asks nobody.
    """
    device = PaperDevice().writes(2)
    device.is_welcomed(paper.office)
    device.is_heard(paper.office)
    backup = paper.database.snapshot()
    device.writes(2).is_heard(paper.office)
    birth = born(device, 3)
    assert paper.office.handle(*birth) == []
    paper.database.restore(backup)

    (ack,) = answers(paper.office.handle(*birth))
    assert isinstance(ack, Ack)
    assert (ack.epoch, ack.seq, ack.fenced) == (1, 1, True)
    (row,) = paper.rows(office.c.generation)
    assert row.generation == 0
    assert paper.told(device.hello()).generation > 0
    (row,) = paper.rows(devices.c.generation)
    assert row.generation == 0
