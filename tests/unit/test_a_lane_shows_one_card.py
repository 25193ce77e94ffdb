"""A lane shows one card at a time: never one member's balance under another's card."""

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


async def _both_taps(till: SlowTill) -> tuple[Lanes, list[asyncio.Task[None]]]:
    lanes = Lanes(cast("Till", till), ("1",))
    tasks = []
    for token in (FIRST, SECOND):
        tasks.append(asyncio.create_task(lanes.card_presented("1", "front", token)))
        while str(token) not in till.asked:
            await asyncio.sleep(0)
    return lanes, tasks


def test_the_newest_card_wins_though_its_answer_came_first() -> None:
    """A card laid down later stays on the screen when the earlier one is answered after it."""

    async def run() -> None:
        till = SlowTill()
        lanes, tasks = await _both_taps(till)
        till.asked[str(SECOND)].set_exception(UnknownCard("not known"))
        till.asked[str(FIRST)].set_result(member("first"))
        await asyncio.gather(*tasks)
        assert (lanes["1"].token, lanes["1"].member) == (SECOND, None)

    asyncio.run(run())


def test_a_card_that_was_overtaken_is_not_told() -> None:
    """Only the card that lies there now is told to whoever listens."""

    async def run() -> None:
        till = SlowTill()
        lanes, tasks = await _both_taps(till)
        told: list[dict[str, Any]] = []
        with lanes.listen("1") as listener:
            till.asked[str(FIRST)].set_result(member("first"))
            till.asked[str(SECOND)].set_result(member("second"))
            await asyncio.gather(*tasks)
            listener.end()
            told += [event.data async for event in listener.events()]
        assert [data["account"] for data in told] == ["second"]
        assert lanes["1"].member == member("second")

    asyncio.run(run())
