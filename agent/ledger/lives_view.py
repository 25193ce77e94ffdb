"""What a ledger remembers of its lives: who began each, and how far head office holds them."""

from agent.ledger.acknowledged import Acknowledged
from agent.ledger.errors import LedgerDamaged
from agent.ledger.queries import SQL
from agent.ledger.vouchers import VoucherView

__all__ = ["ACKNOWLEDGED", "INCARNATION", "LivesView"]

ACKNOWLEDGED = "acknowledged"
INCARNATION = "incarnation"
_UNTRUSTED = ("restored", "rebuilt")


class LivesView(VoucherView):
    """Reads what was remembered, and how the newest life began."""

    def meta(self, key: str) -> str | None:
        """Read one remembered value."""
        row = self._connection.execute(SQL["get_meta"], (key,)).fetchone()
        return None if row is None else str(row[0])

    def held(self) -> Acknowledged:
        """Answer how far head office is known to hold each life of the journal.

        Raises LedgerDamaged where what was remembered is no place any more.
        """
        remembered = self.meta(ACKNOWLEDGED)
        if remembered is None:
            return Acknowledged()
        try:
            return Acknowledged.parse(remembered)
        except ValueError as error:
            raise LedgerDamaged(f"meta: {ACKNOWLEDGED} is {remembered!r}") from error

    def acknowledged(self) -> tuple[int, int]:
        """Answer the (epoch, seq) up to which head office is known to hold everything."""
        return self.held().place

    def incarnation(self, epoch: int) -> str:
        """Answer under which incarnation an epoch's entries were written."""
        row = self._connection.execute(SQL["epoch"], (epoch,)).fetchone()
        return (self.meta(INCARNATION) or "") if row is None else str(row[0])

    def frozen(self) -> str | None:
        """Say why redemptions are refused: the newest epoch began with nobody's word; or None."""
        row = self._connection.execute(SQL["newest_epoch"]).fetchone()
        return str(row[3]) or row[2] if row is not None and row[2] in _UNTRUSTED else None
