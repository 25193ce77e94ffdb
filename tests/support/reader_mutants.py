"""Ways in which a reader that is asked could be wrong, and in which a visit could be."""

from text_mutant import Mutant

__all__ = ["MUTANTS"]

_ASKED_PN532 = "tests/unit/test_a_pn532_is_asked_until_it_answers.py"
_ASKED_UHF = "tests/unit/test_a_uhf_reader_is_asked_until_it_answers.py"
_DOOR = "tests/unit/test_a_reader_at_a_door_tells_visits.py"
_KNOWN_BY = "tests/unit/test_a_card_is_known_by_what_stands_on_it.py"
_ONCE = "tests/unit/test_a_card_that_rests_is_refused_once.py"
_SILENT = "tests/unit/test_a_device_that_does_not_answer_is_a_fault.py"
_SHOP_FLOOR = "tests/unit/test_every_driver_survives_a_shop_floor.py"

_CHIP = "drivers/readers/pn532_session.py"
_READER = "drivers/readers/uhf18_session.py"

MUTANTS = {
    "line_closed_while_open": Mutant(
        file="drivers/line.py",
        old="            self._lost(NOT_ANSWERING)\n",
        new="            raise OSError(NOT_ANSWERING)\n",
        caught_by=f"{_SILENT}::test_a_device_that_never_answered_was_never_found",
    ),
    "line_found_before_it_answers": Mutant(
        file="drivers/line.py",
        old="        if answering and self.fault",
        new="        if answering is not False and self.fault",
        caught_by=f"{_SHOP_FLOOR}::TestPn532::test_noise_is_no_card",
    ),
    "pn532_overdue_in_silence_only": Mutant(
        file=_CHIP,
        old="        for found in self._framer.feed(data):\n            self._hear(found, now_s)\n"
        "        return self._turn(now_s)\n",
        new="        for found in self._framer.feed(data):\n            self._hear(found, now_s)\n"
        "        return self._turn(0.0)\n",
        caught_by=f"{_ASKED_PN532}::test_a_line_that_is_never_silent_may_not_answer_either",
    ),
    "pn532_answer_before_its_ack": Mutant(
        file=_CHIP,
        old='found.kind == "answer" and self._acknowledged and found.code',
        new='found.kind == "answer" and found.code',
        caught_by=f"{_ASKED_PN532}::test_a_lost_ack_has_the_command_sent_again",
    ),
    "pn532_writes_to_another_port": Mutant(
        file=_CHIP,
        old='        self._write, self._events = b"", []\n        self._bring_up',
        new="        self._bring_up",
        caught_by=f"{_ASKED_PN532}::test_another_port_is_another_chip",
    ),
    "pn532_remembers_who_lay_there": Mutant(
        file=_CHIP,
        old="                case _:\n                    self._known = None\n",
        new="                case _:\n",
        caught_by=f"{_KNOWN_BY}::test_a_card_that_was_written_to_is_read_again",
    ),
    "pn532_refuses_at_each_look": Mutant(
        file=_CHIP,
        old="        if not refused or refused != self._refused:\n",
        new="        if events:\n",
        caught_by=f"{_ONCE}::test_a_telephone_is_refused_once",
    ),
    "uhf_asks_a_busy_reader": Mutant(
        file=_READER,
        old="            if status == MORE_FOLLOW:\n",
        new="            if status < 0:\n",
        caught_by=f"{_ASKED_UHF}::test_all_answers_to_one_question_are_waited_for",
    ),
    "uhf_power_wears_its_memory_out": Mutant(
        file=_READER,
        old="not in (None, self._power_told_dbm):",
        new="is not None:",
        caught_by=f"{_ASKED_UHF}::test_a_configured_power_is_set_before_the_first_look",
    ),
    "uhf_gives_up_a_long_look": Mutant(
        file=_READER,
        old="        looks_s = self._looks_s if",
        new="        looks_s = 0.0 if",
        caught_by=f"{_ASKED_UHF}::test_a_long_look_is_waited_for",
    ),
    "uhf_any_answer_is_its_own": Mutant(
        file=_READER,
        old="code not in (asked, ILLEGAL):",
        new="code < 0:",
        caught_by=f"{_ASKED_UHF}::test_a_late_answer_is_not_the_next_ones",
    ),
    "uhf_refuses_at_each_look": Mutant(
        file=_READER,
        old="        if refused != before:\n",
        new="        if said:\n",
        caught_by=f"{_ONCE}::test_a_tag_of_somebody_else_is_refused_once",
    ),
    "visit_lost_in_a_crowd": Mutant(
        file="drivers/sightings.py",
        old="            self._zone.forget(read.token)\n",
        new="            pass\n",
        caught_by=f"{_DOOR}::test_a_crowd_arrives_one_after_the_other",
    ),
    "visit_outlives_its_reader": Mutant(
        file="drivers/line.py",
        old="        self._telling.passed(self._world.now_s())\n",
        new="",
        caught_by=f"{_DOOR}::test_a_visit_ends_while_the_reader_is_away",
    ),
}
