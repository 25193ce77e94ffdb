"""A reader that is gone is named, disturbs nobody, and works again by itself once it is back."""

from collections.abc import Callable
from typing import Any

import pytest

from agent.core.tokens import Token
from agent.tools.site import StoreKit
from agent.tools.waiting import wait_until


@pytest.fixture
def pulled_out(fresh_store: StoreKit) -> StoreKit:
    """A store whose reader of lane 1 worked and was pulled out."""
    fresh_store.lanes["1"].reader.unplug()
    _wait_until_tried_again(fresh_store)
    return fresh_store


@pytest.fixture
def not_there_yet(closed_store: StoreKit) -> StoreKit:
    """A store that was opened before the reader of lane 1 was there."""
    closed_store.lanes["2"].reader.plug_in()
    closed_store.agent.start()
    for lane in closed_store.lanes.values():
        lane.pos.start()
        lane.pos.wait_for("status")
    _wait_until_tried_again(closed_store)
    return closed_store


def _wait_until_tried_again(kit: StoreKit) -> None:
    """Wait until the agent has failed to open the port of lane 1 at least twice.

    For the second time a plain file lies there, which fails in words of its own.
    """
    _wait_for_reason(kit, "No such file")
    port = kit.lanes["1"].reader.port
    port.touch()
    _wait_for_reason(kit, "Could not configure port")
    port.unlink()


def _wait_for_reason(kit: StoreKit, words: str) -> None:
    wait_until(
        lambda: any("reader-1" in why and words in why for why in kit.health()["reasons"]),
        f"/healthz to say '{words}' of reader-1",
    )


def _plug_in(kit: StoreKit) -> None:
    kit.lanes["1"].reader.plug_in()
    wait_until(lambda: kit.health()["status"] == "ok", "the agent to find reader-1")


def _logged(kit: StoreKit) -> list[str]:
    """What the log says of the reader of lane 1, in order."""
    return [line["event"] for line in kit.agent.log_lines() if line.get("reader") == "reader-1"]


@pytest.fixture(params=["pulled_out", "not_there_yet"])
def lacking(request: pytest.FixtureRequest) -> StoreKit:
    """A store that lacks the reader of lane 1, and has tried to open it since."""
    kit: StoreKit = request.getfixturevalue(request.param)
    return kit


def test_reader_is_missed_and_found(
    request: pytest.FixtureRequest, lacking: StoreKit, new_card: Callable[[], Token]
) -> None:
    """A missing reader is named in /healthz and logged once; the other lane goes on; once it is
    plugged in under its name it works, which is logged once too."""
    health = lacking.health()
    assert health["status"] == "degraded"
    assert len(health["reasons"]) == 1
    assert "reader-1" in health["reasons"][0]
    assert [reader["present"] for reader in health["readers"]] == [False, True]
    found_before = ["reader_found"] if "pulled_out" in request.node.name else []
    assert _logged(lacking) == [*found_before, "reader_lost"]
    card = new_card()
    assert lacking.lanes["2"].tap(card)["reader"] == "reader-2"

    _plug_in(lacking)
    health = lacking.health()
    assert health["reasons"] == []
    assert [reader["present"] for reader in health["readers"]] == [True, True]
    assert lacking.lanes["1"].tap(card)["token"] == str(card)
    assert _logged(lacking)[:-1] == [*found_before, "reader_lost", "reader_found"]
    assert _logged(lacking)[-1] == "card_presented"


def test_lanes_are_told(fresh_store: StoreKit) -> None:
    """Every lane's POS hears that a reader was lost, and that it is back."""
    lanes = fresh_store.lanes
    for lane in lanes.values():
        lane.pos.wait_for("status", status="ok")
    lanes["1"].reader.unplug()
    for lane in lanes.values():
        told: dict[str, Any] = lane.pos.wait_for("status", status="degraded")
        assert "reader-1" in told["reasons"][0]
    lanes["1"].reader.plug_in()
    for lane in lanes.values():
        assert lane.pos.wait_for("status", status="ok")["reasons"] == []
