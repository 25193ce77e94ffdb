"""Ways in which ports, keyboard scanners and links could be wrong, and what printed digits mean."""

from text_mutant import Mutant

__all__ = ["MUTANTS"]

_APPEARS = "tests/unit/test_a_port_that_appears_is_seen.py"
_GRAB = "tests/unit/test_a_keyboard_scanner_is_grabbed.py"
_KEYS = "tests/unit/test_a_keyboard_scanner_is_read_from_its_events.py"
_LINE = "tests/unit/test_a_port_keeps_what_came.py"
_LINK = "tests/unit/test_a_link_means_the_same_everywhere.py"

_EVENTS = "drivers/scanners/hid_parser.py"
_LINKS = "drivers/digital_link.py"
_PORT = "drivers/port.py"

MUTANTS = {
    "keyboard_forgets_a_loss": Mutant(
        file=_EVENTS,
        old="            return _HOLE\n",
        new='            return b""\n',
        caught_by=f"{_KEYS}::test_lost_events_are_no_other_card[4]",
    ),
    "keyboard_believes_what_follows_a_loss": Mutant(
        file=_EVENTS,
        old=" or self._is_dropping:\n",
        new=":\n",
        caught_by=f"{_KEYS}::test_what_follows_a_loss_does_not_count",
    ),
    "keyboard_held_for_ever": Mutant(
        file=_EVENTS,
        old="        self._is_dropping = False\n        self._keyboard.reset()\n",
        new="        self._is_dropping = False\n",
        caught_by=f"{_KEYS}::test_no_key_is_held_over_a_silence",
    ),
    "keyboard_keeps_half_an_event": Mutant(
        file=_EVENTS,
        old="        ended = self._scans.feed(_HOLE) if self._part else []\n",
        new="        ended: list[Event] = []\n",
        caught_by=f"{_KEYS}::test_a_torn_event_is_said_and_forgotten",
    ),
    "keyboard_types_into_windows": Mutant(
        file="drivers/scanners/hid_port.py",
        old="        device.grab()\n",
        new="        pass\n",
        caught_by=f"{_GRAB}::test_a_second_grabber_is_named",
    ),
    "port_limits_what_rfc2217_cannot": Mutant(
        file=_PORT,
        old='None if port.lower().startswith("rfc2217:") else _WRITE_S',
        new="_WRITE_S",
        caught_by=f"{_LINE}::test_each_line_is_asked_for_what_it_can[RFC2217://127.0.0.1:1-None]",
    ),
    "port_trusts_a_silent_end": Mutant(
        file=_PORT,
        old="(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)",
        new="(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0)",
        caught_by=f"{_LINE}::test_the_kernel_asks_after_a_silent_end",
    ),
    "port_loses_the_last_words": Mutant(
        file=_PORT,
        old="            pass  # what came",
        new="            raise  # what came",
        caught_by=f"{_LINE}::test_what_came_before_the_end_is_kept",
    ),
    "port_ends_at_an_odd_error": Mutant(
        file=_PORT,
        old="(termios.error, ValueError, LookupError, NotImplementedError)",
        new="(ValueError, LookupError, NotImplementedError)",
        caught_by=f"{_LINE}::test_odd_errors_are_those_of_a_port[error]",
    ),
    "port_has_two_owners": Mutant(
        file=_PORT,
        old="exclusive=True",
        new="exclusive=None",
        caught_by=f"{_LINE}::test_each_line_is_asked_for_what_it_can[/dev/front-1.0]",
    ),
    "port_loses_the_number": Mutant(
        file="drivers/port_faults.py",
        old="error.__cause__ or error.__context__",
        new="error.__cause__",
        caught_by="tests/unit/test_a_ports_fault_is_in_plain_words.py"
        "::test_what_really_cannot_be_opened",
    ),
    "link_begins_anywhere": Mutant(
        file=_LINKS,
        old="range(len(segments) - 2, -1, -2)",
        new="range(len(segments) - 2, -1, -1)",
        caught_by=f"{_LINK}::test_a_link_is_pairs_behind_a_key",
    ),
    "link_contradicts_itself": Mutant(
        file=_LINKS,
        old="found.setdefault(name, value) != value or ",
        new="found.setdefault(name, value) is None or ",
        caught_by=f"{_LINK}::test_a_link_is_pairs_behind_a_key"
        "[https://a.test/01/05901234123457?10=A&10=B-None]",
    ),
    "link_holds_any_value": Mutant(
        file=_LINKS,
        old=" or not is_element(name, found[name])",
        new="",
        caught_by=f"{_LINK}::test_a_link_is_pairs_behind_a_key"
        "[https://a.test/01/05901234123457?17=2712-None]",
    ),
    "port_waits_blindly": Mutant(
        file=_PORT,
        old=" and self._seen == _file_at(self._port):\n",
        new=":\n",
        caught_by=f"{_APPEARS}::test_what_is_plugged_in_ends_the_wait",
    ),
    "port_overlooks_rights": Mutant(
        file=_PORT,
        old="found.st_mode, ",
        new="",
        caught_by=f"{_APPEARS}::test_rights_that_are_given_end_the_wait",
    ),
    "port_overlooks_another_device": Mutant(
        file=_PORT,
        old="found.st_ino, found.st_rdev, ",
        new="",
        caught_by=f"{_APPEARS}::test_another_device_under_the_name_ends_the_wait",
    ),
    "line_ends_at_a_mistake": Mutant(
        file="drivers/serving.py",
        old="        except Exception as error:  #",
        new="        except OSError as error:  #",
        caught_by="tests/unit/test_a_driver_that_raises_goes_on.py::test_it_is_lost_and_found",
    ),
    "typed_digits_are_hexadecimal": Mutant(
        file="agent/core/tokens.py",
        old="        if bare.isdigit():\n",
        new="        if bare.isdigit() and len(bare) != 10:\n",
        caught_by="tests/unit/test_a_printed_number_is_one_card.py"
        "::test_ten_digits_are_a_card_everywhere[0000402721]",
    ),
}
