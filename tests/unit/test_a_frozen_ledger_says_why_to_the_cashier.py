"""Where nothing is redeemed from a ledger, a cashier hears the reason that is true."""

from types import SimpleNamespace
from typing import Any

import pytest

from agent.till.terms import why_frozen


@pytest.mark.parametrize(
    ("because", "said"),
    [
        (None, None),
        ("a backup was restored by hand", "this ledger was rebuilt or set back"),
        ("head office halted this device: it was retired", "head office has halted this device"),
    ],
)
def test_a_halted_device_is_not_said_to_be_rebuilt(because: str | None, said: str | None) -> None:
    """Head office's halt is one reason, a ledger that was set back another."""
    view: Any = SimpleNamespace(frozen=lambda: because)
    assert (why_frozen(view) or "").startswith(said or "")
    assert (why_frozen(view) is None) == (said is None)
