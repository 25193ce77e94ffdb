"""The till: every use case, each one transaction of the ledger and one answer.

A use case looks, decides with the pure core and appends, all inside its transaction, and is
answered only after that transaction is on disk. The use cases themselves stand in the files beside
this one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from secrets import token_bytes
from types import MappingProxyType

from agent.core.answer import BackAnswer, back_answer, claim_answer, sale_answer
from agent.core.basket import Sale
from agent.core.entry import Position, Recorded
from agent.core.facts import ClaimSale, ReturnSale, VoidSale
from agent.core.heard import Heard
from agent.core.phones import is_by_phone
from agent.core.program import Program
from agent.core.receipt import Paper
from agent.core.tokens import How
from agent.core.values import MintId
from agent.core.vouchers import RandomBytes
from agent.ledger import Ledger
from agent.till.activity import Activity
from agent.till.adjustments import AdjustAnswer, Adjusting, Adjustment
from agent.till.approvals import Approvals
from agent.till.back import Back
from agent.till.claims import claim
from agent.till.committed import Committed
from agent.till.covering import AskOnline
from agent.till.days import DayAnswer, day_of
from agent.till.elsewhere import take_back_anywhere
from agent.till.members import AccountView, account_view, parse_shown
from agent.till.membership import Membership
from agent.till.pending import activate_more, is_due_now
from agent.till.positions import hear
from agent.till.quotes import Quote, quote
from agent.till.redemption_desk import RedemptionDesk
from agent.till.redemptions import RedemptionAnswer
from agent.till.sales import commit
from agent.till.take_back import void
from agent.till.terms import Terms
from agent.till.visits import Visits
from agent.till.voucher_desk import VoucherDesk
from agent.till.voucher_wishes import VoucherWish
from agent.till.wishes import Wish
from agent.till.witnesses import Witnesses

__all__ = ["Till"]

_MOST_BATCHES = 10
"""How often at most one look makes pending points active, so that the agent's other looks go on."""

_NOBODY: Mapping[str, str] = MappingProxyType({})


def _nobody(_account: str) -> None:
    """Listen to nothing."""


