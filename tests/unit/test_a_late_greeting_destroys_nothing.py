"""Greetings are judged by what is known, and only one that is said now ends or begins anything."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.entry import GENESIS
from sync.hub.meeting import (
    Agree,
    Begin,
    Doubt,
    Known,
    Life,
    Offer,
    Stop,
    Verdict,
    forgot,
    meet,
)
from sync.messages import Held, Hello, Tail

KEY, OTHER_KEY = "K" * 43, "L" * 43
HASH, OTHER_HASH = b"h" * 32, b"o" * 32
LIVE = Life(incarnation="first", epoch=3, seq=10, hash=HASH)
KNOWN = Known(state="live", challenge="now", highest_epoch=3, live=LIVE, key=KEY, named_held_seq=10)
CLEAN = Hello(
    incarnation="first",
    nonce="n",
    challenge="now",
    epoch=3,
    opened=True,
    head_seq=10,
    head_hash=HASH.hex(),
    key=KEY,
)
NEW_DISK = CLEAN.model_copy(
    update={"incarnation": "second", "epoch": 0, "opened": False, "key": OTHER_KEY}
)
BACKUP = NEW_DISK.model_copy(update={"epoch": 4, "frozen": "a till knows more"})
OFFERED = replace(
    KNOWN,
    live=None,
    highest_epoch=4,
    challenge=None,
    offer=Offer(incarnation="first", from_epoch=3, epoch=4),
)


def changed(**values: object) -> Hello:
    """Answer the clean HELLO with something else in it."""
    return CLEAN.model_copy(update=values)


AGREES = [
    ("the same head", KNOWN, CLEAN, LIVE),
    ("entries that are still to come", KNOWN, changed(head_seq=12, head_hash="0" * 64), LIVE),
    ("no challenge needed", replace(KNOWN, challenge=None), changed(challenge=None), LIVE),
    (
        "entries head office forgot",
        KNOWN,
        changed(
            head_seq=12, acknowledged=Held(incarnation="first", epoch=3, seq=12, hash="0" * 64)
        ),
        LIVE,
    ),
    (
        "the epoch that was welcomed, its opening under way",
        OFFERED,
        changed(epoch=4, head_seq=1, head_hash="0" * 64),
        Life(incarnation="first", epoch=4, seq=0, hash=GENESIS),
    ),
]


@pytest.mark.parametrize(("known", "hello", "held"), [case[1:] for case in AGREES])
def test_a_clean_match_is_answered_at_once(known: Known, hello: Hello, held: Life) -> None:
    """Where the device stands on what is held, it hears OK and how much that is."""
    assert meet(known, hello) == Agree(held=held)


UNCLEAN = {
    "a device never met": (Known(challenge="now"), NEW_DISK),
    "an empty disk": (replace(KNOWN, key=None), NEW_DISK),
    "a backup": (replace(KNOWN, key=None), BACKUP),
    "frozen": (KNOWN, changed(frozen="contradicted")),
    "an epoch of its own": (KNOWN, changed(epoch=4, opened=False)),
    "fewer entries than are held": (KNOWN, changed(head_seq=9)),
    "another newest entry": (KNOWN, changed(head_hash=OTHER_HASH.hex())),
    "another acknowledged entry": (replace(KNOWN, acknowledged_differs=True), CLEAN),
    "an epoch head office forgot": (KNOWN, changed(epoch=7)),
    "a place where the device once was": (
        replace(KNOWN, named_fenced=True, is_followed=True),
        changed(epoch=2, head_seq=5),
    ),
}


@pytest.mark.parametrize("case", UNCLEAN)
@pytest.mark.parametrize("challenge", [None, "an older one"])
def test_anything_else_is_challenged_first(case: str, challenge: str | None) -> None:
    """Without the challenge that is open, nothing is ended and nothing begins."""
    known, hello = UNCLEAN[case]
    assert meet(known, hello.model_copy(update={"challenge": challenge})) == Doubt()
    assert meet(replace(known, challenge=None), hello) == Doubt()


BEGINS: dict[str, tuple[int, str | None, str | None]] = {
    "a device never met": (1, None, None),
    "an empty disk": (4, "unclean", "disk_lost"),
    "a backup": (5, "unclean", "disk_restored"),
    "frozen": (4, "unclean", "disk_restored"),
    "an epoch of its own": (5, "clean", None),
    "fewer entries than are held": (4, "unclean", "disk_restored"),
    "another newest entry": (4, "unclean", "disk_restored"),
    "another acknowledged entry": (4, "unclean", "disk_restored"),
    "an epoch head office forgot": (8, "unclean", None),
    "a place where the device once was": (4, "unclean", "disk_restored"),
}


@pytest.mark.parametrize("case", UNCLEAN)
def test_an_answered_challenge_begins_a_new_epoch(case: str) -> None:
    """It is newer than any known, the live one ends, and what happened to the disk is named."""
    verdict = meet(*UNCLEAN[case])
    assert isinstance(verdict, Begin)
    assert (verdict.epoch, verdict.fence, verdict.finding) == BEGINS[case]
    assert not verdict.again
    assert verdict.because


def test_a_welcome_names_one_epoch_until_it_is_opened() -> None:
    """The device may greet again as often as it likes: it is the same new epoch every time."""
    for challenge in (None, "now", "an older one"):
        hello = changed(challenge=challenge, head_seq=4)
        assert meet(OFFERED, hello) == Begin(epoch=4, again=True)


def test_a_welcome_that_crossed_a_freeze_is_not_repeated() -> None:
    """A device that froze into the very number that was offered is offered a larger one."""
    froze = changed(incarnation="third", epoch=4, opened=False, frozen="a till knows more")
    assert meet(replace(OFFERED, key=None), froze) == Doubt()
    verdict = meet(replace(OFFERED, key=None, challenge="now"), froze)
    assert isinstance(verdict, Begin)
    assert verdict.epoch == 5


def test_two_live_devices_of_one_name_are_both_stopped() -> None:
    """A life that was ended answers a challenge, at the newest entry it has; another goes on."""
    known = replace(KNOWN, named_fenced=True)
    ended = changed(incarnation="zeroth", epoch=2)
    assert meet(known, ended) == Stop(reason="two_live", both=True)
    assert meet(known, ended.model_copy(update={"challenge": None})) == Doubt()


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (replace(KNOWN, state="retired"), "retired"),
        (replace(KNOWN, state="halted"), "two_live"),
        (replace(KNOWN, key=OTHER_KEY), "key"),
    ],
)
def test_who_must_not_go_on_is_halted_alone(known: Known, reason: str) -> None:
    """Retired, halted, or signed by another key than this life of the disk has: HALT to it."""
    assert meet(known, CLEAN) == Stop(reason=reason, both=False)  # type: ignore[arg-type]


def test_a_database_that_was_set_back_is_noticed() -> None:
    """The device was acknowledged more than is held, or opened an epoch that nobody offered."""
    held = Held(incarnation="first", epoch=3, seq=11, hash="0" * 64)
    assert forgot(KNOWN, changed(head_seq=12, acknowledged=held))
    assert forgot(KNOWN, changed(epoch=4))
    assert not forgot(KNOWN, changed(acknowledged=held.model_copy(update={"seq": 10})))
    assert not forgot(KNOWN, changed(epoch=9, opened=False))
    older = held.model_copy(update={"epoch": 2})
    assert not forgot(KNOWN, changed(acknowledged=older))


names = st.sampled_from(["first", "second"])
seqs = st.integers(0, 4)
hashes = st.sampled_from([GENESIS, HASH, OTHER_HASH])
challenges = st.sampled_from([None, "now", "older"])
lives = st.builds(Life, incarnation=names, epoch=seqs, seq=seqs, hash=hashes)
offers = st.builds(Offer, incarnation=names, from_epoch=st.just(1), epoch=st.just(5))
knowns = st.builds(
    Known,
    state=st.sampled_from(["new", "live", "halted", "retired"]),
    challenge=challenges,
    highest_epoch=st.just(5),
    live=st.none() | lives,
    offer=st.none() | offers,
    key=st.sampled_from([None, KEY, OTHER_KEY]),
    named_held_seq=seqs,
    named_fenced=st.booleans(),
    is_followed=st.booleans(),
    acknowledged_differs=st.booleans(),
)
tails = st.builds(
    Tail, incarnation=names, epoch=st.integers(0, 9), head_seq=seqs, head_hash=st.just("0" * 64)
)
hellos = st.builds(
    Hello,
    incarnation=names,
    nonce=st.just("n"),
    challenge=challenges,
    epoch=st.integers(0, 7),
    opened=st.booleans(),
    head_seq=seqs,
    head_hash=hashes.map(bytes.hex),
    frozen=st.sampled_from([None, "why"]),
    tails=st.lists(tails, max_size=2).map(tuple),
    key=st.just(KEY),
)


def _destroys(verdict: Verdict) -> bool:
    return (isinstance(verdict, Begin) and not verdict.again) or (
        isinstance(verdict, Stop) and verdict.both
    )


@given(known=knowns, hello=hellos)
def test_only_an_answer_to_the_open_challenge_changes_anything(known: Known, hello: Hello) -> None:
    """Whatever is known and said: no right challenge, no epoch ended, begun, or device stopped."""
    if known.challenge is None or hello.challenge != known.challenge:
        assert not _destroys(meet(known, hello))


@given(known=knowns, hello=hellos)
def test_epochs_only_grow(known: Known, hello: Hello) -> None:
    """A new epoch is above all that were, at either end; one said again is above the device's."""
    verdict = meet(known, hello)
    if isinstance(verdict, Begin):
        mine = (hello.epoch, *(tail.epoch for tail in hello.tails))
        assert verdict.epoch > hello.epoch
        assert verdict.again or verdict.epoch > max(known.highest_epoch, *mine)


@given(known=knowns, hello=hellos)
def test_ok_is_said_only_of_the_epoch_that_counts(known: Known, hello: Hello) -> None:
    """Never to a frozen device, nor of an epoch it opened itself, nor with fewer entries."""
    verdict = meet(known, hello)
    if isinstance(verdict, Agree):
        assert hello.opened
        assert hello.frozen is None
        assert verdict.held.is_named_by(hello)
        assert hello.head_seq >= verdict.held.seq
        assert known.state in ("new", "live")
