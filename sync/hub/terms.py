"""What the program says about rights, and whether head office may grant any now.

The version in force of the program that was put says how many points are leased ahead and how much
may be redeemed beyond leases; without one, none.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, select

from agent.core.program import Program
from sync.hub.editions import editions_of
from sync.hub.lease_policy import Ahead
from sync.hub.tables import devices, office

__all__ = ["Terms", "generation_of", "may_grant", "terms_of"]

# Made once: to make a statement costs more than to run it.
_GENERATION = select(office.c.generation)
_BEHIND = (
    select(devices.c.id)
    .where(
        devices.c.tenant == bindparam("tenant"),
        devices.c.generation < _GENERATION.scalar_subquery(),
        devices.c.state != "retired",
    )
    .limit(1)
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """``ahead`` is how rights are leased ahead, ``floor`` what one device may redeem beyond
    rights, as long as head office has not heard of it.
    """

    ahead: Ahead
    floor: int


def terms_of(c: Connection, tenant: str, *, now: datetime) -> Terms:
    """Answer what holds today; a text that is no program (any more) says nothing."""
    editions = editions_of(c, tenant)
    program = None if editions is None else editions.on(now.date())
    if program is None or (program.effective_from or date.min) > now.date():
        return Terms(ahead=Ahead(), floor=0)
    return _terms_in(program)


def may_grant(c: Connection, tenant: str) -> bool:
    """Say whether every device has caught up with head office since it was restored.

    Until then its books are older than what devices hold, and it would grant points twice. Devices
    that were retired have nothing more to say.
    """
    return c.execute(_BEHIND, {"tenant": tenant}).first() is None


def generation_of(c: Connection) -> int:
    """Answer since when head office's database is the one it is; 0 where it never was restored."""
    return c.execute(_GENERATION).scalar() or 0


def _terms_in(program: Program) -> Terms:
    leases, offline = program.leases, program.offline
    return Terms(
        ahead=Ahead(points=leases.points, devices=leases.devices),
        floor=0 if offline is None else offline.per_device,
    )
