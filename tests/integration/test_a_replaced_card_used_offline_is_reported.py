"""A card is replaced while a store is cut off, and spends there: head office says so afterwards."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from company import Company, until

from agent.tools.site import TILL_TOKEN
from drivers.virtual.pos import NO_TLS

pytestmark = pytest.mark.long

NEW = "em4100:7B00000003"


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """Head office and one store."""
    with Company(tmp_path, stores=("s001",)).running() as company:
        yield company


def turn_into_voucher(company: Company, card: str, voucher_id: str) -> None:
    """Turn a member's points into a voucher at the store."""
    answer = httpx.put(
        f"{company.stores['s001'].url}/v1/vouchers/{voucher_id}",
        json={"token": card, "points": 500, "lane": "1"},
        headers={"Authorization": f"Bearer {TILL_TOKEN}"},
        timeout=10,
        verify=NO_TLS,
    )
    assert answer.status_code == 201, answer.text


def test_each_use_of_the_old_card_has_its_row(company: Company) -> None:
    """A redemption and a voucher by the card that was replaced each have a row that says so in
    plain words and names no card; the points stay spent, both sides are equal, and from then on the
    store takes the new card alone. What was redeemed before the store was cut off is in order.
    """
    old = company.member("s001", 2_000)
    company.redeem("s001", old, redemption_id="before")
    company.agree()
    with company.cut("s001"):
        company.office.ask("POST", f"/v1/cards/{old}/replace", {"by": NEW, "reason": "worn"})
        company.redeem("s001", old, redemption_id="redeemed-apart")
        turn_into_voucher(company, old, "bought-apart")
    company.members.append(NEW)
    company.agree()
    rows = {row["subject"].split()[0]: row for row in company.conflicts("card_blocked_used")}
    assert rows.keys() == {"redeemed-apart", "bought-apart"}
    for row in rows.values():
        assert "with a card that another had replaced" in row["text"]
        told = " ".join(str(value) for value in row.values())
        assert not [card for card in (old, NEW) if card.split(":")[1] in told]
    assert company.metric("tapledger_hub_conflicts", kind="card_blocked_used") == len(rows)
    pos = company.pos("s001")
    until(lambda: pos.identify(old).json()["status"] == "replaced", "the store to know")
    held = pos.hold("after", token=old, reward="coffee")
    assert (held.status_code, held.json()["code"]) == (409, "card_blocked")
    company.redeem("s001", NEW)
    company.agree()
