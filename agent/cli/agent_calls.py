"""What the command line asks a running agent, over its HTTP API and with no more than Python."""

import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any

from agent.settings import AgentSettings

__all__ = ["AgentGone", "TokenRefused", "device_events", "health_of"]

_ANSWER_S = 3.0
_SILENT_S = 45.0
"""Three pings that did not come: the agent hangs."""

AgentGone = (OSError, HTTPException, ValueError)
"""What a call may raise where the agent ends, or what listens there is none."""


class TokenRefused(Exception):
    """The agent does not take the token of this configuration; the message says what to do."""


def health_of(settings: AgentSettings) -> dict[str, Any] | None:
    """Ask the agent of this configuration how it is; None where none runs at ``api.listen``."""
    try:
        with closing(_connect(settings, _ANSWER_S)) as connection:
            connection.request("GET", "/healthz")
            health: dict[str, Any] = json.loads(connection.getresponse().read())
    except AgentGone:
        return None
    device = settings.device
    ours = f"{device.tenant}/{device.store}/{device.name}"
    return health if isinstance(health, dict) and health.get("device") == ours else None


def device_events(settings: AgentSettings) -> Iterator[dict[str, Any] | None]:
    """Listen to the devices of a running agent: what each event says, until the stream ends.

    Answers None where it pings. Raises TokenRefused, or one of AgentGone.
    """
    with closing(_connect(settings, _SILENT_S)) as connection:
        connection.request("GET", "/v1/devices/events", headers=_bearer(settings))
        response = connection.getresponse()
        if response.status == 401:
            raise TokenRefused(
                "the agent takes no token of this configuration; its own come from a credential "
                "or a variable: name a file with a till's token as one more --config"
            )
        if response.status != 200:
            raise HTTPException(f"the agent answers {response.status}")
        yield from _events(response)


def _connect(settings: AgentSettings, timeout_s: float) -> HTTPConnection:
    host, _, port = settings.api.listen.rpartition(":")
    host = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104 - not bound
    return HTTPConnection(host.strip("[]"), int(port), timeout=timeout_s)


def _bearer(settings: AgentSettings) -> dict[str, bytes]:
    tokens = [token.get_secret_value() for token in settings.api.tokens.values()]
    return {"Authorization": f"Bearer {tokens[0]}".encode()} if tokens else {}


def _events(response: HTTPResponse) -> Iterator[dict[str, Any] | None]:
    while line := response.readline():
        if line.startswith(b"data:"):
            yield json.loads(line.removeprefix(b"data:"))
        elif line.startswith(b":"):
            yield None
