"""Head office on PostgreSQL books a batch by some ten statements, however long it is."""

from collections.abc import Iterator

import pytest
from books import Templates, a_capture, a_hold, a_sale
from paper_device import NOW, PaperDevice
from statements import statements_of

from agent.core.facts import Enrol
from sync.hub.database import Database
from sync.hub.office import HeadOffice


@pytest.fixture
def database(_templates: Templates) -> Iterator[Database]:
    """PostgreSQL, where each statement is a journey there and back."""
    database = Database(_templates.url())
    database.start()
    yield database
    database.stop()


def test_a_batch_costs_some_ten_statements(database: Database) -> None:
    """One sale costs nine statements, and two hundred entries of forty members that redeem, too,
    cost eleven: all that is done for the message, with the COPY of the entries.
    """
    office = HeadOffice(database, clock=lambda: NOW, mint=iter(map(str, range(99))).__next__)
    device = PaperDevice()
    device.is_welcomed(office)
    names = [f"member-{number}" for number in range(40)]
    for name in names:
        device.life.append(Enrol(account=name, token=f"card:{name}"))
    device.is_heard(office)
    first = device.life.seq + 1
    device.life.append(a_sale("s-1", names[0], 5, lease=5))
    for number, name in enumerate(names):
        for again in range(3):
            device.life.append(a_sale(f"s-{number}-{again}", name, 300, lease=300))
        device.life.append(a_hold(f"r-{number}", name, 200))
        device.life.append(a_capture(f"r-{number}", name, 200))

    alone = statements_of(database, office, device.batch(first, first))
    together = statements_of(database, office, device.batch(first + 1))

    copy = 1  # of the entries, by a cursor of its own
    assert len(alone) + copy <= 9, alone
    assert len(together) + copy <= 11, together
