"""A reader that is gone is named, disturbs nobody, and works again by itself once it is back."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent.core.tokens import Token
from agent.tools.site import StoreKit
from agent.tools.waiting import wait_until


@dataclass(frozen=True, kw_only=True)
class Story:
    """What a store saw of the reader of lane 1, which is missing for a while."""

    card: Token
    health_without: dict[str, Any]
    logged_without: list[str]
    """What the log said of the reader of lane 1 until it was plugged in."""

    told_without: dict[str, Any]
    """What the other lane was told."""

    tapped_at_the_other_lane: dict[str, object]
    health_after: dict[str, Any]
    tapped_after: dict[str, object]
    logged_after: list[str]


@pytest.fixture(scope="module")
def stories(
    tmp_path_factory: pytest.TempPathFactory, new_card: Callable[[], Token]
) -> dict[str, Story]:
    """A reader that worked and was pulled out, and one that was not there at first."""
    directories = [tmp_path_factory.mktemp("store") for _ in _BEGINNINGS]
    with ThreadPoolExecutor() as pool:
        told = pool.map(_tell, _BEGINNINGS.values(), directories, (new_card(), new_card()))
        return dict(zip(_BEGINNINGS, told, strict=True))


@pytest.fixture(params=["pulled out", "absent at start"])
def story(request: pytest.FixtureRequest, stories: dict[str, Story]) -> Story:
    """One of the stories."""
    return stories[request.param]


def _pull_out(kit: StoreKit) -> None:
    kit.start()
    kit.lanes["1"].reader.unplug()


def _start_without(kit: StoreKit) -> None:
    kit.lanes["2"].reader.plug_in()
    kit.agent.start()
    for lane in kit.lanes.values():
        lane.pos.start()


_BEGINNINGS = {"pulled out": _pull_out, "absent at start": _start_without}


def _tell(begin: Callable[[StoreKit], None], directory: Path, card: Token) -> Story:
    """Begin without a reader, look around, plug it in, and look again."""
    kit = StoreKit(name="s001", directory=directory, lane_names=("1", "2"))
    lane, other = kit.lanes.values()
    try:
        begin(kit)
        _wait_until_tried_again(kit)
        told_without = other.pos.wait_for("status", status="degraded")
        health_without, logged_without = kit.health(), _logged(kit)
        tapped_at_the_other_lane = other.tap(card)
        lane.reader.plug_in()
        wait_until(lambda: kit.health()["status"] == "ok", "the agent to find reader-1")
        return Story(
            card=card,
            health_without=health_without,
            logged_without=logged_without,
            told_without=told_without,
            tapped_at_the_other_lane=tapped_at_the_other_lane,
            health_after=kit.health(),
            tapped_after=lane.tap(card),
            logged_after=_logged(kit),
        )
    finally:
        kit.stop()


def _wait_until_tried_again(kit: StoreKit) -> None:
    """Wait until the agent has failed to open the port of lane 1 at least twice.

    For the second time a plain file lies there, which fails in words of its own.
    """
    _wait_for_reason(kit, "is it plugged in")
    port = kit.lanes["1"].reader.port
    port.touch()
    _wait_for_reason(kit, "is no serial port")
    port.unlink()


def _wait_for_reason(kit: StoreKit, words: str) -> None:
    wait_until(
        lambda: any("reader-1" in why and words in why for why in kit.health()["reasons"]),
        f"/healthz to say '{words}' of reader-1",
    )


def _logged(kit: StoreKit) -> list[str]:
    """What the log says of the reader of lane 1, in order."""
    return [line["event"] for line in kit.agent.log_lines() if line.get("reader") == "reader-1"]


def test_missing_reader_is_named(story: Story) -> None:
    """While a reader is missing, /healthz is degraded and names that reader and no other."""
    health = story.health_without
    assert health["status"] == "degraded"
    assert [("reader-1" in why, "reader-2" in why) for why in health["reasons"]] == [(True, False)]
    assert [reader["present"] for reader in health["readers"]] == [False, True]


def test_lanes_are_told(story: Story) -> None:
    """The lanes hear that a reader is missing, without asking."""
    assert "reader-1" in story.told_without["reasons"][0]


def test_other_lane_goes_on(story: Story) -> None:
    """While a reader is missing, a tap at another lane is told as ever."""
    tapped = story.tapped_at_the_other_lane
    assert (tapped["reader"], tapped["token"]) == ("reader-2", str(story.card))


def test_loss_is_logged_once(story: Story) -> None:
    """The loss of a reader is logged once, however often the agent tries its port again."""
    assert story.logged_without.count("reader_lost") == 1
    assert story.logged_without[-1] == "reader_lost"


def test_plugged_in_it_works(story: Story) -> None:
    """A reader that is plugged in under its name works, and nothing is left of the fault."""
    assert (story.health_after["status"], story.health_after["reasons"]) == ("ok", [])
    assert [reader["present"] for reader in story.health_after["readers"]] == [True, True]
    tapped = story.tapped_after
    assert (tapped["reader"], tapped["token"]) == ("reader-1", str(story.card))


def test_return_is_logged_once(story: Story) -> None:
    """The return of a reader is logged once."""
    assert story.logged_after == [*story.logged_without, "reader_found", "card_presented"]
