"""Ways in which a PC/SC reader could lose a card, tell it twice, or be lost itself."""

from text_mutant import Mutant

__all__ = ["MUTANTS"]

_FAILS = "tests/unit/test_a_pcsc_reader_that_fails_is_found_again.py"
_ONE = "tests/unit/test_a_pcsc_reader_is_one_devices.py"
_ONCE = "tests/unit/test_a_card_on_pcsc_is_told_once.py"

_DEVICE = "drivers/pcsc/device.py"
_NAMES = "drivers/pcsc/names.py"
_REAL = "drivers/pcsc/winscard.py"

MUTANTS = {
    "swap_between_two_looks": Mutant(
        file=_DEVICE,
        old="slot.changes != before.changes:\n                    self._took_away",
        new="(slot.atr is None) != (before.atr is None):\n                    self._took_away",
        caught_by=f"{_ONCE}::test_it_is_swapped_between_two_looks",
    ),
    "every_look_is_a_card": Mutant(
        file=_DEVICE,
        old="if before is None or slot.changes != before.changes:",
        new="if True:",
        caught_by=f"{_ONCE}::test_other_programs_look_at_it",
    ),
    "card_that_flickers": Mutant(
        file=_DEVICE,
        old="        self._cards.lay_until(self._lying, self._world.now_s())\n",
        new="",
        caught_by=f"{_ONCE}::test_it_flickers",
    ),
    "card_torn_away_is_nothing": Mutant(
        file=_DEVICE,
        old='                break\n        self._telling.refuse("unreadable", ',
        new='                break\n        print("unreadable", ',
        caught_by=f"{_ONCE}::test_it_is_torn_away",
    ),
    "swapped_card_is_not_told": Mutant(
        file=_DEVICE,
        old='        self._telling.refuse("unreadable", self._world.now_s())\n',
        new="        self.counters.refused += 1\n",
        caught_by="tests/unit/test_what_a_device_refuses_is_told.py"
        "::test_a_pcsc_reader_tells_its_reasons",
    ),
    "card_is_not_let_go_of": Mutant(
        file=_DEVICE,
        old="with closing(service.connect(reader)) as card:",
        new="if card := service.connect(reader):",
        caught_by=f"{_ONCE}::test_it_is_torn_away",
    ),
    "signal_that_fails": Mutant(
        file=_DEVICE,
        old="            with suppress(CardGone):\n                card.transmit(",
        new="            with closing(card):\n                card.transmit(",
        caught_by=f"{_ONCE}::test_a_signal_that_fails_matters_nothing",
    ),
    "keys_looked_for_at_the_first_card": Mutant(
        file=_DEVICE,
        old="            self._judge(self._reading.check())\n",
        new="",
        caught_by=f"{_ONCE}::test_keys_that_cannot_be_had",
    ),
    "card_asked_once": Mutant(
        file=_DEVICE,
        old="_TRIES = 3",
        new="_TRIES = 1",
        caught_by=f"{_FAILS}::test_what_comes_beside_a_failure_is_nothing",
    ),
    "right_to_cards_loses_the_reader": Mutant(
        file=_DEVICE,
        old="            except AccessDenied as error:",
        new="            except KeyError as error:",
        caught_by=f"{_FAILS}::test_a_right_to_cards_that_is_missing",
    ),
    "context_is_kept": Mutant(
        file=_REAL,
        old="self._calls.scard.SCardReleaseContext, self.context",
        new="int",
        caught_by=f"{_FAILS}::test_what_fails_is_said_and_tried_again",
    ),
    "first_of_several_readers": Mutant(
        file=_NAMES,
        old="    if len(fitting) == 1:\n",
        new="    if fitting:\n",
        caught_by=f"{_ONE}::test_a_beginning_that_several_have",
    ),
    "reader_of_two_devices": Mutant(
        file=_NAMES,
        old="        if holder != device:\n",
        new="        if False:\n",
        caught_by=f"{_ONE}::test_two_devices_at_one_reader",
    ),
    "reader_is_never_let_go_of": Mutant(
        file=_NAMES,
        old="                del self._device_of[reader]\n",
        new="                pass\n",
        caught_by=f"{_ONE}::test_two_devices_at_one_reader",
    ),
    "beginnings_are_two_readers": Mutant(
        file=_NAMES,
        old="    return port.startswith(other) or other.startswith(port)\n",
        new="    return port == other\n",
        caught_by=f"{_ONE}::test_two_entries",
    ),
}
