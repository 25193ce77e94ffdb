"""The local HTTP API for the POS, and the cashier's screen; on loopback unless told otherwise."""

from agent.api.app import create_app
from agent.api.health import Health, HealthView

__all__ = ["Health", "HealthView", "create_app"]
