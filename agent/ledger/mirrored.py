"""The mirror's rows: what head office tells a store of members and cards, and how a page is taken.

Head office tells of an account what the rest of the world did: its own points less those of the
entries that this ledger's device wrote and that it has heard, exactly as they were written. So what
a till shows is this plus the sum of the journal here, whatever is still under way, and neither side
counts anything twice. An account that was merged into another has only what is to be added there:
the points of all that were merged are added up. Of which days the points are, and what counts
toward tiers, is told of all stores together: the oldest are spent first, wherever they came from.

The mirror stands beside the journal. No replay makes it, and none needs it: where it is lost it is
asked for again from the start. A page says how things are, so that one that is taken twice changes
nothing; but an old one may say less than is known by now, and is not taken.
"""

import sqlite3
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import msgspec

from agent.core.facts.device import CardStateName
from agent.ledger.queries import SQL

__all__ = ["MirrorPage", "MirroredAccount", "MirroredCard", "Taken", "take"]


_DAYS = ("enrolled_on", "tier_since", "tier_until", "last_active_on")
_MINUTE = len("2026-03-10T14:07")


class MirroredAccount(msgspec.Struct, frozen=True, kw_only=True):
    """The rest of the world's part of an account, in whole points, which may be below zero."""

    account: str
    active: int
    pending: int = 0
    enrolled_on: str | None = None
    tier: str | None = None
    tier_since: str | None = None
    tier_until: str | None = None
    """The last day on which the tier is kept whatever is earned."""
    root: str | None = None
    """The account that this one was merged into."""
    denied: bool = False
    """Whether nothing is given beyond this device's rights, because points are owed."""
    erased: bool = False
    """Whether the person was forgotten: then their cards are nobody's."""
    lots: tuple[tuple[str, int], ...] = ()
    """The active points of all stores by the day they came, ``YYYY-MM-DD``, this one's included as
    far as head office had heard of them.
    """
    last_active_on: str | None = None
    """The day of the last purchase or redemption that head office had heard of, wherever."""
    bought: bool = False
    """Whether anything was bought that did not come back whole, wherever."""
    toward: tuple[tuple[str, int, int], ...] = ()
    """Points and money that count toward tiers by month, ``YYYY-MM``, over all stores."""

    @classmethod
    def of(cls, row: Sequence[object]) -> "MirroredAccount":
        """Read it off a row that the query ``told_of`` answers."""
        fields = dict(zip(cls.__struct_fields__, row, strict=True))
        fields["lots"] = msgspec.json.decode(str(fields["lots"]), type=tuple[tuple[str, int], ...])
        fields["toward"] = msgspec.json.decode(
            str(fields["toward"]), type=tuple[tuple[str, int, int], ...]
        )
        return msgspec.convert(fields, cls, strict=False)

    def row(self) -> tuple[object, ...]:
        """Write it as the columns of its table, without ``round``. What is no day is left out."""
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        for name in _DAYS:
            values[name] = values[name] if _is_day(values[name]) else None
        lots = sorted(lot for lot in self.lots if lot[1] > 0 and _is_day(lot[0]))
        values["lots"] = msgspec.json.encode(lots).decode()
        toward = sorted(month for month in self.toward if _is_day(f"{month[0]}-01"))
        values["toward"] = msgspec.json.encode(toward).decode()
        return tuple(values.values())


class MirroredCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card, whose it is, and how it stands."""

    token: str
    account: str
    state: CardStateName
    replaced_by: str | None = None


class MirrorPage(msgspec.Struct, frozen=True, kw_only=True):
    """What head office answered to one question.

    ``since`` is the cursor that was asked from, ``cursor`` where to go on, and ``run`` what is sent
    back with it. ``more`` says that there is more to ask for at once, ``anew`` that head office
    tells everything from the start, as it does not know the cursor. ``asked`` says that it answers
    for one card alone, wherever the cursor stands. ``left_out_by`` is this program's version, where
    it cannot take all of it.
    """

    accounts: tuple[MirroredAccount, ...] = ()
    cards: tuple[MirroredCard, ...] = ()
    cursor: int
    generation: int
    since: int | None = None
    more: bool = False
    asked: bool = False
    left_out_by: str | None = None
    run: str | None = None
    anew: bool = False


class Taken(NamedTuple):
    """What a page that was taken brought beside its rows: who was merged, and who is forgotten."""

    merged: tuple[str, ...]
    erased: tuple[str, ...]


def take(connection: sqlite3.Connection, page: MirrorPage, heard_at: str) -> Taken | None:
    """Take a page; None where it is older than what is here, or leaves something out.

    Costs two index look-ups for each of its items. ``heard_at`` is RFC 3339 in UTC.
    """
    taken = _take(connection, page, heard_at)
    if taken is not None and page.left_out_by is not None:
        connection.execute(SQL["set_mirror_left_out"], (page.left_out_by,))
    return taken


def _take(connection: sqlite3.Connection, page: MirrorPage, heard_at: str) -> Taken | None:
    standing = connection.execute(SQL["mirror_standing"]).fetchone()
    generation, cursor, number, is_whole, _, heard_before = standing
    if page.asked:
        if page.generation != generation or page.cursor > cursor:
            return None
        return _put(connection, page, number, only_new=page.cursor < cursor)
    is_anew = page.anew if page.generation == generation else not page.since
    if page.generation >= generation and is_anew:
        # Head office was set back and tells everything anew, also what it forgot by saying nothing.
        number, is_whole = number + 1, 0
    elif page.generation != generation or page.cursor < cursor or (page.since or 0) > cursor:
        return None
    taken = _put(connection, page, number)
    if not (page.more or is_whole):
        is_whole = 1
        for forget in ("forget_mirrored_accounts", "forget_mirrored_cards"):
            connection.execute(SQL[forget], (number,))
    now = (page.generation, page.cursor, number, is_whole, page.run)
    if now != standing[:-1]:
        connection.execute(SQL["set_mirror_standing"], now)
    # A page that brings nothing comes every few seconds: it is worth a write once a minute.
    if not page.more and heard_at[:_MINUTE] != (heard_before or "")[:_MINUTE]:
        connection.execute(SQL["mirror_heard"], (heard_at,))
    return taken


def _put(
    connection: sqlite3.Connection, page: MirrorPage, number: int, *, only_new: bool = False
) -> Taken:
    """Write the rows; with ``only_new`` those alone that are not here, which may be newer."""
    merged, erased = [], []
    for each in page.accounts:
        known = connection.execute(SQL["root_of"], (each.account,)).fetchone()
        if only_new and known is not None:
            continue
        if each.root is not None and (known is None or known[0] != each.root):
            merged.append(each.account)
        if each.erased:
            erased.append(each.account)
        connection.execute(SQL["put_mirrored_account"], (*each.row(), number))
    put_card = SQL["add_mirrored_card" if only_new else "put_mirrored_card"]
    for card in page.cards:
        row = (card.token, card.account, card.state, card.replaced_by, number)
        connection.execute(put_card, row)
    return Taken(merged=tuple(merged), erased=tuple(erased))


def _is_day(text: str | None) -> bool:
    try:
        return text is not None and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
