"""Adjustments, PINs, days and flags over real HTTP, from a configuration that ``pin`` made."""

import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from zygote import ForkedDaemons

from agent.core.tokens import Token
from agent.tools.processes import tapledger
from agent.tools.site import StoreKit

PIN = "40717704"
APPROVED = {"approver": "boss", "pin": PIN}
JSON = {"Content-Type": "application/json"}
MARK = "5105105105105100"


def _line(name: str) -> str:
    made = subprocess.run(
        tapledger("pin", name, "--stdin"), input=PIN, capture_output=True, text=True, check=True
    )
    return made.stdout


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreKit]:
    """A running store where boss and deputy may approve, and two claims a day are allowed."""
    kit = StoreKit(name="s001", directory=tmp_path_factory.mktemp("guarded"), lane_names=("1",))
    with kit.config.open("a") as config:
        config.write("[controls]\nclaims_per_day = 2\n[controls.approvers]\n")
        config.write(_line("boss") + _line("deputy"))
    try:
        kit.start()
        yield kit
    finally:
        kit.stop()


@pytest.fixture
def client(guarded: StoreKit, open_till: Callable[[StoreKit], httpx.Client]) -> httpx.Client:
    """A till of that store."""
    return open_till(guarded)


@pytest.fixture
def member(client: httpx.Client, new_card: Callable[[], Token]) -> str:
    """A new member's account."""
    answer = client.post("/v1/accounts", json={"token": str(new_card())})
    return str(answer.json()["account"])


def adjust(client: httpx.Client, account: str, points: Any, **changes: Any) -> httpx.Response:
    """Adjust; every cashier of these tests has a day of their own."""
    body = {"points": points, "reason": "goodwill", "cashier": f"c-{account[-12:]}"} | changes
    return client.post(f"/v1/accounts/{account}/adjust", json=body)


