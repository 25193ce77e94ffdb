"""The rules of a driver's quality scale, in their order: who holds a driver to each."""

__all__ = ["BY_ITS_OWN_TESTS", "BY_THE_SUITE"]

BY_THE_SUITE = {
    "told-once": "test_a_card_is_told_once",
    "absent-at-start": "test_it_may_be_absent_at_first",
    "permission": "test_a_right_that_is_missing_is_said",
    "unplug": "test_a_cable_is_pulled_and_plugged_in_again",
    "reconnect": "test_faults_come_and_go_with_the_device",
    "log-once": "test_a_cable_is_pulled_and_plugged_in_again",
    "garbage": "test_noise_is_no_card",
    "half-frame": "test_half_a_card_and_silence_are_none",
    "half-frame-and-unplug": "test_half_a_card_on_a_pulled_cable_is_none",
    "split-frames": "test_a_card_may_come_in_pieces",
    "ten-in-one-read": "test_ten_cards_in_one_read_are_ten",
    "resting-card": "test_a_card_that_rests_is_told_once",
    "flood": "test_a_flood_is_held_back",
    "slow-lane": "test_a_slow_lane_loses_no_card",
    "stop-in-mid-read": "test_it_may_be_stopped_in_mid_read",
    "clock-jump": "test_a_machine_may_sleep",
}
"""Promises that the shipped suite holds a driver to, and the test that does."""

BY_ITS_OWN_TESTS = ("vectors", "held-out-vectors", "any-bytes", "real-port", "wiring", "hardware")
"""Promises whose tests the scale itself names."""
