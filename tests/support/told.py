"""Head office's pages as they arrive at a store's ledger, each asked for from where it stands."""

import asyncio

from agent.ledger import Ledger, Mirror, MirroredAccount, MirroredCard, MirrorPage
from agent.ledger.mirror import OnAlias

__all__ = ["account", "card", "tell"]


def account(name: str, active: int = 0, **more: object) -> MirroredAccount:
    """What the rest of the world did to an account; its points were earned on one day."""
    lots = (("2026-11-01", active),) if active > 0 else ()
    days = {"lots": lots, "last_active_on": lots[-1][0] if lots else None, "bought": bool(lots)}
    return MirroredAccount(account=name, active=active, **(days | more))  # type: ignore[arg-type]  # as the test says


def card(token: str, account: str, state: str = "active") -> MirroredCard:
    """A card that head office knows."""
    return MirroredCard(token=token, account=account, state=state)  # type: ignore[arg-type]  # as the test says


def tell(
    ledger: Ledger, *items: MirroredAccount | MirroredCard, on_alias: OnAlias | None = None
) -> None:
    """Have a page with these items arrive that follows what is there."""
    mirror = Mirror(ledger)
    generation, cursor = asyncio.run(mirror.cursor())
    page = MirrorPage(
        accounts=tuple(each for each in items if isinstance(each, MirroredAccount)),
        cards=tuple(each for each in items if isinstance(each, MirroredCard)),
        cursor=cursor + len(items),
        generation=generation,
        since=cursor,
    )
    assert asyncio.run(mirror.apply(page, *(() if on_alias is None else (on_alias,))))
