"""Which drivers there are, by the name a configuration gives them.

They are found by entry points of installed packages, ours like anybody's: a package of its own with
``[project.entry-points."tapledger.readers"]`` is a driver at once. One that cannot be loaded is
named where it is asked for, and disturbs no other.
"""

from functools import lru_cache
from importlib.metadata import entry_points
from typing import Literal

from drivers.device import Driver, DriverOptions

__all__ = ["DriverUnusable", "Kind", "driver_of", "names_of"]

Kind = Literal["reader", "scanner"]
"""What a driver is for; its entry points are ``tapledger.readers`` and ``tapledger.scanners``."""


class DriverUnusable(Exception):
    """A driver is not there, twice there, or does not load; the message says what to do."""


@lru_cache
def _found(kind: Kind) -> dict[str, list[str]]:
    """Answer the values of the entry points by name: the same one of two folders is one."""
    found: dict[str, list[str]] = {}
    for point in entry_points(group=f"tapledger.{kind}s"):
        values = found.setdefault(point.name, [])
        if point.value not in values:
            values.append(point.value)
    return found


def names_of(kind: Kind) -> tuple[str, ...]:
    """Answer the names of all drivers of a kind, sorted."""
    return tuple(sorted(_found(kind)))


def driver_of(kind: Kind, name: str) -> Driver:
    """Load a driver. Raises DriverUnusable in an engineer's words."""
    values = _found(kind).get(name, [])
    if not values:
        known = ", ".join(names_of(kind))
        raise DriverUnusable(f"no driver is called '{name}'; there is {known}")
    if len(values) > 1:
        raise DriverUnusable(
            f"two packages offer a driver '{name}' ({' and '.join(values)}); uninstall one"
        )
    point = next(iter(entry_points(group=f"tapledger.{kind}s", name=name)))
    try:
        driver: Driver = point.load()
    except Exception as error:  # anybody's code may raise anything as it is imported
        raise DriverUnusable(f"driver '{name}' does not load ({values[0]}): {error}") from error
    options = getattr(driver, "options", None)
    if not (isinstance(options, type) and issubclass(options, DriverOptions)):
        raise DriverUnusable(
            f"driver '{name}' does not load ({values[0]}): it is no driver, as it has no options"
        )
    return driver
