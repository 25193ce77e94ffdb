"""Who may call: tills by their bearer token, screens on this machine by their cookie."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from agent.core.tokens import Token
from agent.tools.site import StoreKit


@pytest.fixture
def stranger(store: StoreKit, connect: Callable[..., httpx.Client]) -> httpx.Client:
    """Somebody on the same machine who has no token."""
    return connect(store)


CREDENTIALS = {
    "none": {},
    "empty": {"Authorization": ""},
    "no token": {"Authorization": "Bearer"},
    "wrong token": {"Authorization": "Bearer no-till-has-this"},
    "no ASCII": {"Authorization": b"Bearer \xff\xfe"},
    "another cookie": {"Cookie": "tapledger_screen=no-screen-has-this"},
}


@pytest.mark.parametrize("headers", CREDENTIALS.values(), ids=CREDENTIALS.keys())
def test_without_a_token_nothing_happens(
    stranger: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
    new_card: Callable[[], Token],
    journal_seq: Callable[[], int],
    headers: dict[str, str],
) -> None:
    """Who has no till's token can neither sell nor enrol nor look anybody up."""
    before = journal_seq()
    card = {"token": str(new_card())}
    answers = [
        stranger.put(f"/v1/sales/{new_sale_id()}", json=make_sale(), headers=headers),
        stranger.post("/v1/accounts", json=card, headers=headers),
        stranger.post("/v1/identify", json=card, headers=headers),
    ]
    for answer in answers:
        assert answer.headers["content-type"] == "application/problem+json"
    assert journal_seq() == before


@pytest.mark.parametrize("headers", CREDENTIALS.values(), ids=CREDENTIALS.keys())
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/identify", {"token": "em4100:0C000621A5"}),
        ("POST", "/v1/accounts", {"token": "em4100:0C000621A5"}),
        ("PUT", "/v1/sales/never-written", None),
        ("GET", "/v1/events?lane=1", None),
        ("GET", "/lane/1/panel", None),
        ("GET", "/metrics", None),
    ],
    ids=["identify", "enrol", "sell", "listen", "panel", "metrics"],
)
def test_bad_token(
    stranger: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    method: str,
    path: str,
    body: dict[str, str] | None,
    headers: dict[str, str],
) -> None:
    """A call without a till's token is 401 bad_token, and says that a bearer token is wanted."""
    if method == "PUT":
        body = make_sale()
    answer = stranger.request(method, path, json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_token")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


def test_another_scheme(stranger: httpx.Client, till: httpx.Client) -> None:
    """A till's token under another scheme than Bearer lets nobody in."""
    token = till.headers["Authorization"].removeprefix("Bearer ")
    answer = stranger.get("/metrics", headers={"Authorization": f"Basic {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_token")


def test_scheme_in_any_case(stranger: httpx.Client, till: httpx.Client) -> None:
    """The word Bearer may be written in any case (RFC 9110, 11.1)."""
    token = till.headers["Authorization"].removeprefix("Bearer ")
    for scheme in ("Bearer", "bearer", "BEARER"):
        answer = stranger.get("/metrics", headers={"Authorization": f"{scheme} {token}"})
        assert answer.status_code == 200


def test_health_needs_no_token(stranger: httpx.Client) -> None:
    """Anybody on the machine may ask how the agent is."""
    answer = stranger.get("/healthz")
    assert answer.status_code == 200
    health = answer.json()
    assert (health["status"], health["reasons"]) == ("ok", [])
    assert (health["unacknowledged"], health["online"]) == (0, False)
    assert [reader["name"] for reader in health["readers"]] == ["reader-1", "reader-2"]


def test_api_description_needs_no_token(stranger: httpx.Client) -> None:
    """The OpenAPI document is served, and has the calls a POS makes."""
    answer = stranger.get("/openapi.json")
    assert answer.status_code == 200
    document = answer.json()
    assert document["openapi"].startswith("3.")
    assert {"/healthz", "/metrics", "/v1/identify", "/v1/accounts"} <= document["paths"].keys()
    assert {"/v1/sales/{sale_id}", "/v1/events"} <= document["paths"].keys()


def test_metrics(till: httpx.Client) -> None:
    """Who has a token may read the metrics, in Prometheus' text format."""
    answer = till.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert "# TYPE tapledger_journal_seq gauge" in answer.text


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8100",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "192.0.2.7",
        "[2001:db8::1]",
        "0.0.0.0",  # noqa: S104 - a name in a header; nothing is bound to it
        "evil.example:",
    ],
)
@pytest.mark.parametrize("path", ["/", "/lane/1", "/lane/1/panel"])
def test_foreign_host(stranger: httpx.Client, path: str, host: str) -> None:
    """A page is refused under a foreign name, and gives no cookie away (DNS rebinding)."""
    answer = stranger.get(path, headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "localhost:9", "127.9.9.9"])
def test_own_host(stranger: httpx.Client, host: str) -> None:
    """A page is served under the names of this machine."""
    assert stranger.get("/lane/1", headers={"Host": host}).status_code == 200


def test_screen_cookie(stranger: httpx.Client) -> None:
    """The page gives its screen a cookie that no script reads and no other site sends."""
    answer = stranger.get("/lane/1")
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("tapledger_screen=")
    assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in cookie.split(";")}
    assert stranger.get("/lane/1/panel").status_code == 200


def test_screen_cannot_sell(
    stranger: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
    new_card: Callable[[], Token],
    journal_seq: Callable[[], int],
) -> None:
    """A screen's cookie opens the screen and nothing that a till does."""
    stranger.get("/lane/1").raise_for_status()
    before = journal_seq()
    card = {"token": str(new_card())}
    answers = [
        stranger.put(f"/v1/sales/{new_sale_id()}", json=make_sale()),
        stranger.post("/v1/accounts", json=card),
        stranger.post("/v1/identify", json=card),
        stranger.get("/metrics"),
    ]
    assert not [answer for answer in answers if answer.is_success]
    assert journal_seq() == before
