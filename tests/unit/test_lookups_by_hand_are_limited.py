"""A till may look for as many members as a cashier can serve; reading a card is no look-up."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from stocked import CARD, Stock, sale_of

from agent.api.lookups import Asked, Lookups, TooManyLookups
from agent.core.facts import FlagActivity
from agent.ledger import Ledger
from agent.ledger.entries import read_kept
from agent.ledger.history import walk
from agent.till import (
    CardInUse,
    Enrolment,
    InsufficientPoints,
    MalformedToken,
    PhoneInUse,
    Till,
    UnknownCard,
    Wish,
)

PHONE, BARE = "phone:202 555 0143", CARD.removeprefix("em4100:")
PER_MINUTE = 6


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger in a directory."""
    return Stock(tmp_path / "ledger.db")


class Counter:
    """A till behind the limit, on a loop of its own, and the hands of its clock."""

    def __init__(self, till: Till, loop: asyncio.Runner) -> None:
        self.till = till
        self.run = loop.run
        self.now_s = 1000.0
        self.lookups = Lookups(till, per_minute=PER_MINUTE, clock=lambda: self.now_s)

    def identify(self, text: str, **asked: Any) -> None:
        """Look for a member, as the API does."""
        self.run(self._identify(Asked(**({"till": 0, "text": text} | asked))))

    async def _identify(self, asked: Asked) -> None:
        try:
            async with self.lookups.watch(asked) as found:
                found.account = (await self.till.identify(asked.text)).account
        finally:
            await self.till.activity.stop()

    def exhaust(self, **asked: Any) -> None:
        """Use up what a till has left."""
        refused = False
        for _ in range(1 + PER_MINUTE):
            try:
                self.identify(PHONE, **asked)
            except TooManyLookups:
                refused = True
        assert refused


@pytest.fixture
def counter(stock: Stock, ledger: Ledger) -> Iterator[Counter]:
    """A till with one member."""
    till = stock.till(ledger)
    with asyncio.Runner() as loop:
        loop.run(till.members.enrol(Enrolment(token=CARD, phone="202 555 0143")))
        yield Counter(till, loop)


def flags(ledger: Ledger) -> list[FlagActivity]:
    """Read the flags out of the journal."""
    entries = walk(ledger.path, progress=lambda _done, _of: None)
    facts = [read_kept(*position.place, canonical).fact for position, canonical in entries]
    return [fact for fact in facts if isinstance(fact, FlagActivity)]


@pytest.mark.parametrize("asked", [{"text": PHONE}, {"text": CARD, "entry": "typed"}])
def test_a_burst_and_then_one_by_one(counter: Counter, asked: dict[str, str]) -> None:
    """A minute's look-ups may come at once; then each waits until the bucket has one again."""
    for _ in range(PER_MINUTE):
        counter.identify(**asked)
    with pytest.raises(TooManyLookups) as refused:
        counter.identify(**asked)
    assert refused.value.retry_after_s == 60 / PER_MINUTE
    counter.now_s += refused.value.retry_after_s - 1
    with pytest.raises(TooManyLookups) as refused:
        counter.identify(**asked)
    assert refused.value.retry_after_s == 1
    counter.now_s += 1
    counter.identify(**asked)
    with pytest.raises(TooManyLookups):
        counter.identify(**asked)


def test_a_quiet_hour_saves_up_one_minute(counter: Counter) -> None:
    """The bucket holds no more than a minute's look-ups."""
    counter.identify(PHONE)
    counter.now_s += 3600
    for _ in range(PER_MINUTE):
        counter.identify(PHONE)
    with pytest.raises(TooManyLookups):
        counter.identify(PHONE)


def test_each_till_has_its_own(counter: Counter) -> None:
    """One till that looks for everybody takes nothing from the next one."""
    counter.exhaust(till=0)
    counter.identify(PHONE, till=1)


@pytest.mark.parametrize("text", [CARD, BARE, BARE.lower()])
def test_a_card_that_was_read_is_never_limited(counter: Counter, ledger: Ledger, text: str) -> None:
    """A known card costs nothing, is found by a till without look-ups, and is not recorded."""
    for _ in range(3 * PER_MINUTE):
        counter.identify(text)
    for _ in range(PER_MINUTE):
        counter.identify(PHONE)
    counter.identify(text)
    assert len(flags(ledger)) == PER_MINUTE


def test_numbers_that_are_tried_out_are_limited(counter: Counter, ledger: Ledger) -> None:
    """Bare numbers that nobody has count, though they are said to be read; they are no look-up."""
    for number in range(PER_MINUTE):
        with pytest.raises(UnknownCard):
            counter.identify(f"{number:06}")
    with pytest.raises(TooManyLookups):
        counter.identify("123456")
    counter.identify(CARD)
    with pytest.raises(UnknownCard):  # a reader of goods' labels names the scheme
        counter.identify("em4100:0000000000")
    assert [flag.flag for flag in flags(ledger)] == ["lookups_limited"]


def test_what_is_no_number_is_no_lookup(counter: Counter, ledger: Ledger) -> None:
    """A garbled text is refused for what it is and not recorded."""
    for _ in range(2 * PER_MINUTE):
        with pytest.raises(MalformedToken):
            counter.identify("nonsense")
    assert flags(ledger) == []


