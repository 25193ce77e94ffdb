"""What is wrong is told to a cashier by what it means for the queue; why is small, for others."""

from typing import Any

import pytest

from agent.api.health import FROZEN, NO_READER, NO_SCANNER, HealthView, PartHealth, frozen_because

_FULL = "the ledger cannot write: database or disk is full"
_BACKUP = "the nightly backup failed: [Errno 28] No space left on device"


def health_of(*reasons: str, **replaced: Any) -> HealthView:
    """An agent that is degraded for these reasons."""
    usual: dict[str, Any] = {
        "status": "degraded" if reasons else "ok",
        "reasons": reasons,
        "unacknowledged": 0,
        "frozen": None,
        "online": False,
        "offline_because": None,
        "alone": True,
        "device": "house/s001/edge-1",
        "version": "0",
        "readers": (),
    }
    return HealthView(**usual | replaced)


def told(health: HealthView) -> list[tuple[str, tuple[str, ...]]]:
    """What the cashier of lane 1 is told, and the details below it."""
    return [(trouble.say, trouble.details) for trouble in health.troubles("1")]


def test_nothing_is_said_of_a_healthy_agent() -> None:
    """No banner where there is no trouble."""
    assert told(health_of()) == []


def test_a_ledger_that_cannot_write() -> None:
    """The queue goes on, points do not, and the engineer reads the rest."""
    ((say, details),) = told(health_of(_FULL, _BACKUP, recording=False))
    assert say == (
        "Go on selling. Points are not being recorded right now. Tell the store's engineer."
    )
    assert details == (_FULL, _BACKUP)


@pytest.mark.parametrize(
    "reason", [_BACKUP, "sync is halted: the hashes of entry 0:7 differ", "[ledger] budget_mib …"]
)
def test_what_costs_no_points(reason: str) -> None:
    """Whatever fails behind a ledger that writes is no cashier's fear, and has its engineer."""
    ((say, details),) = told(health_of(reason))
    assert say == "Go on selling. Points are recorded as usual. Tell the store's engineer."
    assert details == (reason,)


def test_a_scanner_is_no_card_reader() -> None:
    """A scanner that cannot be used is called one, at its own lane; of both, both are said."""
    gone: dict[str, Any] = {"present": False, "fault": "gone", "presentations": 0}
    gun, other, front = (
        PartHealth(name=name, kind=kind, lane=lane, refused_frames=0, **gone)  # type: ignore[arg-type]  # two words
        for name, kind, lane in (
            ("gun", "scanner", "1"),
            ("gun-2", "scanner", "2"),
            ("front", "reader", "1"),
        )
    )
    assert gun.reason == "scanner gun cannot be used: gone"
    reasons = [str(each.reason) for each in (gun, other, front)]
    assert told(health_of(*reasons[:2], scanners=(gun, other))) == [(NO_SCANNER, ())]
    both = health_of(*reasons, scanners=(gun, other), readers=(front,))
    assert told(both) == [(NO_READER, ()), (NO_SCANNER, ())]
    assert told(health_of(reasons[1], scanners=(other,))) == []


def test_each_trouble_once() -> None:
    """A reader and a frozen ledger have sentences of their own, and are no detail of another."""
    reader = PartHealth(
        name="front", lane="1", present=False, fault="gone", presentations=0, refused_frames=0
    )
    reasons = (_FULL, frozen_because("rebuilt"), reader.reason)
    health = health_of(
        *(reason for reason in reasons if reason is not None),
        frozen="rebuilt",
        readers=(reader,),
        recording=False,
    )
    (_, details), *others = told(health)
    assert details == (_FULL,)
    assert others == [(FROZEN, ()), (NO_READER, ())]
