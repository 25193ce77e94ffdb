"""``tapledger bench devices`` feeds parsers real cards: each is read, and none comes twice."""

import pytest

from agent.tools.bench.devices import DeviceFigures
from agent.tools.bench.devices_parsers import parsers
from agent.tools.bench.devices_streams import PARSED, Parsed
from agent.tools.bench.measure import RUNS

CARD_BYTES = {
    "em4100": 14,
    "em4100, bare": 12,
    "wiegand": 12,
    "pn532": 22,
    "uhf18": 18,
    "barcode": 27,
    "epc": 12,
    "ndef": 160,
}

every_parser = pytest.mark.parametrize("parsed", PARSED, ids=lambda parsed: parsed.name)


@every_parser
def test_each_card_is_read_and_found(parsed: Parsed) -> None:
    """The parser tells as many events as there are cards, and the bare search finds as many."""
    for stream in (parsed.cards(9_000), parsed.resting(9_000)):
        cards = len(stream) // CARD_BYTES[parsed.name]
        assert len(stream) == cards * CARD_BYTES[parsed.name]
        assert parsed.make()(stream) == cards
        assert len(parsed.frame.findall(stream)) == cards


@every_parser
def test_no_card_comes_twice(parsed: Parsed) -> None:
    """Nothing that a parser remembers of a card helps it with the next one."""
    cards = parsed.frame.findall(parsed.cards(9_000))
    assert len(set(cards)) == len(cards)
    assert len(set(parsed.frame.findall(parsed.resting(9_000)))) == 1


def test_every_parser_is_held_to_five_megabytes_of_each_kind() -> None:
    """Three kinds of bytes for each parser, each with its raw limit and its target."""
    figures = parsers(5_000, lambda _done, _of: None)
    assert len(figures) == 3 * len(PARSED)
    assert {figure.target_text for figure in figures} == {">= 5 MB/s of a core"}


def test_what_could_not_be_measured_is_said() -> None:
    """What a machine lacks stands below the table, and in the JSON."""
    found = DeviceFigures(
        bench="devices",
        runs=RUNS,
        fdatasync_p50_ms=0.2,
        subject="few",
        figures=parsers(1_000, lambda _done, _of: None)[:1],
        left_out=("a card on a PC/SC reader: pcscd is not installed",),
    )
    assert found.lines()[-1] == "left out: a card on a PC/SC reader: pcscd is not installed"
    assert found.as_json()["left_out"] == ["a card on a PC/SC reader: pcscd is not installed"]
