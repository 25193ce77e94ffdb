"""Hand-made histories: the turn of events that a rare mistake needs, and dice seldom bring.

Each is played by a house whose network is fast and loses nothing, then healed and held to
everything, as any other history is.
"""

from sync.simulation.scripts.staging import Script

__all__ = ["Script"]
