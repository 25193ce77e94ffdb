"""A command imports what it needs itself: an engineer at a store's small box waits for no more."""

import subprocess
import sys

import pytest

_HEAVY = "uvicorn fastapi sqlite_utils cryptography apscheduler agent.ledger agent.till structlog"


@pytest.mark.parametrize(
    ("modules", "without"),
    [
        ("agent.cli", f"{_HEAVY} pydantic agent.settings drivers"),
        ("agent.cli agent.cli.doctor", f"{_HEAVY} pydantic"),
        ("agent.cli agent.cli.devices agent.cli.devices_list", _HEAVY),
        ("agent.cli agent.cli.devices drivers.virtual.emulated", f"{_HEAVY} agent.settings"),
    ],
)
def test_what_others_need_is_not_imported(modules: str, without: str) -> None:
    """The API, the ledger and the libraries of either are not there before they are used."""
    code = f"import sys, {', '.join(modules.split())}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(without.split()) & set(run.stdout.split())
