"""What to make of a HELLO: a pure function of what is known of the device and of what it says.

A clean match is answered at once. Everything else is challenged first, and only a HELLO that
answers the challenge ends an epoch or begins one: a late, repeated or replayed HELLO was sent
before the challenge was made, so it destroys nothing.

A disk that was set back stands at a place where its device once was: what it wrote after that is
held. A device that is alive stands at its newest entry. Where that life was ended, because another
that claims the same name goes on, there are two of them, and a person must look: nobody can tell
from here which is the right one.
"""

from dataclasses import dataclass
from typing import Literal

from agent.core.entry import GENESIS
from sync.messages import Hello

__all__ = [
    "Agree",
    "Begin",
    "DeviceState",
    "Doubt",
    "Finding",
    "Known",
    "Life",
    "Offer",
    "Stop",
    "Verdict",
    "forgot",
    "meet",
]

DeviceState = Literal["new", "live", "halted", "retired"]
Finding = Literal["disk_lost", "disk_restored"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Life:
    """One epoch of a device, and the newest entry that is held of it."""

    incarnation: str
    epoch: int
    seq: int = 0
    hash: bytes = GENESIS

    def is_named_by(self, hello: Hello) -> bool:
        """Say whether a HELLO speaks of this epoch."""
        return (self.incarnation, self.epoch) == (hello.incarnation, hello.epoch)


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """A WELCOME that was given, to whom, and whose opening has not been heard yet."""

    incarnation: str
    from_epoch: int
    epoch: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What is known of the device that greets, and of the epoch it names."""

    state: DeviceState = "new"
    challenge: str | None = None
    """The one that is open, if any."""
    highest_epoch: int = 0
    """The newest epoch that was given to this device."""
    newest_held: int = 0
    """The newest epoch of which anything is held, its own ones and forgotten ones too."""
    live: Life | None = None
    """The epoch that counts: opened by head office's word and not ended."""
    offer: Offer | None = None
    key: str | None = None
    """By which this incarnation signs; None where it was never met."""
    named_held_seq: int = 0
    """How much is held of the epoch that the HELLO names."""
    named_fenced: bool = False
    is_followed: bool = False
    """What the device wrote after the place it names is held: it stands where it once was."""
    told_whole_and_is_not: bool = False
    """Not all is held of an older epoch that, by the device's word, was acknowledged whole."""
    acknowledged_differs: bool = False
    """What the device says was acknowledged is held, and is another entry."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Agree:
    """A clean match: OK, with what is held."""

    held: Life


@dataclass(frozen=True, kw_only=True, slots=True)
class Doubt:
    """No clean match, or nobody yet knows that it is said now: CHALLENGE."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Begin:
    """A new epoch: WELCOME. ``again`` repeats one that was given; nothing else happens then."""

    epoch: int
    again: bool = False
    fence: Literal["clean", "unclean"] | None = None
    """How the live epoch ends; None where there is none."""
    finding: Finding | None = None
    because: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stop:
    """HALT: it may not go on as it is. ``both`` stops whoever else uses this name, too."""

    reason: Literal["two_live", "retired", "key"]
    both: bool = False


Verdict = Agree | Doubt | Begin | Stop


def meet(known: Known, hello: Hello) -> Verdict:
    """Judge a HELLO whose signature is good."""
    stop = _must_stop(known, hello)
    if stop is not None:
        return stop
    held = _clean_match(known, hello)
    if held is not None:
        return Agree(held=held)
    offer = known.offer
    if offer is not None and _is_for(offer, hello):
        return Begin(epoch=offer.epoch, again=True)
    if known.challenge is None or hello.challenge != known.challenge:
        return Doubt()
    if _is_a_second_one(known, hello):
        return Stop(reason="two_live", both=True)
    return _begin(known, hello)


def forgot(known: Known, hello: Hello) -> bool:
    """Say whether head office once knew more than it does: its database was set back.

    It acknowledges only what it holds, and only it hands out the epochs that count.
    """
    if known.told_whole_and_is_not or (hello.opened and hello.epoch > known.highest_epoch):
        return True
    acknowledged = hello.acknowledged
    if acknowledged is None or (acknowledged.incarnation, acknowledged.epoch) != (
        hello.incarnation,
        hello.epoch,
    ):
        return False
    return acknowledged.seq > known.named_held_seq


def _must_stop(known: Known, hello: Hello) -> Stop | None:
    """Answer why this HELLO is refused whatever it says; nobody else is stopped by it."""
    if known.state == "retired":
        return Stop(reason="retired")
    if known.key is not None and known.key != hello.key:
        return Stop(reason="key")
    return Stop(reason="two_live") if known.state == "halted" else None


def _is_a_second_one(known: Known, hello: Hello) -> bool:
    """Say whether a life greets that was ended, while a newer one goes on without it."""
    live = known.live
    if live is None or not known.named_fenced:
        return False
    return live.epoch > hello.epoch and not known.is_followed


def _is_for(offer: Offer, hello: Hello) -> bool:
    """Say whether a WELCOME was given to the very epoch that greets."""
    return (offer.incarnation, offer.from_epoch) == (hello.incarnation, hello.epoch)


def _clean_match(known: Known, hello: Hello) -> Life | None:
    """Answer the epoch that counts, where the HELLO names it and nothing speaks against it."""
    if hello.frozen is not None or not hello.opened or known.acknowledged_differs:
        return None
    live, offer = known.live, known.offer
    if live is not None and live.is_named_by(hello):
        head = bytes.fromhex(hello.head_hash)
        ahead = hello.head_seq > live.seq
        return live if ahead or (hello.head_seq, head) == (live.seq, live.hash) else None
    if offer is None:
        return None
    opened = Life(incarnation=offer.incarnation, epoch=offer.epoch)
    return opened if opened.is_named_by(hello) else None


def _begin(known: Known, hello: Hello) -> Begin:
    tails = (tail.epoch for tail in hello.tails)
    return Begin(
        epoch=max(known.highest_epoch, known.newest_held, hello.epoch, *tails) + 1,
        fence=_fence(known, hello),
        finding=_finding(known, hello),
        because=_because(known, hello),
    )


def _fence(known: Known, hello: Hello) -> Literal["clean", "unclean"] | None:
    if known.live is None:
        return None
    return "clean" if _handed_over(known.live, hello) else "unclean"


def _handed_over(live: Life, hello: Hello) -> bool:
    """Say whether the same life went on by itself, in order, and asks for head office's word."""
    return (
        hello.incarnation == live.incarnation
        and hello.epoch > live.epoch
        and not hello.opened
        and hello.frozen is None
    )


def _finding(known: Known, hello: Hello) -> Finding | None:
    if known.state == "new" or forgot(known, hello):
        return None
    if known.key is None:
        return "disk_lost" if hello.epoch == 0 else "disk_restored"
    if known.live is None or _handed_over(known.live, hello):
        return None
    return "disk_restored"


def _because(known: Known, hello: Hello) -> str:
    """Say in plain words why the epoch before this one ended."""
    if hello.frozen is not None:
        return hello.frozen
    if forgot(known, hello):
        return "head office had forgotten the epoch that the device went on with"
    if known.key is None and hello.epoch == 0:
        return "the device came back with an empty ledger"
    if known.key is None:
        return "the device came back with a ledger from another disk or from a backup"
    return _what_differs(known.live, hello)


def _what_differs(live: Life | None, hello: Hello) -> str:
    if live is None or _handed_over(live, hello):
        return "the device went on with an epoch of its own"
    if not live.is_named_by(hello):
        return "the device came back as it had been in an earlier epoch"
    if hello.head_seq < live.seq:
        return f"the device came back without its entries after {hello.epoch}:{hello.head_seq}"
    return f"the device wrote other entries than those held of epoch {hello.epoch}"
