"""Witnesses: the tills that have to be heard after a start, before points are redeemed.

Each till keeps the position it was answered last and sends it with its next request. One that the
journal does not have shows that the disk was set back, before anything is spent twice; but only if
that very till is heard. So redemptions can be made to wait until every till was.
"""

from collections.abc import Sequence

__all__ = ["Witnesses"]

_MOST_NAMED = 3


class Witnesses:
    """Which tills were not heard yet, by their names in the order of the configuration.

    Without names nothing waits. Asked from the ledger's thread, too.
    """

    def __init__(self, tills: Sequence[str] = ()) -> None:
        self._tills = tuple(tills)
        self._missing = frozenset(self._tills)

    def heard(self, till: int | None) -> None:
        """Note that a till sent a position that the journal has; ``till`` counts from 0."""
        if till is not None and till < len(self._tills):
            self._missing -= {self._tills[till]}

    def why_unheard(self) -> str | None:
        """Say for whom redemptions wait, in a cashier's words; None for nobody."""
        missing = [till for till in self._tills if till in self._missing]
        if not missing:
            return None
        named = ", ".join(f"'{till}'" for till in missing[:_MOST_NAMED])
        more = len(missing) - _MOST_NAMED
        rest = f" and {more} more" if more > 0 else ""
        return (
            "points can be redeemed once each till was heard since the start; use these once: "
            f"{named}{rest}"
        )
