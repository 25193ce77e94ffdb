"""What a clerk says at head office is done at a store's till: by real processes, over a broker."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from agent.core.instant import rfc3339
from agent.paths import shipped_program
from agent.tools.site import TILL_TOKEN, HeadOffice, StoreKit
from agent.tools.waiting import wait_until

CARD = "em4100:7B00000001"


def sale(now: datetime, card: str) -> dict[str, Any]:
    """Bananas for ten points."""
    line = {
        "sku": "1082185",
        "description": "BANANAS",
        "category": "grocery",
        "quantity": "1.000",
        "unit_price_minor": 1000,
        "amount_minor": 1000,
        "discount_minor": 0,
        "tax_minor": 0,
    }
    return {
        "lane": "1",
        "cashier": "c1",
        "business_date": now.date().isoformat(),
        "occurred_at": rfc3339(now),
        "currency": "USD",
        "token": card,
        "lines": [line],
        "tenders": [{"kind": "cash", "amount_minor": 1000}],
        "total_minor": 1000,
    }


@pytest.mark.long
def test_a_store_does_what_a_clerk_says(head_office: HeadOffice, online_store: StoreKit) -> None:
    """A promotion that is pushed is given by the store and told on the receipt, and no more once it
    is ended; a member who is forgotten is a stranger there, and their profile is gone.
    """
    pos, now = online_store.lanes["1"].pos, datetime.now(UTC)
    text = shipped_program("simple").read_text("utf-8")
    head_office.ask("PUT", "/v1/programs/simple", {"text": text})
    member, other = (pos.enrol(card).json()["account"] for card in (CARD, f"{CARD[:-1]}2"))
    profile = f"{online_store.url}/v1/accounts/{other}/profile"
    till = {"Authorization": f"Bearer {TILL_TOKEN}"}
    known = httpx.put(profile, json={"display_name": "Ana"}, headers=till, timeout=10)
    assert known.status_code == 200, known.text
    online_store.wait_acknowledged()
    times = {"starts_at": rfc3339(now), "ends_at": rfc3339(now + timedelta(hours=3))}
    rain = {"id": "rain", "text": "double points in the rain", "multiplier": "2", **times}

    def quoted() -> int:
        points: int = pos.quote(sale(now, CARD)).json()["points"]
        return points

    assert quoted() == 10
    head_office.ask("PUT", "/v1/promotions/rain", rain)
    head_office.ask("POST", f"/v1/accounts/{other}/erase", {"reason": "asked for it"})
    wait_until(lambda: quoted() == 20, "the store to hear of the promotion", timeout_s=60)
    sold = pos.sell("sale-1", sale(now, CARD))
    assert sold.json()["points"] == 20
    assert "double points in the rain" in sold.text
    stranger = pos.identify(f"{CARD[:-1]}2")
    assert (stranger.status_code, stranger.json()["code"]) == (404, "unknown_card")
    online_store.wait_acknowledged()
    assert head_office.ask("GET", f"/v1/accounts/{member}")["balance"] == 20
    assert head_office.ask("GET", "/v1/conflicts") == []

    assert head_office.ask("DELETE", "/v1/promotions/rain") == []
    wait_until(lambda: quoted() == 10, "the store to hear that it is over", timeout_s=60)
