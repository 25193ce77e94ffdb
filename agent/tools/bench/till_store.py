"""The store that is measured: one whose tills may ask and adjust as fast as they can."""

from pathlib import Path

from agent.tools.site import StoreKit

__all__ = ["MOST_LOOKUPS", "make_store"]

MOST_LOOKUPS = 6_000
"""How many members a till may look for by telephone in a life of the agent: the highest limit that
can be set. It grows while the agent lives, and no bench counts on that.
"""

_LIMITS = f"""[members]
lookups_per_minute = {MOST_LOOKUPS}
[controls]
adjust_day_points = 1000000000
"""


def make_store(directory: Path) -> StoreKit:
    """Prepare an agent on a directory, with every limit as high as it goes."""
    store = StoreKit(name="bench", directory=directory)
    store.config.write_text(store.config.read_text() + _LIMITS)
    return store
