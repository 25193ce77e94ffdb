"""Faults: what may go wrong in a history, and which of them happen together.

Each history has a mix, drawn from its seed. Some faults take away what head office never heard;
those histories are held to the two exceptions that ARCHITECTURE.md names, and no other is.
"""

from dataclasses import dataclass

from sync.messages import FeedScope

__all__ = ["MIXES", "Mix"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Mix:
    """Which faults a history has. A number is how likely one is at each step."""

    name: str
    drop: float = 0.0
    duplicate: float = 0.0
    late_s: float = 0.02
    cut: float = 0.0
    """A store loses its line, for minutes or hours."""
    one_way: float = 0.0
    wipe: float = 0.0
    crash: float = 0.0
    clock: float = 0.0
    lose: float = 0.0
    restore: float = 0.0
    clone: float = 0.0
    office_restore: float = 0.0
    long_away: float = 0.0
    """A store is cut off for 72 hours."""
    twice: float = 0.02
    """A POS commits a sale at the agents of two stores."""
    erase: float = 0.0
    """A member is forgotten, perhaps while a store that knows them hears nothing."""
    hand_over: float = 0.0
    """A member is forgotten, and a store that never heard of them gives their card to another."""
    cards: float = 0.0
    """A card is added, replaced or lost, after each thing that somebody did at a till."""
    one_card_twice: float = 0.0
    """Two stores give one new card to two members."""
    feed: FeedScope = "all"
    """Of whom a store is told; where it is of those it has ``seen``, it asks for others."""
    scope: float = 0.0
    """A store is set up anew, to be told of all, or of those alone that it has seen."""
    version: float = 0.0
    """A new version of the program is put at head office, and begins today or tomorrow."""
    sure: str | None = None
    """The fault that it is about, where that is rare: it is done late in the day if the dice have
    not done it, as a history without it shows nothing of it.
    """

    @property
    def loses(self) -> bool:
        """Whether a disk may forget what was answered."""
        return bool(self.lose or self.restore or self.clone)


MIXES = (
    Mix(name="fair"),
    Mix(name="storm", drop=0.25, duplicate=0.25, late_s=8.0),
    Mix(name="islands", cut=0.08),
    Mix(name="storm_islands", drop=0.15, duplicate=0.15, late_s=4.0, cut=0.06),
    Mix(name="one_way", drop=0.05, one_way=0.08, late_s=2.0),
    Mix(name="broker", wipe=0.06, drop=0.05, cut=0.03),
    Mix(name="crashes", crash=0.08, cut=0.03, late_s=1.0),
    Mix(name="clocks", clock=0.08, cut=0.04, crash=0.03),
    Mix(name="long_away", long_away=0.02, cut=0.03, sure="long_away"),
    Mix(name="lost", lose=0.025, cut=0.05, crash=0.02, sure="lose"),
    Mix(name="restored", restore=0.03, cut=0.05, late_s=1.0, sure="restore"),
    Mix(name="cloned", clone=0.02, cut=0.05, sure="clone"),
    Mix(name="office", office_restore=0.03, cut=0.05, late_s=1.0, drop=0.05, sure="office_restore"),
    Mix(
        name="everything",
        drop=0.1,
        duplicate=0.1,
        late_s=4.0,
        cut=0.05,
        one_way=0.02,
        wipe=0.02,
        crash=0.03,
        clock=0.02,
        lose=0.008,
        restore=0.008,
        clone=0.006,
        office_restore=0.01,
        long_away=0.005,
    ),
    Mix(
        name="erased",
        erase=0.05,
        hand_over=0.03,
        cut=0.06,
        crash=0.02,
        late_s=1.0,
        sure="hand_over",
    ),
    Mix(
        name="cards",
        cards=0.15,
        one_card_twice=0.03,
        cut=0.08,
        crash=0.02,
        late_s=1.0,
        sure="one_card_twice",
    ),
    Mix(
        name="seen",
        feed="seen",
        scope=0.03,
        erase=0.01,
        hand_over=0.01,
        cards=0.05,
        cut=0.05,
        crash=0.01,
        late_s=0.1,
        sure="scope",
    ),
    Mix(name="versions", version=0.05, cut=0.08, crash=0.02, late_s=1.0, sure="version"),
    Mix(
        name="members",
        feed="seen",
        scope=0.02,
        version=0.02,
        erase=0.03,
        hand_over=0.02,
        cards=0.1,
        one_card_twice=0.02,
        drop=0.1,
        duplicate=0.1,
        late_s=2.0,
        cut=0.06,
        crash=0.02,
        lose=0.008,
        restore=0.008,
        clone=0.004,
        office_restore=0.015,
    ),
)
