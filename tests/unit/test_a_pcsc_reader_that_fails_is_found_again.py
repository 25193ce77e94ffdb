"""Whatever PC/SC answers, a reader is named with what to do, harms nobody, and works again."""

import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fake_scard import FakeScard
from structlog.testing import capture_logs

from agent.tools.waiting import wait_until
from drivers.device import CardPresented, DeviceEvent, Place
from drivers.pcsc.device import PcscDevice
from drivers.pcsc.driver import PCSC
from drivers.pcsc.names import Claims
from drivers.pcsc.options import PcscOptions
from drivers.pcsc.planned import PlannedReading
from drivers.pcsc.winscard import LivePcsc
from drivers.virtual.cards import memory_card_atr

ATR, UID = memory_card_atr(0), bytes.fromhex("04A1B2C3D4E5F6")


class _Watched:
    """A device on a fake pcscd, and what it told."""

    def __init__(self, scard: FakeScard, port: str, claims: Claims, late_s: float) -> None:
        self.scard = scard
        self.told: list[DeviceEvent] = []
        place = Place(name="front", port=port)
        self.device = PcscDevice(
            place,
            reading=PlannedReading(PcscOptions(), place),
            tell=self.told.append,
            claims=claims,
            live=LivePcsc("front", late_s=late_s),
        )

    def tokens(self) -> list[str]:
        return [str(each.token) for each in self.told if isinstance(each, CardPresented)]

    def wait_for_fault(self, *words: str) -> str:
        def says() -> bool:
            return all(word in (self.device.fault or "") for word in words)

        wait_until(says, f"a fault with {words}")
        return str(self.device.fault)

    def wait_until_found(self) -> None:
        wait_until(lambda: self.device.fault is None, "the reader to be found")

    def wait_for_card(self) -> None:
        wait_until(lambda: self.tokens() == ["uid:04A1B2C3D4E5F6"], "the card")


@pytest.fixture
def scard(monkeypatch: pytest.MonkeyPatch) -> FakeScard:
    """A pyscard that a test has the say of."""
    fake = FakeScard()
    monkeypatch.setitem(sys.modules, "smartcard.scard", fake)
    return fake


@pytest.fixture
def watched(scard: FakeScard) -> Iterator[_Watched]:
    """A device that is stopped after the test, within its two seconds."""
    watched = _Watched(scard, "ACS ACR122U", Claims(), late_s=0.2)
    try:
        yield watched
    finally:
        for event in scard.hanging.values():
            event.set()
        watched.device.stop()


@pytest.mark.parametrize(
    ("call", "result", "words"),
    [
        ("SCardEstablishContext", 0x8010001D, ["pcscd is not running", "systemctl"]),
        ("SCardEstablishContext", 0x8010006A, ["denied", "polkit"]),
        (
            "SCardListReaders",
            0x8010002E,
            ["there is no PC/SC reader", "is 'ACS ACR122U' plugged in"],
        ),
        ("SCardListReaders", 0x8010001E, ["pcscd was stopped"]),
        ("SCardGetStatusChange", 0x80100013, ["pcscd was lost"]),
        ("SCardGetStatusChange", 0x80100003, ["pcscd was restarted"]),
        ("SCardGetStatusChange", 0x80100009, ["the reader was pulled out"]),
        ("SCardGetStatusChange", 0x80100001, ["0x80100001"]),
    ],
)
def test_what_fails_is_said_and_tried_again(
    watched: _Watched, call: str, result: int, words: list[str]
) -> None:
    """Each way in which PC/SC can fail is a fault that says what to do, and is over by itself."""
    watched.scard.results[call] = [result]
    with capture_logs() as logs:
        watched.device.start()
        watched.wait_for_fault(*words)
        watched.wait_until_found()
        watched.scard.lay(ATR, UID)
        watched.wait_for_card()
    assert [line["event"] for line in logs][-2:] == ["reader_lost", "reader_found"]
    watched.device.stop()
    assert not watched.scard.open_contexts
    assert not watched.scard.open_cards


