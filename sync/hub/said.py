"""What an entry says, worked out of it alone: no more is known, and nothing is asked. Pure."""

from msgspec import Struct

from agent.core.entry import Entry
from agent.core.postings import Posting, postings_of
from sync.hub.judging import Days, ThingAt, given_by, things_of

__all__ = ["Said"]


class Said(Struct, frozen=True, kw_only=True):
    """An entry with what it comes to by itself, the things it speaks of, and what its day brings.

    An activation names what it speaks of by other entries of its ledger: it speaks of nothing as
    long as nobody knows those.
    """

    entry: Entry
    account: str | None
    postings: tuple[Posting, ...]
    things: tuple[str, ...]
    day: str
    """The business date it counts on; empty where it says none."""
    given: Days

    @classmethod
    def of(cls, entry: Entry, thing_at: ThingAt = lambda _epoch, _seq: None) -> "Said":
        """Work it out; ``thing_at`` knows the other entries of its ledger."""
        date = entry.business_date
        return cls(
            entry=entry,
            account=getattr(entry.fact, "account", None),
            postings=postings_of(entry.fact),
            things=things_of(entry, thing_at),
            day="" if date is None else date.isoformat(),
            given=given_by(entry),
        )
