"""Cardholders: members who get one more card, a new one for an old one, or lose theirs.

Tills change cards while they hear nobody, and head office's clerks do at the same time; two stores
may give one new card to two members.
"""

from collections.abc import Callable, Collection, Coroutine
from random import Random
from typing import TYPE_CHECKING, Any

from agent.till import MoreCard, Replacement
from agent.till.profiles import Personal
from sync.hub.deciding import UnknownCard, replace_card
from sync.simulation.device import Device
from sync.simulation.now import run_now
from sync.simulation.program import TENANT

if TYPE_CHECKING:
    from sync.simulation.house import House

__all__ = ["Cardholders"]

_WEIGHTS = {"more": 4, "replace": 4, "block": 2, "clerk_replaces": 2, "clerk_blocks": 1, "tell": 1}
_Asking = Callable[[], Coroutine[Any, Any, Any]]
_IS_ANOTHERS = 0.1
_MOST_CARDS = 9
"""So many are shown at tills: with more of them nobody's would be shown twice."""
_AWAY_S = (15.0, 60.0, 300.0)


class Cardholders:
    """Acts for all of them, where the mix has such things."""

    def __init__(self, house: "House", dice: Random) -> None:
        self._house, self._dice = house, dice

    def step(self) -> None:
        """Perhaps somebody wants something about a card."""
        house, dice = self._house, self._dice
        if not house.mix.cards or not house.running or dice.random() > house.mix.cards:
            return
        what = dice.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        getattr(self, f"_{what}")(dice.choice(house.running))

    def one_card_twice(self) -> bool:
        """Two stores that do not hear each other give one new card to two members."""
        house, dice = self._house, self._house.dice
        running = house.running
        if len({each.address for each in running}) < 2:
            return False
        here = dice.choice(running)
        there = dice.choice([each for each in running if each.address != here.address])
        for device in (here, there)[: dice.choice((1, 2))]:
            self._cut_off(device)
        card = house.customers.new_card()
        accounts: set[str | None] = set()
        for device in (here, there):
            of = self._member_at(device, accounts)
            if not (dice.random() < 0.3 and self.replace(device, of, card)):
                self.add(device, of, card)
            accounts.add(run_now(device.till.members.whose(card)))
            house.customers.buy(device, card, dice.randrange(500, 8_000))
        self._show(card)
        is_done = None not in accounts and len(accounts) == 2
        if is_done:
            house.tell(f"{card} was given to two members, at {here.name} and {there.name}")
        return is_done

    def _member_at(self, device: Device, others: Collection[str | None]) -> str:
        """Answer the card of a member whom a store knows, and who is none of these."""
        customers, dice = self._house.customers, self._house.dice
        whose = {card: run_now(device.till.members.whose(card)) for card in customers.cards}
        known = [card for card, its in whose.items() if its not in (None, *others)]
        if known:
            return dice.choice(known)
        customers.enrol(device, card := customers.new_card())
        return card

    def add(self, device: Device, of: str, card: str, *, lost: bool = False) -> bool:
        """A till gives whoever has a card one more; answers whether it did."""
        account = run_now(device.till.members.whose(of))
        if account is None:
            return False
        more = MoreCard(token=card, lost=lost, lane="1", cashier="ana")
        members = device.till.members
        return self._asked(device, "add", card, lambda: members.add_card(account, more))

    def replace(self, device: Device, of: str, card: str) -> bool:
        """A till gives them one in its place; answers whether it did."""
        wish = Replacement(by=card, lane="1", cashier="ana")
        members = device.till.members
        return self._asked(device, "replace", of, lambda: members.replace_card(of, wish))

    def _asked(self, device: Device, what: str, subject: str, asking: _Asking) -> bool:
        answer = self._house.customers.ask(device, what, subject, asking, repeats=False)
        return answer is not None

    def _more(self, device: Device) -> None:
        card = self._next_card()
        if self.add(device, self._card(), card, lost=self._dice.random() < 0.3):
            self._show(card)

    def _replace(self, device: Device) -> None:
        card = self._next_card()
        if self.replace(device, self._card(), card):
            self._show(card)

    def _block(self, device: Device) -> None:
        self._house.customers.block(device, self._card())

    def _clerk_blocks(self, _device: Device) -> None:
        self._house.office.block_some()

    def _clerk_replaces(self, _device: Device) -> None:
        house, of, card = self._house, self._card(), self._next_card()
        house.tell(f"head office: {of} is replaced by {card}")
        at = house.world.at
        try:
            house.office.decide(
                lambda c: replace_card(c, TENANT, of, card, reason="worn", by="ana", now=at)
            )
        except UnknownCard as refusal:
            house.tell(f"head office: no, {refusal}")
        else:
            self._show(card)

    def _tell(self, device: Device) -> None:
        """A member tells who they are."""
        members = device.till.members
        account = run_now(members.whose(card := self._card()))
        if account is not None:
            personal = Personal(display_name="Somebody")
            device.house.customers.ask(
                device,
                "profile",
                card,
                lambda: members.put_profile(account, personal),
                repeats=False,
            )

    def _card(self) -> str:
        return self._dice.choice(self._house.customers.cards)

    def _next_card(self) -> str:
        """Answer a new card; now and then it is one that somebody has."""
        is_anothers = self._dice.random() < _IS_ANOTHERS
        return self._card() if is_anothers else self._house.customers.new_card()

    def _show(self, card: str) -> None:
        """Have a card shown at tills from now on."""
        cards = self._house.customers.cards
        if card not in cards:
            cards.append(card)
            if len(cards) > _MOST_CARDS:
                cards.pop(0)

    def _cut_off(self, device: Device) -> None:
        self._house.cut_off(device, self._house.dice.choice(_AWAY_S))
