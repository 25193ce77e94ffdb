"""What this device may spend by itself, as it is asked for."""

from datetime import date

from agent.core.floor import FloorUse
from agent.ledger.errors import LedgerDamaged
from agent.ledger.lives_view import LivesView
from agent.ledger.queries import SQL

__all__ = ["ALLOWANCE", "GENERATION", "RightsView"]

ALLOWANCE = "floor_allowance"
GENERATION = "generation"


class RightsView(LivesView):
    """Reads the rights of the present epoch, and what was redeemed beyond them."""

    def _pair(self, key: str) -> tuple[int, int]:
        remembered = self.meta(key)
        if remembered is None:
            return (0, 0)
        try:
            first, second = (int(part) for part in remembered.split(":"))
        except ValueError as error:
            raise LedgerDamaged(f"meta: {key} is {remembered!r}") from error
        return (first, second)

    def opened(self) -> bool:
        """Say whether head office opened the present epoch.

        One that a device began by itself, its first one too, has no rights.
        """
        row = self._connection.execute(SQL["newest_epoch"]).fetchone()
        return row is not None and row[2] == "welcomed"

    def right(self, account: str) -> int:
        """Answer the points this device may spend of an account by its lease."""
        row = self._connection.execute(SQL["lease"], (account,)).fetchone()
        return 0 if row is None else int(row[0])

    def granted(self, account: str) -> int:
        """Answer all that head office granted of an account in the present epoch."""
        row = self._connection.execute(SQL["granted"], (account,)).fetchone()
        return 0 if row is None else int(row[0])

    def leased(self) -> int:
        """Answer the points this device may spend of all accounts together. Reads all leases."""
        return int(self._connection.execute(SQL["leased"]).fetchone()[0])

    def is_answered(self, account: str, recall: int) -> bool:
        """Say whether a recall was answered in the present epoch."""
        key = (account, recall)
        return self._connection.execute(SQL["is_answered"], key).fetchone() is not None

    def generation(self) -> int:
        """Answer the newest generation of head office's database that was heard of."""
        return int(self.meta(GENERATION) or 0)

    def floor_allowed(self, epoch: int) -> int:
        """Answer what head office allows of the floor in an epoch, all in all."""
        of_epoch, total = self._pair(ALLOWANCE)
        return total if of_epoch == epoch else 0

    def floor_of_epoch(self, epoch: int) -> int:
        """Add up what was redeemed beyond rights in an epoch."""
        return int(self._connection.execute(SQL["floor_of_epoch"], (epoch,)).fetchone()[0])

    def floor_use(self, account: str, epoch: int, day: date) -> FloorUse:
        """Add up what was redeemed beyond rights, as each cap counts it.

        Costs a row for each such redemption that counts.
        """
        points = times = 0
        for each in self.family(account):
            key = (each, *self.acknowledged())
            more, often = self._connection.execute(SQL["floor_of_account"], key).fetchone()
            points, times = points + more, times + often
        (today,) = self._connection.execute(SQL["floor_of_day"], (day.isoformat(),)).fetchone()
        return FloorUse(
            account_points=points,
            account_times=times,
            day_points=today,
            device_points=self.floor_of_epoch(epoch),
            device_allowed=self.floor_allowed(epoch),
            is_denied=self.denied(account),
        )
