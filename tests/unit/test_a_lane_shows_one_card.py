"""A lane looks cards up one after the other: none overtakes another, and none is lost."""

import asyncio
from typing import Any, cast

from agent.core.answer import JournalPosition
from agent.core.tokens import Token
from agent.lanes import Lanes
from agent.till import AccountView, Till, UnknownCard

FIRST, SECOND = Token.parse("em4100:0C000621A5"), Token.parse("em4100:67003B51C6")


class SlowTill:
    """A till that answers each question when the test says so."""

    def __init__(self) -> None:
        self.asked: dict[str, asyncio.Future[AccountView]] = {}

    async def identify(self, text: str) -> AccountView:
        """Wait for the answer."""
        self.asked[text] = asyncio.get_running_loop().create_future()
        return await self.asked[text]

    async def is_asked(self, token: Token) -> asyncio.Future[AccountView]:
        """Answer what the question about a card waits for."""
        while str(token) not in self.asked:
            await asyncio.sleep(0)
        return self.asked[str(token)]


def member(account: str) -> AccountView:
    """A member with some points."""
    nowhere = JournalPosition(epoch=0, seq=0, hash="")
    return AccountView(
        account=account,
        status="active",
        tier=None,
        balance=777,
        pending=0,
        redeemable_now=0,
        as_of=nowhere,
        offers=(),
        last_sale=None,
    )


def test_a_card_waits_for_the_one_before_it() -> None:
    """Two cards laid down at once are both shown, in the order in which they came."""

    async def run() -> None:
        till = SlowTill()
        lanes = Lanes(cast("Till", till), ("1",))
        told: list[dict[str, Any]] = []
        with lanes.listen("1") as listener:
            taps = [
                asyncio.create_task(lanes.card_presented("1", "front", token))
                for token in (FIRST, SECOND)
            ]
            first = await till.is_asked(FIRST)
            for _ in taps:
                await asyncio.sleep(0)
            assert str(SECOND) not in till.asked
            first.set_result(member("first"))
            (await till.is_asked(SECOND)).set_exception(UnknownCard("not known"))
            await asyncio.gather(*taps)
            listener.end()
            told += [event.data async for event in listener.events()]
        assert [data["token"] for data in told] == [str(FIRST), str(SECOND)]
        assert [data["status"] for data in told] == ["active", "unknown_card"]
        assert (lanes["1"].token, lanes["1"].member) == (FIRST, member("first"))
        assert [shown.token for shown in lanes["1"].cards] == [FIRST, SECOND]

    asyncio.run(run())


def test_a_slow_card_keeps_no_other_lane_waiting() -> None:
    """While a lane looks a card up, another lane shows its own."""

    async def run() -> None:
        till = SlowTill()
        lanes = Lanes(cast("Till", till), ("1", "2"))
        slow = asyncio.create_task(lanes.card_presented("1", "front", FIRST))
        await till.is_asked(FIRST)
        quick = asyncio.create_task(lanes.card_presented("2", "back", SECOND))
        (await till.is_asked(SECOND)).set_result(member("second"))
        await quick
        assert (lanes["1"].token, lanes["2"].token) == (None, SECOND)
        slow.cancel()

    asyncio.run(run())
