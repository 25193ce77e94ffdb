"""Whole stores on one machine: real processes, a real broker, emulated devices, real baskets.

The demo, the measurements and the tests stand on the same parts.
"""
