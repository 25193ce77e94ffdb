"""The demo: two stores and head office on this machine, a day of real baskets, a line that is cut.

Every part is a real process and every device speaks real bytes. While one store is cut off, points
are spent there on its lease and on the floor, and four people do what two stores cannot both know.
At the end both sides of each journal are replayed from zero and compared entry by entry, what each
store shows of each member is held against head office's books, and the books against themselves.
"""

from agent.tools.demo.failed import DemoFailed
from agent.tools.demo.play import Demo

__all__ = ["Demo", "DemoFailed"]
