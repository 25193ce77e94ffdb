"""What is not there is answered with a problem, like everything else that goes wrong."""

import httpx
import pytest


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing-here", 404, "not_found"),
        ("GET", "/v1", 404, "not_found"),
        ("PUT", "/v1/sales/line%0Afeed", 422, "malformed"),
        ("PUT", "/v1/sales/", 422, "malformed"),
        ("PUT", "/v1/sales/one%2Ftwo", 422, "malformed"),
        ("GET", "/static/../agent.toml", 404, "not_found"),
        ("GET", "/static/%2e%2e/app.py", 404, "not_found"),
        ("GET", "/lane/nobody-has-this", 404, "not_found"),
        ("GET", "/v1/events?lane=nobody-has-this", 404, "unknown_lane"),
        ("GET", "/v1/events", 422, "malformed"),
        ("GET", "/v1/identify", 405, "method_not_allowed"),
        ("DELETE", "/v1/accounts", 405, "method_not_allowed"),
        ("POST", "/v1/sales/one", 405, "method_not_allowed"),
        ("POST", "/healthz", 405, "method_not_allowed"),
        ("PATCH", "/openapi.json", 405, "method_not_allowed"),
    ],
)
def test_wrong_address(till: httpx.Client, method: str, path: str, status: int, code: str) -> None:
    """A wrong path, lane or method is a problem with its own status and code."""
    answer = till.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
