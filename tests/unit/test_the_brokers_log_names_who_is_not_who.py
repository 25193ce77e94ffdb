"""Of what the broker logs, head office takes whom it put out for a packet that was too large, and
who came under another's name.
"""

import pytest
from head_office_books import Books, sold

from sync.hub.broker_log import BROKER_LOG, BrokerLog, Noticed, note_noticed
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


def came(client: str, user: str) -> bytes:
    """The line by which somebody comes."""
    place = "127.0.0.1:40000"
    return f"1: New client connected from {place} as {client} (p5, c0, k15, u'{user}').".encode()


def test_what_was_noticed_is_told_once_and_in_order() -> None:
    """Each stays until it was told of, and is there once however often it came."""
    log = heard(too_large("b"), came("a", "t/s/d"), too_large("b"))
    for noticed in (Noticed("b"), Noticed("a", "t/s/d")):
        assert log.first() == noticed
        log.told(noticed)
    assert log.first() is None
    log.told(Noticed("nobody"))


@pytest.mark.parametrize(
    "line",
    [
        b"1790000000: Client a disconnected.",
        b"1790000000: Client a\xff disconnected due to oversize packet.",
        b"1790000000: Client a b disconnected due to oversize packet.",
        b"1790000000: Client <script> disconnected due to oversize packet.",
        too_large("a" * 261),
        too_large("a") + b" Client b disconnected due to oversize packet.",
        b"1: New client connected from 127.0.0.1:1 as a (p5, c0, k15).",
        came("a", "hub"),
        came("a", "t/s/d/e"),
        came("a", "t/s/d' and more"),
        came("a (p5, c0, k15, u't/s/x')", "t/s/d"),
        came("t.s.d.life", "t/s/d"),
        came("t.s.1.d.life", "t/s.1/d"),
        b"",
    ],
)
def test_any_other_line_is_let_go(line: bytes) -> None:
    """Also that of who is who they say, and one with names that no agent of ours has."""
    assert heard(line).first() is None


def test_however_much_is_noticed_little_waits() -> None:
    """Whoever makes up names fills nothing."""
    log, names = heard(*(too_large(f"c{number}") for number in range(1_000))), []
    while (noticed := log.first()) is not None:
        names.append(noticed.client)
        log.told(noticed)
    assert names == [f"c{number}" for number in range(64)]


@pytest.mark.parametrize("user", [None, "house/s2/d"])
@pytest.mark.parametrize(
    "client", ["house.s1.d", "house.s1", "d", "", "house.s1.d2.x", "a." * 40, "..", "other.s1.d.x"]
)
def test_a_name_that_is_no_devices_has_no_row(house: Books, client: str, user: str | None) -> None:
    """An agent's has its address, and its life after that."""
    house.device("s1").says(sold(1))
    house.run(lambda c: note_noticed(c, Noticed(client, user), now=house.now))
    assert not house.found()


@pytest.mark.parametrize("client", ["house.s1.d.x", "house.s1.d.a.b", "house.s1.d." + "x." * 20])
def test_a_known_devices_name_has_one(house: Books, client: str) -> None:
    """Open until a person has looked; told of again it is the same."""
    house.device("s1").says(sold(1))
    for _ in range(2):
        house.run(lambda c: note_noticed(c, Noticed(client), now=house.now))
    (row,) = house.found("too_large")
    assert (row.state, row.store, row.device) == ("open", "s1", "d")
    assert client in row.text


def test_who_comes_under_others_names_has_one_row_for_all(house: Books) -> None:
    """It is theirs whose certificate it was, whether head office knows them or not."""
    for store in ("s1", "s2"):
        house.device(store).says(sold(1, sale_id=store))
    for client in ("house.s1.d.x", "house.s2.d.x", "house.s2.d.y"):
        noticed = Noticed(client, "house/s3/d")
        house.run(lambda c, it=noticed: note_noticed(c, it, now=house.now))
    (row,) = house.found("wrong_name")
    assert (row.state, row.store, row.device) == ("open", "s3", "d")
    assert "under the name of house/s1/d," in row.text


def test_another_house_brings_no_row_here(house: Books) -> None:
    """What one tenant's box does is no other tenant's to read."""
    house.device("s1").says(sold(1))
    house.run(lambda c: note_noticed(c, Noticed("house.s1.d.x", "other/s1/d"), now=house.now))
    assert not house.found()
