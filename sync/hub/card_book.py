"""Cards: whose each is and how it stands, by what stores and head office say.

A card that somebody blocked spends nothing, at whichever store; a store that says that it was found
again undoes what stores said, and never what head office said. A card that was replaced stays so.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, case, func, literal, select, update

from agent.core.facts import CardState
from agent.core.facts.device import CardStateName
from agent.core.instant import rfc3339
from sync.hub.bulk import add_up, among
from sync.hub.database import upsert
from sync.hub.decisions import decide
from sync.hub.marking import mark
from sync.hub.members import family_of
from sync.hub.tables import ROOT, accounts, cards, visits

__all__ = [
    "UnknownCard",
    "block_card",
    "hand_over",
    "hear_state",
    "know_cards",
    "replace_card",
    "whose",
]


class UnknownCard(ValueError):
    """No member has this card, or it is another member's already."""


def whose(c: Connection, tenant: str, tokens: Iterable[str]) -> dict[str, str]:
    """Answer the accounts of cards, by token."""
    wanted = set(tokens)
    if not wanted:
        return {}
    found = select(cards.c.token, cards.c.account).where(
        cards.c.tenant == tenant, among(c, cards.c.token, wanted)
    )
    return {row.token: row.account for row in c.execute(found)}


def know_cards(c: Connection, tenant: str, owners: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Write down cards that are nobody's yet, each with its account; answers whose each is then."""
    first: dict[str, str] = {}
    for token, account in owners:
        first.setdefault(token, account)
    new = add_up(
        c,
        cards,
        ("token", "account"),
        first.items(),
        fixed={"tenant": tenant},
        returning=("token",),
    )
    mark(c, tenant, "card", first)
    return first | whose(c, tenant, first.keys() - {row.token for row in new})


def hand_over(c: Connection, tenant: str, token: str, account: str) -> None:
    """Give the card of a member who was erased to another. It is good again, unless head office
    itself had ended it, or another card took its place.
    """
    before = whose(c, tenant, (token,))[token]
    _introduce(c, tenant, account, to_whom_met=before)
    its = (cards.c.tenant == tenant) & (cards.c.token == token)
    is_ended = cards.c.decided_at.is_not(None) | (cards.c.state == "replaced")
    state = case((is_ended, cards.c.state), else_="active")
    c.execute(update(cards).where(its).values(account=account, state=state))
    mark(c, tenant, "card", [token])


def _introduce(c: Connection, tenant: str, account: str, *, to_whom_met: str) -> None:
    """Have every device that has met one member hear of another, too: a store that hears of its own
    members alone would know whose the card is, and nothing else of them, and so ask nobody.
    """
    met = visits.c.account.in_(_same_member(c, tenant, to_whom_met))
    theirs = select(
        literal(tenant), literal(account), visits.c.device_id, literal(""), literal(0)
    ).where(visits.c.tenant == tenant, met)
    names = ("tenant", "account", "device_id", "last_at", "visits")
    c.execute(upsert(c, visits).from_select(names, theirs.distinct()).on_conflict_do_nothing())
    mark(c, tenant, "account", [account])


def hear_state(c: Connection, tenant: str, fact: CardState, *, at: str) -> None:
    """Take in what a store says of a card. Of a member who had it and was forgotten it may come
    late: that says nothing of whoever has it now, unless another card took its place.
    """
    change = update(cards).where(
        cards.c.tenant == tenant, cards.c.token == fact.token, cards.c.state != "replaced"
    )
    if fact.state != "replaced":
        change = change.where(cards.c.account.in_(_same_member(c, tenant, fact.account)))
    if fact.state == "active":
        change = change.where(cards.c.decided_at.is_(None))
    values = {"state": fact.state, "replaced_by": fact.replaced_by}
    done = c.execute(change.values(**values, changed_at=_since(fact, at)))
    if done.rowcount:
        mark(c, tenant, "card", [fact.token])


def _same_member(c: Connection, tenant: str, account: str) -> set[str]:
    """List the accounts that are one person's with this one."""
    its = (accounts.c.tenant == tenant) & (accounts.c.account == account)
    return family_of(c, tenant, c.execute(select(ROOT).where(its)).scalar() or account)


def block_card(
    c: Connection,
    tenant: str,
    token: str,
    state: CardStateName = "blocked",
    *,
    reason: str,
    by: str,
    now: datetime,
) -> int | None:
    """Have a card spend no more, at any store that hears of it; None where it stands so already.

    ``state`` may be ``active`` again. Raises UnknownCard.
    """
    row = c.execute(
        select(cards).where(cards.c.tenant == tenant, cards.c.token == token).with_for_update()
    ).one_or_none()
    if row is None:
        raise UnknownCard("no member has this card")
    if row.state == "replaced" or (row.state == state and row.decided_at is not None):
        return None
    fact = CardState(token=token, account=row.account, state=state, reason=f"{by}: {reason}"[:200])
    return _set(c, tenant, fact, now)


def replace_card(
    c: Connection, tenant: str, token: str, new: str, *, reason: str, by: str, now: datetime
) -> int | None:
    """Let one card take another's place; None where it did before. Raises UnknownCard."""
    row = c.execute(
        select(cards).where(cards.c.tenant == tenant, cards.c.token == token).with_for_update()
    ).one_or_none()
    if row is None:
        raise UnknownCard("no member has this card")
    owner = whose(c, tenant, (new,)).get(new)
    if new == token or owner not in (None, row.account):
        raise UnknownCard("the new card is another member's, or the same card")
    if row.state == "replaced":
        return None
    know_cards(c, tenant, [(new, row.account)])
    fact = CardState(
        token=token,
        account=row.account,
        state="replaced",
        replaced_by=new,
        reason=f"{by}: {reason}"[:200],
    )
    return _set(c, tenant, fact, now)


def _set(c: Connection, tenant: str, fact: CardState, now: datetime) -> int:
    seq = decide(c, tenant, fact, now=now)
    at = rfc3339(now)
    c.execute(
        update(cards)
        .where(cards.c.tenant == tenant, cards.c.token == fact.token)
        .values(
            state=fact.state,
            replaced_by=fact.replaced_by,
            decided_at=None if fact.state == "active" else at,
            changed_at=_since(fact, at),
        )
    )
    mark(c, tenant, "card", [fact.token])
    return seq


def _since(fact: CardState, at: str) -> ColumnElement[str]:
    """Answer since when a card is as it is now: one that was good no more already is so since then,
    or what it spent in between, which is heard later, would seem to have been in order.
    """
    if fact.state == "active":
        return literal(at)
    return case((cards.c.state == "active", at), else_=func.coalesce(cards.c.changed_at, at))
