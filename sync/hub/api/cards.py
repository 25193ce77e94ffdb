"""The calls about cards: one is blocked, unblocked or replaced, from every store's view."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import Field
from sqlalchemy import Column, Connection, select

from agent.core.tokens import Token, TokenRefused
from agent.core.values import Value, example
from sync.hub import tables
from sync.hub.api.access import HubAccess
from sync.hub.api.accounts import OfficeAccount, account_view
from sync.hub.api.desk import Desk
from sync.hub.api.problems import HubRefusal, answers
from sync.hub.card_book import whose
from sync.hub.deciding import StaysBlocked, block_card, replace_card, unblock_card

__all__ = ["add_cards"]

TokenPath = Annotated[str, Path(max_length=128, description="`scheme:value`, or the bare number")]
_Reason = Annotated[str, Field(min_length=1, max_length=200)]


class CardBlock(Value):
    """Why a card is to spend no more."""

    model_config = example({"reason": "reported lost by telephone", "state": "lost"})

    reason: _Reason
    state: Literal["blocked", "lost"] = "blocked"


class CardUnblock(Value):
    """Why a card may spend again."""

    model_config = example({"reason": "found under the car seat"})

    reason: _Reason


class CardReplacement(Value):
    """Which card takes its place, and why."""

    model_config = example({"by": "em4100:0C000621A5", "reason": "worn out"})

    by: Annotated[str, Field(max_length=128)]
    reason: _Reason


def add_cards(routes: APIRouter, desk: Desk, access: HubAccess) -> None:
    """Add the routes."""

    @routes.get("/v1/cards/{token}", responses=answers(404, 409))
    def card(token: TokenPath) -> OfficeAccount:
        """Say whose a card is, and what they have."""
        return desk.read(lambda c, t: account_view(c, t, _account_of(c, t, _token(token))))

    @routes.post("/v1/cards/{token}/block", responses=answers(404, 409))
    def block(
        token: TokenPath, wanted: CardBlock, clerk: Annotated[str, Depends(access.clerk)]
    ) -> OfficeAccount:
        """Have a card spend no more, at any store that hears of it; it still collects."""
        return desk.write(lambda c, t: _block(c, t, _token(token), wanted, clerk, desk.now()))

    @routes.post("/v1/cards/{token}/unblock", responses=answers(404, 409))
    def unblock(
        token: TokenPath, wanted: CardUnblock, clerk: Annotated[str, Depends(access.clerk)]
    ) -> OfficeAccount:
        """Have a card that a clerk blocked spend again, at any store that hears of it. Asked again,
        it says how the account stands.
        """
        return desk.write(lambda c, t: _unblock(c, t, _token(token), wanted, clerk, desk.now()))

    @routes.post("/v1/cards/{token}/replace", responses=answers(404, 409))
    def replace(
        token: TokenPath, wanted: CardReplacement, clerk: Annotated[str, Depends(access.clerk)]
    ) -> OfficeAccount:
        """Let another card take its place, with all the points."""
        return desk.write(lambda c, t: _replace(c, t, _token(token), wanted, clerk, desk.now()))


def _block(
    c: Connection, tenant: str, token: str, wanted: CardBlock, clerk: str, now: datetime
) -> OfficeAccount:
    account = _account_of(c, tenant, token)
    if _replaced_by(c, tenant, token) is not None:
        raise HubRefusal("card_blocked", "this card was replaced; block the one in its place")
    block_card(c, tenant, token, wanted.state, reason=wanted.reason, by=clerk, now=now)
    return account_view(c, tenant, account)


def _unblock(
    c: Connection, tenant: str, token: str, wanted: CardUnblock, clerk: str, now: datetime
) -> OfficeAccount:
    account = _account_of(c, tenant, token)
    try:
        unblock_card(c, tenant, token, reason=wanted.reason, by=clerk, now=now)
    except StaysBlocked as refused:
        raise HubRefusal("card_blocked", str(refused)) from refused
    return account_view(c, tenant, account)


def _replace(
    c: Connection, tenant: str, token: str, wanted: CardReplacement, clerk: str, now: datetime
) -> OfficeAccount:
    by = _token(wanted.by)
    account = _account_of(c, tenant, token)
    if token == by or whose(c, tenant, (by,)).get(by) not in (None, account):
        raise HubRefusal("card_in_use", "the new card is another member's, or this one")
    if account_view(c, tenant, account).state == "erased":
        raise HubRefusal("card_blocked", "its member was forgotten; they may enrol anew")
    state = _column(c, tenant, by, tables.cards.c.state)
    if state not in (None, "active"):
        raise HubRefusal("card_blocked", f"the new card is {state} itself; give another one")
    if _replaced_by(c, tenant, token) not in (None, by):
        raise HubRefusal("card_blocked", "another card took its place before")
    replace_card(c, tenant, token, by, reason=wanted.reason, by=clerk, now=now)
    return account_view(c, tenant, account)


def _token(text: str) -> str:
    try:
        return str(Token.parse(text))
    except TokenRefused as refused:
        raise HubRefusal("unknown_card", "this is not a member card number") from refused


def _account_of(c: Connection, tenant: str, token: str) -> str:
    owner = whose(c, tenant, (token,)).get(token)
    if owner is None:
        raise HubRefusal("unknown_card", "no member has this card")
    return owner


def _replaced_by(c: Connection, tenant: str, token: str) -> str | None:
    return _column(c, tenant, token, tables.cards.c.replaced_by)


def _column(c: Connection, tenant: str, token: str, column: Column[str]) -> str | None:
    """Read one thing about a card; None where nobody has it."""
    cards = tables.cards
    found = c.execute(
        select(column).where(cards.c.tenant == tenant, cards.c.token == token)
    ).scalar_one_or_none()
    return None if found is None else str(found)
