"""Customers and cashiers: what is asked of a store's till, and what its POS does with the answer.

A POS mints its ids and keeps them; when it is not sure of an answer it asks again under the same
id. What it was answered stands in the notebook.
"""

from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, Literal

from agent.core.basket import Line, Sale, Tender
from agent.core.values import Value
from agent.ledger import Refusal
from agent.ledger.errors import LedgerContradiction
from agent.till import Back, Block, Committed, Enrolment, VoucherOrder, VoucherWish, Wish
from sync.simulation.clocks import World
from sync.simulation.device import Device
from sync.simulation.notebook import Answered, Notebook, Redeemed, Sold, Voucher
from sync.simulation.now import run_now
from sync.simulation.watch.violations import hold

__all__ = ["Customers", "person"]

_MOVING = {"status", "captured", "balance", "lane", "journal", "expires_at"}
"""What an answer about a redemption or a member says of the present moment."""

_Tell = Callable[[str], None]


class Customers:
    """Everything people do in all stores of one history."""

    def __init__(
        self, world: World, dice: Random, notebook: Notebook, tell: _Tell, cards: int
    ) -> None:
        self._world, self._dice, self._notebook, self._tell = world, dice, notebook, tell
        self.cards: list[str] = []
        """The cards that are shown at tills; some may be nobody's yet, or nobody's any more."""
        self.unenrolled: list[str] = []
        """Those of them that somebody is about to be enrolled with."""
        self._numbers = 0
        self._made = 0
        for _ in range(cards):
            self.somebody_new()

    def _mint(self, what: str, device: Device) -> str:
        self._numbers += 1
        return f"{what}-{device.shop}-{self._numbers}"

    def new_card(self) -> str:
        """Answer a card that nobody has ever seen."""
        self._made += 1
        return f"em4100:{0x0C00000000 + self._made - 1:010X}"

    def somebody_new(self) -> None:
        """Somebody has taken a card along, and will become a member with it."""
        token = self.new_card()
        self.cards.append(token)
        self.unenrolled.append(token)

    def enrol(self, device: Device, token: str) -> None:
        """A new member; the same card may be enrolled in two stores that do not hear each other."""
        wish = Enrolment(token=token, lane="1", cashier="ana", display_name=person(token))
        self.ask(device, "enrol", token, lambda: device.till.members.enrol(wish), repeats=False)

    def buy(self, device: Device, token: str | None, minor: int) -> None:
        """A sale, with a card or without."""
        self._lay(device, token)
        sale_id = self._mint("sale", device)
        sale = self._sale(token, minor, ())
        if self._commit(device, sale_id, sale):
            self._notebook.sales.append(Sold(sale_id, sale, device.shop, token, minor))

    def buy_again(self, device: Device, sold: Sold) -> None:
        """The POS commits a sale once more, perhaps at another agent."""
        self._commit(device, sold.sale_id, sold.sale)

    def _lay(self, device: Device, token: str | None) -> None:
        """Lay a card on the reader. Where a store does not hear of everybody, it asks whose it is
        before anything is done with it.
        """
        if token is not None and device.feed == "seen":
            self.ask(device, "identify", token, lambda: device.till.identify(token), repeats=False)

    def _commit(self, device: Device, sale_id: str, sale: Sale) -> bool:
        answer = self.ask(device, "sale", sale_id, lambda: device.till.commit(sale_id, sale))
        return answer is not None

    def hold(self, device: Device, token: str, points: int) -> None:
        """Points are set aside for a customer who has not paid yet."""
        self._lay(device, token)
        redemption_id = self._mint("red", device)
        wish = Wish(
            token=token, points=points, lane="1", cashier="ana", business_date=self._world.day
        )
        held = self.ask(
            device, "hold", redemption_id, lambda: device.till.hold(redemption_id, wish)
        )
        if held is not None:
            made = Redeemed(redemption_id, device.shop, token, points)
            self._notebook.redemptions.append(made)

    def capture(self, device: Device, redeemed: Redeemed) -> None:
        """The customer has paid; the points are spent."""
        name = redeemed.redemption_id
        redeemed.open = False
        self.ask(device, "capture", name, lambda: device.till.capture(name))

    def buy_with(self, device: Device, redeemed: Redeemed, minor: int) -> None:
        """A sale that names a redemption, which may be over by now, or unknown at this till."""
        redeemed.open = False
        sale_id = self._mint("sale", device)
        sale = self._sale(redeemed.token, minor, (redeemed.redemption_id,), redeemed.points)
        if self._commit(device, sale_id, sale):
            sold = Sold(sale_id, sale, device.shop, redeemed.token, minor)
            self._notebook.sales.append(sold)

    def release(self, device: Device, redeemed: Redeemed) -> None:
        """The customer has changed their mind."""
        name = redeemed.redemption_id
        redeemed.open = False
        self.ask(device, "release", name, lambda: device.till.release(name))

    def bring_back(self, device: Device, sold: Sold, minor: int) -> None:
        """Part of a sale comes back, perhaps to another store than took it."""
        return_id = self._mint("return", device)
        elsewhere = device.shop != sold.store
        back = Back(
            amount_minor=minor,
            token=sold.token,
            lane="1",
            cashier="ana",
            business_date=self._world.day,
            elsewhere=elsewhere,
        )
        self.ask(
            device,
            "return",
            return_id,
            lambda: device.till.take_back(sold.sale_id, return_id, back),
        )

    def void(self, device: Device, sold: Sold) -> None:
        """A sale is called off."""
        day = self._world.day
        self.ask(
            device, "void", sold.sale_id, lambda: device.till.void(sold.sale_id, business_date=day)
        )

    def block(self, device: Device, token: str) -> None:
        """A member has lost their card."""
        block = Block(state="lost", cashier="ana", lane="1")
        self.ask(
            device,
            "block",
            token,
            lambda: device.till.members.block_card(token, block),
            repeats=False,
        )

    def issue(self, device: Device, token: str, points: int) -> None:
        """A member turns points into a voucher."""
        name = self._mint("voucher", device)
        order = VoucherOrder(token=token, points=points, business_date=self._world.day)
        found = self.ask(device, "issue", name, lambda: device.till.vouchers.issue(name, order))
        if found is not None:
            made = Voucher(found[0].code, device.shop, found[0].value_minor)
            self._notebook.vouchers.append(made)

    def hold_voucher(self, device: Device, voucher: Voucher) -> None:
        """Somebody shows a voucher before they pay."""
        name = self._mint("red", device)
        wish = VoucherWish(voucher=voucher.code, business_date=self._world.day)
        if self.ask(device, "hold", name, lambda: device.till.hold(name, wish)) is not None:
            voucher.held.append(name)

    def end_voucher(
        self, device: Device, voucher: Voucher, redemption_id: str, *, used: bool
    ) -> None:
        """They pay without naming a sale, or have changed their mind."""
        voucher.held.remove(redemption_id)
        what, ending = (
            ("capture", device.till.capture) if used else ("release", device.till.release)
        )
        self.ask(device, what, redemption_id, lambda: ending(redemption_id))

    def buy_with_voucher(
        self, device: Device, voucher: Voucher, redemption_id: str, minor: int
    ) -> None:
        """A sale that a voucher pays a part of."""
        voucher.held.remove(redemption_id)
        sale_id = self._mint("sale", device)
        sale = self._sale(None, minor, (redemption_id,), voucher.worth_minor, kind="voucher")
        if self._commit(device, sale_id, sale):
            self._notebook.sales.append(Sold(sale_id, sale, device.shop, None, minor))

    def _sale(
        self,
        token: str | None,
        minor: int,
        redemptions: tuple[str, ...],
        off_minor: int = 0,
        kind: Literal["points", "voucher"] = "points",
    ) -> Sale:
        line = Line(
            sku="4011", category="grocery", quantity="1", unit_price_minor=minor, amount_minor=minor
        )
        off_minor = min(off_minor, minor)
        tenders = [Tender(kind="cash", amount_minor=minor - off_minor)]
        if off_minor:
            tenders.append(Tender(kind=kind, amount_minor=off_minor))
        return Sale(
            lane="1",
            cashier="ana",
            business_date=self._world.day,
            occurred_at=self._world.at,
            currency="EUR",
            token=token,
            lines=(line,),
            tenders=tuple(tenders),
            total_minor=minor,
            redemptions=redemptions,
        )

    def ask(
        self,
        device: Device,
        what: str,
        subject: str,
        asking: Callable[[], Coroutine[Any, Any, Any]],
        *,
        repeats: bool = True,
    ) -> Any:
        """Ask the till, write the answer down, and perhaps ask again: the answer is the same."""
        answer = self._once(device, what, subject, asking)
        if answer is None:
            known = what == "sale" and (device.disk.number, what, subject) in self._notebook.told
            hold("I2", not known, f"{device.name}: {what} {subject} was answered before, not now")
            return None
        text = _settled(answer)
        key = (device.disk.number, what, subject)
        if repeats:
            told = self._notebook.told.setdefault(key, text)
            hold("I2", told == text, f"{device.name}: {what} {subject}: {told}, then {text}")
            if self._dice.random() < 0.15 and device.running:
                again = self._once(device, what, subject, asking)
                same = again is not None and _settled(again) == text
                hold("I2", same, f"{device.name}: {what} {subject}: {text}, then {again}")
        self._notebook.answers.append(
            Answered(
                what=what,
                subject=subject,
                store=device.shop,
                disk=device.disk.number,
                position=device.ledger.head,
                text=text,
            )
        )
        return answer

    def _once(
        self,
        device: Device,
        what: str,
        subject: str,
        asking: Callable[[], Coroutine[Any, Any, Any]],
    ) -> Any:
        device.hear_lane(device.lane)
        try:
            answer = run_now(asking())
        except LedgerContradiction as error:
            known = (device.disk.number, what, subject) in self._notebook.told
            hold("I2", not known, f"{device.name}: {what} {subject} was answered before: {error}")
            raise
        except Refusal as refusal:
            self._tell(f"{device.name}: {what} {subject}: no, {type(refusal).__name__}: {refusal}")
            return None
        device.told_lane(device.lane)
        self._tell(f"{device.name}: {what} {subject}: head {device.ledger.head}")
        return answer


def person(token: str) -> str:
    """Answer the name of who became a member with a card: no store may keep it for ever."""
    return f"Person {int(token[-4:], 16)}"


def _settled(answer: Any) -> str:
    """Write an answer without what moves on."""
    found = answer[0] if isinstance(answer, tuple) else answer
    found = found.answer if isinstance(found, Committed) else found
    assert isinstance(found, Value)  # noqa: S101
    return str(sorted(found.model_dump(mode="json", exclude=_MOVING).items()))
