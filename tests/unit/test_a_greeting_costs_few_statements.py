"""A thousand devices that come at once cost head office a few statements each, on PostgreSQL."""

import pytest
from paper_device import NOW, PaperDevice, answers
from statements import statements_of

from sync.hub.database import Database
from sync.hub.office import HeadOffice
from sync.messages import Presence, encode


@pytest.fixture
def office(on_postgres: Database) -> HeadOffice:
    """Head office, which has met another device of the tenant."""
    office = HeadOffice(on_postgres, clock=lambda: NOW, mint=iter(map(str, range(99))).__next__)
    other = PaperDevice("edge-2")
    other.is_welcomed(office)
    other.is_heard(office)
    return office


def test_a_new_device_is_welcomed_by_nine_statements(
    on_postgres: Database, office: HeadOffice
) -> None:
    """Five for its first HELLO, which makes its row and is challenged; four for the second one."""
    device = PaperDevice()
    seen = statements_of(on_postgres, office, first := device.hello())
    assert len(seen) <= 5, seen
    (challenge,) = answers(office.handle(*first))
    seen = statements_of(on_postgres, office, device.hello(challenge.challenge))
    assert len(seen) <= 4, seen


def test_an_epoch_is_opened_by_ten_statements(on_postgres: Database, office: HeadOffice) -> None:
    """The first batch of an epoch makes its journal, and says that it counts from now on."""
    device = PaperDevice()
    device.is_welcomed(office)
    seen = statements_of(on_postgres, office, device.batch())
    copy = 1  # of the entries, by a cursor of its own
    assert len(seen) + copy <= 11, seen


def test_a_device_that_comes_back_costs_five_statements(
    on_postgres: Database, office: HeadOffice
) -> None:
    """Its row, its journals, that it was seen, whether it missed something, and the program; at its
    newest entry, and also where it has more to send.
    """
    device = PaperDevice()
    device.is_welcomed(office)
    device.is_heard(office)
    for _ in range(2):
        seen = statements_of(on_postgres, office, device.hello())
        assert len(seen) <= 5, seen
        device.writes(2)


def test_a_birth_costs_one_statement(on_postgres: Database, office: HeadOffice) -> None:
    """Each device says once a minute how it is."""
    device = PaperDevice()
    device.is_welcomed(office)
    device.is_heard(office)
    born = Presence(online=True, epoch=1, head_seq=1, acknowledged_seq=1, lag=0)
    seen = statements_of(on_postgres, office, (device.address.topic("presence"), encode(born)))
    assert len(seen) == 1, seen
