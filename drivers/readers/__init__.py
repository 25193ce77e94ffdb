"""Readers: devices that see a card."""
