"""What head office wants to look at is read off an entry itself."""

import pytest

from agent.core.facts import (
    AddCard,
    AdjustPoints,
    CardState,
    ClaimSale,
    Fact,
    FlagActivity,
    RateVisit,
    VoidSale,
)
from agent.core.flags import FLAGS, flags_of

_TOKEN = "em4100:0C000621A5"


def void(**said: bool | int) -> VoidSale:
    """A void of which so much is said."""
    plain = {"without_customer": False, "date_ahead": False, "withheld": 0}
    numbers = {"from_active": 0, "from_pending": 0, "given_back": 0, "balance": None, "lease": 0}
    return VoidSale(sale_id="s", account=None, **(numbers | plain | said))


@pytest.mark.parametrize(
    ("fact", "flags"),
    [
        (AddCard(account="a", token=_TOKEN), ("card_added",)),
        (RateVisit(account="a", rating=5), ()),
        (FlagActivity(flag="tap_moved", reason="r"), ("tap_moved",)),
        (CardState(token=_TOKEN, account="a", state="active", reason="r"), ()),
        (CardState(token=_TOKEN, account="a", state="lost", reason="r"), ("card_lost",)),
        (AdjustPoints(account="a", points=1, reason="r", cashier="c", lease=0),
         ("points_adjusted",)),
        (ClaimSale(sale_id="s", account="a", token=_TOKEN, program="p@1", points=1, because=(),
                   balance=1, flags=("points_withheld",)),
         ("card_attached_late", "points_withheld")),
        (void(), ()),
        (void(without_customer=True), ("return_without_customer",)),
        (void(date_ahead=True), ("date_ahead",)),
        (void(withheld=3), ("points_withheld",)),
    ],
)  # fmt: skip
def test_an_entry_says_its_flags(fact: Fact, flags: tuple[str, ...]) -> None:
    """Each kind of entry has the flags of its kind and of what it tells; each has its words."""
    assert flags_of(fact) == flags
    assert all(FLAGS[flag] for flag in flags)
