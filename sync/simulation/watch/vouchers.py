"""Vouchers: each is used once, and who used one twice is named (I5, I11).

A box holds a voucher for one redemption at a time, and takes it back before the next. Only a box
and its copy, or a disk that was set back, use one twice: head office has to say so.
"""

from collections import defaultdict
from collections.abc import Container
from dataclasses import dataclass, field

from agent.core.entry import Entry
from agent.core.facts import (
    HoldVoucher,
    IssueVoucher,
    ReleaseVoucher,
    UseVoucher,
    WithdrawVoucher,
)
from sync.simulation.watch.violations import hold

__all__ = ["VoucherUses", "VoucherWatch"]

_FREE = ("free", "")


@dataclass(slots=True)
class VoucherWatch:
    """Follows one journal; a copy of the disk takes it along."""

    stands: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By code: ``free``, ``held`` or ``used``, and for which redemption."""

    def saw(self, entry: Entry, where: str) -> None:
        """Hold one more entry."""
        fact = entry.fact
        if not isinstance(
            fact, IssueVoucher | HoldVoucher | UseVoucher | ReleaseVoucher | WithdrawVoucher
        ):
            return
        stands = self.stands.get(fact.code)
        place = f"{where}: entry {entry.epoch}:{entry.seq}"
        if isinstance(fact, IssueVoucher):
            hold("I2", stands is None, f"{place}: issues a code that is known")
            self.stands[fact.code] = _FREE
            return
        name = "" if isinstance(fact, WithdrawVoucher) else fact.redemption_id
        held, used = ("held", name), ("used", name)
        if isinstance(fact, HoldVoucher):
            may, after = stands == _FREE, held
        elif isinstance(fact, UseVoucher):
            may, after = stands in (held, used), used
        elif isinstance(fact, ReleaseVoucher):
            may, after = stands == (used if fact.reason == "sale_came_back" else held), _FREE
        else:
            may, after = stands == _FREE, ("gone", "")
        hold("I5", may, f"{place}: {type(fact).__name__} of a voucher that is {stands}")
        self.stands[fact.code] = after


@dataclass(slots=True)
class VoucherUses:
    """Every use of a voucher that anybody ever wrote, and those that came back."""

    _uses: defaultdict[str, list[tuple[str, bytes]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _back: dict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))

    def saw(self, entry: Entry, digest: bytes) -> None:
        """An entry was committed somewhere."""
        fact = entry.fact
        if isinstance(fact, UseVoucher):
            self._uses[fact.code].append((fact.redemption_id, digest))
        elif isinstance(fact, ReleaseVoucher) and fact.reason == "sale_came_back":
            self._back[fact.redemption_id].add(digest)

    def hold_named(self, held: Container[bytes], named: Container[str]) -> None:
        """Hold that of the uses that head office has heard of each but one is ``named``."""
        for uses in self._uses.values():
            stand = {
                redemption_id
                for redemption_id, digest in uses
                if digest in held and not any(back in held for back in self._back[redemption_id])
            }
            unnamed = [
                redemption_id for redemption_id in sorted(stand) if redemption_id not in named
            ]
            hold("I11", len(unnamed) <= 1, f"a voucher was used by {unnamed}, and nobody says so")

    def used_more_than_once(self) -> set[str]:
        """Answer every redemption whose voucher another one used as well."""
        by_code = ({name for name, _ in uses} for uses in self._uses.values())
        return {name for names in by_code if len(names) > 1 for name in names}
