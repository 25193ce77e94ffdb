"""Every lane of the store: cards come, are asked about, move and go; sales and redemptions happen.

A card's view is looked up when it is shown, and again whenever something happened to its account,
at whichever lane or store: no lane goes on showing a balance that another has changed.
"""

import time
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

import structlog

from agent.core.answer import BackAnswer, JournalPosition, SaleAnswer
from agent.core.tokens import Token
from agent.lanes.beside import Beside
from agent.lanes.flagging import Flagging
from agent.lanes.lane import Lane, Shown, Which
from agent.lanes.leaving import Leaving
from agent.lanes.listening import LaneEvent, Listener
from agent.lanes.looking import look_again, look_up
from agent.lanes.refusals import NoSuchCard, SameLane, UnknownLane
from agent.lanes.strangers import Strangers
from agent.till import Quote, RedemptionAnswer, Till

__all__ = ["Lanes"]

PATIENCE_S: Final = 300.0
"""How long a card stays on the screen for its sale, and a sale for its cashier."""

_log = structlog.get_logger(__name__)


class Lanes:
    """Every lane of the store. Lives on the event loop; nothing here is called from a thread.

    ``now_s`` is a clock that nobody sets.
    """

    def __init__(
        self,
        till: Till,
        names: tuple[str, ...],
        *,
        patience_s: float = PATIENCE_S,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._till = till
        self._patience_s = patience_s
        self._now_s = now_s
        self._stopped = False
        self._lanes = {name: Lane(name=name) for name in names}
        self._strangers = Strangers(names)
        self._flagging = Flagging(till, now_s)
        self._leaving = Leaving(self._flagging)
        self._stale: set[str] = set()
        self._changes = 0
        self._beside = Beside()

    def __contains__(self, name: str) -> bool:
        return name in self._lanes

    def __getitem__(self, name: str) -> Lane:
        """Find a lane. Raises UnknownLane."""
        if name not in self._lanes:
            raise UnknownLane(f"no lane '{name}' is configured")
        return self._lanes[name]

    def __iter__(self) -> Iterator[Lane]:
        return iter(self._lanes.values())

    async def card_presented(self, name: str, reader: str, token: Token) -> None:
        """A card was laid on one of the lane's readers: say whose it is, or ask which is meant.

        Cards are looked up one after the other, so that each is shown and none overtakes another.
        """
        lane = self[name]
        async with lane.turn:
            changes = self._changes
            shown = await look_up(self._till, token, reader, at_s=self._now_s())
            _log.info(
                "card_presented", lane=name, reader=reader, token=token.masked, status=shown.status
            )
            self._show(lane, shown, "tap")
            if shown.account is not None and changes != self._changes:
                self.account_changed(shown.account)  # a sale was answered during the look-up

    async def card_enrolled(self, token: Token, name: str | None) -> None:
        """A card became an account's: a lane that shows it as unknown shows the member now."""
        for lane in self:
            async with lane.turn:
                for shown in lane.cards:
                    if shown.token == token and name in (None, lane.name):
                        await look_again(self._till, lane, shown, "enrolled")

    def choose(self, name: str, which: Token | Which, *, seen: int | None = None) -> Shown:
        """Say which of two cards is meant; the card that lies there alone may be named too.

        ``seen`` is how many cards the lane had shown when somebody decided: where another came
        since, nothing is chosen. Raises UnknownLane, NoCardShown, NoSuchCard.
        """
        lane = self[name]
        self._hold_seen(lane, seen)
        chosen = lane.find(which)
        if lane.second is not None:
            self._settle(lane, chosen)
        return chosen

    async def move(
        self, name: str, to: str, which: Token | Which | None = None, *, seen: int | None = None
    ) -> Shown:
        """Move a card that was shown at the wrong lane; it appears at the other as a tap does.

        Without ``which`` it is the card that was shown last. Raises UnknownLane, SameLane,
        NoCardShown, NoSuchCard.
        """
        lane, other = self[name], self[to]
        if lane is other:
            raise SameLane(f"the card lies at lane {to} already")
        self._hold_seen(lane, seen)
        shown = lane.find(which)
        lane.part_with(shown, to)
        _log.info("card_moved", lane=name, to=to, token=shown.token.masked)
        self._flagging.note("tap_moved", account=shown.account, lane=name, reason=f"to lane {to}")
        async with other.turn:
            self._show(other, replace(shown, at_s=self._now_s(), sold=False), "moved")
        return shown

    def quoted(self, name: str, quote: Quote) -> None:
        """A basket of this lane was judged; it is shown with the card it was judged for."""
        lane = self._lanes.get(name)
        if lane is None:
            return
        if lane.card is not None and lane.card is lane.of(None, quote.account):
            lane.quote = quote if quote.status == "accumulated" else None
            lane.stir(self._now_s(), quote.account)
        if lane.listeners:
            lane.tell("quote", quote.model_dump(mode="json") | {"lane": name})

    def sale_committed(
        self,
        name: str,
        answer: SaleAnswer,
        token: Token | None = None,
        redemptions: tuple[str, ...] = (),
        *,
        claimed: bool = False,
    ) -> None:
        """A sale of this lane is on disk, or the claim of one: its card is the one that was meant.

        A sale that is not of the one card that lies there is the next customer's, and ends it. A
        lane nobody configured has nobody listening, and is said in the log.
        """
        self._account_moved(answer.account, answer.balance, answer.journal)
        if claimed:
            self._leaving.claimed(answer.sale_id, answer.account)
        lane = self._lanes.get(name)
        if lane is None:
            self._strangers.note(name)
        else:
            self._sold(lane, answer, token, claimed=claimed)
        for each in self:
            for captured in each.capture(redemptions, answer):
                each.tell("redemption", captured.model_dump(mode="json"))

    def _sold(self, lane: Lane, answer: SaleAnswer, token: Token | None, *, claimed: bool) -> None:
        sold = lane.of(token, answer.account)
        if sold is not None:
            sold.sold = True
            self._settle(lane, sold)
        elif lane.second is None and not claimed:
            left = (replace(shown, at_s=self._now_s()) for shown in lane.clear())  # to claim it
            self._leaving.pass_over(answer, lane.name, *left)
        lane.sale, lane.back, lane.quote, lane.claimed = answer, None, None, claimed
        lane.stir(self._now_s(), answer.account)
        if lane.listeners:
            lane.tell("sale", answer.model_dump(mode="json") | {"lane": lane.name})

    def taken_back(self, answer: BackAnswer) -> None:
        """A sale was voided or part of it came back."""
        self._account_moved(answer.account, answer.balance, answer.journal)
        lane = self._lanes.get(answer.lane or "")
        if lane is not None:
            lane.back, lane.ended = answer, None
            lane.stir(self._now_s(), answer.account)
            lane.tell("sale", answer.model_dump(mode="json"))

    def redemption_changed(self, answer: RedemptionAnswer) -> None:
        """Points were held, spent or given back, by a till or because their time was up."""
        self._account_moved(answer.account, answer.balance, answer.journal)
        lane = self._lanes.get(answer.lane or "")
        if lane is not None:
            lane.hold(answer)
            lane.stir(self._now_s(), answer.account)
            lane.tell("redemption", answer.model_dump(mode="json"))

    def account_changed(self, account: str) -> None:
        """Something happened to an account: every lane that shows it looks it up again, soon."""
        self._changes += 1
        shown = any(each.account == account for lane in self for each in lane.cards)
        if shown and account not in self._stale:
            self._stale.add(account)
            self._beside.do(self._refresh(account))

    def heard(self, accounts: Set[str], tokens: Set[str]) -> None:
        """Head office told of members and cards: those that lie here are looked up again."""
        self._changes += 1
        for lane in self:
            for shown in lane.cards:
                if shown.account in accounts or str(shown.token) in tokens:
                    self._beside.do(look_again(self._till, lane, shown, "changed", only_news=True))

    def status_changed(self, data: dict[str, Any]) -> None:
        """The line went down or came back, a reader was lost or found: every lane hears of it."""
        for lane in self:
            lane.tell("status", data)

    def look_after(self) -> None:
        """Take cards off the screens whose time is up, and record those that claimed nothing."""
        for lane in self:
            newest = lane.newest
            if newest is not None and self._is_over(newest):
                self._leaving.leave(lane.name, *lane.clear())
            lane.rest(self._now_s())
        self._leaving.look_after(self._is_over)

    async def settled(self) -> None:
        """Wait until everything that was begun beside the work is done."""
        await self._beside.settled()

    @contextmanager
    def listen(self, name: str) -> Iterator[Listener[LaneEvent]]:
        """Hear what happens at one lane, until left."""
        listener = Listener[LaneEvent]()
        listeners = self._lanes[name].listeners
        listeners.add(listener)
        if self._stopped:  # a POS connects again at once when its stream ends
            listener.end()
        try:
            yield listener
        finally:
            listeners.discard(listener)

    def stop(self) -> None:
        """End every stream, and those that are opened from now on."""
        self._stopped = True
        for lane in self:
            for listener in lane.listeners:
                listener.end()

    def _show(self, lane: Lane, shown: Shown, cause: str) -> None:
        """Show a card: alone, or beside the one that still waits for its sale."""
        newest = lane.newest
        is_over = newest is not None and (newest.sold or self._is_over(newest))
        left = lane.lay(shown, anew=is_over)
        self._leaving.leave(lane.name, *left)
        told = {"replaced": left[0].brief()} if left and lane.second is shown else {}
        lane.tell("card", lane.card_data(shown, cause) | told)

    def _is_over(self, shown: Shown) -> bool:
        return self._now_s() - shown.at_s >= self._patience_s

    def _hold_seen(self, lane: Lane, seen: int | None) -> None:
        if seen not in (None, lane.shows):
            raise NoSuchCard("another card was shown meanwhile; look again")

    def _settle(self, lane: Lane, meant: Shown) -> None:
        """One of the cards is the one that was meant; the other leaves."""
        meant.at_s = self._now_s()
        others = lane.keep(meant)
        self._leaving.leave(lane.name, *others)
        if others:
            lane.tell("card", lane.card_data(meant, "chosen"))

    def _account_moved(
        self, account: str | None, balance: int | None, journal: JournalPosition
    ) -> None:
        """Show the new balance at once, wherever the account is shown, and look up the rest."""
        if account is None or balance is None:
            return
        for shown in [each for lane in self for each in lane.cards if each.account == account]:
            shown.take_in(balance, journal)
        self.account_changed(account)

    async def _refresh(self, account: str) -> None:
        self._stale.discard(account)  # what happens from here on is looked up once more
        for lane in self:
            for shown in lane.cards:
                if shown.account == account:
                    await look_again(self._till, lane, shown, "changed")
