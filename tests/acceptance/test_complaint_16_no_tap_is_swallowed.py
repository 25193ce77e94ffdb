"""Complaint 16: a second tap is silently swallowed, and somebody's points are lost.

Here every tap is shown, told and accounted for, from the bytes of the reader on.
"""

from contextlib import closing

from agent.core.tokens import Token
from agent.ledger.connection import open_reader
from agent.ledger.view import View
from agent.tools.site import StoreKit
from agent.tools.waiting import wait_until

_CARDS = [Token.parse(f"em4100:0C00{number:06X}") for number in range(0x621A5, 0x621A5 + 4)]


def test_every_tap_is_told_and_none_is_guessed(kit: StoreKit) -> None:
    """Of four taps in a row each is told as a tap; the question names the cards there are."""
    lane = kit.lanes["1"]
    first, *others = _CARDS
    for card in _CARDS:
        lane.pos.enrol(str(card))
    assert "question" not in lane.tap(first)
    before = None
    for card in others:
        told = lane.tap(card)
        assert (told["question"], told["token"]) == ("which_card", str(card))
        assert told["first"]["token"] == str(first)  # type: ignore[index]
        replaced = told.get("replaced")
        assert (replaced and replaced["token"]) == before  # type: ignore[index]
        before = str(card)


def test_a_tap_that_is_not_used_is_in_the_journal(kit: StoreKit) -> None:
    """The card that was not meant, and the one that was moved, are recorded with their account."""
    lane = kit.lanes["1"]
    first, second, third, _ = _CARDS
    accounts = {card: lane.pos.enrol(str(card)).json()["account"] for card in _CARDS}
    for card in (first, second):
        lane.tap(card)
    lane.pos.choose(str(second)).raise_for_status()
    lane.tap(third)
    lane.pos.move("2").raise_for_status()
    kit.lanes["2"].pos.wait_for("card", token=str(third), cause="moved")
    wait_until(lambda: len(_flags(kit)) == 2, "the flags in the journal")
    assert _flags(kit) == {
        ("tap_without_basket", accounts[first]),
        ("tap_moved", accounts[third]),
    }


def _flags(kit: StoreKit) -> set[tuple[str, str | None]]:
    """Read the flags that the agent's journal holds."""
    with closing(open_reader(kit.ledger_path)) as connection:
        rows = View(connection).flags_after((0, 0, ""), at_most=100)
    return {(row.flag, row.account) for row in rows}
