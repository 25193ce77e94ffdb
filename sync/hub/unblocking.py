"""A card that a clerk blocked is good again by a clerk's word, if nothing else speaks against it.

Every till believes the stricter of what its own journal and head office say of a card, and no till
takes its own word back. So a card that some store blocked as well would stay blocked there whatever
is said here: that is refused, as another card in its place is the way.
"""

from datetime import datetime

from sqlalchemy import Connection, Row, select

from agent.core.entry import Entry
from agent.core.facts import CardState
from sync.hub.bulk import among
from sync.hub.card_book import UnknownCard, block_card
from sync.hub.members import family_of, members
from sync.hub.tables import cards, decisions, devices, entries, journals

__all__ = ["StaysBlocked", "unblock_card"]


class StaysBlocked(ValueError):
    """A card is not good again by a clerk's word; the message says why, and what to do."""


def unblock_card(
    c: Connection, tenant: str, token: str, *, reason: str, by: str, now: datetime
) -> int | None:
    """Have a card that a clerk blocked spend again, at any store that hears of it; None where it
    is not blocked. Raises UnknownCard, StaysBlocked.
    """
    row = c.execute(
        select(cards).where(cards.c.tenant == tenant, cards.c.token == token).with_for_update()
    ).one_or_none()
    if row is None:
        raise UnknownCard("no member has this card")
    if row.state == "active":
        return None
    if (why := _why_not(c, row)) is not None:
        raise StaysBlocked(why)
    return block_card(c, tenant, token, "active", reason=reason, by=by, now=now)


def _why_not(c: Connection, card: Row[tuple[object, ...]]) -> str | None:
    if card.state == "replaced":
        return "another card took its place, which is the member's now"
    member = members(c, card.tenant, (card.account,)).get(card.account)
    if member is not None and member.state == "erased":
        return "its member was forgotten; they may enrol anew"
    another = "let another card take its place (POST /v1/cards/{token}/replace)"
    root = card.account if member is None else member.root
    if card.decided_at is None or _is_blocked_in_a_store(c, card, root):
        return f"a store blocked it, and no till takes that back; {another}"
    if not _is_decided(c, card):
        return f"it was blocked when it was another member's; {another}"
    return None


def _is_blocked_in_a_store(c: Connection, card: Row[tuple[object, ...]], root: str) -> bool:
    """Say whether any journal's newest word of a card is that it spends nothing."""
    written = (
        select(entries.c.journal_id, entries.c.canonical)
        .join(journals, journals.c.id == entries.c.journal_id)
        .join(devices, devices.c.id == journals.c.device_id)
        .where(
            devices.c.tenant == card.tenant,
            among(c, entries.c.account, family_of(c, card.tenant, root)),
            entries.c.thing.is_(None),  # no sale, no redemption: few are left
            entries.c.posted,
        )
        .order_by(entries.c.journal_id, entries.c.seq)
    )
    newest: dict[int, str] = {}
    for journal_id, canonical in c.execute(written):
        fact = Entry.read(bytes(canonical)).fact
        if isinstance(fact, CardState) and fact.token == card.token:
            newest[journal_id] = fact.state
    return any(state != "active" for state in newest.values())


def _is_decided(c: Connection, card: Row[tuple[object, ...]]) -> bool:
    """Say whether head office ended a card as this member's."""
    decided = select(decisions.c.canonical).where(
        decisions.c.tenant == card.tenant, decisions.c.account == card.account
    )
    facts = (Entry.read(bytes(canonical)).fact for canonical in c.execute(decided).scalars())
    return any(isinstance(fact, CardState) and fact.token == card.token for fact in facts)
