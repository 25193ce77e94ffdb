"""The calls about members: who is this, a new member, one more card, a person forgotten."""

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Path, Request, Response

from agent.api.lookups import Asked, Lookups
from agent.api.posted import AskedBy, AskedLane, mark_replay
from agent.api.problems import answers
from agent.core.tokens import How
from agent.core.values import POS_ID_FORM, Code, Value, example
from agent.lanes import Lanes
from agent.till import (
    AccountView,
    Block,
    Enrolled,
    Enrolment,
    MoreCard,
    Personal,
    ProfileChange,
    Replacement,
    Till,
    parse_token,
)
from agent.till.members import TokenText

__all__ = ["add_members"]

_log = structlog.get_logger(__name__)

_ACCOUNT = "/v1/accounts/{account}"
# A card's number may hold a slash.
_CARD = "/v1/cards/{token:path}"

_Account = Annotated[str, Path(pattern=POS_ID_FORM, description="The account's id.")]
_CardPath = Annotated[
    str,
    Path(min_length=1, max_length=128, description="The card: `scheme:value` or the bare number."),
]


class CardShown(Value):
    """A card as a reader or a cashier gave it, or a telephone number."""

    model_config = example({"token": "em4100:0C000621A5", "lane": "1", "cashier": "ana"})

    token: TokenText
    """The card: `scheme:value`, the bare number, or `phone:` and a number."""
    entry: How = "read"
    """Whether the card was read, or its number typed."""
    lane: Code | None = None
    """The lane that asks."""
    cashier: Code | None = None
    """Who asks."""


def add_members(
    routes: APIRouter, till: Till, lanes: Lanes, lookups: Lookups, tills_only: list[Any]
) -> None:
    """Add the routes."""
    _add_accounts(routes, till, lanes, lookups, tills_only)
    _add_profiles(routes, till, lookups, tills_only)
    _add_cards(routes, till, lanes, tills_only)


def _add_accounts(
    routes: APIRouter, till: Till, lanes: Lanes, lookups: Lookups, tills_only: list[Any]
) -> None:
    @routes.post("/v1/identify", dependencies=tills_only, responses=answers(404, 429))
    async def identify(card: CardShown, request: Request) -> AccountView:
        """Say whose card or telephone number this is, from the local ledger."""
        asked = Asked(
            till=request.state.till,
            text=card.token,
            entry=card.entry,
            lane=card.lane,
            cashier=card.cashier,
        )
        async with lookups.watch(asked) as found:
            view = await till.identify(card.token, card.entry)
            found.account = view.account
        return view

    @routes.post(
        "/v1/accounts", status_code=201, dependencies=tills_only, responses=answers(409, 429)
    )
    async def enrol(enrolment: Enrolment, request: Request) -> Enrolled:
        """Make an account for a card at once, also with no network."""
        brought = _who_brought(enrolment, request)
        async with lookups.giving(_number_of(enrolment, request)), lookups.naming(brought) as found:
            view = await till.members.enrol(enrolment)
            found.account = await _found(till, brought, view)
            found.told_before = view.referral in (None, "not_offered")
        await lanes.card_enrolled(parse_token(enrolment.token), enrolment.lane)
        return view


def _who_brought(enrolment: Enrolment, request: Request) -> Asked:
    """Answer who is named as having brought a member as a look-up; of none where nobody is."""
    text = enrolment.referred_by or ""
    return Asked(till=request.state.till, text=text, lane=enrolment.lane, cashier=enrolment.cashier)


async def _found(till: Till, brought: Asked, view: Enrolled) -> str | None:
    """Answer the account that the look-up of who brought a member found."""
    if view.referral not in ("referred", "blocked"):
        return None
    return await till.members.whose(brought.text)


def _number_of(given: Enrolment | ProfileChange, request: Request) -> Asked:
    """Answer the number that a body gives to a member as a look-up; of none where it gives none."""
    text = "" if given.phone is None else f"phone:{given.phone}"
    return Asked(till=request.state.till, text=text, lane=given.lane, cashier=given.cashier)


def _add_profiles(routes: APIRouter, till: Till, lookups: Lookups, tills_only: list[Any]) -> None:
    place, note = f"{_ACCOUNT}/profile", till.activity.note

    @routes.put(place, dependencies=tills_only, responses=answers(404, 409, 429))
    async def put_profile(account: _Account, change: ProfileChange, request: Request) -> Personal:
        """Replace what is known of a member; answers it as it is kept now."""
        async with lookups.giving(_number_of(change, request)):
            kept = await till.members.put_profile(account, change)
        note("profile_changed", account=account, lane=change.lane, cashier=change.cashier)
        return kept

    @routes.delete(place, status_code=204, dependencies=tills_only, responses=answers(404))
    async def erase_profile(
        account: _Account,
        lane: AskedLane = None,
        cashier: AskedBy = None,
    ) -> None:
        """Forget a person. The account, its cards and its points stay."""
        await till.members.erase_profile(account)
        note("profile_changed", account=account, lane=lane, cashier=cashier, reason="erased")


def _add_cards(routes: APIRouter, till: Till, lanes: Lanes, tills_only: list[Any]) -> None:
    made: dict[str, Any] = {
        "status_code": 201,
        "dependencies": tills_only,
        "responses": answers(404, 409) | {200: {"model": AccountView}},
    }

    @routes.post(f"{_ACCOUNT}/cards", **made)
    async def add_card(account: _Account, more: MoreCard, response: Response) -> AccountView:
        """Give an account one more card; all of its cards share one balance."""
        view, replay = await till.members.add_card(account, more)
        _answered(response, "card_added", view, replay=replay, lane=more.lane)
        await lanes.card_enrolled(parse_token(more.token), more.lane)
        return view

    @routes.post(f"{_CARD}/replace", **made)
    async def replace(
        token: _CardPath, replacement: Replacement, response: Response
    ) -> AccountView:
        """Let a new card take the place of an old one; the points stay the account's."""
        view, replay = await till.members.replace_card(token, replacement)
        _answered(response, "card_replaced", view, replay=replay, lane=replacement.lane)
        for shown in (token, replacement.by):
            await lanes.card_enrolled(parse_token(shown), None)
        return view

    @routes.post(f"{_CARD}/block", **made)
    async def block(token: _CardPath, block: Block, response: Response) -> AccountView:
        """Let a card spend no more; it still collects."""
        view, replay = await till.members.block_card(token, block)
        _answered(response, "card_blocked", view, replay=replay, lane=block.lane)
        await lanes.card_enrolled(parse_token(token), None)
        return view


def _answered(
    response: Response, event: str, view: AccountView, *, replay: bool, lane: str | None
) -> None:
    if replay:
        mark_replay(response)
    _log.info(event, account=view.account, lane=lane, replay=replay)
