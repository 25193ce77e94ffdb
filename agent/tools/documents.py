"""The API's description as a file: ``make documents`` writes it, a test holds it to the code."""

import json
from pathlib import Path

from agent.api import create_app
from agent.api.health import HealthView
from agent.clock import device_clock, mint_id
from agent.core.program import Program
from agent.lanes import Lanes
from agent.ledger import Ledger
from agent.metrics import make_metrics
from agent.paths import shipped_program
from agent.till import Terms, Till

__all__ = ["openapi_agent"]


def openapi_agent() -> str:
    """Describe the agent's API as OpenAPI 3.1, in JSON. Opens no ledger and no port."""
    ledger = Ledger(Path("nowhere"), clock=device_clock, mint_id=mint_id)
    file = shipped_program("simple")
    program = Program.parse(file.read_text("utf-8"), source=file.name)
    till = Till(ledger, Terms(program=program), mint_id=mint_id)
    app = create_app(
        till=till,
        lanes=Lanes(till, ()),
        health=_no_health,
        metrics=make_metrics(_no_health, ledger, 0),
        till_tokens=(),
    )
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"


def _no_health() -> HealthView:
    raise NotImplementedError("a description is never asked how it is")


if __name__ == "__main__":
    config = Path(__file__).resolve().parents[2] / "config"
    (config / "openapi-agent.json").write_text(openapi_agent(), "utf-8")
