"""Readers that PC/SC serves: what is said to a card, who shows it, and which taps were taken."""
