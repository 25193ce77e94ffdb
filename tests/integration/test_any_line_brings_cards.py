"""Wiegand converters and barcode scanners are read on a terminal, a socket and RFC 2217 alike."""

import pytest
from far_ends import FAR_ENDS, FarEnd

from agent.core.tokens import Token
from agent.tools.waiting import wait_until
from drivers.device import CardPresented, DeviceEvent, Place
from drivers.readers.wiegand import line_of
from drivers.serial_driver import SerialDriver
from drivers.serial_drivers import BARCODE, WIEGAND

# pyserial 3.5 is the last there is, and says so of threads in words of Python 2.
pytestmark = pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")

_WIEGAND = [Token("wiegand", "6-8613"), Token("wiegand", "212-7041")]
_MEMBERS = [Token("gsrn", "061414112345678902"), Token("gsrn", "012345678901012342")]


def _scan(token: Token) -> bytes:
    return f"]C18018{token.value}\r".encode()


@pytest.mark.parametrize("far_end", FAR_ENDS, indirect=True, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(
    ("driver", "cards"),
    [
        pytest.param(WIEGAND, [(card, line_of(card)) for card in _WIEGAND], id="wiegand"),
        pytest.param(BARCODE, [(card, _scan(card)) for card in _MEMBERS], id="barcode"),
    ],
)
def test_cards_come_before_and_after_a_loss(
    driver: SerialDriver, cards: list[tuple[Token, bytes]], far_end: FarEnd
) -> None:
    """A card comes through, its port is lost and found, and the next one comes through."""
    told: list[Token] = []

    def tell(event: DeviceEvent) -> None:
        assert isinstance(event, CardPresented)
        told.append(event.token)

    device = driver.make(Place(name="front", port=far_end.url), driver.options(), tell)
    device.start()
    try:
        for card, said in cards:
            far_end.come()
            wait_until(lambda: device.fault is None, "the line to be found")
            far_end.say(said)
            wait_until(lambda card=card: told[-1:] == [card], "the card")
            far_end.go()
            wait_until(lambda: device.fault is not None, "the loss")
    finally:
        device.stop()
    assert told == [card for card, _ in cards]
