"""Whatever a driver does, the agent starts, the other lanes are served, and the agent ends."""

import sys
from collections.abc import Iterator
from pathlib import Path

import bad_drivers
import httpx
import pytest

from agent.core.tokens import Token
from agent.ledger import replay
from agent.tools.processes import Daemon
from agent.tools.site import TILL_TOKEN, StoreKit
from agent.tools.waiting import wait_until
from drivers.virtual.pos import NO_TLS

CARD = Token("em4100", "0C000621A5")
CHOKED_ON = Token("em4100", "0C000621FF")
IN_TIME_S = 5
BAD = ("hangs", "raises", "mute", "dies", "clings", "floods")
MORE = ("hangs-2", "hangs-3")
"""One after the other, their ends would take longer than the agent has."""


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreKit]:
    """An agent with a good reader at lane 2, one that chokes at lane 1, and bad ones at lane 3."""
    kit = StoreKit(name="s001", directory=tmp_path_factory.mktemp("store"), lane_names=("1", "2"))
    toml = kit.config.read_text("utf-8").replace('"em4100"', '"chokes"', 1)
    for name in (*BAD, *MORE):
        driver = name.partition("-")[0]
        toml += f'[[reader]]\nname = "{name}"\ndriver = "{driver}"\nport = "{name}"\n'
    kit.config.write_text(f'{toml}[[lane]]\nname = "3"\ndevices = {list(BAD)}\n', "utf-8")
    kit.agent = Daemon(
        [sys.executable, "-c", bad_drivers.AGENT, "agent", "--config", str(kit.config)],
        kit.directory / "agent.log",
        ready="agent_started",
    )
    try:
        for lane in kit.lanes.values():
            lane.reader.plug_in()
        kit.agent.start()
        for lane in kit.lanes.values():
            lane.pos.start()
            lane.pos.wait_for("status")
        yield kit
    finally:
        kit.stop()


def _faults(kit: StoreKit) -> dict[str, str | None]:
    return {each["name"]: each["fault"] for each in kit.health()["readers"]}


def test_another_lane_is_served(kit: StoreKit) -> None:
    """A tap at another lane is told, while readers hang, raise, cling, choke and flood."""
    wait_until(lambda: _dropped(kit) > 1_000, "the flood")
    for _ in range(3):
        told = kit.lanes["2"].tap(CARD)
        assert (told["reader"], told["token"]) == ("reader-2", str(CARD))


def _dropped(kit: StoreKit) -> int:
    dropped: int = next(r["dropped"] for r in kit.health()["readers"] if r["name"] == "floods")
    return dropped


def test_each_is_named_with_its_fault(kit: StoreKit) -> None:
    """/healthz says of each what is wrong with it, and of those that work nothing."""
    choked = "its driver failed: ValueError at bad_drivers.py"
    kit.lanes["1"].reader.lay(CHOKED_ON)
    wait_until(lambda: choked in (_faults(kit)["reader-1"] or ""), "the reader to choke")
    kit.lanes["1"].reader.take_away()
    faults = _faults(kit)
    assert faults["hangs"] == "its driver has not started it yet"
    assert "no such library" in (faults["raises"] or "")
    assert faults["mute"] == "its driver cannot say how it is: AttributeError"
    assert [faults[name] for name in ("dies", "clings", "floods", "reader-2")] == [None] * 4
    reasons = " ".join(kit.health()["reasons"])
    assert [name in reasons for name in (*BAD, "reader-2")] == [True] * 3 + [False] * 4


def test_metrics_say_the_same(kit: StoreKit) -> None:
    """/metrics has each device by name, kind and driver, with what was lost of it."""
    headers = {"Authorization": f"Bearer {TILL_TOKEN}"}
    text = httpx.get(f"{kit.url}/metrics", headers=headers, timeout=10, verify=NO_TLS).text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    of = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}
    good = 'device="reader-2",driver="em4100",kind="reader"}'
    assert of[f"tapledger_device_present{{{good}"] == 1
    assert of[f"tapledger_device_received_total{{{good}"] > 0
    assert of[f"tapledger_device_presentations_total{{{good}"] >= 1
    assert of[f"tapledger_device_refused_total{{{good}"] >= 0
    assert of[f"tapledger_device_dropped_total{{{good}"] == 0
    floods = 'device="floods",driver="floods",kind="reader"}'
    assert of[f"tapledger_device_dropped_total{{{floods}"] > 0
    raises = 'device="raises",driver="raises",kind="reader"}'
    assert of[f"tapledger_device_present{{{raises}"] == 0


def test_it_ends_in_order(kit: StoreKit) -> None:
    """SIGTERM ends it in time, with what was written whole and the one that did not stop named.

    No number of a card is in the log, of those that choked a driver neither.
    """
    assert kit.agent.stop(timeout_s=IN_TIME_S) == 0
    lines = kit.agent.log_lines()
    assert lines[-1]["event"] == "agent_stopped"
    left = [line["device"] for line in lines if line["event"] == "device_not_stopped"]
    assert sorted(left) == ["hangs", "hangs-2", "hangs-3", "raises"]
    log = Path(kit.directory / "agent.log").read_text("utf-8")
    assert CHOKED_ON.value not in log
    assert bad_drivers.FLOOD.value not in log
    dropped = [line for line in lines if line["event"] == "tap_dropped"]
    assert [line["error"] for line in lines if line["event"] == "thread_ended"] == ["ValueError"]
    assert 1 <= len(dropped) < 10  # and not one for each of thousands
    replay(kit.ledger_path)
