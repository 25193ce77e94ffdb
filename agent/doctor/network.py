"""Ports on the network: whether somebody takes a connection. Nothing is said to whoever does.

A device server has one line for one program, so it is hung up on at once.
"""

import socket
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

import serial

from agent.doctor.finding import Finding, failed, fine, warned
from agent.doctor.patience import within

__all__ = ["NetworkFacts", "gather_network", "judge_network"]

_CALLED = ("socket", "rfc2217")
_WITHIN_S = 3.0


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkFacts:
    """What is known of an address: ``fault`` says why it was not reached, or is none.

    ``is_called`` says whether it is one that can be called without opening it.
    """

    title: str
    port: str
    is_called: bool = True
    fault: str | None = None


def gather_network(title: str, port: str) -> NetworkFacts:
    """Call an address, and hang up. Takes three seconds at most."""
    try:
        serial.serial_for_url(port, do_not_open=True)
        parts = urlsplit(port)
        host, number = parts.hostname, parts.port
    except ValueError as error:
        return NetworkFacts(title=title, port=port, fault=str(error))
    if parts.scheme not in _CALLED:
        return NetworkFacts(title=title, port=port, is_called=False)
    if not host or number is None:
        fault = f"write it as {parts.scheme}://HOST:PORT"
        return NetworkFacts(title=title, port=port, fault=fault)
    answered = within(_WITHIN_S, lambda: _call(host, number))  # for the name server may hang
    fault = f"no answer within {_WITHIN_S:g} s" if answered is None else answered
    return NetworkFacts(title=title, port=port, fault=fault or None)


def _call(host: str, number: int) -> str:
    """Answer why there is no connection; nothing where there is one."""
    try:
        with closing(socket.create_connection((host, number), timeout=_WITHIN_S)):
            return ""
    except TimeoutError:
        return f"no answer within {_WITHIN_S:g} s"
    except OSError as error:
        return error.strerror or str(error)


def judge_network(facts: NetworkFacts) -> Finding:
    """Say whether an address is reached."""
    if facts.fault is not None:
        said = f"{facts.port} is not reached: {facts.fault}"
        advice = "has the converter power and a network, and is its address right?"
        return failed(facts.title, said, advice)
    if not facts.is_called:
        said = f"{facts.port} is known when it is opened"
        return warned(facts.title, said, "tapledger devices watch opens it")
    return fine(facts.title, f"{facts.port} takes a connection")
