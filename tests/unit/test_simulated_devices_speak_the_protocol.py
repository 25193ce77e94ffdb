"""The bench's simulated devices are devices to head office, and its MQTT is MQTT."""

import asyncio
import random
import secrets
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paper_device import head_office

from agent.tools.bench.ledger_sales import History
from agent.tools.bench.memory_store import MemoryDesk, MemoryJournal
from agent.tools.bench.mqtt import MqttSession
from sync.hub.checks import check_books
from sync.hub.database import Database
from sync.hub.office import HeadOffice
from sync.messages import DeviceAddress
from sync.uplink import Conversation

_KEY = Ed25519PrivateKey.generate()
_ADDRESS = DeviceAddress(tenant="house", store="s001", device="edge-1")


@pytest.fixture(name="house")
def _house() -> Iterator[tuple[HeadOffice, Database]]:
    office, database = head_office()
    yield office, database
    database.stop()


class _Wire:
    """Hands what a device says to head office at once, and keeps the answers."""

    def __init__(self, office: HeadOffice) -> None:
        self._office = office
        self.answers: list[tuple[str, bytes]] = []

    def publish(
        self, topic: str, payload: bytes, *, expiry_s: int | None = None, retain: bool = False
    ) -> bool:
        """Deliver."""
        del expiry_s, retain
        self.answers += [(one.topic, one.payload) for one in self._office.handle(topic, payload)]
        return True


async def _talk(journal: MemoryJournal, wire: _Wire) -> None:
    talk = Conversation(
        _ADDRESS,
        journal,
        MemoryDesk(journal),
        _KEY,
        wire,
        dice=random.random,
        mint_nonce=lambda: secrets.token_hex(8),
    )
    talk.link_up()
    for _ in range(20):
        await talk.turn(0.0)
        while wire.answers:
            await talk.receive(*wire.answers.pop(0), 0.0)


def test_all_that_a_simulated_device_writes_is_held_and_balanced(
    house: tuple[HeadOffice, Database],
) -> None:
    """It is welcomed, its sales are acknowledged, and its members' points are its to spend."""
    office, database = house
    journal, wire = MemoryJournal("disk-1"), _Wire(office)
    asyncio.run(_talk(journal, wire))
    assert journal.opened
    history = History(accounts=3, prefix="s001")
    journal.append(*(each.fact for each in history.enrolments()))
    journal.append(*(each.fact for each in history.sales(20)))
    asyncio.run(_talk(journal, wire))
    assert journal.epochs.unacknowledged == 0
    assert database.read(check_books) == []


def test_packets_are_taken_however_they_are_cut() -> None:
    """A PUBLISH of 300 bytes, whose length takes two bytes, arrives whole if it comes in pieces."""
    heard: list[tuple[str, bytes]] = []

    class Nowhere(asyncio.Transport):
        def write(self, data: bytes | bytearray | memoryview) -> None:
            written.append(bytes(data))

    written: list[bytes] = []

    async def hear() -> None:
        session = MqttSession(lambda topic, payload: heard.append((topic, payload)))
        session.connection_made(Nowhere())
        assert session.publish("up", bytes(range(256)) + bytes(44))
        (sent,) = written
        for place in range(len(sent)):
            session.data_received(sent[place : place + 1])

    asyncio.run(hear())
    assert heard == [("up", bytes(range(256)) + bytes(44))]
    assert written[1] == b"\x40\x02\x00\x01"