def test_every_lookup_by_hand_is_recorded(counter: Counter, ledger: Ledger) -> None:
    """By telephone or typed, found or not, with who asked where."""
    account = counter.run(counter.till.identify(CARD)).account
    counter.identify(PHONE, lane="1", cashier="ana")
    counter.identify(BARE, entry="typed", lane="2", cashier="ben")
    for unknown in ("phone:202 555 0199", "123456"):
        with pytest.raises(UnknownCard):
            counter.identify(unknown, entry="typed")
    assert flags(ledger) == [
        FlagActivity(flag="phone_lookup", account=account, lane="1", cashier="ana"),
        FlagActivity(flag="number_lookup", account=account, lane="2", cashier="ben"),
        FlagActivity(flag="phone_lookup"),
        FlagActivity(flag="number_lookup"),
    ]


def test_a_refused_redemption_is_a_lookup_too(counter: Counter, ledger: Ledger) -> None:
    """Who was found is recorded, whatever was refused then."""
    account = counter.run(counter.till.identify(CARD)).account

    async def hold() -> None:
        async with counter.lookups.watch(Asked(till=0, text=PHONE, lane="1")):
            await counter.till.hold("r-1", Wish(token=PHONE, points=500))

    with pytest.raises(InsufficientPoints):
        counter.run(hold())
    counter.run(counter.till.activity.stop())
    assert flags(ledger) == [FlagActivity(flag="phone_lookup", account=account, lane="1")]


def test_a_till_that_asks_too_often_is_reported_once_a_minute(
    counter: Counter, ledger: Ledger
) -> None:
    """Its first refusal is an entry, the others of that minute are none, the next minute's is."""

    def reports() -> list[FlagActivity]:
        return [flag for flag in flags(ledger) if flag.flag == "lookups_limited"]

    counter.exhaust(cashier="ana", lane="1")
    counter.exhaust()
    assert reports() == [FlagActivity(flag="lookups_limited", lane="1", cashier="ana")]
    counter.now_s += 59
    counter.exhaust()
    assert len(reports()) == 1
    counter.now_s += 1
    counter.exhaust()
    assert len(reports()) == 2
    counter.exhaust(till=1)
    assert len(reports()) == 3


def test_a_sale_by_telephone_is_never_limited(counter: Counter) -> None:
    """A till that may look for nobody still sells to everybody."""
    counter.exhaust()
    for number in range(2 * PER_MINUTE):
        sold = counter.run(counter.till.commit(f"s-{number}", sale_of(1000, token=PHONE)))
        assert sold.answer.points == 10


def test_a_number_that_another_has_is_a_lookup(counter: Counter, ledger: Ledger) -> None:
    """A till that gives numbers to members learns whose are taken as often as it may look, and no
    oftener; who has the number is recorded.
    """
    account = counter.run(counter.till.identify(CARD)).account

    async def give(number: str) -> None:
        asked = Asked(till=0, text=f"phone:{number}", lane="1", cashier="ben")
        try:
            async with counter.lookups.giving(asked):
                other = Enrolment(token="em4100:67003B51C6", phone=number)
                await counter.till.members.enrol(other)
        finally:
            await counter.till.activity.stop()

    for _ in range(PER_MINUTE):
        with pytest.raises(PhoneInUse):
            counter.run(give("202 555 0143"))
    for number in ("202 555 0143", "202 555 0199"):
        with pytest.raises(TooManyLookups):
            counter.run(give(number))
    told = FlagActivity(flag="phone_lookup", account=account, lane="1", cashier="ben")
    assert [flag for flag in flags(ledger) if flag.flag == "phone_lookup"] == [told] * PER_MINUTE


@pytest.mark.parametrize("ends", [None, CardInUse("taken"), asyncio.CancelledError()])
def test_a_number_that_nobody_has_costs_nothing(
    counter: Counter, ledger: Ledger, ends: BaseException | None
) -> None:
    """However a call ends that gives a number, only another member's costs a look-up."""

    async def give() -> None:
        async with counter.lookups.giving(Asked(till=0, text="phone:202 555 0199")):
            if ends is not None:
                raise ends

    for _ in range(3 * PER_MINUTE):
        with suppress(CardInUse, asyncio.CancelledError):
            counter.run(give())
    for _ in range(PER_MINUTE):
        counter.identify(PHONE)
    assert [flag.flag for flag in flags(ledger)] == ["phone_lookup"] * PER_MINUTE


def test_numbers_that_are_given_at_once_share_the_limit(counter: Counter) -> None:
    """Calls that are not answered yet count, so that a burst learns no more than a queue."""

    async def burst() -> int:
        asked = Asked(till=0, text="phone:202 555 0199")
        refused = 0
        async with AsyncExitStack() as calls:
            for _ in range(3 * PER_MINUTE):
                try:
                    await calls.enter_async_context(counter.lookups.giving(asked))
                except TooManyLookups:
                    refused += 1
        return refused

    assert counter.run(burst()) == 2 * PER_MINUTE
