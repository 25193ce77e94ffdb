"""A PN532 on a real port serves its lane, through a pulled cable and a chip that hangs."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from agent.core.tokens import Token
from agent.tools.site import StoreKit
from agent.tools.waiting import wait_until
from drivers.line import NOT_ANSWERING
from drivers.readers.pn532 import BAUD
from drivers.virtual.line import VirtualLine
from drivers.virtual.pn532 import VirtualPn532
from drivers.virtual.tags import tag_of
from drivers.virtual.talk import Answering

MEMBER = Token("gsrn", "061414112345678902")
BARE = Token("uid", "0416C6C2D73881")
OTHER = Token("uid", "0416C6C2D73882")


class Chip:
    """A PN532 that falls silent in the middle of its next answer when it is told to."""

    def __init__(self) -> None:
        self._chip = VirtualPn532()
        self._hangs = threading.Event()

    def hang(self) -> None:
        """Say half of the next answer and nothing more."""
        self._hangs.set()

    def come_back(self) -> None:
        """Have its power taken and given: it sleeps and knows of nothing."""
        self._chip.restart()
        self._hangs.clear()

    def lay(self, card: Token) -> None:
        """Lay the card of a token."""
        self._chip.lay(tag_of(card))

    def take(self, card: Token) -> None:
        """Take it away."""
        self._chip.take(tag_of(card))

    def feed(self, data: bytes) -> bytes:
        """Answer, as far as it does."""
        said = self._chip.feed(data)
        return said[: len(said) // 2 if self._hangs.is_set() else None] if said else b""


@dataclass(frozen=True, kw_only=True)
class Story:
    """What a store saw of a PN532 on lane 1, an RDM6300 on lane 2."""

    shown: list[dict[str, Any]]
    """What lane 1 showed: two cards, one after the cable was pulled, one after the chip hung."""

    health: list[dict[str, Any]]
    """How the agent was while the cable was out, while the chip hung, and in the end."""

    other_lane: dict[str, Any]
    """What lane 2 showed while the chip hung."""

    logged: list[str]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, new_card: Callable[[], Token]) -> Story:
    """The day of a PN532."""
    kit = StoreKit(name="s001", directory=tmp_path_factory.mktemp("store"), lane_names=("1", "2"))
    kit.config.write_text(kit.config.read_text().replace('"em4100"', '"pn532"', 1))
    chip = Chip()
    reader = VirtualLine(Answering(lambda: chip), baud=BAUD, link=kit.lanes["1"].reader.port)
    lane = kit.lanes["1"] = replace(kit.lanes["1"], reader=reader)
    try:
        kit.start()
        shown = [lane.tap(MEMBER), lane.tap(BARE)]
        reader.unplug()
        health = [_degraded(kit, "reader-1")]
        chip.come_back()  # it had no power either
        reader.plug_in()
        _well(kit)
        shown.append(lane.tap(OTHER))
        chip.hang()
        health.append(_degraded(kit, NOT_ANSWERING))
        other_lane = kit.lanes["2"].tap(new_card())
        chip.come_back()
        _well(kit)
        shown.append(lane.tap(MEMBER))
        health.append(kit.health())
        logged = [x["event"] for x in kit.agent.log_lines() if x.get("reader") == "reader-1"]
    finally:
        kit.stop()
    return Story(shown=shown, health=health, other_lane=other_lane, logged=logged)


def _degraded(kit: StoreKit, because: str) -> dict[str, Any]:
    wait_until(lambda: any(because in why for why in kit.health()["reasons"]), f"'{because}'")
    return kit.health()


def _well(kit: StoreKit) -> None:
    wait_until(lambda: kit.health()["status"] == "ok", "the agent to find reader-1")


def test_cards_are_shown(story: Story) -> None:
    """A card is shown at its lane by the number that stands on it, and else by its UID."""
    assert [said["token"] for said in story.shown[:2]] == [str(MEMBER), str(BARE)]
    assert {said["reader"] for said in story.shown} == {"reader-1"}


def test_a_pulled_cable(story: Story) -> None:
    """Pulled out it is named as missing; plugged in again, the next card is shown."""
    assert "reader-1" in story.health[0]["reasons"][0]
    assert story.shown[2]["token"] == str(OTHER)


def test_a_chip_that_hangs(story: Story) -> None:
    """A chip that falls silent in the middle is a fault that says so; back, it shows cards."""
    assert [part["fault"] for part in story.health[1]["readers"]] == [NOT_ANSWERING, None]
    assert story.shown[3]["token"] == str(MEMBER)
    assert (story.health[2]["status"], story.health[2]["reasons"]) == ("ok", [])


def test_another_lane_goes_on(story: Story) -> None:
    """While it hangs, a tap at another lane is shown as ever."""
    assert story.other_lane["reader"] == "reader-2"


def test_each_loss_and_return_is_logged_once(story: Story) -> None:
    """The log names each loss and each return once, and the cards between them."""
    assert story.logged == [
        "reader_found",
        "card_presented",
        "card_presented",
        "reader_lost",
        "reader_found",
        "card_presented",
        "reader_lost",
        "reader_found",
        "card_presented",
    ]
