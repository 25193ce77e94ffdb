"""What every daemon of tapledger shares: a listening socket, signals and systemd's watchdog.

Errors::

    ServiceError   the daemon cannot start; the message says what to do
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

__all__ = [
    "HttpServer",
    "ServiceError",
    "leave",
    "notify_systemd",
    "stop_signal",
    "watchdog_interval_s",
]

_GRACE_S = 2


class ServiceError(Exception):
    """A daemon cannot start; the message is for the person who starts it."""


class HttpServer:
    """uvicorn on a socket that was bound before anything else started."""

    def __init__(self, listen: str) -> None:
        self._host, _, port = listen.rpartition(":")
        self._host = self._host.strip("[]")
        self._port = int(port)
        self._socket: socket.socket | None = None
        self._server: uvicorn.Server | None = None

    def bind(self) -> str:
        """Take the port; answers the address in use. Raises ServiceError where it is taken."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        # asyncio turns Nagle's algorithm off only where the protocol is named: without it, answers
        # wait 40 ms for the other side's delayed acknowledgement.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self._host, self._port))
            listener.listen(128)
        except OSError as error:
            listener.close()
            raise ServiceError(
                f"cannot listen on {self._host}:{self._port}: {error.strerror}; "
                "stop the program that uses it, or set another [api] listen"
            ) from error
        listener.setblocking(False)
        self._socket = listener
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{host}:{listener.getsockname()[1]}"

    async def serve(self, app: ASGIApp) -> None:
        """Answer requests until ``stop``."""
        assert self._socket is not None, "bind comes first"  # noqa: S101
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE_S,
        )
        self._server = _Server(config)
        await self._server.serve(sockets=[self._socket])

    def stop(self) -> None:
        """Finish the requests under way, then let ``serve`` return."""
        if self._server is not None:
            self._server.should_exit = True

    def close(self) -> None:
        """Give the port back."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class _Server(uvicorn.Server):
    """uvicorn would take the signals for itself; they are the daemon's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def stop_signal() -> asyncio.Event:
    """Answer an event that SIGTERM or SIGINT sets; call on the event loop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def leave() -> None:
    """End the process, flushed, where some thread would keep it: a driver may leave one behind that
    nobody can end, and the interpreter would wait for it for ever.
    """
    kept = [each for each in threading.enumerate() if not each.daemon]
    if kept != [threading.main_thread()]:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def notify_systemd(state: str) -> None:
    """Tell systemd ``READY=1``, ``WATCHDOG=1`` or ``STOPPING=1``, where it started us.

    The protocol is sd_notify(3): one datagram to the socket named by NOTIFY_SOCKET, where a
    leading ``@`` stands for the NUL of the abstract namespace.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as datagram:
        datagram.connect(address.replace("@", "\0", 1) if address[0] == "@" else address)
        datagram.sendall(state.encode())


def watchdog_interval_s() -> float | None:
    """Answer how often systemd wants to hear from us: half its limit; None where it has none."""
    limit_us = os.environ.get("WATCHDOG_USEC", "")
    return int(limit_us) / 2_000_000 if limit_us.isdigit() else None
