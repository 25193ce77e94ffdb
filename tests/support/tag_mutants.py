"""Ways in which tags, their signatures and a PN532 could be misread."""

from text_mutant import Mutant

__all__ = ["MUTANTS"]

_ASKED = "tests/unit/test_a_pn532_is_asked_until_it_answers.py"
_ATR = "tests/unit/test_an_atr_names_a_kind_of_card.py"
_CARDS = "tests/unit/test_a_pn532_names_the_cards_it_sees.py"
_FRAMES = "tests/unit/test_pn532_frames_are_found_in_any_stream.py"
_MEMBER = "tests/unit/test_a_tag_names_its_member.py"
_TAP = "tests/unit/test_a_tap_that_signs_is_verified.py"

MUTANTS = {
    "pn532_dcs_ignored": Mutant(
        file="drivers/readers/pn532_frames.py",
        old="    if sum(inside) & 0xFF:\n        return None\n",
        new="",
        caught_by=f"{_FRAMES}::test_a_damaged_frame_is_no_card",
    ),
    "pn532_looks_into_right_frames": Mutant(
        file="drivers/readers/pn532_frames.py",
        old="self._straying, self._quiet, at = False, 0, whole.end()",
        new="self._straying, self._quiet, at = False, 0, whole.start() + 3",
        caught_by=f"{_FRAMES}::test_what_a_right_frame_holds_is_never_a_frame",
    ),
    "random_uid_is_a_card": Mutant(
        file="drivers/naming.py",
        old="if len(number) == (8 if felica else 4) and number.startswith(random):",
        new="if False:",
        caught_by=f"{_CARDS}::test_a_number_that_is_made_up_is_refused",
    ),
    "answer_without_its_ack": Mutant(
        file="drivers/readers/pn532_session.py",
        old='elif found.kind == "answer" and self._acknowledged and',
        new='elif found.kind == "answer" and',
        caught_by=f"{_ASKED}::test_a_lost_ack_has_the_command_sent_again",
    ),
    "uid_of_a_staff_card": Mutant(
        file="drivers/tags/ndef.py",
        old="any(event != _UNKNOWN and not isinstance(event, StatusSeen) for event in events)",
        new="any(not isinstance(event, (StatusSeen, RefusedFrame)) for event in events)",
        caught_by=f"{_ASKED}::test_the_uid_stands_in_where_nobody_is_named",
    ),
    "a_text_may_say_that_it_is_signed": Mutant(
        file="drivers/tags/ndef.py",
        old="    if _WRITTEN.fullmatch(text):\n",
        new="    if True:\n",
        caught_by=f"{_MEMBER}::test_what_is_no_member_is_said",
    ),
    "staff_beside_a_member": Mutant(
        file="drivers/tags/ndef.py",
        old="    if _STAFF in said:\n        return [_STAFF]\n",
        new="",
        caught_by=f"{_MEMBER}::test_a_member_of_staff_is_no_member",
    ),
    "locks_inside_a_message": Mutant(
        file="drivers/tags/tlv.py",
        old="            if begin >= end:\n",
        new="            if False:\n",
        caught_by=f"{_MEMBER}::test_reserved_bytes_are_no_part_of_a_message",
    ),
    "signature_ignored": Mutant(
        file="drivers/tags/sdm.py",
        old="if card is None or not _is_signed(tap, card, file_key):",
        new="if card is None:",
        caught_by=f"{_TAP}::test_what_our_keys_did_not_make_is_refused",
    ),
    "same_counter_again": Mutant(
        file="drivers/tags/sdm.py",
        old="counter <= last_counter",
        new="counter < last_counter",
        caught_by=f"{_TAP}::test_only_a_higher_counter_is_new",
    ),
    "replay_before_signature": Mutant(
        file="drivers/tags/sdm.py",
        old='        return [RefusedFrame(reason="mac")]\n',
        new='        return [RefusedFrame(reason="replay" if last_counter else "mac")]\n',
        caught_by=f"{_TAP}::test_what_our_keys_did_not_make_is_refused",
    ),
    "tck_ignored": Mutant(
        file="drivers/tags/atr.py",
        old="    if wants_tck and _xor(atr[1:]):\n",
        new="    if False:\n",
        caught_by=f"{_ATR}::test_a_wrong_tck_is_refused",
    ),
}
