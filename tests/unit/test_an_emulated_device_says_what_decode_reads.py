"""Every emulated device says its card in bytes that its driver and ``decode`` read as that card."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.cli.devices_emulate import _KINDS
from agent.core.gs1 import with_check_digit
from agent.core.tokens import Token
from drivers.decode import Options, decode
from drivers.device import CardPresented, DeviceEvent, Place, ProductScanned, Refused, ZoneVisited
from drivers.registry import driver_of
from drivers.virtual.kinds import KINDS, EmulatedKind

_TOKENS = {
    "em4100": st.integers(0, 2**40 - 1).map(lambda number: f"{number:010X}"),
    "wiegand": st.tuples(st.integers(0, 255), st.integers(0, 65_535)).map("{0[0]}-{0[1]}".format),
    "pn532": st.binary(min_size=6, max_size=6).map(lambda rest: f"04{rest.hex().upper()}"),
    "uhf18": st.integers(0, 10**9).map(lambda number: with_check_digit(f"0614141{number:010}")),
    "barcode": st.integers(0, 10**9).map(lambda number: with_check_digit(f"06141{number:012}")),
}
_SCHEMES = {"pn532": "uid", "uhf18": "gsrn", "barcode": "gsrn"}


class _Wire:
    """A port that is one emulated device without its pseudo-terminal; the clock is the reads."""

    def __init__(self, kind: EmulatedKind[Any], reads: int, lays: Iterator[str]) -> None:
        self._talk = kind.make_talk()
        self._kind, self._left, self._lays = kind, reads, lays
        self._said, self.heard = self._talk.begin(), b""
        self._now_s = 1_000.0

    def open(self, _port: str, _baud: int) -> "_Wire":
        return self

    def now_s(self) -> float:
        return self._now_s

    def is_over(self) -> bool:
        return self._left <= 0

    def wait_before(self, attempt: int) -> None:
        raise AssertionError(f"the port was lost, {attempt}")

    def read(self) -> bytes:
        self._left -= 1
        self._now_s += 0.05
        if (text := next(self._lays, None)) is not None:
            self._talk.lay(self._kind.card_from(text))
        said, self._said = self._said + self._talk.says(), b""
        self.heard += said
        return said

    def write(self, data: bytes) -> None:
        self._said += self._talk.feed(data)

    def close(self) -> None:
        """Nothing to close."""


def _told(name: str, *cards: str) -> tuple[list[DeviceEvent], bytes]:
    kind = KINDS[name]
    wire = _Wire(kind, 60, iter(cards))
    told: list[DeviceEvent] = []
    driver: Any = driver_of(kind.kind, kind.driver)
    place = Place(name="front", port="/dev/front")
    driver.make(place, driver.options(), told.append, wire).run()
    return [event for event in told if not isinstance(event, Refused)], wire.heard


def test_every_kind_can_be_asked_for() -> None:
    """The command offers the kinds that there are, each with a driver of its name."""
    assert set(_KINDS) == set(KINDS)
    for kind in KINDS.values():
        assert driver_of(kind.kind, kind.driver)
        assert kind.masked(kind.card_from(kind.example))


@pytest.mark.parametrize("name", sorted(_TOKENS))
@given(data=st.data())
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_its_bytes_are_the_card(name: str, data: st.DataObject) -> None:
    """The card that is laid is the one its driver tells, and the one that decode prints."""
    number = data.draw(_TOKENS[name])
    expected = Token.parse(f"{_SCHEMES.get(name, name)}:{number}")
    told, heard = _told(name, number)
    assert [event.token for event in told if isinstance(event, CardPresented | ZoneVisited)] == [
        expected
    ]
    printed = list(decode(name, heard, Options()))
    tokens = [said for said in printed if said["kind"] == "token"]
    assert tokens
    assert all((t["scheme"], t["value"]) == (expected.scheme, expected.value) for t in tokens)


@pytest.mark.parametrize(
    ("printed", "gtin"),
    [
        ("5901234123457", "5901234123457"),
        ("96385074", "96385074"),
        ("80614141123458", "80614141123458"),
    ],
)
def test_a_product_is_scanned(printed: str, gtin: str) -> None:
    """A product's number is scanned as what is printed on it: a piece, a small piece, a case."""
    told, _ = _told("barcode", printed)
    (event,) = told
    assert isinstance(event, ProductScanned)
    assert event.product.gtin == gtin


def test_a_code_is_scanned_as_often_as_it_is_held_there() -> None:
    """A scanner says a code once for each time."""
    told, _ = _told("barcode", "5901234123457", "5901234123457")
    assert len(told) == 2


@pytest.mark.parametrize(
    ("name", "typed", "hint"),
    [
        ("em4100", "0C0006", "ten hex digits"),
        ("wiegand", "256-1", "255-65535"),
        ("wiegand", "6:8613", "6-8613"),
        ("pn532", "4111111111111111", "hex digits"),
        ("uhf18", "061414112345678903", "18 digits"),
        ("barcode", "", "printed"),
        ("barcode", "\x1b[2J", "printed"),
    ],
)
def test_a_wrong_number_says_how_to_write_it(name: str, typed: str, hint: str) -> None:
    """What is no card of that kind is refused with the form that it has."""
    with pytest.raises(ValueError, match=hint):
        KINDS[name].card_from(typed)
