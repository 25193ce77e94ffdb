"""Who gets which rights: decided from values, for one member at a time.

Rights follow where a member shops. What stands free at head office goes

1. to a till where the member stands and waits: everything, and what other devices hold is recalled;
2. ahead to the devices that the member visited last, as many points to each and to as many of them
   as the program says; what is lacking for that is recalled from where it is not needed.

Beyond that rights are recalled where they must not be: under an account that was merged into
another, of an erased member, and as far as points are owed or due to expire.

>>> shop = Life(journal_id=1, device_id=1)
>>> member = Member(root="a-1", available=300, recent=(shop,))
>>> plan(member, Ahead(points=100, devices=2), may_grant=True).grants
(Give(life=Life(journal_id=1, device_id=1, online=False), points=100),)
"""

from dataclasses import dataclass

__all__ = ["Ahead", "Answered", "Give", "Holding", "Life", "Member", "Plan", "Take", "Wait", "plan"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Life:
    """The live epoch of a device: opened by head office's word and not fenced."""

    journal_id: int
    device_id: int
    online: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Holding:
    """Rights of a live epoch under one account, as far as head office has heard.

    ``right`` counts every grant, ``heard`` only those that the device is known to have taken;
    ``keep`` is what the recall under way leaves there. A ``deaf`` one has answered a recall with
    nothing and has taken no grant since: asking it again would bring nothing.
    """

    life: Life
    account: str
    right: int
    heard: int
    keep: int | None = None
    deaf: bool = False

    @property
    def coming(self) -> int:
        """What the recall under way is to bring."""
        return 0 if self.keep is None else max(0, self.right - self.keep)

    def answers(self, keep: int) -> bool:
        """Say whether a recall down to ``keep`` would bring anything."""
        return self.right > keep and (self.heard > keep or not self.deaf)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """A till that waits for ``points`` more, with the member standing there. It is ``unsure`` how
    many where head office has heard of rights enough: some of them were spent meanwhile.
    """

    ask: str
    life: Life
    points: int
    unsure: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One member's points at head office: ``recent`` are the devices visited last, newest first,
    ``holdings`` what live epochs hold, ``waiting`` the tills that wait, oldest first.
    """

    root: str
    available: int
    due: int = 0
    erased: bool = False
    holdings: tuple[Holding, ...] = ()
    recent: tuple[Life, ...] = ()
    waiting: tuple[Wait, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Ahead:
    """So many points are leased ahead to each of so many devices that a member visited last."""

    points: int = 0
    devices: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Give:
    """Grant so many points more."""

    life: Life
    points: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Take:
    """Recall what is held beyond ``keep``."""

    life: Life
    account: str
    keep: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """An ask that need not wait any longer; ``short`` points could not be had."""

    wait: Wait
    short: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is to be done for one member."""

    grants: tuple[Give, ...] = ()
    recalls: tuple[Take, ...] = ()
    answered: tuple[Answered, ...] = ()


def plan(member: Member, ahead: Ahead, *, may_grant: bool) -> Plan:
    """Decide on one member's rights. ``may_grant`` is off while devices must still catch up."""
    misplaced = [held for held in member.holdings if member.erased or held.account != member.root]
    strays = _recalls(dict.fromkeys(misplaced, 0))
    if not may_grant or member.erased:
        answered = tuple([Answered(wait=wait, short=wait.points) for wait in member.waiting])
        return Plan(recalls=strays, answered=answered)
    if member.waiting:
        return _serve(member, strays)
    return _spread(member, ahead, strays)


def _free(member: Member) -> int:
    return max(0, member.available - member.due)


def _serve(member: Member, strays: tuple[Take, ...]) -> Plan:
    """Give all there is to who waits, and recall what others hold.

    Who lacks points waits on while a device that is connected is to return some.
    """
    free = _free(member)
    given = {}
    for wait in member.waiting:
        given[wait] = min(wait.points, free)
        free -= given[wait]
    short = {wait: wait.points - points for wait, points in given.items()}
    given[member.waiting[0]] += free
    short |= {wait: 0 for wait in member.waiting if wait.unsure and given[wait]}
    recalls, hope = strays, False
    if any(short.values()):
        served = {wait.life.journal_id for wait in member.waiting}
        asked = [
            held
            for held in member.holdings
            if held.account != member.root or held.life.journal_id not in served
        ]
        recalls = _recalls(dict.fromkeys(asked, 0))
        hope = any(held.life.online and held.answers(0) for held in asked)
    answered = [
        Answered(wait=wait, short=lacks) for wait, lacks in short.items() if not (lacks and hope)
    ]
    return Plan(grants=_grants(given), recalls=recalls, answered=tuple(answered))


def _grants(given: dict[Wait, int]) -> tuple[Give, ...]:
    by_life: dict[Life, int] = {}
    for wait, points in given.items():
        by_life[wait.life] = by_life.get(wait.life, 0) + points
    return tuple([Give(life=life, points=points) for life, points in by_life.items() if points])


def _spread(member: Member, ahead: Ahead, strays: tuple[Take, ...]) -> Plan:
    """Lease ahead where the member shops, and recall what that lacks and what is owed."""
    targets = member.recent[: ahead.devices] if ahead.points > 0 else ()
    held = {each.life.journal_id: each.right for each in _own(member)}
    free = _free(member)
    short = 0
    grants = []
    for life in targets:
        want = max(0, ahead.points - held.get(life.journal_id, 0))
        points = min(want, free)
        free -= points
        short += want - points
        if points:
            grants.append(Give(life=life, points=points))
    owed = max(0, member.due - member.available)
    at_targets = {life.journal_id: ahead.points for life in targets}
    kept = _gather(member, at_targets, short=short, owed=owed)
    return Plan(grants=tuple(grants), recalls=strays + _recalls(kept))


def _own(member: Member) -> list[Holding]:
    return [held for held in member.holdings if held.account == member.root]


def _gather(
    member: Member, at_targets: dict[int, int], *, short: int, owed: int
) -> dict[Holding, int]:
    """Choose what to recall: first what is not needed where it is, then whatever is owed.

    What comes back anyway is counted on.
    """
    coming = sum(held.coming for held in member.holdings)
    need = short + owed - coming
    kept: dict[Holding, int] = {}
    for must, leave in ((need, at_targets), (min(need, owed), {})):
        lacking = must - sum(held.right - keep for held, keep in kept.items())
        for held in sorted(_own(member), key=lambda held: _rank(held, at_targets)):
            least = leave.get(held.life.journal_id, 0)
            if lacking <= 0 or held.keep is not None or not held.answers(least):
                continue
            before = kept.get(held, held.right)
            kept[held] = min(before, max(least, before - lacking))
            lacking -= before - kept[held]
    return kept


def _rank(held: Holding, at_targets: dict[int, int]) -> tuple[bool, bool, int, int]:
    """Take first where the member does not shop, from who is there to answer, where most is."""
    target = held.life.journal_id in at_targets
    return (target, not held.life.online, -held.right, held.life.journal_id)


def _recalls(kept: dict[Holding, int]) -> tuple[Take, ...]:
    """Recall down to these, unless a recall that takes as much is under way."""
    return tuple(
        [
            Take(life=held.life, account=held.account, keep=keep)
            for held, keep in kept.items()
            if held.answers(keep) and (held.keep is None or held.keep > keep)
        ]
    )