def said(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_an_adjustment_and_its_retry(client: httpx.Client, member: str) -> None:
    """201 with the balance and the place in the journal; the same id again is 200 and a replay."""
    first = adjust(client, member, 40, adjust_id="a-1-" + member[-12:], lane="1")
    assert first.status_code == 201
    assert (first.json()["account"], first.json()["balance"]) == (member, 40)
    assert set(first.json()["journal"]) == {"epoch", "seq", "hash"}
    again = adjust(client, member, 40, adjust_id="a-1-" + member[-12:])
    assert (again.status_code, again.headers["Idempotent-Replay"]) == (200, "true")
    assert again.content == first.content
    assert said(adjust(client, member, 41, adjust_id="a-1-" + member[-12:])) == (
        409,
        "adjust_id_reused",
    )


def test_refusals_have_their_codes(client: httpx.Client, member: str) -> None:
    """Each limit answers with its own code, and a sentence for the cashier."""
    assert said(adjust(client, "nobody", 1)) == (404, "unknown_account")
    assert said(adjust(client, member, -1)) == (409, "insufficient_points")
    assert said(adjust(client, member, 501)) == (403, "approval_needed")
    assert said(adjust(client, member, 501, cashier="boss", **APPROVED)) == (403, "approval_needed")
    assert adjust(client, member, 4_999, **APPROVED).status_code == 201
    assert said(adjust(client, member, 2, **APPROVED)) == (409, "cashier_limit")


def test_wrong_pins_lock_and_are_flagged(
    guarded: StoreKit, forked: ForkedDaemons, client: httpx.Client, member: str
) -> None:
    """Five wrong PINs lock an approver, also for the right one; each is in the list of flags, and
    no PIN in any answer or log.
    """
    wrong = {"approver": "deputy", "pin": "55550001"}
    answers = [adjust(client, member, 600, **wrong) for _ in range(5)]
    assert {said(answer) for answer in answers} == {(403, "approval_needed")}
    locked = adjust(client, member, 600, approver="deputy", pin=PIN)
    assert said(locked) == (429, "too_many_pins")
    assert 0 < int(locked.headers["Retry-After"]) <= 900
    assert adjust(client, member, 600, **APPROVED).status_code == 201
    listed = forked.run("ledger", "flags", "--db", str(guarded.ledger_path), "--json")
    rows = [json.loads(line) for line in listed.stdout.splitlines()]
    own = [row for row in rows if row["account"] == member]
    assert [row["flag"] for row in own] == ["wrong_pin"] * 5 + ["points_adjusted"]
    assert {row["reason"] for row in own} == {"approver deputy", "goodwill"}
    told = "".join(answer.text for answer in (*answers, locked))
    log = (guarded.directory / "agent.log").read_text("utf-8")
    for secret in (PIN, "55550001", "argon2id"):
        assert secret not in told
        assert secret not in log
        assert secret not in listed.stdout


def test_a_pin_keeps_nobody_waiting(client: httpx.Client, member: str) -> None:
    """While PINs are compared the agent goes on; what was asked at once is all answered."""
    assert client.get("/healthz").json()["status"] == "ok"
    assert adjust(client, member, 501, **APPROVED).status_code == 201


def test_claims_end_at_their_limit(
    client: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
    new_card: Callable[[], Token],
) -> None:
    """The third claim of a cashier on a day is 409."""
    card = str(new_card())
    client.post("/v1/accounts", json={"token": card})
    statuses = []
    for _ in range(3):
        sale_id = new_sale_id()
        client.put(f"/v1/sales/{sale_id}", json=make_sale(cashier="claims"))
        statuses.append(client.put(f"/v1/sales/{sale_id}/claim", json={"token": card}))
    assert [answer.status_code for answer in statuses] == [201, 201, 409]
    assert said(statuses[2]) == (409, "cashier_limit")


def test_a_return_without_its_customer_is_taken_and_flagged(
    client: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
    new_card: Callable[[], Token],
) -> None:
    """The answer of a return carries its flags; with the member's card there are none."""
    card, sale_id = str(new_card()), new_sale_id()
    client.post("/v1/accounts", json={"token": card})
    client.put(f"/v1/sales/{sale_id}", json=make_sale(token=card))
    place = f"/v1/sales/{sale_id}/returns"
    shown = client.put(f"{place}/b-1", json={"amount_minor": 100, "token": card})
    assert (shown.status_code, shown.json()["flags"]) == (201, [])
    hidden = client.put(f"{place}/b-2", json={"amount_minor": 100})
    assert (hidden.status_code, hidden.json()["flags"]) == (201, ["return_without_customer"])
    assert client.put(f"{place}/b-2", json={"amount_minor": 100, "token": card}).json() == (
        hidden.json()
    )
    assert client.delete(f"/v1/sales/{sale_id}").json()["flags"] == []


def test_a_day_matches_what_the_pos_counted(
    fresh_store: StoreKit,
    open_till: Callable[[StoreKit], httpx.Client],
    make_sale: Callable[..., dict[str, Any]],
    new_card: Callable[[], Token],
) -> None:
    """Sales, points, returns, redemptions and adjustments by lane and cashier, and in all."""
    client, card = open_till(fresh_store), str(new_card())
    account = client.post("/v1/accounts", json={"token": card}).json()["account"]
    today = datetime.now(UTC).date().isoformat()  # an adjustment counts on a day that can be
    at = {"business_date": today, "token": card}
    client.put("/v1/sales/s-1", json=make_sale(amount_minor=20_000, **at))
    client.put("/v1/sales/s-2", json=make_sale(amount_minor=500, lane="2", cashier="c2", **at))
    client.put("/v1/sales/s-3", json=make_sale(amount_minor=900, currency="EUR", **at))
    back = {"amount_minor": 100, "token": card, "business_date": today}
    client.put("/v1/sales/s-2/returns/b", json=back)
    wish = {"token": card, "reward": "coffee", "lane": "1", "cashier": "c1"}
    client.put("/v1/redemptions/r-1", json=wish)
    client.post("/v1/redemptions/r-1/capture")
    adjust(client, account, -7, lane="2", cashier="c2")
    day = client.get(f"/v1/days/{today}").raise_for_status().json()
    assert (day["business_date"], day["currency"]) == (today, "USD")
    first, second = day["lanes"]
    assert (first["lane"], first["cashier"]) == ("1", "c1")
    assert (first["sales"], first["total_minor"], first["points"]) == (1, 20_000, 200)
    assert (first["redemptions"], first["redeemed_points"]) == (1, 150)
    assert first["other_currencies"]["EUR"]["total_minor"] == 900
    assert (second["lane"], second["cashier"]) == ("2", "c2")
    assert (second["returns"], second["returned_minor"], second["points_taken"]) == (1, 100, 1)
    assert (second["adjustments"], second["adjusted_points"]) == (1, 7)
    assert (day["total"]["sales"], day["total"]["total_minor"]) == (2, 20_500)
    assert day["as_of"]["seq"] == 8
    client.delete("/v1/sales/s-1", params={"business_date": "2026-03-01"}).raise_for_status()
    assert client.get("/v1/days/2026-03-01").json()["total"]["voided_minor"] == 20_000
    assert client.get("/v1/days/1999-12-31").json()["lanes"] == []


@pytest.mark.parametrize(
    "day",
    ["0", "1700000000", "2026-02-30", "2026-3-1", "20260301", "today", "2026-03-01T00:00", "%00"],
)
def test_what_is_no_day_is_malformed(till: httpx.Client, day: str) -> None:
    """A day is ``YYYY-MM-DD`` and one that there is."""
    assert said(till.get(f"/v1/days/{day}")) == (422, "malformed")


BODY = {"points": 1, "reason": "x", "cashier": "ana"}
BAD = {
    "nothing": b"",
    "no json": b"{",
    "a list": b"[]",
    "no points": json.dumps({"reason": "x", "cashier": "ana"}).encode(),
    "no reason": json.dumps({"points": 1, "cashier": "ana"}).encode(),
    "no cashier": json.dumps({"points": 1, "reason": "x"}).encode(),
    **{
        f"{name} {value!a}": json.dumps(BODY | {name: value}).encode()
        for name, value in [
            *(("points", each) for each in (0, 1.0, "1", True, None, 10**6 + 1, -(10**18), [])),
            *(("reason", each) for each in ("", "  ", "a\x00", "a\x1b[31m", "x" * 201, 7, None)),
            *(("cashier", each) for each in ("", "a b", "x" * 65, 7, f"{MARK} ")),
            *(("pin", each) for each in (MARK, "123", 1234, "abcd", "", ["1234"])),
            *(("approver", each) for each in ("", "a b", 7)),
            *(("adjust_id", each) for each in ("", "a b", "x" * 65)),
            ("lane", ""),
            (MARK, 1),
        ]
    },
    "huge": b'{"points":1' + b"0" * 5_000 + b',"reason":"x","cashier":"ana"}',
    "not a number": b'{"points":NaN,"reason":"x","cashier":"ana"}',
    "half a letter": b'{"points":1,"reason":"\\ud800","cashier":"ana"}',
}


@pytest.mark.parametrize("body", BAD.values(), ids=[each[:40] for each in BAD])
def test_what_is_no_adjustment_is_malformed(
    till: httpx.Client, journal_seq: Callable[[], int], new_card: Callable[[], Token], body: bytes
) -> None:
    """422, nothing of it repeated and nothing written."""
    account = till.post("/v1/accounts", json={"token": str(new_card())}).json()["account"]
    before = journal_seq()
    answer = till.post(f"/v1/accounts/{account}/adjust", content=body, headers=JSON)
    assert said(answer) == (422, "malformed")
    assert MARK not in answer.text
    assert journal_seq() == before


@pytest.mark.parametrize("account", ["two words", "%00", "x" * 65, "caf\u00e9"])
def test_what_is_no_account_is_malformed(till: httpx.Client, account: str) -> None:
    """An account is one word of printable ASCII."""
    assert said(till.post(f"/v1/accounts/{account}/adjust", json=BODY)) == (422, "malformed")


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/accounts/a/adjust"), ("GET", "/v1/days/2026-03-01")]
)
def test_only_tills_adjust_and_add_up(
    store: StoreKit, connect: Callable[..., httpx.Client], method: str, path: str
) -> None:
    """Without a till's token it is 401, whatever else is in the request."""
    assert said(connect(store).request(method, path, json=BODY)) == (401, "bad_token")
