"""A port of PC/SC means one reader and one device's, or it is refused with names."""

from pathlib import Path

import pytest

from agent.devices import ReaderSettings, same_port
from drivers.pcsc.names import Claims, reader_of
from drivers.pcsc.service import ReaderGone

ONE, TWO = "ACS ACR122U PICC Interface 00 00", "ACS ACR122U PICC Interface 01 00"
OMNIKEY = "HID Global OMNIKEY 5022 Smart Card Reader [OMNIKEY 5022] 02 00"


def _reader(name: str, port: str, driver: str = "pcsc") -> ReaderSettings:
    return ReaderSettings(name=name, driver=driver, port=port)


def test_a_whole_name_is_that_reader() -> None:
    """A name with its numbers is that reader, also beside others that begin so."""
    assert reader_of(TWO, (ONE, TWO)) == TWO
    assert reader_of("Reader 1", ("Reader 1", "Reader 1 00 00")) == "Reader 1"


def test_a_beginning_that_one_reader_has() -> None:
    """A name without numbers is the one reader that begins so, whatever it is numbered."""
    assert reader_of("ACS ACR122U", (OMNIKEY, TWO)) == TWO


def test_a_beginning_that_several_have() -> None:
    """A beginning that two readers have is refused with both, and no other, by name."""
    with pytest.raises(ReaderGone) as refused:
        reader_of("ACS ACR122U", (ONE, TWO, OMNIKEY))
    assert ONE in str(refused.value)
    assert TWO in str(refused.value)
    assert OMNIKEY not in str(refused.value)


def test_a_name_that_no_reader_has() -> None:
    """A name that nothing fits is refused with the readers there are."""
    with pytest.raises(ReaderGone, match="'ACR1252'; there is 'HID Global OMNIKEY"):
        reader_of("ACR1252", (OMNIKEY,))


def test_two_devices_at_one_reader() -> None:
    """A reader that one device has is refused to another by name, until it is let go of."""
    claims = Claims()
    with claims.held(ONE, "front"):
        with claims.held(TWO, "back"):
            pass
        already = pytest.raises(ReaderGone, match=f"'{ONE}' is already the reader of 'front'")
        with already, claims.held(ONE, "back"):
            pass
    with claims.held(ONE, "back"):
        pass


@pytest.mark.parametrize(
    ("port", "other", "may_be_one"),
    [
        (ONE, ONE, True),
        ("ACS ACR122U", ONE, True),
        (ONE, "ACS", True),
        (ONE, TWO, False),
        ("ACS ACR122U", OMNIKEY, False),
    ],
)
def test_two_entries(port: str, other: str, may_be_one: bool) -> None:
    """Entries of which one's port is the beginning of the other's may mean one reader."""
    listed = (_reader("front", port), _reader("back", other))
    assert same_port(listed) == (listed if may_be_one else None)


def test_other_drivers_ports_are_compared_as_they_are(tmp_path: Path) -> None:
    """Serial ports of which one begins like the other are two, and so is a PC/SC reader."""
    port = str(tmp_path / "reader")
    listed = (
        _reader("front", port, "em4100"),
        _reader("back", port + "1", "em4100"),
        _reader("side", port + "12"),
    )
    assert same_port(listed) is None
