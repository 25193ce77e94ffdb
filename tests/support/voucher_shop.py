"""A till of the grocer's with a member who has points, and the calls about vouchers in short."""

import asyncio
import itertools
from datetime import timedelta
from typing import Any

from toy_clock import ToyClock

from agent.clock import mint_id
from agent.core.answer import BackAnswer
from agent.core.basket import Sale
from agent.core.facts import IssueVoucher, LeaseGrant
from agent.core.program import Program
from agent.core.vouchers import CODE_BYTES, code_of
from agent.ledger import Ledger
from agent.paths import shipped_program
from agent.till import (
    Back,
    Enrolment,
    RedemptionAnswer,
    Terms,
    Till,
    VoucherAnswer,
    VoucherOrder,
    VoucherState,
    VoucherWish,
    Wish,
)
from agent.till.till import Committed

__all__ = ["BENS", "CARD", "DAY", "GROCER", "VoucherShop"]

GROCER = Program.parse(shipped_program("clubpoints").read_text("utf-8"), source="clubpoints.toml")
CARD, BENS = "em4100:0C000621A5", "em4100:67003B51C6"
DAY = "2026-11-21"


class VoucherShop:
    """Ana's 1,000 points, and a till."""

    def __init__(self, ledger: Ledger, clock: ToyClock | None = None) -> None:
        self.ledger = ledger
        self.clock = clock
        self._numbers = itertools.count(1)
        self._codes = itertools.count(1)
        self.till = Till(
            ledger,
            Terms(program=GROCER),
            mint_id=mint_id,
            random_bytes=self._random_bytes,
        )
        for card in (CARD, BENS):
            asyncio.run(self.till.members.enrol(Enrolment(token=card)))
        self.sell("s-0", 100_000, token=CARD)

    def _random_bytes(self, count: int) -> bytes:
        return (next(self._codes) << 4).to_bytes(count)

    def sell(self, sale_id: str, *amounts_minor: int, **changes: Any) -> Committed:
        """Commit a sale; ``voucher_minor`` of it is paid with vouchers."""
        total, paid = sum(amounts_minor), changes.pop("voucher_minor", 0)
        rewards = changes.pop("rewards", ())
        lines = [
            {
                "sku": f"sku-{index}",
                "category": "reward" if index in rewards else "grocery",
                "quantity": "1",
                "unit_price_minor": amount,
                "amount_minor": amount,
            }
            for index, amount in enumerate(amounts_minor)
        ]
        tenders = [{"kind": "cash", "amount_minor": total - paid}]
        tenders += [{"kind": "voucher", "amount_minor": paid}] if paid else []
        body = {
            "lane": "1", "cashier": "ana", "business_date": DAY,
            "occurred_at": "2026-11-21T14:05:09+01:00", "currency": "GBP", "token": None,
            "lines": lines, "tenders": tenders, "total_minor": total,
        }  # fmt: skip
        return asyncio.run(self.till.commit(sale_id, Sale.model_validate(body | changes)))

    def issue(self, points: int = 250, voucher_id: str | None = None, **more: Any) -> VoucherAnswer:
        """Turn Ana's points into a voucher."""
        return self.asked(points, voucher_id, **more)[0]

    def asked(
        self, points: int = 250, voucher_id: str | None = None, **more: Any
    ) -> tuple[VoucherAnswer, bool]:
        """The same; answers also whether it had been asked for before."""
        order = VoucherOrder.model_validate({"token": CARD, "points": points} | more)
        return asyncio.run(
            self.till.vouchers.issue(voucher_id or f"v-{next(self._numbers)}", order)
        )

    def give(self, sale_id: str | None = None) -> str:
        """Let Ana have a coffee, as an entry of the journal may say; answers its code."""
        coffee = IssueVoucher(
            account=asyncio.run(self.till.identify(CARD)).account,
            code=code_of(self._random_bytes(CODE_BYTES)),
            reward="coffee",
            text="A coffee",
            sale_id=sale_id,
        )
        asyncio.run(self.ledger.write(lambda transaction: transaction.append(coffee)))
        return coffee.code

    def hold(self, redemption_id: str, code: str, **more: Any) -> RedemptionAnswer:
        """Set a voucher aside."""
        wish = VoucherWish.model_validate({"voucher": code} | more)
        return asyncio.run(self.till.hold(redemption_id, wish))[0]

    def hold_points(self, redemption_id: str, points: int) -> RedemptionAnswer:
        """Set Ana's points aside."""
        wish = Wish(token=CARD, points=points)
        return asyncio.run(self.till.hold(redemption_id, wish))[0]

    def freeze(self) -> None:
        """Begin the epoch of a ledger that was rebuilt."""
        asyncio.run(self.ledger.write(lambda t: t.open_epoch("rebuilt", incarnation="disk-2")))

    def grant(self, account: str, total: int) -> None:
        """Let head office move rights here."""
        fact = LeaseGrant(account=account, granted_total=total, generation=0)
        asyncio.run(self.ledger.write(lambda transaction: transaction.append(fact)))

    def capture(self, redemption_id: str, points: int | None = None) -> RedemptionAnswer:
        """Use it by itself."""
        return asyncio.run(self.till.capture(redemption_id, points=points))[0]

    def release(self, redemption_id: str) -> RedemptionAnswer:
        """Give it back."""
        return asyncio.run(self.till.release(redemption_id))[0]

    def void(self, sale_id: str) -> BackAnswer:
        """Call a sale off."""
        return asyncio.run(self.till.void(sale_id))[0]

    def bring(self, sale_id: str, return_id: str, *lines: int) -> BackAnswer:
        """Bring whole lines back."""
        whole = Back(lines=[{"line": line, "quantity": "1"} for line in lines])  # type: ignore[arg-type]  # as a POS sends it
        return asyncio.run(self.till.take_back(sale_id, return_id, whole))[0]

    def refund(self, sale_id: str, return_id: str, amount_minor: int) -> BackAnswer:
        """Give money back."""
        back = Back(amount_minor=amount_minor)
        return asyncio.run(self.till.take_back(sale_id, return_id, back))[0]

    def time_out(self) -> list[RedemptionAnswer]:
        """Let sixteen minutes pass, and the agent look."""
        assert self.clock is not None
        self.clock.pass_ms(int(timedelta(minutes=16).total_seconds() * 1000))
        return asyncio.run(self.till.release_overdue())

    def look(self, code: str) -> VoucherState:
        """How a voucher stands."""
        return asyncio.run(self.till.vouchers.look_up(code))

    def state(self, code: str) -> str:
        """The same in a word."""
        return self.look(code).state

    def balance(self) -> int:
        """Ana's points."""
        return asyncio.run(self.till.identify(CARD)).balance
