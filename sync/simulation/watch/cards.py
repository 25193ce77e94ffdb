"""Cards: whose each is and whether it is good, as was said of it, and alike everywhere (I16).

What was said is read off the entries and decisions themselves. Whoever was named for a card and was
not forgotten is one member; and a card that somebody ended, of the member who has it, stays so.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.core.entry import Entry
from agent.core.facts import AddCard, CardState, Enrol
from agent.core.tokens import Token
from sync.simulation.watch.violations import hold

if TYPE_CHECKING:
    from sync.simulation.device import Device
    from sync.simulation.house import House

__all__ = ["hold_cards", "hold_known"]

_WRITTEN = """
SELECT 0, canonical FROM entries UNION ALL SELECT 1, canonical FROM decisions
"""

_CARDS = """
SELECT cards.token, coalesce(accounts.root, accounts.account), accounts.state, cards.state
FROM cards JOIN accounts USING (tenant, account) ORDER BY cards.token
"""

_ROOTS = "SELECT account, coalesce(root, account), state FROM accounts"


@dataclass(slots=True)
class _Said:
    """What was said of a card."""

    named: set[str] = field(default_factory=set)
    """The accounts that it was given to."""
    ended: set[str] = field(default_factory=set)
    """The accounts of which somebody said that this card of theirs is good no more."""
    for_good: bool = False
    """Whether head office said so, or another card took its place."""


def hold_cards(house: "House") -> None:
    """Hold that head office has made of each card what was said of it, and that every store knows
    it alike.
    """
    rows = house.office.rows
    root = {account: (its, state == "erased") for account, its, state in rows(_ROOTS)}
    said: defaultdict[str, _Said] = defaultdict(_Said)
    for by_office, canonical in rows(_WRITTEN):
        _hear(said, Entry.read(bytes(canonical)), is_decided=bool(by_office))
    stand = _stand(house)
    for token, stands in stand.items():
        _hold_said(token, said[token], root, stands)
    missing = {token for token, each in said.items() if each.named} - stand.keys()
    hold("I16", not missing, f"head office does not know the cards {sorted(missing)}")
    for device in house.running:
        hold_known(house, device)


def hold_known(house: "House", device: "Device", *, is_asked: bool = False) -> None:
    """Hold that a store knows every card as head office does; where it hears of its own members
    alone, those of these, or ``is_asked`` all, as it has asked for them.
    """
    view = device.ledger.view
    for token, stands in _stand(house).items():
        card = Token.parse(token)
        row = view.account_of(card)
        if row is None and stands is not None and device.feed == "seen" and not is_asked:
            is_known = view.is_card(card) and device.has_met(stands[0])
        else:
            is_known = True
        if not is_known:  # it asks when the card comes; it may have asked, and not heard
            continue
        known = None if row is None else (row.account, row.card_state == "active")
        words = f"{device.name}: takes {token} for {known}, which is {stands} (whose, and good)"
        hold("I16", known == stands, words)


def _stand(house: "House") -> dict[str, tuple[str, bool] | None]:
    """Answer whose each card is for head office, and whether it is good; None where nobody's."""
    return {
        token: None if member == "erased" else (owner, state == "active")
        for token, owner, member, state in house.office.rows(_CARDS)
    }


def _hear(said: defaultdict[str, _Said], entry: Entry, *, is_decided: bool) -> None:
    fact = entry.fact
    if isinstance(fact, Enrol | AddCard):
        said[fact.token].named.add(fact.account)
    elif isinstance(fact, CardState) and fact.state != "active":
        said[fact.token].ended.add(fact.account)
        said[fact.token].for_good |= is_decided or fact.state == "replaced"
        if fact.replaced_by is not None:
            said[fact.replaced_by].named.add(fact.account)


def _hold_said(
    token: str, said: _Said, root: dict[str, tuple[str, bool]], stands: tuple[str, bool] | None
) -> None:
    """Hold what head office has made of what was said.

    That it gave a card itself it may have forgotten when it was set back. A store may have heard of
    it before, and whoever ends the card there says whose it was.
    """
    named = said.named or said.ended
    alive = {its for its, is_erased in (root[each] for each in named) if not is_erased}
    if stands is None:
        hold("I16", not alive, f"{token} is nobody's, and was given to {sorted(alive)}")
        return
    owner, is_good = stands
    hold("I16", alive == {owner}, f"{token} is {owner}'s, and was given to {sorted(alive)}")
    ended = {root[each][0] for each in said.ended}
    is_ended = said.for_good or owner in ended
    words = f"{token} of {owner} is good, and was ended for {sorted(ended)}"
    hold("I16", not (is_good and is_ended), words)
    words = f"{token} of {owner} is not good, and was ended for {sorted(ended)} alone"
    hold("I16", is_good or is_ended, words)
