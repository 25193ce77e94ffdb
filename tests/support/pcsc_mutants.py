"""Ways in which a card on a PC/SC reader could be taken for another one, or a tap taken twice."""

from text_mutant import Mutant

__all__ = ["MUTANTS"]

_BLOCK = "tests/unit/test_a_block_names_the_member.py"
_NAMED = "tests/unit/test_a_card_on_pcsc_is_named.py"
_TAP = "tests/unit/test_a_signed_tap_is_taken_once.py"
_TOLD = "tests/unit/test_a_pcsc_reader_is_told_what_to_read.py"

MUTANTS = {
    "same_tap_again": Mutant(
        file="drivers/pcsc/counters.sql",
        old="WHERE excluded.counter > taps.counter",
        new="WHERE excluded.counter >= taps.counter",
        caught_by=f"{_TAP}::test_one_of_two_readers_takes_a_tap",
    ),
    "tap_that_nobody_remembers": Mutant(
        file="drivers/pcsc/signing.py",
        old='            return [_UNREADABLE, StatusSeen(about="taps_not_remembered")]\n',
        new="            taken = True\n",
        caught_by=f"{_TAP}::test_what_cannot_be_remembered_is_not_taken",
    ),
    "tap_of_another_card": Mutant(
        file="drivers/pcsc/signing.py",
        old="        if not _is_number_of(event.token.value, uid):\n            return [_MAC]\n",
        new="",
        caught_by=f"{_TAP}::test_what_does_not_verify_is_nobody",
    ),
    "tap_copied_to_a_plain_tag": Mutant(
        file="drivers/pcsc/reading.py",
        old="        return [_UNSIGNED]\n    events = events_of_memory(memory)\n",
        new="        pass\n    events = events_of_memory(memory)\n",
        caught_by=f"{_TAP}::test_what_does_not_verify_is_nobody",
    ),
    "unsigned_file_on_a_reader_with_keys": Mutant(
        file="drivers/pcsc/reading.py",
        old="    if not plan.accept_unsigned:\n        return [_UNSIGNED]\n",
        new="",
        caught_by=f"{_TAP}::test_cards_that_do_not_sign_are_taken_only_if_allowed",
    ),
    "unsigned_card_on_a_reader_with_keys": Mutant(
        file="drivers/pcsc/reading.py",
        old='    if plan.wants_signature and reads != "file":\n        return [_UNSIGNED]\n',
        new="",
        caught_by=f"{_TAP}::test_cards_that_do_not_sign_are_taken_only_if_allowed",
    ),
    "looking_on_takes_a_tap": Mutant(
        file="drivers/pcsc/options.py",
        old="SeenCounters(place.state) if place.looks_on else TapCounters(place.state)",
        new="TapCounters(place.state)",
        caught_by=f"{_TOLD}::test_taps_are_remembered_where_the_ledger_is",
    ),
    "without_keys_any_card": Mutant(
        file="drivers/pcsc/planned.py",
        old='return [StatusSeen(about="keys_unusable"), RefusedFrame(reason="unreadable")]',
        new="plan = ReadingPlan()",
        caught_by=f"{_TOLD}::test_keys_that_cannot_be_had_refuse_every_card",
    ),
    "keys_for_everybody": Mutant(
        file="drivers/pcsc/keys.py",
        old="if os.fstat(opened.fileno()).st_mode & stat.S_IROTH:",
        new="if False:",
        caught_by=f"{_TOLD}::test_keys_that_cannot_be_had_refuse_every_card",
    ),
    "block_that_nobody_wrote": Mutant(
        file="drivers/pcsc/classic.py",
        old='return digits if digits.strip("0") else None',
        new="return digits or None",
        caught_by=f"{_BLOCK}::test_what_is_no_number_is_refused",
    ),
    "uid_of_a_classic_that_does_not_open": Mutant(
        file="drivers/pcsc/reading.py",
        old="        return (yield from said_by_block(plan.block, plan.family))\n",
        new="        said = yield from said_by_block(plan.block, plan.family)\n"
        "        return [chip] if said == [_UNREADABLE] else said\n",
        caught_by=f"{_BLOCK}::test_a_card_that_does_not_open_is_nobody",
    ),
    "half_a_page_is_a_page": Mutant(
        file="drivers/pcsc/type_2.py",
        old="        if data is None or len(data) != PIECE_BYTES:\n",
        new="        if data is None:\n",
        caught_by=f"{_NAMED}::test_a_tag_taken_away_in_the_middle_is_unreadable",
    ),
    "half_a_piece_is_a_piece": Mutant(
        file="drivers/pcsc/type_4.py",
        old="return data if data is not None and len(data) == count else None",
        new="return data",
        caught_by=f"{_NAMED}::test_a_file_cut_short_is_unreadable",
    ),
    "message_longer_than_its_file": Mutant(
        file="drivers/pcsc/type_4.py",
        old="if end > min(file.size, _LENGTH_BYTES + LONGEST_MESSAGE):",
        new="if False:",
        caught_by=f"{_NAMED}::test_a_message_that_is_too_long_is_unreadable",
    ),
    "failure_is_no_application": Mutant(
        file="drivers/pcsc/apdu.py",
        old="    return answer in _ABSENT\n",
        new="    return data_of(answer) is None\n",
        caught_by=f"{_NAMED}::test_a_file_cut_short_is_unreadable",
    ),
    "three_bytes_of_a_number": Mutant(
        file="drivers/pcsc/reading.py",
        old="    if is_cut_off(uid):\n",
        new="    if False:\n",
        caught_by=f"{_NAMED}::test_a_number_that_is_not_whole_is_unreadable",
    ),
}
