"""The promises that every device keeps, each a test over a rig."""

import pytest

from drivers.conformance.moves import (
    Busy,
    ClockJump,
    Denied,
    Flood,
    Gone,
    Half,
    Lay,
    Move,
    Noise,
    NotApplicable,
    Pause,
    Rest,
    Rig,
    Seen,
    Stops,
    Together,
)

__all__ = ["DeviceConformance"]

_MOST_AT_ONCE = 10
_A_DAY_S = 86_400.0


class DeviceConformance:
    """Subclass it as ``Test…`` and answer a rig."""

    def rig(self) -> Rig:
        """Answer a rig of the driver."""
        raise NotImplementedError

    def _play(self, *moves: Move) -> tuple[Rig, Seen]:
        rig = self.rig()
        try:
            return rig, rig.play(*moves)
        except NotApplicable as why:
            pytest.skip(str(why))

    def test_a_card_is_told_once(self) -> None:
        """A card that is shown is told, and only that."""
        rig, seen = self._play(Lay(1), Pause())
        assert seen.told == (rig.token(1),)
        assert seen.counters.presentations == 1
        assert seen.logged == ("reader_found",)

    def test_it_may_be_absent_at_first(self) -> None:
        """A device that is not there at the start is found when it comes; its fault says why."""
        rig, seen = self._play(Gone(), Lay(1), Pause())
        assert seen.told == (rig.token(1),)
        assert seen.faults[0]
        assert seen.faults[-1] is None
        assert seen.logged[-1] == "reader_found"

    def test_a_right_that_is_missing_is_said(self) -> None:
        """A device that may not be opened is a fault that says so, until it may."""
        rig, seen = self._play(Lay(1), Pause(), Denied(), Lay(2), Pause())
        assert seen.told == (rig.token(1), rig.token(2))
        assert any(
            "ermission" in (fault or "") or "denied" in (fault or "") for fault in seen.faults
        )
        assert seen.faults[-1] is None

    def test_a_cable_is_pulled_and_plugged_in_again(self) -> None:
        """Loss and return are each logged once, however long it is away, and cards go on."""
        rig, seen = self._play(Lay(1), Pause(), Gone(looks=20), Lay(2), Pause())
        assert seen.told == (rig.token(1), rig.token(2))
        assert seen.logged == ("reader_found", "reader_lost", "reader_found")

    def test_half_a_card_on_a_pulled_cable_is_none(self) -> None:
        """What was begun before a loss is not finished after it."""
        rig, seen = self._play(Half(1), Gone(), Lay(2), Pause())
        assert seen.told == (rig.token(2),)

    def test_noise_is_no_card(self) -> None:
        """Ten seconds of noise at the rate of the line are no card, and the next card is one."""
        rig, seen = self._play(Noise(10), Pause(), Lay(1), Pause())
        assert seen.told == (rig.token(1),)
        assert seen.counters.refused > 0
        # One that is asked cannot be heard in it, and may say so.
        assert seen.logged in (("reader_found",), ("reader_lost", "reader_found"))

    def test_half_a_card_and_silence_are_none(self) -> None:
        """A frame that breaks off is no card, and does not spoil the next one."""
        rig, seen = self._play(Half(1), Pause(), Lay(2), Pause())
        assert seen.told == (rig.token(2),)

    def test_a_card_may_come_in_pieces(self) -> None:
        """However its bytes are cut on the way, a card is that card."""
        for at_once in (1, 2, 3, 5, 7, 11):
            rig, seen = self._play(Lay(1, at_once), Pause(), Lay(2, at_once), Pause())
            assert seen.told == (rig.token(1), rig.token(2)), at_once

    def test_ten_cards_in_one_read_are_ten(self) -> None:
        """What comes together is told one by one, in order."""
        rig, seen = self._play(Together(tuple(range(10))), Pause())
        assert seen.told == tuple(rig.token(card) for card in range(10))

    def test_a_card_that_rests_is_told_once(self) -> None:
        """A card that lies there is one presentation, and another beside it its own at once."""
        if not self.rig().rests:
            pytest.skip("it does not repeat a card that lies there: each reading is meant")
        rig, seen = self._play(Rest(1, 40), Lay(2), Rest(1, 5), Pause(), Lay(1), Pause())
        assert seen.told == (rig.token(1), rig.token(2), rig.token(1))

    def test_a_flood_is_held_back(self) -> None:
        """A device gone mad is told no faster than hands move, and hands are told again after."""
        rig, seen = self._play(Flood(1_000), Pause(10), Lay(1_001), Pause())
        assert seen.told[-1] == rig.token(1_001)
        assert seen.counters.dropped > 0
        assert seen.counters.dropped + seen.counters.presentations <= 1_001
        assert _MOST_AT_ONCE <= seen.counters.presentations < 1_001

    def test_a_slow_lane_loses_no_card(self) -> None:
        """Who takes two seconds over each card is told all of them, in order."""
        rig, seen = self._play(Busy(2), Lay(1), Pause(), Lay(2), Pause(), Lay(3), Pause())
        assert seen.told == (rig.token(1), rig.token(2), rig.token(3))
        assert seen.counters.dropped == 0

    def test_it_may_be_stopped_in_mid_read(self) -> None:
        """It ends with half a card read, tells nothing of it, and lets go of what it held."""
        rig, seen = self._play(Lay(1), Pause(), Half(2), Stops(), Lay(3), Pause())
        assert seen.told == (rig.token(1),)
        assert seen.held == 0

    def test_a_machine_may_sleep(self) -> None:
        """A clock that is a day further on loses no card and tells none twice."""
        rig, seen = self._play(Lay(1), ClockJump(_A_DAY_S), Lay(2), Pause())
        assert seen.told == (rig.token(1), rig.token(2))

    def test_faults_come_and_go_with_the_device(self) -> None:
        """It says a fault while it is away and none while it is there."""
        _, seen = self._play(Lay(1), Pause(), Gone(), Lay(2), Gone(), Lay(3), Pause())
        can_be_used = [fault is None for fault in seen.faults]
        assert can_be_used == [False, True, True, False, True, False, True, True, True]
