"""The tables that step 0002 makes, written down once for all.

:mod:`sync.hub.tables` says what the tables are today and goes on changing, by later steps. A step
must mean the same whenever it is run, so this copy of them is never changed once it was released.
"""

from sync.hub.migrations.one_truth import leases, points, tidings, writings
from sync.hub.migrations.one_truth.base import metadata
from sync.hub.migrations.one_truth.registry import office

__all__ = ["leases", "metadata", "office", "points", "tidings", "writings"]
