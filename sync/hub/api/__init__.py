"""Head office's HTTP API and its status page, for clerks and for their programs."""

from sync.hub.api.app import create_app

__all__ = ["create_app"]
