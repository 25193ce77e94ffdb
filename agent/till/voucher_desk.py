"""Vouchers over one ledger: each use case one transaction, one answer."""

from collections.abc import Callable
from datetime import date

from agent.core.entry import Recorded
from agent.core.vouchers import RandomBytes
from agent.ledger import Ledger
from agent.till.asked_whose import AskedWhose
from agent.till.covering import AskOnline, By, with_head_office
from agent.till.pending import activate_for, is_due_now
from agent.till.redemptions import RedemptionAnswer
from agent.till.terms import Terms
from agent.till.voucher_issue import VoucherAnswer, issue, voucher_answer
from agent.till.voucher_uses import hold_voucher
from agent.till.voucher_wishes import VoucherOrder, VoucherWish
from agent.till.vouchers import VoucherState, look_up

__all__ = ["VoucherDesk"]


class VoucherDesk:
    """The use cases about vouchers. ``said`` is the shop's day as the newest sale said it, ``ask``
    answers whom to ask for more rights.
    """

    def __init__(
        self,
        ledger: Ledger,
        terms: Terms,
        ask: Callable[[], AskOnline | None],
        whose: AskedWhose,
        *,
        random_bytes: RandomBytes,
    ) -> None:
        self._ledger = ledger
        self._terms = terms
        self._ask, self._whose = ask, whose
        self._random_bytes = random_bytes
        self.said: date | None = None

    def adopt(self, terms: Terms) -> None:
        """Work under other terms from the next question on."""
        self._terms = terms

    async def issue(self, voucher_id: str, order: VoucherOrder) -> tuple[VoucherAnswer, bool]:
        """Turn a member's points into a voucher. Raises as ``vouchers.issue`` does.

        What is due of the member becomes active before, whether or not so many points are there.
        """
        said = order.business_date
        if await self._ledger.read(lambda view: is_due_now(view, said)):
            await self._ledger.write(
                lambda transaction: activate_for(transaction, self._terms, order.token, said)
            )

        async def attempt(by: By) -> tuple[Recorded, bool]:
            return await self._ledger.write(
                lambda transaction: issue(
                    transaction, self._terms, voucher_id, order, self._random_bytes, by
                )
            )

        recorded, replay = await with_head_office(attempt, self._ask(), self._whose)
        return voucher_answer(recorded, self._terms.paper(order.lane)), replay

    async def look_up(self, typed: str) -> VoucherState:
        """Say how a voucher stands. Raises MalformedVoucher, UnknownVoucher."""
        day = self.said or self._ledger.now().date()
        return await self._ledger.read(lambda view: look_up(view, typed, day))

    async def hold(self, redemption_id: str, wish: VoucherWish) -> tuple[RedemptionAnswer, bool]:
        """Set a voucher aside. Raises as ``voucher_uses.hold_voucher`` does."""
        now = self._ledger.now()
        return await self._ledger.write(
            lambda transaction: hold_voucher(transaction, self._terms, redemption_id, wish, now)
        )
