"""The floor: the small, capped amount that a store may redeem beyond its rights while cut off.

Each cap bounds a risk of its own: what one redemption, one member, one device, or one business date
can cost where the same points are spent elsewhere, too. What a member redeemed so counts until head
office has acknowledged it; to hear head office again is not enough. What a device may redeem so in
all, head office hands out as a total that only grows.

>>> used = FloorUse(account_points=30, account_times=1, day_points=90, device_points=90,
...                 device_allowed=500, is_denied=False)
>>> rules = Offline(per_redemption=50, per_account=60, per_device=500, per_day=200, hard_count=5)
>>> floor_left(rules, used)
30
"""

from dataclasses import dataclass

from agent.core.program import Offline

__all__ = ["FloorUse", "floor_left"]


@dataclass(frozen=True, kw_only=True, slots=True)
class FloorUse:
    """What was redeemed beyond rights until now, in whole points.

    ``account_points`` and ``account_times`` are a member's that head office has not acknowledged,
    ``day_points`` those of a business date, ``device_points`` those of the present epoch, of which
    head office allows ``device_allowed``. ``is_denied`` says that the member owes points.
    """

    account_points: int
    account_times: int
    day_points: int
    device_points: int
    device_allowed: int
    is_denied: bool


def floor_left(rules: Offline | None, used: FloorUse, *, is_proved: bool = True) -> int:
    """Answer how many more points one redemption may take beyond rights: none without rules.

    Beyond the soft count it takes a card that a reader read (``is_proved``), beyond the hard one
    nothing helps.
    """
    if rules is None or used.is_denied or used.account_times >= rules.hard_count:
        return 0
    if not is_proved and used.account_times >= rules.soft_count:
        return 0
    return max(
        0,
        min(
            rules.per_redemption,
            rules.per_account - used.account_points,
            rules.per_day - used.day_points,
            used.device_allowed - used.device_points,
        ),
    )
