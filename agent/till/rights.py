"""Rights: what head office lets this device spend by itself, as the ledger keeps it.

Each use case is one transaction and can be asked again, in any order: totals only grow, a recall is
answered once, and what speaks of another epoch than the present one, or of another generation of
head office's database, changes nothing. Rights are in the journal before anybody may use them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from agent.core.facts import LeaseGrant, LeaseReturn
from agent.core.values import MintId
from agent.ledger import Ledger, Transaction, View
from agent.ledger.rights_view import ALLOWANCE, GENERATION
from agent.till.terms import Terms

__all__ = ["Rights", "Standing", "freeze", "return_everything"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How this device stands: whether head office opened its epoch, why it is frozen, the newest
    generation it heard of, and what it may still spend alone, by its rights and by the floor.
    """

    opened: bool
    frozen: str | None
    generation: int
    exposure_points: int
    floor_left: int


def _nobody() -> None:
    """Tell nobody."""


class Rights:
    """The use cases over one ledger. ``terms`` answers those in force."""

    def __init__(self, ledger: Ledger, terms: Callable[[], Terms], *, mint_id: MintId) -> None:
        self._ledger = ledger
        self._terms = terms
        self._mint_id = mint_id
        self.returned: Callable[[], None] = _nobody
        """Called when rights have moved, before whoever asked can send the entry that says so: each
        till must know of it, or a disk set back before it would spend again what went back.
        """

    async def welcome(self, epoch: int, nonce: str, generation: int) -> bool:
        """Open the epoch that head office names; False where it or a later one has begun already.

        The disk's life stays what it is: whatever froze it has given it a new one before.
        """

        def welcome(transaction: Transaction) -> bool:
            if epoch <= transaction.head().epoch:
                return False
            _adopt(transaction, generation)
            incarnation = transaction.tip.incarnation
            transaction.open_epoch("welcomed", incarnation=incarnation, nonce=nonce, epoch=epoch)
            return True

        return await self._ledger.write(welcome)

    async def grant(self, epoch: int, account: str, granted_total: int, generation: int) -> bool:
        """Journal a grant that is larger than those before; answers whether this one was.

        What comes for an account that was merged into another goes back with the next entry.
        """

        def grant(transaction: Transaction) -> bool:
            if not _is_of_now(transaction, epoch, generation):
                return False
            if granted_total <= transaction.granted(account):
                return False
            transaction.append(
                LeaseGrant(account=account, granted_total=granted_total, generation=generation)
            )
            if transaction.root(account) != account:
                return_everything(transaction, account)
            return True

        return self._tell(await self._ledger.write(grant))

    async def recall(
        self, epoch: int, account: str, recall: int, keep: int, generation: int
    ) -> bool:
        """Answer a numbered recall once, with what is beyond ``keep`` now, also where that is 0.

        Answers whether it was answered now.
        """

        def answer(transaction: Transaction) -> bool:
            if not _is_of_now(transaction, epoch, generation):
                return False
            if recall < 1 or transaction.is_answered(account, recall):
                return False
            points = max(0, transaction.right(account) - keep)
            transaction.append(LeaseReturn(account=account, recall=recall, points=points))
            return True

        return self._tell(await self._ledger.write(answer))

    def _tell(self, done: bool) -> bool:
        if done:
            self.returned()
        return done

    async def allow(self, epoch: int, floor_total: int, generation: int) -> bool:
        """Remember how much of the floor head office allows in all; it only grows.

        Answers whether it is more than before.
        """

        def allow(transaction: Transaction) -> bool:
            if not _is_of_now(transaction, epoch, generation):
                return False
            if floor_total <= transaction.floor_allowed(epoch):
                return False
            transaction.remember(ALLOWANCE, f"{epoch}:{floor_total}")
            return True

        return await self._ledger.write(allow)

    async def contradicted(self, why: str) -> bool:
        """Freeze the ledger: head office holds something else of this journal. Answers whether it
        was not frozen before.
        """
        incarnation = self._mint_id()
        return await self._ledger.write(
            lambda transaction: freeze(transaction, why, incarnation=incarnation)
        )

    async def adopt_generation(self, generation: int) -> bool:
        """Remember a newer generation of head office's database; answers whether it is newer."""
        return await self._ledger.write(lambda transaction: _adopt(transaction, generation))

    async def generation(self) -> int:
        """Answer the newest generation of head office's database that was heard of."""
        return await self._ledger.read(lambda view: view.generation())

    async def standing(self) -> Standing:
        """Say how this device stands. Reads all leases."""
        alone = self._terms().alone
        return await self._ledger.read(lambda view: _standing(view, alone=alone))


def freeze(transaction: Transaction, why: str, *, incarnation: str, beyond_epoch: int = 0) -> bool:
    """Begin an epoch that redeems nothing, under a new life of the disk; answers whether the ledger
    was not frozen before. It is newer than ``beyond_epoch``, too.
    """
    if transaction.is_frozen:
        return False
    number = max(transaction.head().epoch, beyond_epoch) + 1
    transaction.open_epoch("restored", incarnation=incarnation, reason=why, epoch=number)
    return True


def return_everything(transaction: Transaction, account: str) -> None:
    """Give back all rights under an account that was merged into another.

    It answers no recall: its number is 0.
    """
    points = transaction.right(account) if transaction.opened() else 0
    if points:
        transaction.append(LeaseReturn(account=account, recall=0, points=points))


def _is_of_now(transaction: Transaction, epoch: int, generation: int) -> bool:
    """Say whether a word of head office's is about the present epoch, which it opened, and of the
    database that it has now.
    """
    is_ours = transaction.opened() and epoch == transaction.head().epoch
    return is_ours and generation == transaction.generation()


def _adopt(transaction: Transaction, generation: int) -> bool:
    if generation <= transaction.generation():
        return False
    transaction.remember(GENERATION, str(generation))
    return True


def _standing(view: View, *, alone: bool) -> Standing:
    epoch, opened = view.head().epoch, view.opened()
    left = view.floor_allowed(epoch) - view.floor_of_epoch(epoch)
    has_rights = opened and not alone
    return Standing(
        opened=opened,
        frozen=view.frozen(),
        generation=view.generation(),
        exposure_points=view.leased() if has_rights else 0,
        floor_left=max(0, left) if has_rights else 0,
    )
