"""The local HTTP API for the POS, and the cashier's screen. Loopback unless configured otherwise."""

from agent.api.app import create_app
from agent.api.health import Health, HealthView

__all__ = ["Health", "HealthView", "create_app"]
