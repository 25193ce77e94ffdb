"""The calls that change who a member is: two accounts become one, and a person is forgotten."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field
from sqlalchemy import Connection

from agent.core.values import Code, Value, example
from sync.hub.api.access import HubAccess
from sync.hub.api.accounts import OfficeAccount, account_view
from sync.hub.api.desk import Desk
from sync.hub.api.problems import HubRefusal, answers
from sync.hub.deciding import NotMergeable, erase_member, merge_accounts

__all__ = ["add_members"]


class Merge(Value):
    """Two accounts of one person: what ``account`` has goes to ``into``."""

    model_config = example({"account": "a-2", "into": "a-1"})

    account: Code
    into: Code


class Erasure(Value):
    """Why a member is forgotten, without a word of who they are: it is kept for good."""

    model_config = example({"reason": "asked for it by letter"})

    reason: Annotated[str, Field(min_length=1, max_length=120)]


def add_members(routes: APIRouter, desk: Desk, access: HubAccess) -> None:
    """Add the routes."""

    @routes.post("/v1/accounts/merge", responses=answers(404, 409))
    def merge(wanted: Merge, clerk: Annotated[str, Depends(access.clerk)]) -> OfficeAccount:
        """Make two accounts one; asked again, it says how the one stands."""

        def change(c: Connection, tenant: str) -> OfficeAccount:
            if wanted.account == wanted.into:
                raise HubRefusal("not_mergeable", "this is one account already")
            for key, name in (("account", wanted.account), ("into", wanted.into)):
                try:
                    account_view(c, tenant, name)  # no slip of the pen makes one
                except HubRefusal as refused:
                    raise HubRefusal(refused.code, f"{key}: {refused}") from refused
            reason, now = f"{clerk}: one person", desk.now()
            try:
                merge_accounts(c, tenant, wanted.account, wanted.into, now=now, reason=reason)
            except NotMergeable as refused:
                raise HubRefusal("not_mergeable", str(refused)) from refused
            return account_view(c, tenant, wanted.into)

        return desk.write(change)

    @routes.post("/v1/accounts/{account}/erase", responses=answers(404, 409))
    def erase(
        account: Code, wanted: Erasure, clerk: Annotated[str, Depends(access.clerk)]
    ) -> OfficeAccount:
        """Forget a member for good: every store deletes the profile, the cards spend nothing, and
        the points go back to the program. Asked again, it says how the account stands.
        """

        def change(c: Connection, tenant: str) -> OfficeAccount:
            account_view(c, tenant, account)
            erase_member(c, tenant, account, now=desk.now(), reason=wanted.reason, by=clerk)
            return account_view(c, tenant, account)

        return desk.write(change)
