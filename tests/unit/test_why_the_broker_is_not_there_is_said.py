"""Why there is no line to the broker is said in words, with the broker's place."""

import socket
import ssl

import pytest

from sync.broker import Broker
from sync.refusals import line_ended, not_reached

_BROKER = Broker(url="mqtts://broker.test")


def _untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] … (_ssl.c:992)")
    error.verify_message = "self-signed certificate"
    return error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ConnectionRefusedError(111, "Connection refused"),
            "the broker at broker.test:8883 is not reached: Connection refused",
        ),
        (
            TimeoutError("timed out"),
            "the broker at broker.test:8883 is not reached: it gives no answer in time",
        ),
        (
            socket.gaierror(-2, "Name or service not known"),
            "nobody knows the broker's name broker.test: Name or service not known",
        ),
        (
            _untrusted(),
            "the certificate of the broker at broker.test:8883 is not taken: "
            "self-signed certificate",
        ),
        (
            ssl.SSLError(1, "a record that is none"),
            "no TLS with the broker at broker.test:8883: a record that is none",
        ),
        (OSError("/gone.crt cannot be read: no such file"), "/gone.crt cannot be read: no such"),
    ],
)
def test_why_a_broker_is_not_reached_is_said_with_its_place(error: OSError, said: str) -> None:
    """No number of an error and no line of a library's code: who reads it runs a shop."""
    assert not_reached(_BROKER, error).startswith(said)
    assert "Errno" not in not_reached(_BROKER, error)


def test_a_line_that_ended_is_said_to_have_ended() -> None:
    """Also where the broker gives no reason, as one that was killed."""
    assert line_ended("Unspecified error") == "the line to the broker was lost"
    assert line_ended("Keep alive timeout").endswith("lost: Keep alive timeout")
