"""Of what the broker logs, head office takes whom it put out for a packet that was too large."""

import pytest
from head_office_books import Books, sold

from sync.hub.broker_log import BROKER_LOG, BrokerLog, note_put_out
from sync.link import Arrived


def heard(*lines: bytes) -> BrokerLog:
    """What head office makes of lines of the log."""
    log = BrokerLog()
    for line in lines:
        log.hear(Arrived(topic=BROKER_LOG, payload=line, done=lambda: None))
    return log


def too_large(client: str) -> bytes:
    """The line that says it."""
    return f"1790000000: Client {client} disconnected due to oversize packet.".encode()


def test_who_was_put_out_is_told_once_and_in_order() -> None:
    """Each client stays until it was told of, and is there once however often it came."""
    log = heard(too_large("b"), too_large("a"), too_large("b"))
    for client in ("b", "a"):
        assert log.first() == client
        log.told(client)
    assert log.first() is None
    log.told("nobody")


@pytest.mark.parametrize(
    "line",
    [
        b"1790000000: Client a disconnected.",
        b"1790000000: New client connected from 127.0.0.1:1 as a (p5, c0, k15, u'a').",
        b"1790000000: Client a\xff disconnected due to oversize packet.",
        b"1790000000: Client a b disconnected due to oversize packet.",
        b"1790000000: Client <script> disconnected due to oversize packet.",
        too_large("a" * 261),
        too_large("a") + b" Client b disconnected due to oversize packet.",
        b"",
    ],
)
def test_any_other_line_is_let_go(line: bytes) -> None:
    """Also one whose client has a name that no agent of ours has."""
    assert heard(line).first() is None


def test_however_many_are_put_out_few_wait() -> None:
    """Whoever makes up names fills nothing."""
    log, names = heard(*(too_large(f"c{number}") for number in range(1_000))), []
    while (client := log.first()) is not None:
        names.append(client)
        log.told(client)
    assert names == [f"c{number}" for number in range(64)]


@pytest.mark.parametrize(
    "client", ["house.s1.d", "house.s1", "d", "", "house.s1.d2.x", "a." * 40, "..", "other.s1.d.x"]
)
def test_a_name_that_is_no_devices_has_no_row(house: Books, client: str) -> None:
    """An agent's has its address, and its life after that."""
    house.device("s1").says(sold(1))
    house.run(lambda c: note_put_out(c, client, now=house.now))
    assert not house.found("too_large")


@pytest.mark.parametrize("client", ["house.s1.d.x", "house.s1.d.a.b", "house.s1.d." + "x." * 20])
def test_a_known_devices_name_has_one(house: Books, client: str) -> None:
    """Open until a person has looked; told of again it is the same."""
    house.device("s1").says(sold(1))
    for _ in range(2):
        house.run(lambda c: note_put_out(c, client, now=house.now))
    (row,) = house.found("too_large")
    assert (row.state, row.store, row.device) == ("open", "s1", "d")
    assert client in row.text
