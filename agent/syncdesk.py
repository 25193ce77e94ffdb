"""The desk where head office's word is kept: rights in the journal, members and cards in the
mirror, programs with the rules.

Every use case is a transaction of its own, and one that is heard again changes nothing.
"""

from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import structlog

from agent.core.entry import MalformedEntry
from agent.ledger import (
    Ledger,
    LedgerContradiction,
    MirroredAccount,
    MirroredCard,
    MirrorPage,
    Transaction,
    View,
)
from agent.ledger.mirror import Mirror
from agent.till import Rights, return_everything
from sync.messages import (
    AccountItem,
    Allowance,
    CardItem,
    DecisionItem,
    FeedPage,
    FeedScope,
    Grant,
    HeardItem,
    MalformedMessage,
    ProgramItem,
    PushedItem,
    Recall,
    UnknownItem,
)
from sync.uplink import Clock

__all__ = ["DeskStanding", "ProgramKeeper", "SyncDesk"]

_log = structlog.get_logger(__name__)


class ProgramKeeper(Protocol):
    """Who keeps what head office sends of programs; answers why something was not taken."""

    def take_program(self, name: str, edition: str, text: str) -> str | None:
        """Take a version of the program."""

    def take_pushed(self, promotions: str) -> str | None:
        """Take the promotions that are pushed now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeskStanding:
    """How this device stands, as head office and ``/healthz`` are told."""

    opened: bool
    exposure_points: int
    floor_left: int
    clock: Clock


def _nobody(_accounts: Set[str], _tokens: Set[str]) -> None:
    """Tell nobody."""


class SyncDesk:
    """Keeps what head office says. Where rights go back, ``rights.returned`` is called before
    anything of it leaves this device, so that every lane's POS can know the place.
    """

    def __init__(
        self,
        ledger: Ledger,
        rights: Rights,
        mirror: Mirror,
        programs: ProgramKeeper,
    ) -> None:
        self._ledger = ledger
        self._rights = rights
        self._mirror = mirror
        self._programs = programs
        self.heard: Callable[[Set[str], Set[str]], None] = _nobody
        """Called with the accounts and the card tokens of which a page told, once it is taken."""
        self.left_out = 0
        """How many items of pages that were taken could not be."""

    async def standing(self) -> DeskStanding:
        """Say how rights stand, and how far the clock can be believed. Reads all leases."""
        found = await self._rights.standing()
        return DeskStanding(
            opened=found.opened,
            exposure_points=found.exposure_points,
            floor_left=found.floor_left,
            clock=await self._clock(),
        )

    async def _clock(self) -> Clock:
        now = self._ledger.moment()

        def was_set(view: View) -> bool:
            newest = view.newest()
            clock = None if newest is None else newest.clock
            return clock is not None and clock.jumped and clock.boot_id == now.boot_id

        if await self._ledger.read(was_set):
            return "jumped"
        return "synchronised" if now.synchronised else "free_running"

    async def welcome(self, epoch: int, nonce: str, generation: int) -> bool:
        """Begin an epoch on head office's word."""
        is_new = await self._rights.welcome(epoch, nonce, generation)
        if is_new:
            _log.info("epoch_opened", epoch=epoch)
        return is_new

    async def contradicted(self, why: str) -> None:
        """Freeze what is spent here."""
        if await self._rights.contradicted(why):
            _log.error("ledger_frozen", why=why, head=str(self._ledger.head))

    async def adopt_generation(self, generation: int) -> None:
        """Remember that head office was restored."""
        await self._rights.adopt_generation(generation)

    async def grant(self, grant: Grant) -> bool:
        """Journal rights. Raises MalformedMessage."""
        with _as_it_can_be_kept():
            return await self._rights.grant(
                grant.epoch, grant.account, grant.granted_total, grant.generation
            )

    async def recall(self, recall: Recall) -> bool:
        """Return rights. Raises MalformedMessage."""
        with _as_it_can_be_kept():
            return await self._rights.recall(
                recall.epoch, recall.account, recall.recall, recall.keep, recall.generation
            )

    async def allow(self, allowance: Allowance) -> None:
        """Remember how much of the floor is allowed."""
        await self._rights.allow(allowance.epoch, allowance.floor_total, allowance.generation)

    async def feed_from(self, scope: FeedScope | None = None) -> tuple[int, int, str | None]:
        """Answer from where to ask for the feed: from the start where ``scope`` is another."""
        generation = await self._rights.generation()
        return generation, *(await self._mirror.place(generation, scope))

    async def feed(self, page: FeedPage, items: tuple[HeardItem, ...], *, since: int) -> bool:
        """Take a page: programs first, as the page's cursor is kept with members and cards.

        What a later version may understand is left out, and told again to that. Raises
        MalformedMessage.
        """
        left_out = sum(not self._is_understood(item) for item in items)
        before = self._ledger.head
        told = MirrorPage(
            accounts=tuple(_account(each) for each in items if isinstance(each, AccountItem)),
            cards=tuple(_card(each) for each in items if isinstance(each, CardItem)),
            cursor=page.cursor,
            generation=page.generation,
            since=since,
            more=page.more,
            asked=page.token is not None,
            left_out_by=self._mirror.version if left_out else None,
            run=page.run,
            anew=page.anew,
        )
        with _as_it_can_be_kept():
            taken = await self._mirror.apply(told, _send_home)
        if self._ledger.head.place > before.place:
            self._rights.returned()  # of accounts that were merged
        if taken:
            self.left_out += left_out
            accounts = {each.account for each in items if isinstance(each, AccountItem)}
            self.heard(accounts, {each.token for each in items if isinstance(each, CardItem)})
        return taken

    def _is_understood(self, item: HeardItem) -> bool:
        """Take the rules of an item; answers whether nothing of it is beyond this version."""
        why = None
        match item:
            case ProgramItem():
                why = self._programs.take_program(item.name, item.edition, item.text)
            case PushedItem():
                why = self._programs.take_pushed(item.promotions)
            case UnknownItem():
                _log.warning("feed_item_left_out", kind=item.kind)
                return False
            case AccountItem() | CardItem() | DecisionItem():
                return True  # a decision shows in the accounts that it moved
        if why is not None:
            _log.error("head_offices_program_refused", why=why)
        return why is None


@contextmanager
def _as_it_can_be_kept() -> Iterator[None]:
    """Refuse what no ledger can keep: said again it could not be kept either, and what else head
    office says must not wait for it. Nothing of it was written.
    """
    try:
        yield
    except (MalformedEntry, LedgerContradiction) as error:
        raise MalformedMessage(f"it cannot be kept: {error}") from error


def _send_home(transaction: Transaction, account: str) -> None:
    """Give back what this device held of an account that was merged into another."""
    return_everything(transaction, account)


def _account(item: AccountItem) -> MirroredAccount:
    return MirroredAccount(
        account=item.account,
        active=item.active,
        pending=item.pending,
        enrolled_on=item.enrolled_on,
        tier=item.tier,
        tier_since=item.tier_since,
        tier_until=item.tier_until,
        root=item.root,
        denied=item.denied,
        erased=item.erased,
        lots=tuple((lot.earned_on, lot.points) for lot in item.lots),
        last_active_on=item.last_active_on,
        bought=item.bought,
        toward=tuple((each.month, each.points, each.spend_minor) for each in item.toward),
    )


def _card(item: CardItem) -> MirroredCard:
    return MirroredCard(
        token=item.token, account=item.account, state=item.state, replaced_by=item.replaced_by
    )