class Till:
    """The use cases over one ledger, under one set of terms.

    ``pin_hashes`` are those of the persons who may approve an adjustment, by their names;
    ``waits_for`` the tills that have to be heard before points are redeemed.
    """

    def __init__(
        self,
        ledger: Ledger,
        terms: Terms,
        *,
        mint_id: MintId,
        pin_hashes: Mapping[str, str] = _NOBODY,
        random_bytes: RandomBytes = token_bytes,
        waits_for: Sequence[str] = (),
    ) -> None:
        self._ledger = ledger
        self._witnesses = Witnesses(waits_for)
        self._adjusting = Adjusting(
            ledger, terms, Approvals(pin_hashes, up_ms=lambda: ledger.moment().up_ms)
        )
        self.visits = Visits(ledger, calendar=lambda: ledger.now().astimezone().date())
        self.ask_online: AskOnline | None = None
        """Whom to ask for more rights while a customer waits; nobody where no head office is."""
        self.is_online: Callable[[], bool] = bool
        """Whether head office answers now."""
        terms = self._terms = self._here(terms)
        self._said: date | None = None
        self._moved: Callable[[str], None] = _nobody
        self._mint_id = mint_id
        self.activity = Activity(ledger)
        self.members = Membership(ledger, terms, mint_id=mint_id)
        self._random_bytes = random_bytes
        asked = (lambda: self.ask_online), self.members.asked_whose  # the first anew each time
        self.vouchers = VoucherDesk(ledger, terms, *asked, random_bytes=random_bytes)
        self._redemptions = RedemptionDesk(
            ledger, lambda: self._today, *asked, random_bytes=random_bytes
        )

    @property
    def head(self) -> Position:
        """The newest durable position of the journal, which every answer tells."""
        return self._ledger.head

    async def hear(self, heard: Heard, till: int | None = None) -> None:
        """Freeze the ledger where a till was told what it does not have, as ``positions.hear``;
        ``till`` is its number among those that redemptions wait for.
        """
        await hear(self._ledger, heard, mint_id=self._mint_id)
        self._witnesses.heard(till)

    def listen(self, moved: Callable[[str], None]) -> None:
        """Tell of each account whose points move with what another member buys or returns."""
        self._moved = moved

    def adopt(self, terms: Terms) -> None:
        """Work under other terms from the next question on: the program's files have changed."""
        terms = self._terms = self._here(terms)
        self.members.adopt(terms)
        self.vouchers.adopt(terms)

    def _here(self, terms: Terms) -> Terms:
        """Add to the terms what only a till that runs knows."""
        return replace(
            terms,
            zones=self.visits.zones,
            is_online=lambda: bool(self.is_online()),
            why_unheard=self._witnesses.why_unheard,
        )

    @property
    def program(self) -> Program:
        """The rules that sales are judged by."""
        return self._today.program

    @property
    def _today(self) -> Terms:
        """The terms of the shop's day."""
        return self._terms.on(self.day_now)

    @property
    def day_now(self) -> date:
        """The shop's day: as the newest sale said it, and before any as the clock does."""
        return self._said or self._ledger.now().date()

    def paper(self, lane: str) -> Paper:
        """Answer what a lane prints on, and the words that its customer reads."""
        return self._terms.paper(lane)

    async def identify(self, text: str, how: How = "read") -> AccountView:
        """Find a member's account: ``scheme:value``, bare, or ``phone:`` and a number.

        One that is unknown is asked for. Raises UnknownCard, MalformedToken, MalformedPhone.
        """
        shown, ledger = parse_shown(text, self._terms), self._ledger
        return await self.members.asked_whose.or_there(
            shown, lambda: ledger.read(lambda view: account_view(view, self._today, shown, how))
        )

    async def commit(self, sale_id: str, sale: Sale) -> Committed:
        """Commit a sale under the POS's own id; the same sale again gets the same answer.

        Raises SaleIdReused where another basket has the id, SaleRecorded where a basket has it
        that is no longer kept, UnknownRedemption, RedemptionEnded.
        """
        recorded = await self._ledger.write(
            lambda transaction: commit(
                transaction, self._terms, sale_id, sale, random_bytes=self._random_bytes
            )
        )
        self._said = self.vouchers.said = sale.business_date
        if not recorded.replay and recorded.fact.referral is not None:
            self._moved(recorded.fact.referral.referrer)
        paper = self._terms.paper(recorded.fact.summary.lane)
        answer = sale_answer(recorded.fact, recorded.position, paper)
        return Committed(answer=answer, replay=recorded.replay, captured=recorded.captured)

    async def quote(self, sale: Sale) -> Quote:
        """Say what a sale would earn and what could be redeemed with it; writes nothing."""
        now = self._ledger.now()
        return await self._ledger.read(lambda view: quote(view, self._terms, sale, now))

    async def claim(
        self, sale_id: str, text: str, *, lane: str | None = None, cashier: str | None = None
    ) -> Committed:
        """Give a sale without a card to a member. Raises as ``claims.claim`` does."""
        recorded, replay = await self._ledger.write(
            lambda transaction: claim(
                transaction,
                self._terms,
                sale_id,
                text,
                lane=lane,
                cashier=cashier,
                random_bytes=self._random_bytes,
            )
        )
        fact = recorded.entry.fact
        assert isinstance(fact, ClaimSale), "a claim is recorded as one"  # noqa: S101
        if not replay and fact.referral is not None:
            self._moved(fact.referral.referrer)
        paper = self._terms.paper(fact.lane)
        answer = claim_answer(fact, recorded.position, paper)
        return Committed(
            answer=answer, replay=replay, lane=fact.lane, by_phone=is_by_phone(fact.token)
        )

    async def void(
        self,
        sale_id: str,
        *,
        lane: str | None = None,
        cashier: str | None = None,
        business_date: date | None = None,
    ) -> tuple[BackAnswer, bool]:
        """Call a whole sale off. Raises as ``take_back.void`` does."""
        return self._back(
            *await self._ledger.write(
                lambda transaction: void(
                    transaction,
                    self._terms,
                    sale_id,
                    lane=lane,
                    cashier=cashier,
                    business_date=business_date,
                )
            )
        )

    async def take_back(self, sale_id: str, return_id: str, back: Back) -> tuple[BackAnswer, bool]:
        """Take back part of a sale. Raises as ``elsewhere.take_back_anywhere`` does."""
        return self._back(
            *await self._ledger.write(
                lambda transaction: take_back_anywhere(
                    transaction, self._terms, sale_id, return_id, back
                )
            )
        )

    async def hold(
        self, redemption_id: str, wish: Wish | VoucherWish
    ) -> tuple[RedemptionAnswer, bool]:
        """Set points or a voucher aside before the customer pays. Raises as ``redemptions.hold``
        and ``voucher_uses.hold_voucher`` do.
        """
        if isinstance(wish, VoucherWish):
            return await self.vouchers.hold(redemption_id, wish)
        return await self._redemptions.hold(redemption_id, wish)

    async def capture(
        self, redemption_id: str, *, points: int | None = None
    ) -> tuple[RedemptionAnswer, bool]:
        """Spend what is held. Raises as ``voucher_uses.capture`` does."""
        return await self._redemptions.capture(redemption_id, points=points)

    async def release(self, redemption_id: str) -> tuple[RedemptionAnswer, bool]:
        """Give back what is held. Raises UnknownRedemption, RedemptionEnded."""
        return await self._redemptions.release(redemption_id)

    async def adjust(self, account: str, wanted: Adjustment) -> tuple[AdjustAnswer, bool]:
        """Change a balance by hand. Raises as ``adjustments.Adjusting.adjust`` does."""
        return await self._adjusting.adjust(account, wanted)

    async def day(self, business_date: date) -> DayAnswer:
        """Add up a business date by lane and cashier; reads only what is on disk."""
        return await self._ledger.read(lambda view: day_of(view, self._terms, business_date))

    async def activate_due(self) -> int:
        """Make active what waits no longer, in short transactions between which sales are taken.

        Answers how many lots it were: a thousand at most, and the next look goes on. Costs one
        read where nothing is due.
        """
        lots = 0
        for _ in range(_MOST_BATCHES):
            if not await self._is_due():
                break
            lots += await self._ledger.write(
                lambda transaction: activate_more(transaction, self._terms)
            )
        return lots

    async def _is_due(self, said: date | None = None) -> bool:
        return await self._ledger.read(lambda view: is_due_now(view, said))

    async def release_overdue(self) -> list[RedemptionAnswer]:
        """Give back what every redemption holds that nobody ended in time; answers each."""
        return await self._redemptions.release_overdue()

    def _back(self, recorded: Recorded, replay: bool) -> tuple[BackAnswer, bool]:
        fact = recorded.entry.fact
        assert isinstance(fact, ReturnSale | VoidSale), "what came back is recorded so"  # noqa: S101
        if not replay and fact.referrer is not None:
            self._moved(fact.referrer)
        return back_answer(fact, recorded.position, self._terms.paper(fact.lane)), replay
