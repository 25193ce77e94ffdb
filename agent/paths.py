"""Where the data files lie: beside the packages in a checkout, under ``share/`` once installed."""

import sysconfig
from pathlib import Path

__all__ = [
    "shipped_baskets",
    "shipped_config",
    "shipped_program",
    "shipped_rule",
    "shipped_year",
]

_CHECKOUT = Path(__file__).resolve().parent.parent
_INSTALLED = Path(sysconfig.get_path("data")) / "share" / "tapledger"


def shipped_config(name: str) -> Path:
    """Answer a file of ``config/``."""
    return _first(_CHECKOUT / "config", _INSTALLED / "config") / name


def shipped_program(name: str) -> Path:
    """Answer the file of a shipped program."""
    return shipped_config("programs") / f"{name}.toml"


def shipped_baskets() -> Path:
    """Answer the file of real baskets that the demo and the measurements play."""
    return _first(_CHECKOUT / "tests" / "data", _INSTALLED) / "baskets.jsonl"


def shipped_year() -> Path:
    """Answer the file of every 20th real basket of a year, which programs are replayed on."""
    return _first(_CHECKOUT / "tests" / "data", _INSTALLED) / "every-20th.jsonl.xz"


def shipped_rule(name: str) -> Path:
    """Answer a file of ``systemd/`` that is for udev, modprobe or polkit."""
    checkout = _CHECKOUT / "systemd"
    return (checkout if checkout.is_dir() else _INSTALLED / "systemd") / name


def _first(checkout: Path, installed: Path) -> Path:
    return checkout if checkout.is_dir() else installed
