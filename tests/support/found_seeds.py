"""Seeds that once found something, each with what it was. They are played in every run."""

__all__ = ["FOUND"]

FOUND: dict[int, str] = {}
"""A seed, and what was wrong when it was found."""
