"""``/healthz`` and the retained birth say how a store stands with head office, in true figures."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from greeted import EDGE, Store, in_memory

from agent import online
from agent.paths import shipped_program
from agent.settings import AgentSettings
from agent.till import Till
from sync.messages import Allowance, Grant
from sync.simulation.now import run_now
from sync.uplink import Wishes

ANA, _NOWHERE = "acc-ana", "mqtt://127.0.0.1:1"


class Quiet:
    """An uplink that is connected, and says nothing by itself."""

    refused_messages, fault, online, halted, refused = 0, None, True, None, None
    ask = look_up = hear_anew = None

    def __init__(self, *_parts: Any, **said: Any) -> None:
        self.wishes: Wishes = said["wishes"]


@pytest.fixture
def store() -> Iterator[Store]:
    """A store with 70 points of rights and 100 of floor, of which head office holds one entry."""
    for store in in_memory():
        run_now(store.open())
        grant = Grant(epoch=1, account=ANA, granted_total=70, generation=0)
        run_now(store.hear("grant", grant))
        run_now(store.hear("floor", Allowance(epoch=1, floor_total=100, generation=0)))
        yield store


def way_of(store: Store, directory: Path, hub: dict[str, Any] | None) -> online.Online:
    """An agent's way to head office over the store's ledger."""
    settings = AgentSettings(
        device={"tenant": EDGE.tenant, "store": EDGE.store, "name": EDGE.device},
        ledger={"path": directory / "ledger.db"},
        program={"path": shipped_program("simple")},
        lane=({"name": "1"},),
        hub=hub,
    )
    till = Till(store.ledger, store.rules.terms, mint_id=lambda: "i")
    quiet: dict[str, Any] = {"returned": lambda: None, "heard": lambda _a, _t: None}
    return online.Online(settings, store.ledger, store.rules, till, **quiet)


@pytest.fixture(autouse=True)
def uplinks(monkeypatch: pytest.MonkeyPatch) -> list[Quiet]:
    """The uplinks that were made."""
    made: list[Quiet] = []

    def make(*parts: Any, **said: Any) -> Quiet:
        made.append(Quiet(*parts, **said))
        return made[-1]

    monkeypatch.setattr(online, "Uplink", make)
    return made


def test_healthz_says_it(store: Store, tmp_path: Path) -> None:
    """Epoch, newest and acknowledged entry, lag, what may be spent alone, and the clock."""
    way = way_of(store, tmp_path, {"url": _NOWHERE})
    run_now(way.look())
    said = way.reached()
    assert (said.epoch, said.opened, said.head_seq) == (1, True, 2)
    assert (said.acknowledged_seq, said.unacknowledged) == (1, 1)
    assert (said.lease_exposure, said.floor_left) == (70, 100)
    assert (said.clock, said.online, said.alone) == ("synchronised", True, False)


def test_the_birth_says_it(store: Store) -> None:
    """The same figures, retained at the broker."""
    run_now(store.turn(after_s=61))
    birth = store.wire.births[-1]
    assert (birth.epoch, birth.head_seq) == (1, 2)
    assert (birth.acknowledged_seq, birth.lag) == (1, 1)
    assert (birth.lease_exposure, birth.floor_left) == (70, 100)
    assert birth.clock == "synchronised"


def test_who_is_alone_has_no_rights_to_speak_of(store: Store, tmp_path: Path) -> None:
    """Without a head office nothing is owed to it, and nothing was given by it."""
    way = way_of(store, tmp_path, None)
    run_now(way.look())
    said = way.reached()
    assert (said.alone, said.online, said.unacknowledged) == (True, False, 0)
    assert (said.lease_exposure, said.floor_left) == (None, None)


def test_the_uplink_is_told_what_the_store_wants(
    store: Store, tmp_path: Path, uplinks: list[Quiet]
) -> None:
    """Of whom the store is told, and how long a till waits, are its settings."""
    way_of(store, tmp_path, {"url": _NOWHERE})
    way_of(store, tmp_path, {"url": _NOWHERE, "feed": "seen", "patience_s": 0.3})
    told = [(each.wishes.feed, each.wishes.patience_s) for each in uplinks]
    assert told == [("all", 0.4), ("seen", 0.3)]
