"""A line at another speed than its reader's is told from noise and from silence, and how fast it
seems to be; all on a simulated wire (``serial_line.py``).
"""

import random
from itertools import permutations

import pytest
from serial_line import at_another_rate

from agent.core.tokens import Token
from agent.doctor.baud import USUAL_RATES, Verdict, judge_line
from drivers.readers import em4100, wiegand

# A card that lies on its reader, and what a scanner reads in a few seconds.
_CARD = [em4100.frame(Token("em4100", "0C000621A5"))] * 24
_NUMBER = [wiegand.line_of(Token("wiegand", "6-8613"))] * 12
_CODES = [b"5901234123457\r", b"]E04006381333931\r", b"2901234567891\r"] * 8
_SAID = {"em4100": _CARD, "wiegand": _NUMBER, "barcode": _CODES}

_PAIRS = list(permutations(USUAL_RATES, 2))


def test_the_wire_carries_what_is_sent() -> None:
    """At one speed on both ends the simulated wire changes nothing, whatever the clocks' error."""
    for rate in USUAL_RATES:
        for seed in range(5):
            heard = at_another_rate(_CARD, spoken=rate, heard=rate, seed=seed)
            assert heard == b"".join(_CARD)


@pytest.mark.parametrize("resynchronises", [True, False])
@pytest.mark.parametrize("driver", _SAID)
def test_every_pair_of_usual_speeds_is_told(driver: str, resynchronises: bool) -> None:
    """Of each two usual speeds a line spoken at one and listened to at the other is called wrong;
    where a speed is suggested it is the right one in nine of ten cases, and it mostly is.
    """
    suggested = right = 0
    for spoken, heard in _PAIRS:
        data = at_another_rate(
            _SAID[driver], spoken=spoken, heard=heard, resynchronises=resynchronises
        )
        verdict = judge_line(data, driver=driver, baud=heard, read=0, refused=9)
        assert verdict.kind == "wrong_baud", (spoken, heard, data[:32].hex())
        suggested += verdict.likely_baud is not None
        right += verdict.likely_baud == spoken
    assert right >= 0.9 * suggested
    assert suggested >= 0.6 * len(_PAIRS)


@pytest.mark.parametrize("driver", _SAID)
@pytest.mark.parametrize("rate", USUAL_RATES)
def test_the_right_speed_is_never_called_wrong(driver: str, rate: int) -> None:
    """What is heard as it was spoken is fine where it is read, and unreadable at most where not."""
    data = b"".join(_SAID[driver])
    assert judge_line(data, driver=driver, baud=rate, read=24, refused=1).kind == "fine"
    assert judge_line(data, driver=driver, baud=rate, read=0, refused=24).kind == "unreadable"
    half = data[: len(data) // 2 - 3]
    assert judge_line(half, driver=driver, baud=rate, read=0, refused=9).kind == "unreadable"


@pytest.mark.parametrize("rate", USUAL_RATES)
def test_silence_is_silence(rate: int) -> None:
    """A line that says nothing has no speed, and a byte of a plug that was moved tells none."""
    judged = judge_line(b"", driver="em4100", baud=rate, read=0, refused=0)
    assert judged == Verdict(kind="silent")
    stray = judge_line(b"\x00\xff\x80", driver="em4100", baud=rate, read=0, refused=1)
    assert stray.kind == "too_little"


@pytest.mark.parametrize("driver", _SAID)
@pytest.mark.parametrize("length", [16, 100, 4_000])
def test_noise_is_no_speed(driver: str, length: int) -> None:
    """Bytes that are all alike likely are noise, at whatever speed one listens."""
    for seed, rate in enumerate(USUAL_RATES):
        data = random.Random(seed).randbytes(length)  # noqa: S311 - the same noise each time
        assert judge_line(data, driver=driver, baud=rate, read=0, refused=9).kind == "noise"


def test_a_line_that_is_held_low_suggests_no_speed() -> None:
    """Zeros alone are a line that is wrong, and name no speed."""
    judged = judge_line(bytes(40), driver="em4100", baud=9600, read=0, refused=2)
    assert judged == Verdict(kind="wrong_baud")


def test_a_reader_of_another_kind_is_at_the_right_speed() -> None:
    """Another reader's frames at the right speed are unreadable, not too fast or too slow."""
    judged = judge_line(b"".join(_NUMBER), driver="em4100", baud=9600, read=0, refused=12)
    assert judged.kind == "unreadable"


def test_a_speed_of_ones_own_is_judged_too() -> None:
    """A configured speed that is not among the usual ones is listened to as it is."""
    data = at_another_rate(_CARD, spoken=9600, heard=14400)
    judged = judge_line(data, driver="em4100", baud=14400, read=0, refused=9)
    assert judged == Verdict(kind="wrong_baud", likely_baud=9600)


def test_a_driver_of_somebody_else_is_taken_for_text() -> None:
    """Of a driver that nobody here knows it is assumed that it speaks in lines of text."""
    lines = [f"CARD {number:08d}\r\n".encode() for number in range(1000, 1020)]
    data = at_another_rate(lines, spoken=9600, heard=19200)
    judged = judge_line(data, driver="from-elsewhere", baud=19200, read=0, refused=9)
    assert judged == Verdict(kind="wrong_baud", likely_baud=9600)
