"""Whom a device may believe, and what it must have told before it says more (I8, I10, I11)."""

from typing import TYPE_CHECKING

from agent.core.entry import Entry
from agent.core.facts import CreateReward, LeaseGrant, OpenEpoch
from sync.simulation.watch.violations import hold

if TYPE_CHECKING:
    from sync.simulation.device import Device

__all__ = ["hold_believable", "hold_heard", "hold_sent", "knows_better"]

_HELD = """
SELECT entries.seq, entries.hash FROM entries JOIN journals ON journals.id = entries.journal_id
WHERE journals.incarnation = ? AND journals.epoch = ? AND journals.branch = 0
"""


def knows_better(device: "Device") -> bool:
    """Say whether head office holds entries of a journal that are not on the disk."""
    watch, ledger = device.disk.watch, device.ledger
    epoch = ledger.head.epoch
    held = device.house.office.rows(_HELD, ledger.incarnation, epoch)
    return any(watch.entries.get((epoch, seq)) != bytes(digest) for seq, digest in held)


def hold_believable(device: "Device", entry: Entry) -> None:
    """Hold that points are spent, and rights taken, only where nobody knows this disk better."""
    watch, fact = device.disk.watch, entry.fact
    place = f"{device.name}: entry {entry.epoch}:{entry.seq}"
    if isinstance(fact, OpenEpoch) and fact.cause == "welcomed":
        device.is_doubtful = False
    elif isinstance(fact, LeaseGrant):
        misled = device.is_doubtful and not device.house.truth.office_doubtful
        hold("I11", not misled, f"{place}: a grant, where head office knows this disk better")
    elif isinstance(fact, CreateReward):
        for told in device.lanes.values():
            older = told.epoch < watch.head.epoch or told.seq == 0
            is_here = older or watch.entries.get(told.place) == told.hash
            hold("I11", is_here, f"{place}: redeems, where a lane was told {told}")


def hold_sent(device: "Device", topic: str) -> None:
    """Hold that every lane knows of rights that went back, before head office can."""
    if not topic.endswith("/journal"):
        return
    returned = device.disk.watch.returned
    for lane, told in device.lanes.items():
        knows = told.place >= returned
        hold("I11", knows, f"{device.name}: lane {lane} was not told that {returned} gave back")


def hold_heard(device: "Device") -> None:
    """Hold what a device believes after a message."""
    watch, ledger, house = device.disk.watch, device.ledger, device.house
    for epoch, seq in ledger.epochs.held.seqs:
        if seq and device.believed.get(epoch) != seq and not house.truth.office_doubtful:
            digest = watch.entries.get((epoch, seq))
            held = house.office.rows("SELECT 1 FROM entries WHERE hash = ?", digest)
            hold("I8", bool(held), f"{device.name}: head office is not known to hold {epoch}:{seq}")
        device.believed[epoch] = seq
    for account in watch.changed.keys() | watch.granted.keys():
        merged = watch.opened and watch.right(account) and ledger.view.root(account) != account
        hold("I10", not merged, f"{device.name}: keeps rights of {account}, which was merged")
