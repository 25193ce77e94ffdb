"""Emulated devices that speak real bytes, for working without hardware; tests and demo use them."""