def test_pyscard_is_not_installed(watched: _Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pyscard the driver loads, and its fault says how to install it."""
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "smartcard.scard", None)
        assert PCSC.options() is not None
        watched.device.start()
        watched.wait_for_fault("pyscard", "pip install 'tapledger[pcsc]'", "libpcsclite-dev")
    watched.wait_until_found()


@pytest.mark.parametrize(
    "call", ["SCardEstablishContext", "SCardGetStatusChange", "SCardConnect", "SCardTransmit"]
)
def test_a_call_that_hangs(watched: _Watched, call: str) -> None:
    """A call that does not come back is a fault and not asked again; when it does, cards go on."""
    scard = watched.scard
    scard.hanging[call] = over = threading.Event()
    scard.lay(ATR, UID)
    watched.device.start()
    watched.wait_for_fault("does not answer", "restart pcscd")
    made = len(scard.made)
    # It was looked at again since, and nothing was asked.
    attempts: list[Any] = []
    wait_before = watched.device._world.wait_before
    watched.device._world.wait_before = lambda attempt: (  # type: ignore[method-assign]
        attempts.append(attempt),
        wait_before(0),
    )[1]
    wait_until(lambda: len(attempts) > 1, "another attempt")
    assert len(scard.made) == made
    del scard.hanging[call]
    over.set()
    watched.wait_until_found()
    watched.wait_for_card()


def test_one_that_hangs_is_left_behind(watched: _Watched) -> None:
    """A device whose reader hangs is stopped all the same."""
    watched.scard.hanging["SCardTransmit"] = threading.Event()
    watched.scard.lay(ATR, UID)
    watched.device.start()
    watched.wait_for_fault("does not answer")
    watched.device.stop()
    assert "device-front" not in [thread.name for thread in threading.enumerate()]


def test_a_card_that_is_held(watched: _Watched) -> None:
    """A card that another program does not share is refused, and the fault names that."""
    watched.scard.results["SCardConnect"] = [0x8010000B] * 3
    watched.scard.lay(ATR, UID)
    watched.device.start()
    watched.wait_for_fault("another program")
    wait_until(lambda: watched.device.counters.refused == 1, "the refusal")
    watched.scard.take()
    watched.scard.lay(ATR, UID)
    watched.wait_for_card()
    assert watched.device.fault is None


def test_a_right_to_cards_that_is_missing(watched: _Watched) -> None:
    """Where pcscd lets a user in and to no card, that is said once, and the reader is not lost."""
    watched.scard.results["SCardConnect"] = [0x8010006A] * 2
    with capture_logs() as logs:
        watched.device.start()
        for refused in (1, 2):
            watched.scard.lay(ATR, UID)
            wait_until(lambda: watched.device.counters.refused == refused, "the refusal")  # noqa: B023
            watched.wait_for_fault("denied", "polkit")
        watched.scard.lay(ATR, UID)
        watched.wait_for_card()
        wait_until(lambda: watched.device.fault is None, "the right")
    said = [line["event"] for line in logs]
    assert said == ["reader_found", "cards_refused", "cards_refused"]


def test_what_comes_beside_a_failure_is_nothing(watched: _Watched) -> None:
    """A command that failed has no answer, whatever stands there; a card is asked three times."""
    watched.scard.results["SCardTransmit"] = [0x80100016] * 3
    watched.scard.lay(ATR, UID)
    watched.device.start()
    wait_until(lambda: watched.device.counters.refused == 1, "the refusal")
    assert watched.tokens() == []
    assert watched.scard.made.count("SCardConnect") == 3
    watched.scard.take()
    watched.scard.results["SCardTransmit"] = [0x80100016] * 2
    watched.scard.lay(ATR, UID)
    watched.wait_for_card()
    assert watched.device.counters.refused == 1
