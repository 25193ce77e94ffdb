"""Redemptions over one ledger: each use case one transaction, one answer.

A hold may need two: head office is asked between them, never inside one.
"""

from collections.abc import Callable
from datetime import date

from agent.core.vouchers import RandomBytes
from agent.ledger import Ledger
from agent.till.asked_whose import AskedWhose
from agent.till.covering import AskOnline, By, with_head_office
from agent.till.pending import activate_for, is_due_now
from agent.till.redemptions import RedemptionAnswer
from agent.till.terms import Terms
from agent.till.things import hold
from agent.till.voucher_uses import capture, is_overdue, release, release_overdue
from agent.till.wishes import Part, Wish

__all__ = ["RedemptionDesk"]


class RedemptionDesk:
    """The use cases about points that are held. ``terms`` answers those of the shop's day, ``ask``
    whom to ask for more rights, where somebody can be asked.
    """

    def __init__(
        self,
        ledger: Ledger,
        terms: Callable[[], Terms],
        ask: Callable[[], AskOnline | None],
        whose: AskedWhose,
        *,
        random_bytes: RandomBytes,
    ) -> None:
        self._ledger = ledger
        self._terms = terms
        self._ask, self._whose = ask, whose
        self._random_bytes = random_bytes

    async def hold(self, redemption_id: str, wish: Wish) -> tuple[RedemptionAnswer, bool]:
        """Set points aside, or a thing that costs none. Raises as ``things.hold`` does.

        What is due of the member becomes active before, whether or not so many points are there.
        """
        said: date | None = wish.business_date
        if await self._ledger.read(lambda view: is_due_now(view, said)):
            await self._ledger.write(
                lambda transaction: activate_for(transaction, self._terms(), wish.token, said)
            )
        now = self._ledger.now()

        async def attempt(by: By) -> tuple[RedemptionAnswer, bool]:
            return await self._ledger.write(
                lambda transaction: hold(
                    transaction,
                    self._terms(),
                    redemption_id,
                    wish,
                    now,
                    by=by,
                    random_bytes=self._random_bytes,
                )
            )

        return await with_head_office(attempt, self._ask(), self._whose)

    async def capture(
        self, redemption_id: str, *, points: int | None = None
    ) -> tuple[RedemptionAnswer, bool]:
        """Spend what is held. Raises as ``voucher_uses.capture`` does."""
        terms = self._terms()
        part = None if points is None else Part(points=points, program=terms.program)
        return await self._ledger.write(
            lambda transaction: capture(transaction, terms, redemption_id, part=part)
        )

    async def release(self, redemption_id: str) -> tuple[RedemptionAnswer, bool]:
        """Give back what is held. Raises UnknownRedemption, RedemptionEnded."""
        return await self._ledger.write(lambda transaction: release(transaction, redemption_id))

    async def release_overdue(self) -> list[RedemptionAnswer]:
        """Give back what every redemption holds that nobody ended in time; answers each."""
        released: list[RedemptionAnswer] = []
        now, terms = self._ledger.now(), self._terms()
        while await self._ledger.read(lambda view: is_overdue(view, terms, now)):
            released += await self._ledger.write(
                lambda transaction: release_overdue(transaction, terms, now)
            )
        return released
