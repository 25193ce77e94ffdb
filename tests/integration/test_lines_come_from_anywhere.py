"""A line may be a terminal, a device server's socket or RFC 2217: each is lost and found alike."""

import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NoReturn

import pytest
from far_ends import FAR_ENDS, FarEnd, Rfc2217Server, SocatPair, TcpServer
from structlog.testing import capture_logs

from agent.core.tokens import Token
from agent.tools.waiting import wait_until
from drivers.device import CardPresented, DeviceEvent, Place
from drivers.line import LineDevice
from drivers.port import PORT_ERRORS, open_serial
from drivers.readers.em4100 import frame
from drivers.serial_drivers import EM4100, Em4100Options

# pyserial 3.5 is the last there is, and says so of threads in words of Python 2.
pytestmark = pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")

CARDS = tuple(Token("em4100", f"0C000621{n:02X}") for n in range(9))

Watch = Callable[[str], tuple[LineDevice, list[Token]]]


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Start a reader at a port, and answer it with the cards that it tells."""
    with ExitStack() as started:

        def watch(port: str) -> tuple[LineDevice, list[Token]]:
            told: list[Token] = []

            def tell(event: DeviceEvent) -> None:
                assert isinstance(event, CardPresented)
                told.append(event.token)

            device = EM4100.make(Place(name="front", port=port), Em4100Options(), tell)
            device.start()
            started.callback(device.stop)
            return device, told

        yield watch


@pytest.mark.parametrize("far_end", FAR_ENDS, indirect=True, ids=lambda kind: kind.__name__)
def test_a_line_is_lost_and_found(far_end: FarEnd, watch: Watch) -> None:
    """Cards come through, and after the far end was away they do again; both are logged once."""
    with capture_logs() as logs:
        device, told = watch(far_end.url)
        wait_until(lambda: "not opened" not in (device.fault or ""), "the line to be missed")
        assert device.fault is not None
        for card in CARDS[:2]:
            far_end.come()
            wait_until(lambda: device.fault is None, "the line to be found")
            far_end.say(frame(card))
            wait_until(lambda card=card: told[-1:] == [card], "the card")
            far_end.go()
            wait_until(lambda: device.fault is not None, "the loss")
    assert told == list(CARDS[:2])
    assert [line["event"] for line in logs] == ["reader_lost", *("reader_found", "reader_lost") * 2]


@pytest.mark.parametrize("far_end", [TcpServer], indirect=True)
def test_what_was_said_before_the_end_is_heard(far_end: TcpServer, watch: Watch) -> None:
    """Cards that a socket brought just before it ended are told; pyserial's RFC 2217 loses them."""
    device, told = watch(far_end.url)
    far_end.come()
    wait_until(lambda: device.fault is None, "the line to be found")
    far_end.say(b"".join(frame(card) for card in CARDS))
    far_end.go()
    wait_until(lambda: len(told) == len(CARDS), "the cards")


@pytest.mark.parametrize("far_end", [Rfc2217Server], indirect=True)
def test_a_device_server_is_told_the_speed(far_end: Rfc2217Server) -> None:
    """By RFC 2217 the far end's line is set to the reader's speed, and any byte comes through."""
    far_end.come()
    with closing(open_serial(far_end.url, 19_200)) as port:
        assert far_end.line.baudrate == 19_200
        far_end.say(bytes(range(256)))
        got = b""
        while len(got) < 256:
            got += port.read()
        assert got == bytes(range(256))
        port.write(b"\xff!")


@pytest.mark.parametrize("far_end", [SocatPair], indirect=True)
def test_one_line_has_one_owner(far_end: FarEnd, watch: Watch) -> None:
    """A second reader on a terminal is kept out and says why until the first one leaves."""
    far_end.come()
    first, _ = watch(far_end.url)
    wait_until(lambda: first.fault is None, "the line")
    second, told = watch(far_end.url)
    wait_until(lambda: "another program has" in (second.fault or ""), "the second to be kept out")
    first.stop()
    wait_until(lambda: second.fault is None, "the second to come in")
    far_end.say(frame(CARDS[0]))
    wait_until(lambda: told == [CARDS[0]], "the card")


@pytest.mark.parametrize("far_end", [TcpServer], indirect=True)
def test_what_cannot_be_opened_is_a_fault(
    far_end: TcpServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whatever pyserial raises as it opens a port is an error that a reader survives."""
    far_end.come()
    no_rfc2217 = far_end.url.replace("socket", "rfc2217") + "?timeout=0.1"
    for port in ("nonsense://x", "socket://127.0.0.1", "rfc2217://:x", no_rfc2217, "loop://?x=y"):
        with pytest.raises(PORT_ERRORS):
            open_serial(port, 9_600)

    def vanish(*_: object) -> NoReturn:
        raise termios.error(5, "Input/output error")

    monkeypatch.setattr(termios, "tcflush", vanish)
    with closing(SocatPair(tmp_path)) as pair:
        pair.come()
        with pytest.raises(PORT_ERRORS, match="no device is behind"):
            open_serial(pair.url, 9_600)


@pytest.mark.torture
@pytest.mark.parametrize("scheme", ["socket", "rfc2217"])
def test_an_end_that_dies_silently_is_noticed(scheme: str) -> None:
    """A device server whose cable is pulled says nothing; the reader is lost within a minute."""
    script = Path(__file__).parents[1] / "support" / "silent_end.py"
    tried = subprocess.run(["unshare", "-rn", "ip", "link"], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip(f"no network of one's own may be made here: {tried.stderr.decode()}")
    ran = subprocess.run(
        ["unshare", "-rn", sys.executable, str(script), scheme],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "lost\n" in ran.stdout
