"""PINs: the fifth wrong one in a row locks its approver for a quarter of an hour."""

import asyncio
import threading
import time
from collections.abc import Callable

import pytest

from agent.core import pins
from agent.till import approvals
from agent.till.approvals import Approvals, WrongPin, hash_pin
from agent.till.refusals import TooManyPins

PIN = "4071"
HASHES = {"boss": hash_pin(PIN), "deputy": hash_pin("9906")}
QUARTER_MS = 15 * 60 * 1_000


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.up_ms = 10**9

    def __call__(self) -> int:
        """The time since boot."""
        return self.up_ms


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until a test moves it."""
    return Clock()


@pytest.fixture
def approving(clock: Clock) -> Approvals:
    """A boss and a deputy."""
    return Approvals(HASHES, up_ms=clock)


def check(approving: Approvals, approver: str = "boss", pin: str = PIN) -> None:
    """Check one PIN."""
    asyncio.run(approving.check(approver, pin))


def fail(approving: Approvals, times: int, approver: str = "boss") -> None:
    """Type wrong PINs."""
    for _ in range(times):
        with pytest.raises(WrongPin):
            check(approving, approver, "5555")


def test_a_pin_is_the_approvers_own(approving: Approvals) -> None:
    """The right PIN passes, and only with its own name."""
    check(approving)
    check(approving, "deputy", "9906")
    with pytest.raises(WrongPin):
        check(approving, "deputy", PIN)


def test_four_wrong_ones_are_forgiven(approving: Approvals) -> None:
    """The right PIN after four wrong ones passes, and the count begins anew."""
    for _ in range(3):
        fail(approving, 4)
        check(approving)


def test_five_wrong_ones_lock_for_a_quarter_of_an_hour(approving: Approvals, clock: Clock) -> None:
    """Not even the right PIN passes before, to the millisecond; the time left is said."""
    fail(approving, 5)
    for left_ms, wait_s in ((QUARTER_MS, 900), (1_001, 2), (1, 1)):
        clock.up_ms = 10**9 + QUARTER_MS - left_ms
        with pytest.raises(TooManyPins) as refusal:
            check(approving)
        assert refusal.value.retry_after_s == wait_s
    clock.up_ms = 10**9 + QUARTER_MS
    check(approving)


def test_after_a_lock_there_are_five_again(approving: Approvals, clock: Clock) -> None:
    """A lock that is over is forgotten; the next one takes five wrong PINs as the first did."""
    fail(approving, 5)
    clock.up_ms += QUARTER_MS
    fail(approving, 4)
    check(approving)


def test_a_lock_is_not_prolonged(approving: Approvals, clock: Clock) -> None:
    """Whoever tries during a lock does not make it longer."""
    fail(approving, 5)
    clock.up_ms += QUARTER_MS - 1
    with pytest.raises(TooManyPins):
        check(approving)
    clock.up_ms += 1
    check(approving)


def test_a_lock_is_one_approvers(approving: Approvals) -> None:
    """The deputy goes on approving."""
    fail(approving, 5)
    check(approving, "deputy", "9906")


def test_names_that_are_nobodys_are_counted_as_one(approving: Approvals) -> None:
    """However many names are tried, no more is remembered than there are approvers, and one."""
    for number in range(5):
        fail(approving, 1, f"nobody-{number}")
    with pytest.raises(TooManyPins):
        check(approving, "nobody-5")
    fail(approving, 1)
    fail(approving, 1, "deputy")
    assert len(approving._tries) == len(HASHES) + 1
    check(approving)


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Which hash was compared with which PIN."""
    seen: list[tuple[str, str]] = []
    matches = approvals._matches

    def watched(pin_hash: str, pin: str) -> bool:
        seen.append((pin_hash, pin))
        return matches(pin_hash, pin)

    monkeypatch.setattr(approvals, "_matches", watched)
    return seen


def test_nobodys_name_costs_as_much_as_anybodys(
    approving: Approvals, compared: list[tuple[str, str]]
) -> None:
    """For an unknown approver a PIN is compared with a hash of the same parameters."""
    fail(approving, 1, "nobody")
    fail(approving, 1)
    assert [pin_hash for pin_hash, _ in compared] == [pins.DUMMY_HASH, HASHES["boss"]]
    parameters = [pin_hash.split("$")[1:4] for pin_hash, _ in compared]
    assert parameters[0] == parameters[1] == ["argon2id", "v=19", "m=19456,t=2,p=1"]


def test_a_locked_approvers_pin_is_not_looked_at(
    approving: Approvals, compared: list[tuple[str, str]]
) -> None:
    """A lock costs nothing: nobody keeps the machine busy with guesses."""
    fail(approving, 5)
    compared.clear()
    with pytest.raises(TooManyPins):
        check(approving)
    assert compared == []


def test_guesses_at_once_are_five_at_most(
    approving: Approvals, compared: list[tuple[str, str]]
) -> None:
    """Twenty tries at the same time are counted like twenty after each other."""

    async def guess() -> list[BaseException | None]:
        guesses = (approving.check("boss", f"55{number:02}") for number in range(20))
        return await asyncio.gather(*guesses, return_exceptions=True)

    found = [type(each) for each in asyncio.run(guess())]
    assert (found.count(WrongPin), found.count(TooManyPins)) == (5, 15)
    assert len(compared) == 5


def test_pins_are_checked_one_at_a_time_beside_the_loop(
    approving: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No two comparisons run at once, and none in the thread that serves the tills."""
    threads: list[int] = []
    running = threading.Lock()

    def watched(_pin_hash: str, _pin: str) -> bool:
        assert running.acquire(blocking=False), "another comparison runs"
        threads.append(threading.get_ident())
        time.sleep(0)  # lets another thread go on, if there is one
        running.release()
        return True

    monkeypatch.setattr(approvals, "_matches", watched)

    async def ask() -> None:
        await asyncio.gather(*(approving.check("boss", PIN) for _ in range(8)))

    asyncio.run(ask())
    assert len(threads) == 8
    assert threading.get_ident() not in threads


def test_whoever_hangs_up_has_tried(approving: Approvals, monkeypatch: pytest.MonkeyPatch) -> None:
    """A try that is called off while it is compared counts: it might have been a guess."""
    released = threading.Event()
    begun = threading.Event()

    def slow(_pin_hash: str, _pin: str) -> bool:
        begun.set()
        return released.wait(10)

    monkeypatch.setattr(approvals, "_matches", slow)

    async def hang_up() -> None:
        task = asyncio.create_task(approving.check("boss", "5555"))
        await asyncio.to_thread(begun.wait, 10)
        task.cancel()
        released.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(hang_up())
    monkeypatch.undo()
    fail(approving, 4)
    with pytest.raises(TooManyPins):
        check(approving)


@pytest.mark.parametrize("make", [lambda: hash_pin(PIN), lambda: pins.DUMMY_HASH])
def test_a_hash_is_what_settings_take(make: Callable[[], str]) -> None:
    """What ``hash_pin`` makes is argon2id with OWASP's parameters, and different each time."""
    assert pins._HASH.fullmatch(make())
    assert hash_pin(PIN) != hash_pin(PIN)
    assert PIN not in hash_pin(PIN).split("$")
