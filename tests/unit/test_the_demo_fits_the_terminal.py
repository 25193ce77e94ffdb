"""What the demo says is wrapped for the terminal that it is said on."""

import pytest

from agent.tools.demo.voice import Voice

_SAID = "A coffee for 150 points, by the floor: points that may have been spent elsewhere. " * 3


@pytest.mark.parametrize(("columns", "longest"), [("60", 60), ("80", 80), ("300", 100), ("5", 48)])
def test_no_line_is_wider_than_the_terminal(
    columns: str,
    longest: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nor wider than is read with ease; a terminal that is hardly one gets some words at least."""
    monkeypatch.setenv("COLUMNS", columns)
    voice = Voice(headless=True)
    voice.step(_SAID)
    voice.at("head office", _SAID)
    widths = [len(line) for line in capsys.readouterr().out.splitlines()]
    assert longest - 20 < max(widths) <= longest
