"""Tiers are found by the second, and whenever no message waits, until nobody is left."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from paper_device import NOW, House
from sqlalchemy import Connection, insert, update

from agent.core.program import Program
from agent.paths import shipped_program
from sync.hub import standing
from sync.hub.daily import Daily
from sync.hub.tables import feed, programs, tenants

TENANTS = ("large", "small")
ALL = {"large": ["a1", "a2", "a3", "a4", "a5"], "small": ["b1"]}


@pytest.fixture
def house() -> Iterator[House]:
    """A head office of two tenants with tiers, of whose members all changed, and of one without."""
    made = House()
    made.database.transact(_fill)
    yield made
    made.database.stop()


def _fill(c: Connection) -> None:
    text = shipped_program("stars").read_text("utf-8")
    program = Program.parse(text, source="stars")
    for tenant, names in {**ALL, "without": ["c1"]}.items():
        c.execute(insert(tenants).values(tenant=tenant, feed_seq=len(names)))
        rows = [
            {"tenant": tenant, "kind": "account", "key": name, "seq": seq}
            for seq, name in enumerate(names, start=1)
        ]
        c.execute(insert(feed), rows)
        if tenant in TENANTS:
            row = {"tenant": tenant, "name": program.id, "edition": program.edition}
            put_at = "2026-01-01T00:00:00Z"
            c.execute(insert(programs).values(**row, text=text, put_at=put_at))


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """Whom head office looked at, two at once."""
    found: list[tuple[str, list[str]]] = []

    def risen(_c: object, tenant: str, _editions: object, names: list[str], _now: object) -> object:
        found.append((tenant, names))
        return {}

    monkeypatch.setattr(standing, "_MOST", 2)
    monkeypatch.setattr(standing, "_risen", risen)
    return found


def test_head_office_hurries_until_nobody_is_left(
    house: House, looked_at: list[tuple[str, list[str]]]
) -> None:
    """It says that it is behind while somebody is left, each step takes some of every tenant, and
    each member is looked at once; a tenant without tiers is no reason to hurry.
    """
    office = house.office
    assert not office.is_behind
    steps = 0
    while not steps or office.is_behind:
        office.work_off()
        steps += 1
    assert steps == 3
    assert looked_at[:2] == [("large", ["a1", "a2"]), ("small", ["b1"])]
    for tenant, names in ALL.items():
        assert [name for of, some in looked_at if of == tenant for name in some] == names
    office.work_off()
    assert sum(len(some) for _, some in looked_at) == 6


def test_who_changes_meanwhile_is_looked_at_next(
    house: House, looked_at: list[tuple[str, list[str]]]
) -> None:
    """A mark that is numbered while head office is behind comes after those before it."""
    house.office.work_off()
    house.database.transact(_mark_one_more)
    while house.office.is_behind:
        house.office.work_off()
    assert [name for of, some in looked_at if of == "small" for name in some] == ["b1", "b2"]


def _mark_one_more(c: Connection) -> None:
    c.execute(insert(feed).values(tenant="small", kind="account", key="b2", seq=2))
    c.execute(update(tenants).where(tenants.c.tenant == "small").values(feed_seq=2))


def test_points_run_out_though_tiers_cannot_be_found(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake in the one is raised, and said; the other is done all the same."""

    def fails(*_what: object) -> object:
        raise KeyError("tier")

    stepped: list[datetime] = []

    def step(_daily: Daily, now: datetime) -> int:
        stepped.append(now)
        return 3

    monkeypatch.setattr(standing, "_risen", fails)
    monkeypatch.setattr(Daily, "step", step)
    with pytest.raises(KeyError):
        house.office.work_off()
    assert stepped == [NOW]
    assert house.office.counts["points", "expired"] == 3
