"""A virtual card says on vpcd's line what vpcd's driver expects, and leaves when it is taken."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from drivers.virtual.cards import UidCard
from drivers.virtual.vpcd import VpcdSlot, reader_conf

GET_UID = bytes.fromhex("FFCA000000")


class _Counting(UidCard):
    """A card that counts how often its power was switched."""

    resets = 0

    def reset(self) -> None:
        self.resets += 1


@pytest.fixture
def vpcd() -> Iterator[socket.socket]:
    """What vpcd's driver listens with."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        listening.settimeout(10)
        yield listening


def _accept(vpcd: socket.socket) -> socket.socket:
    line, _ = vpcd.accept()
    line.settimeout(10)
    return line


def _say(line: socket.socket, message: bytes) -> None:
    line.sendall(len(message).to_bytes(2, "big") + message)


def _hear(line: socket.socket) -> bytes:
    with line.makefile("rb") as said:
        return said.read(int.from_bytes(said.read(2), "big"))


def test_it_answers_and_is_switched(vpcd: socket.socket) -> None:
    """Power on, off and reset are not answered, the ATR and commands are."""
    card, slot = _Counting(bytes.fromhex("DEADBEEF")), VpcdSlot(port=vpcd.getsockname()[1])
    slot.insert(card)
    with closing(_accept(vpcd)) as line:
        for switched in (b"\x00", b"\x01", b"\x02"):
            _say(line, switched)
        _say(line, b"\x04")
        assert _hear(line) == card.atr
        assert card.resets == 3
        _say(line, GET_UID)
        assert _hear(line) == bytes.fromhex("DEADBEEF9000")
        slot.remove()
        assert line.recv(1) == b""


def test_it_comes_in_pieces(vpcd: socket.socket) -> None:
    """A message may come byte by byte."""
    slot = VpcdSlot(port=vpcd.getsockname()[1])
    slot.insert(UidCard(bytes.fromhex("DEADBEEF")))
    with closing(_accept(vpcd)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in len(GET_UID).to_bytes(2, "big") + GET_UID:
            line.sendall(bytes([byte]))
        assert _hear(line) == bytes.fromhex("DEADBEEF9000")
        slot.remove()


def test_another_is_laid_in_its_place(vpcd: socket.socket) -> None:
    """A card that is laid takes the one that lay there away; taking none away is nothing."""
    slot = VpcdSlot(port=vpcd.getsockname()[1])
    slot.remove()
    slot.insert(UidCard(bytes.fromhex("DEADBEEF")))
    with closing(_accept(vpcd)) as first:
        slot.insert(UidCard(bytes.fromhex("01020304")))
        assert first.recv(1) == b""
        with closing(_accept(vpcd)) as second:
            _say(second, GET_UID)
            assert _hear(second) == bytes.fromhex("010203049000")
            slot.remove()


def test_vpcd_ends(vpcd: socket.socket) -> None:
    """Where vpcd hangs up, also in mid-message, the card can be taken and laid again."""
    slot = VpcdSlot(port=vpcd.getsockname()[1])
    for begun in (b"", b"\x00", b"\x00\x05\xff\xca"):
        slot.insert(UidCard(bytes.fromhex("DEADBEEF")))
        with closing(_accept(vpcd)) as line:
            line.sendall(begun)
        slot.remove()


def test_where_it_waits_is_configured() -> None:
    """The reader's configuration names the port, in pcscd's way of writing."""
    assert "DEVICENAME /dev/null:0x8C7B\n" in reader_conf()
    assert "CHANNELID 0x1F90\n" in reader_conf(port=8080)
