"""Having a server driven over HTTP by the process in ``driver.py``."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Driven", "drive", "request", "with_newest_position"]

# Run as a file: as a module it would import all of tapledger's bench first, a second each time.
_DRIVER = Path(__file__).with_name("driver.py")
_LONGEST_S = 600


@dataclass(frozen=True, kw_only=True, slots=True)
class Driven:
    """What came of a run: seconds in all and of each answer."""

    took_s: float
    answers_s: tuple[float, ...]


def request(method: str, path: str, body: Any, *, bearer_token: str | None = None) -> str:
    """Build a whole request; a body of None is none at all."""
    text = "" if body is None else json.dumps(body, separators=(",", ":"))
    held = f"authorization: Bearer {bearer_token}\r\n" if bearer_token else ""
    return (
        f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{held}content-type: application/json\r\n"
        f"content-length: {len(text.encode())}\r\n\r\n{text}"
    )


def with_newest_position(whole: str) -> str:
    """Have the driver put the position in that the newest answer told it, as a till does."""
    return whole.replace("\r\n\r\n", "\r\ntapledger-position: newest\r\n\r\n", 1)


def drive(port: int, requests: list[str], *, connections: int, expected: int = 201) -> Driven:
    """Have a driver process send requests. Raises RuntimeError for an answer not expected."""
    ended = subprocess.run(
        [sys.executable, "-P", str(_DRIVER), str(port), str(connections)],
        input="\n".join(json.dumps(one) for one in requests),
        stdout=subprocess.PIPE,
        text=True,
        timeout=_LONGEST_S,
        check=True,
    )
    said = json.loads(ended.stdout)
    if said["statuses"] != {str(expected): len(requests)}:
        raise RuntimeError(f"expected {expected} to every request, got {said['statuses']}")
    return Driven(took_s=said["took_s"], answers_s=tuple(said["answers_s"]))
