"""Members: accounts that are one person's, and persons who asked to be forgotten.

An account that was merged into another has no points of its own any more: they are at its root, and
what is written of it from then on is posted there. Roots are flat: a root has none itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, case, select, update

from agent.core.facts import AdjustPoints, EraseMember, MergeAccounts
from agent.core.instant import rfc3339
from agent.core.tiers import Standing
from sync.hub.bulk import among
from sync.hub.decisions import BY_OFFICE, decide, decide_all, parts_of
from sync.hub.marking import mark
from sync.hub.posting import post_members
from sync.hub.tables import accounts, cards

__all__ = [
    "Member",
    "NotMergeable",
    "Stands",
    "erase_member",
    "family_of",
    "forfeit",
    "members",
    "merge_accounts",
    "read_members",
]

_SUMS = ("active", "pending", "held", "available", "expired", "due", "owed")


class Member(NamedTuple):
    """An account as it stands for a person; ``root`` is itself where it was not merged."""

    account: str
    root: str
    state: str
    owed: int
    active: int
    available: int
    due: int
    expired: int
    enrolled_on: str | None
    stands: "Stands"


class NotMergeable(ValueError):
    """Nobody is merged with a member who was forgotten: they would be forgotten, too. ``erased``
    are those of the two accounts whose members were.
    """

    def __init__(self, erased: AbstractSet[str]) -> None:
        super().__init__("one of these members was forgotten for good")
        self.erased = erased


class Stands(NamedTuple):
    """The tier a member is in; of two that were said, the one entered or kept anew last counts, of
    one day the one kept longest, as it does in stores. The lowest is not kept.
    """

    tier: str | None
    tier_since: str | None
    tier_until: str | None

    @classmethod
    def of(cls, row: Any) -> "Stands":
        """Read it off an account's row."""
        return cls(row.tier, row.tier_since, row.tier_until)

    @classmethod
    def said(cls, standing: Standing) -> "Stands":
        """Put what was worked out of a member's tier as a row has it."""
        until = standing.kept_until
        return cls(
            tier=standing.tier,
            tier_since=standing.since.isoformat(),
            tier_until=None if until is None else until.isoformat(),
        )

    @property
    def order(self) -> tuple[bool, str, str]:
        """By this they are compared."""
        return (self.tier is not None, self.tier_since or "", self.tier_until or "")


_of_member = itemgetter(
    *map(accounts.c.keys().index, (*Member._fields[:-1], *Stands._fields)),
)
"""Takes these out of a row by their places: to ask for them by name takes five times as long."""


def members(c: Connection, tenant: str, names: Iterable[str]) -> dict[str, Member]:
    """Read accounts, those that there are, by name."""
    wanted = set(names)
    if not wanted:
        return {}
    found = c.execute(
        select(accounts).where(accounts.c.tenant == tenant, among(c, accounts.c.account, wanted))
    )
    return read_members(found)


def read_members(rows: Iterable[Sequence[Any]]) -> dict[str, Member]:
    """Read whole rows of accounts, by name."""
    found = map(_member, rows)
    return {each.account: each for each in found}


def merge_accounts(
    c: Connection,
    tenant: str,
    account: str,
    into: str,
    *,
    now: datetime,
    reason: str = "",
) -> int | None:
    """Make two accounts one; answers the decision, or None where they are one already.

    Each stands for all that was merged into it before. Makes accounts that nobody has heard of yet.
    Raises NotMergeable.
    """
    post_members(c, tenant, {}, speaks_of=(account, into))
    known = members(c, tenant, (account, into))
    old, new = known[account].root, known[into].root
    if old == new:
        return None
    # Asked once both are locked: a clerk may be erasing one of them just now.
    rows = _locked(c, tenant, (old, new))
    if erased := _erased_of({name: rows[known[name].root] for name in (account, into)}):
        raise NotMergeable(erased)
    seq = decide(
        c, tenant, MergeAccounts(account=old, into=new, reason=reason[:200]), now=now, account=old
    )
    moved = _move(c, tenant, rows[old], rows[new])
    of_member = select(cards.c.token).where(
        cards.c.tenant == tenant, among(c, cards.c.account, moved)
    )
    # A store that is told of members seen there alone hears of the other's cards now too.
    mark(c, tenant, "card", c.execute(of_member).scalars())
    mark(c, tenant, "account", moved)
    return seq


