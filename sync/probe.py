"""Knocking at a broker, step by step, as the doctor does: name, connection, TLS, login.

The link hands all of this to paho, and hears of it in one word. Here each step is taken by itself,
and the login is one packet of MQTT 5 (3.1 CONNECT, 3.2 CONNACK) under a name of its own, so that a
running agent keeps its session. Nothing is published and nothing subscribed to.
"""

import secrets
import socket
import ssl
import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal

from sync.broker import Broker

__all__ = ["Knock", "Step", "certificate_of", "connect_packet", "knock"]

Step = Literal["resolve", "connect", "tls", "login"]

_CONNECT, _CONNACK = 0x10, 0x20
_DISCONNECT = b"\xe0\x00"
_CLEAN_START, _USER_NAME, _PASSWORD = 0x02, 0x80, 0x40
_KEEPALIVE_S = 30
_LEAST_S = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Knock:
    """How far it went. ``failed_at`` is the step that failed, with ``why`` in the words of the
    system, or of the broker's ``reason`` (MQTT 5, 2.4); ``tls_code`` is OpenSSL's for a certificate
    that does not hold. ``certificate`` is the broker's, in DER, where TLS was spoken.
    """

    failed_at: Step | None = None
    why: str = ""
    reason: int | None = None
    tls_code: int | None = None
    certificate: bytes | None = None


def knock(broker: Broker, *, timeout_s: float = 5.0) -> Knock:
    """Take the steps, all in about ``timeout_s``; never raises for what a network does.

    The resolver's own time-out is the system's, and may be longer.
    """
    try:
        addresses = socket.getaddrinfo(broker.host, broker.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return Knock(failed_at="resolve", why=_said(error))
    until_s = time.monotonic() + timeout_s
    try:
        line = _connected(addresses, until_s)
    except OSError as error:
        return Knock(failed_at="connect", why=_said(error))
    with closing(line):
        if not broker.tls:
            line.settimeout(_left_s(until_s))
            return _login(line, broker)
        try:
            context = broker.tls_context()
            line.settimeout(_left_s(until_s))
            secured = context.wrap_socket(line, server_hostname=broker.host)
        except ssl.SSLCertVerificationError as error:
            shown = certificate_of(broker, timeout_s=timeout_s)
            return Knock(
                failed_at="tls",
                why=error.verify_message,
                tls_code=error.verify_code,
                certificate=shown,
            )
        except (OSError, ValueError) as error:
            return Knock(failed_at="tls", why=_said(error))
        with closing(secured):
            secured.settimeout(_left_s(until_s))
            return _login(secured, broker, certificate=secured.getpeercert(binary_form=True))


def certificate_of(broker: Broker, *, timeout_s: float) -> bytes | None:
    """Fetch the certificate that a broker shows, believing nothing; None where it shows none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # it is looked at and described, and nothing is sent
    try:
        line = socket.create_connection((broker.host, broker.port), timeout=timeout_s)
        with closing(line), context.wrap_socket(line, server_hostname=broker.host) as secured:
            return secured.getpeercert(binary_form=True)
    except (OSError, ValueError):
        return None


def connect_packet(client_id: str, username: str | None, password: str | None) -> bytes:
    """Build the CONNECT of a client that wants no session."""
    flags = _CLEAN_START
    payload = _text(client_id)
    for given, flag in ((username, _USER_NAME), (password, _PASSWORD)):
        if given is not None:
            flags |= flag
            payload += _text(given)
    head = _text("MQTT") + bytes([5, flags]) + _KEEPALIVE_S.to_bytes(2) + b"\x00"
    body = head + payload
    return bytes([_CONNECT]) + _length(len(body)) + body


def _connected(addresses: list[Any], until_s: float) -> socket.socket:
    last: OSError = OSError("no address")
    for family, kind, protocol, _, address in addresses:
        line = socket.socket(family, kind, protocol)
        line.settimeout(_left_s(until_s))
        try:
            line.connect(address)
        except OSError as error:
            line.close()
            last = error
        else:
            return line
    raise last


def _left_s(until_s: float) -> float:
    """Answer how long a step may take; never nothing, which would mean not to wait at all."""
    return max(_LEAST_S, until_s - time.monotonic())


def _login(line: socket.socket, broker: Broker, certificate: bytes | None = None) -> Knock:
    name = f"tapledger-doctor-{secrets.token_hex(4)}"
    try:
        line.sendall(connect_packet(name, broker.username, broker.password))
        answer = _answer(line)
    except OSError as error:
        return Knock(failed_at="login", why=_said(error), certificate=certificate)
    if answer[:1] != bytes([_CONNACK]):
        why = "it hung up" if not answer else "it does not speak MQTT"
        return Knock(failed_at="login", why=why, certificate=certificate)
    reason = answer[-1]
    if reason:
        return Knock(failed_at="login", reason=reason, certificate=certificate)
    line.sendall(_DISCONNECT)
    return Knock(certificate=certificate)


def _answer(line: socket.socket) -> bytes:
    """Read the kind of the answer and, of a CONNACK, its flags and reason, one byte each; less
    where the line ends before. Raises OSError.
    """
    kind = line.recv(1)
    if kind[:1] != bytes([_CONNACK]):
        return kind
    for _ in range(4):  # the length, in up to four bytes of which the last has no high bit
        digit = line.recv(1)
        if not digit or digit[0] < 0x80:
            break
    flags, reason = line.recv(1), line.recv(1)
    return kind + flags + reason if reason else b""


def _said(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return getattr(error, "strerror", None) or str(error)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2) + encoded


def _length(length: int) -> bytes:
    """Write a variable byte integer (MQTT 5, 1.5.5)."""
    written = bytearray()
    while True:
        length, digit = divmod(length, 128)
        written.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(written)
