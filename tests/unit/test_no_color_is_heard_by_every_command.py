"""NO_COLOR turns colours off, whichever command is asked."""

import pytest
from click.testing import CliRunner

from agent import logs
from agent.cli import main

_COMMANDS = (
    ["agent", "--config", "there-is-none.toml"],
    ["hub", "--config", "there-is-none.toml"],
    ["devices", "list", "--config", "there-is-none.toml"],
)


@pytest.fixture(autouse=True)
def _logs_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """The agent and the hub turn the logs of their process to their own output, which ends here."""
    monkeypatch.setattr(logs, "configure_logs", lambda: None)


@pytest.mark.parametrize("command", _COMMANDS, ids=" ".join)
@pytest.mark.parametrize("wanted", [True, False])
def test_a_terminal_without_colours_gets_none(
    command: list[str], wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes wrong is red, unless somebody said that they want no colour."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    if not wanted:
        monkeypatch.setenv("NO_COLOR", "1")
    done = CliRunner().invoke(main, command, color=True)
    assert done.exit_code == 2
    assert ("\x1b[" in done.output) == wanted