def _erased_of(roots: Mapping[str, Row[Any]]) -> set[str]:
    """Answer the accounts of members who were forgotten, of those whose root's row is named."""
    return {name for name, row in roots.items() if row.state == "erased"}


def _locked(c: Connection, tenant: str, names: Iterable[str]) -> dict[str, Row[Any]]:
    """Lock accounts, those that there are, and answer their rows as they are then, by name."""
    of_these = select(accounts).where(
        accounts.c.tenant == tenant, among(c, accounts.c.account, set(names))
    )
    found = c.execute(of_these.order_by(accounts.c.account).with_for_update())
    return {row.account: row for row in found}


def _move(c: Connection, tenant: str, gone: Row[Any], kept: Row[Any]) -> set[str]:
    """Move all sums of one account to another, which stands for it from now on, and for all it
    stood for; answers those that changed.
    """
    old, new = gone.account, kept.account
    sums = {name: getattr(kept, name) + getattr(gone, name) for name in _SUMS}
    enrolled = [each for each in (gone.enrolled_on, kept.enrolled_on) if each is not None]
    person = {
        "enrolled_on": min(enrolled, default=None),
        **max(Stands.of(kept), Stands.of(gone), key=lambda each: each.order)._asdict(),
    }
    _change(c, tenant, new, sums | person)
    _change(c, tenant, old, {**dict.fromkeys(_SUMS, 0), "root": new})
    of_old = (accounts.c.tenant == tenant) & (accounts.c.root == old)
    followers = set(c.execute(select(accounts.c.account).where(of_old)).scalars())
    c.execute(update(accounts).where(of_old).values(root=new))
    return {old, new, *followers}


def erase_member(
    c: Connection,
    tenant: str,
    account: str,
    *,
    now: datetime,
    reason: str = "",
    by: str = BY_OFFICE,
) -> int | None:
    """Forget a member: their cards spend nothing, and their points go back to the program, those
    that stores have rights to as soon as they come home. None where it was done before.

    The old entries stay, which never knew a name.
    """
    # Locked first: a clerk may be merging them just now, and all that are one are forgotten.
    known = _locked(c, tenant, (account,)).get(account)
    if known is None:
        return None
    root = known.root or account
    if _locked(c, tenant, (root,))[root].state == "erased":
        return None
    seq = decide(c, tenant, EraseMember(account=root, reason=f"{by}: {reason}"[:200]), now=now)
    family = family_of(c, tenant, root)
    c.execute(
        update(accounts)
        .where(accounts.c.tenant == tenant, among(c, accounts.c.account, family))
        .values(state="erased")
    )
    theirs = c.execute(
        update(cards)
        .where(cards.c.tenant == tenant, among(c, cards.c.account, family))
        .values(
            state=case((cards.c.state == "replaced", cards.c.state), else_="blocked"),
            # What was spent before is no use of an ended card, however late it is heard.
            changed_at=case((cards.c.state == "active", rfc3339(now)), else_=cards.c.changed_at),
        )
        .returning(cards.c.token)
    ).scalars()
    mark(c, tenant, "card", list(theirs))
    forfeit(c, tenant, root, now=now)
    mark(c, tenant, "account", family)
    return seq


def forfeit(c: Connection, tenant: str, root: str, *, now: datetime) -> int:
    """Take back what an erased member has, as far as no device has rights to it, or give up what
    they owe, which nobody will pay; answers how much less they have.
    """
    member = members(c, tenant, (root,))[root]
    points = max(member.available, 0) or min(member.active, 0)
    if not points:
        return 0
    facts = [
        AdjustPoints(account=root, points=part, reason="the member was erased", cashier=BY_OFFICE)
        for part in parts_of(-points)
    ]
    decide_all(c, tenant, facts, now=now)
    return points


def family_of(c: Connection, tenant: str, root: str) -> set[str]:
    """Answer an account that stands for itself with all that were merged into it."""
    of_root = select(accounts.c.account).where(accounts.c.tenant == tenant, accounts.c.root == root)
    return {root, *c.execute(of_root).scalars()}


def _change(c: Connection, tenant: str, account: str, values: dict[str, Any]) -> None:
    c.execute(
        update(accounts)
        .where(accounts.c.tenant == tenant, accounts.c.account == account)
        .values(**values)
    )


def _member(row: Sequence[Any]) -> Member:
    account, root, *sums, tier, since, until = _of_member(row)
    return Member._make((account, root or account, *sums, Stands(tier, since, until)))
