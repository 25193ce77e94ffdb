"""Whoever comes to a store that is online is served as who they are, whomever it is told of.

A store that is told of its own members alone knows nobody else until their card comes.
"""

from typing import TYPE_CHECKING

from agent.till import UnknownCard
from sync.simulation.now import run_now
from sync.simulation.watch.cards import hold_known
from sync.simulation.watch.violations import hold

if TYPE_CHECKING:
    from sync.simulation.device import Device
    from sync.simulation.house import House

__all__ = ["hold_served"]

_MEMBERS = """
SELECT cards.token, accounts.active, accounts.pending FROM cards
JOIN accounts AS its ON its.account = cards.account
JOIN accounts ON accounts.account = coalesce(its.root, its.account)
WHERE accounts.state = 'active' ORDER BY cards.token
"""


def hold_served(house: "House") -> None:
    """Hold that every card is known where it is shown, and what its member has."""
    members = house.office.rows(_MEMBERS)
    for device in house.running:
        if device.feed == "seen":
            for token, active, pending in members:
                _hold_shown(device, token, (active, pending))
            hold_known(house, device, is_asked=True)


def _hold_shown(device: "Device", token: str, posted: tuple[int, int]) -> None:
    try:
        seen = run_now(device.till.identify(token))
    except UnknownCard:
        hold("I9", False, f"{device.name}: does not know {token}, and nobody tells")
        return
    shown = (seen.balance, seen.pending)
    hold("I9", shown == posted, f"{device.name}: shows {shown} for {token}, not {posted}")
