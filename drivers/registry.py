"""Which drivers there are, by the name a configuration gives them.

They are found by entry points of installed packages, ours like anybody's: a package of its own with
``[project.entry-points."tapledger.readers"]`` is a driver at once. One that cannot be loaded is
named where it is asked for, and disturbs no other.
"""

from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Literal

from drivers.device import Driver, DriverOptions

__all__ = ["DriverUnusable", "Kind", "driver_of", "names_of"]

Kind = Literal["reader", "scanner"]
"""What a driver is for; its entry points are ``tapledger.readers`` and ``tapledger.scanners``."""


class DriverUnusable(Exception):
    """A driver is not there, twice there, or does not load; the message says what to do."""


@lru_cache
def _found(kind: Kind) -> dict[str, dict[str, EntryPoint]]:
    """Answer the entry points by name and value: the same one of two folders is one.

    Looked for once, as every package that is installed is asked for its own.
    """
    found: dict[str, dict[str, EntryPoint]] = {}
    for point in entry_points(group=f"tapledger.{kind}s"):
        found.setdefault(point.name, {}).setdefault(point.value, point)
    return found


def names_of(kind: Kind) -> tuple[str, ...]:
    """Answer the names of all drivers of a kind, sorted."""
    return tuple(sorted(_found(kind)))


def driver_of(kind: Kind, name: str) -> Driver:
    """Load a driver. Raises DriverUnusable in an engineer's words."""
    points = _found(kind).get(name, {})
    if not points:
        known = ", ".join(names_of(kind))
        raise DriverUnusable(f"no driver is called '{name}'; there is {known}")
    if len(points) > 1:
        raise DriverUnusable(
            f"two packages offer a driver '{name}' ({' and '.join(points)}); uninstall one"
        )
    (point,) = points.values()
    try:
        driver: Driver = point.load()
    except Exception as error:  # anybody's code may raise anything as it is imported
        raise DriverUnusable(f"driver '{name}' does not load ({point.value}): {error}") from error
    options = getattr(driver, "options", None)
    if not (isinstance(options, type) and issubclass(options, DriverOptions)):
        raise DriverUnusable(
            f"driver '{name}' does not load ({point.value}): it is no driver, as it has no options"
        )
    return driver
