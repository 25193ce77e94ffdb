"""Lives: where a journal branched, the newest life is the one that goes on.

Whoever restores an older backup gives up what came after it. Those entries still lie in newer
backups, in sealed files and in quarantine, and they follow as well as those of the new life do. The
chain alone cannot tell them apart; the first entry of a life can: it names the one it grew from.
"""

from collections.abc import Iterable

from agent.core.entry import Position

__all__ = ["Lives"]

_Place = tuple[int, int]


class Lives:
    """Which places (epoch, seq) a newer life gave up: those between its parent and its beginning.

    Each opening is an epoch and the entry that it grew from. A life that was itself given up has no
    say.
    """

    def __init__(self, openings: Iterable[tuple[int, Position]] = ()) -> None:
        self._given_up: list[tuple[_Place, _Place]] = []
        for epoch, parent in sorted(openings, key=lambda opening: opening[0], reverse=True):
            if not self.gave_up((epoch, 1)):
                self._given_up.append((parent.place, (epoch, 1)))

    def gave_up(self, place: _Place) -> bool:
        """Say whether an entry at this place belongs to a life that does not go on."""
        return any(parent < place < begin for parent, begin in self._given_up)
