"""Ways in which a driver could be wrong: what is a card, whose it is, and what nobody may read."""

from text_mutant import Mutant

__all__ = ["MUTANTS"]

_ANY_BYTES = "tests/unit/test_parsers_survive_any_bytes.py"
_EM4100 = "tests/unit/test_em4100_frames_are_found_in_any_stream.py"
_EPC = "tests/unit/test_epc_names_the_member.py"
_KEYBOARD = "tests/unit/test_a_keyboard_scanner_types_what_a_serial_one_sends.py"
_PAYMENT = "tests/unit/test_no_scan_carries_a_payment_card_out.py"
_SCAN = "tests/unit/test_a_scan_is_a_member_or_a_product.py"
_UHF = "tests/unit/test_uhf18_answers_are_found_in_any_stream.py"
_WIEGAND = "tests/unit/test_wiegand_lines_are_cards.py"
_ZONE = "tests/unit/test_a_tag_arrives_stays_and_leaves.py"

_BARCODE = "drivers/scanners/barcode.py"
_MEANING = "drivers/gs1_meaning.py"
_READER = "drivers/readers/uhf18.py"

MUTANTS = {
    "em4100_checksum_ignored": Mutant(
        file="drivers/readers/em4100.py",
        old="    if (halves ^ halves >> 8 ^ halves >> 16) & 0xFF:\n",
        new="    if False:\n",
        caught_by=f"{_EM4100}::test_one_wrong_digit_is_never_another_card",
    ),
    "line_without_bound": Mutant(
        file="drivers/lines.py",
        old="        if len(rest) > longest:\n",
        new="        if False:\n",
        caught_by=f"{_ANY_BYTES}::test_no_more_than_one_frame_is_held[WiegandParser]",
    ),
    "wiegand_even_parity_unchecked": Mutant(
        file="drivers/readers/wiegand.py",
        old='bits[:half].count(b"1") % 2 == 0 and ',
        new="",
        caught_by=f"{_WIEGAND}::test_one_wrong_bit_is_refused",
    ),
    "wiegand_odd_parity_unchecked": Mutant(
        file="drivers/readers/wiegand.py",
        old=' and bits[half:].count(b"1") % 2 == 1',
        new="",
        caught_by=f"{_WIEGAND}::test_one_wrong_bit_is_refused",
    ),
    "wiegand_digits_without_end": Mutant(
        file="drivers/readers/wiegand.py",
        old='        return [RefusedFrame(reason="framing")] if self._lines.rest() else []\n',
        new="        return [_judge(rest)] if (rest := self._lines.rest()) else []\n",
        caught_by=f"{_WIEGAND}::test_digits_without_a_line_end_are_no_card[10]",
    ),
    "wiegand_any_number": Mutant(
        file="drivers/readers/wiegand.py",
        old=" or int(line).bit_length() > _MOST_BITS",
        new="",
        caught_by=f"{_WIEGAND}::test_what_no_converter_sends_is_refused_once[9999999999999-length]",
    ),
    "wiegand_lone_digit": Mutant(
        file="drivers/readers/wiegand.py",
        old="_FEWEST_DIGITS, _MOST_DIGITS = 4, 13",
        new="_FEWEST_DIGITS, _MOST_DIGITS = 1, 13",
        caught_by=f"{_WIEGAND}::test_what_no_converter_sends_is_refused_once",
    ),
    "uhf_crc_unchecked": Mutant(
        file=_READER,
        old="crc_hqx(mirrored[at:end], 0xFFFF) == 0",
        new="crc_hqx(mirrored[at:end], 0xFFFF) >= 0",
        caught_by=f"{_UHF}::test_a_wrong_crc_is_said_to_be_one",
    ),
    "uhf_heartbeat_wins": Mutant(
        file=_READER,
        old="            if is_whole and crc_hqx",
        new="            if is_whole and not stream.startswith(_HEARTBEAT, at) and crc_hqx",
        caught_by=f"{_UHF}::test_a_frame_as_long_as_a_heartbeat_says_is_a_frame",
    ),
    "uhf_heartbeat_at_once": Mutant(
        file=_READER,
        old="            if is_long_enough and end > end_of_stream and not is_all:\n",
        new="            if end > end_of_stream and stream[at] != 0x56 and not is_all:\n",
        caught_by=f"{_UHF}::test_a_heartbeat_waits_for_silence_or_for_what_refutes_it",
    ),
    "uhf_bad_frame_swallows": Mutant(
        file=_READER,
        old="                at += 1\n",
        new="                at += 1 + stream[at]\n",
        caught_by=f"{_UHF}::test_one_wrong_byte_is_never_another_card",
    ),
    "uhf_number_of_tags_unchecked": Mutant(
        file=_READER,
        old=" or len(tags) != data[0]",
        new="",
        caught_by=f"{_UHF}::test_an_inventory_that_contradicts_itself_is_refused[too_few]",
    ),
    "uhf_noise_outlives_silence": Mutant(
        file=_READER,
        old="is_all=True)\n        self._straying = False\n",
        new="is_all=True)\n",
        caught_by=f"{_UHF}::test_noise_after_silence_is_another_run",
    ),
    "epc_filler_unchecked": Mutant(
        file="drivers/tags/epc.py",
        old="    if rest and header in _FILLED:",
        new="    if rest < 0 and header in _FILLED:",
        caught_by=f"{_EPC}::test_filler_that_is_not_zero_is_unknown",
    ),
    "epc_provider_is_a_member": Mutant(
        file="drivers/tags/epc.py",
        old="    if header == _GSRN:\n",
        new="    if header in (_GSRN, _GSRNP):\n",
        caught_by=f"{_EPC}::test_a_provider_is_staff",
    ),
    "epc_bank_unchecked": Mutant(
        file="drivers/tags/epc.py",
        old="    if not holds:\n",
        new="    if not data:\n",
        caught_by=f"{_EPC}::test_a_damaged_bank_is_never_another_member",
    ),
    "epc_toggle_unchecked": Mutant(
        file="drivers/tags/epc.py",
        old="    if data[2] & 1:",
        new="    if data[2] & 0:",
        caught_by=f"{_EPC}::test_a_number_of_isos_is_no_epc",
    ),
    "scan_check_digit_unchecked": Mutant(
        file=_MEANING,
        old='    return None if check_digit_holds(digits) else "check_digit"\n',
        new="    return None\n",
        caught_by=f"{_SCAN}::test_a_wrong_check_digit_is_refused[]C18018061414112345678903]",
    ),
    "scan_provider_is_a_member": Mutant(
        file=_MEANING,
        old='    for name in ("8017", "8018"):\n',
        new='    for name in ("8018", "8017"):\n',
        caught_by=f"{_SCAN}::test_staff_are_no_members[]C180170614141123456789028018"
        "061414112345678902]",
    ),
    "scan_century_for_ever": Mutant(
        file=_BARCODE,
        old="            self._year = self._this_year()\n            self._meanings.clear()\n",
        new="            self._year = self._this_year()\n",
        caught_by=f"{_SCAN}::test_the_century_follows_the_calendar[99-2099]",
    ),
    "scan_meanings_without_bound": Mutant(
        file=_BARCODE,
        old="                self._meanings.clear()\n            self._meanings[scan]",
        new="                pass\n            self._meanings[scan]",
        caught_by=f"{_SCAN}::test_what_scans_meant_is_remembered_within_bounds",
    ),
    "scan_serial_carries_a_payment_card": Mutant(
        file=_MEANING,
        old="(lot, serial, gtin if",
        new="(lot, gtin if",
        caught_by=f"{_PAYMENT}::test_it_is_refused_wherever_it_stands"
        "[]C1010590123412345721{}-4111111111111111]",
    ),
    "scan_remembers_a_payment_card": Mutant(
        file=_BARCODE,
        old="        if len(scan) - _told_length(event) <= _UNTOLD_MOST:\n",
        new="        if len(scan) - _told_length(event) <= LONGEST_SCAN:\n",
        caught_by=f"{_PAYMENT}::test_a_number_beside_a_card_or_product_is_not_told"
        "[]C10105901234123457914111111111111111]",
    ),
    "payment_card_inside_a_number": Mutant(
        file="drivers/payment_cards.py",
        old="_ISSUED.finditer(digits)",
        new='_ISSUED.finditer("")',
        caught_by=f"{_PAYMENT}::test_it_is_refused_wherever_it_stands"
        "[77{}77777777-4111111111111111]",
    ),
    "keyboard_repeats": Mutant(
        file="drivers/scanners/hid.py",
        old="        if value != _PRESSED:\n",
        new="        if value == _RELEASED:\n",
        caught_by=f"{_KEYBOARD}::test_a_key_that_rests_is_typed_once",
    ),
    "zone_counts_one_reading_twice": Mutant(
        file="drivers/zone.py",
        old="        if not sightings or sightings[-1] < now_s:\n",
        new="        if not sightings or sightings[-1] <= now_s:\n",
        caught_by=f"{_ZONE}::test_one_reading_counts_once",
    ),
    "zone_follows_a_clock_back": Mutant(
        file="drivers/zone.py",
        old="        self._now_s = max(self._now_s, now_s)\n",
        new="        self._now_s = now_s\n",
        caught_by=f"{_ZONE}::test_a_clock_that_steps_back_stands_still",
    ),
    "zone_without_bound": Mutant(
        file="drivers/zone.py",
        old="        if not self._coming:\n            return False\n",
        new="        if not self._coming:\n            return True\n",
        caught_by=f"{_ZONE}::test_a_full_zone_keeps_who_is_here",
    ),
}
