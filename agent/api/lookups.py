"""Look-ups by hand: as many members as a cashier can serve, and each of them recorded.

A telephone number, or a card number that somebody typed, finds a member who is not there. So each
till has a bucket of tokens: such a look-up takes one, and so does a bare number that finds nobody,
which is what trying out numbers looks like. The bucket fills at the same pace again. A card that
was read and is known costs nothing.

What tells the same by another way counts the same: a number that cannot be given to a member, for
another has it, takes a token. A sale takes none and is never refused for any of this; that it named
a number is recorded.
"""

import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from agent.core.facts import ActivityFlag
from agent.core.phones import is_by_phone
from agent.core.tokens import How, Token, TokenRefused
from agent.till import (
    MalformedPhone,
    MalformedToken,
    PhoneInUse,
    Till,
    TillRefusal,
    UnknownCard,
)

__all__ = ["Asked", "Found", "Lookups", "MonotonicClock", "TooManyLookups"]

_MINUTE_S = 60.0

MonotonicClock = Callable[[], float]
"""Answers seconds that only grow. Handed in, so that a test can let them pass."""


class TooManyLookups(TillRefusal):
    """A till has asked for too many members; nothing was looked up, or nobody found."""

    code = "too_many_lookups"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"too many look-ups at this till; again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Which till asks for whom, and who stands there. ``till`` is its place among the tokens."""

    till: int
    text: str
    entry: How = "read"
    lane: str | None = None
    cashier: str | None = None

    @property
    def by_hand(self) -> bool:
        """Whether the number was typed or said, rather than read off a card."""
        return self.entry == "typed" or is_by_phone(self.text)


@dataclass(slots=True)
class Found:
    """What a look-up came to: the account, or None where nobody was found.

    ``told_before`` says that the call repeats one which found the same: it is recorded with that.
    """

    account: str | None = None
    told_before: bool = False


@dataclass(slots=True)
class _Bucket:
    left: float
    filled_s: float
    told_s: float = field(default=-math.inf)


class Lookups:
    """Limits and records the look-ups of each till. Lives on the event loop."""

    def __init__(self, till: Till, *, per_minute: int, clock: MonotonicClock) -> None:
        self._till = till
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: dict[int, _Bucket] = {}

    @asynccontextmanager
    async def watch(self, asked: Asked) -> AsyncIterator[Found]:
        """Let one call look for a member; the caller says whom it found.

        Raises TooManyLookups, before the call or in place of its having found nobody.
        """
        if asked.by_hand:
            self._take(asked)
        found = Found()
        try:
            yield found
        except (MalformedToken, MalformedPhone):
            raise
        except UnknownCard:
            self._looked(asked, None)
            raise
        except TillRefusal:
            if asked.by_hand:  # a member was found, whatever else was refused
                self._looked(asked, await self._till.members.whose(asked.text))
            raise
        if not found.told_before:
            self._looked(asked, found.account)

    @asynccontextmanager
    async def giving(self, asked: Asked) -> AsyncIterator[None]:
        """Let one call give a member the number that is asked for, where it gives one.

        It costs nothing unless another member has the number; but a till with no look-up left
        learns nothing this way either. Raises TooManyLookups before the call.
        """
        if not asked.by_hand:
            yield
            return
        self._take(asked)
        try:
            yield
        except PhoneInUse:
            self._looked(asked, await self._till.members.whose(asked.text))
            raise
        except BaseException:
            self._give_back(asked)
            raise
        self._give_back(asked)

    @asynccontextmanager
    async def naming(self, asked: Asked) -> AsyncIterator[Found]:
        """Let one call name a member beside what it does, which is not undone for that.

        It is charged and recorded as ``watch`` has it, where it told anything; the caller says whom
        it found, and by ``told_before`` that it told nothing. Raises TooManyLookups before the
        call.
        """
        is_charged = asked.by_hand or await self._tries_numbers(asked)
        if is_charged:
            self._take(asked)
        found = Found(told_before=True)
        try:
            yield found
        finally:
            if is_charged and found.told_before:
                self._give_back(asked)
        if asked.by_hand and not found.told_before:
            self._looked(asked, found.account)

    async def _tries_numbers(self, asked: Asked) -> bool:
        return _is_bare_number(asked.text) and await self._till.members.whose(asked.text) is None

    def sold(self, asked: Asked, account: str | None) -> None:
        """Have it recorded that a sale found a member by telephone, or found nobody."""
        if self._till.members.is_number(asked.text):
            self._record("phone_lookup", asked, account)

    async def sale_refused(self, asked: Asked) -> None:
        """Have it recorded that a refused sale named a telephone number."""
        if self._till.members.is_number(asked.text):
            self.sold(asked, await self._till.members.whose(asked.text))

    def _looked(self, asked: Asked, account: str | None) -> None:
        """Have a look-up by hand recorded, and charge for a bare number that finds nobody."""
        if asked.by_hand:
            flag: ActivityFlag = "phone_lookup" if is_by_phone(asked.text) else "number_lookup"
            self._record(flag, asked, account)
        elif account is None and _is_bare_number(asked.text):
            self._take(asked)

    def _take(self, asked: Asked) -> None:
        """Take a token out of a till's bucket. Raises TooManyLookups where none is left."""
        now_s, a_second = self._clock(), self._per_minute / _MINUTE_S
        bucket = self._buckets.setdefault(asked.till, _Bucket(self._per_minute, now_s))
        bucket.left += (now_s - bucket.filled_s) * a_second
        bucket.left, bucket.filled_s = min(bucket.left, self._per_minute), now_s
        if bucket.left >= 1:
            bucket.left -= 1
            return
        if now_s - bucket.told_s >= _MINUTE_S:
            bucket.told_s = now_s
            self._record("lookups_limited", asked, None)
        raise TooManyLookups(math.ceil((1 - bucket.left) / a_second))

    def _give_back(self, asked: Asked) -> None:
        bucket = self._buckets[asked.till]
        bucket.left = min(bucket.left + 1, self._per_minute)

    def _record(self, flag: ActivityFlag, asked: Asked, account: str | None) -> None:
        note = self._till.activity.note
        note(flag, account=account, lane=asked.lane, cashier=asked.cashier)


def _is_bare_number(text: str) -> bool:
    try:
        Token.parse(text)
    except TokenRefused:
        return False
    return ":" not in text
