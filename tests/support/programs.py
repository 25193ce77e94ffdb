"""Programs that no shop would ship, for stores of tests."""

from pathlib import Path

from agent.tools.site import StoreKit

__all__ = ["use_program"]

_PROGRAMS = Path(__file__).resolve().parents[1] / "data" / "programs"


def use_program(store: StoreKit, name: str) -> None:
    """Give a store that was not started yet one of ``tests/data/programs``."""
    config = store.config.read_text("utf-8")
    before, _, rest = config.partition('[program]\npath = "')
    after = rest.partition('"')[2]
    store.config.write_text(f'{before}[program]\npath = "{_PROGRAMS / name}.toml"{after}', "utf-8")
