"""What the demo says is wrapped for the terminal that it is said on."""

import pytest

from agent.tools.demo.voice import Voice

_SAID = "A coffee for 150 points, by the floor: points that may have been spent elsewhere. " * 3
_TOKEN = "office-token-of-this-demonstration"


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
    voice.add(_SAID)
    widths = [len(line) for line in capsys.readouterr().out.splitlines()]
    assert longest - 20 < max(widths) <= longest


def test_a_token_is_said_in_one_piece(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever copies a token off the screen gets all of it, also where it has hyphens."""
    for columns in range(40, 100):
        monkeypatch.setenv("COLUMNS", str(columns))
        Voice(headless=True).at("head office", f"http://127.0.0.1:40000/ (sign in with {_TOKEN})")
        assert _TOKEN in capsys.readouterr().out
