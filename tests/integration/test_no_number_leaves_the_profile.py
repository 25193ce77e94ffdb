"""A member's number and name stand in the profile, and in nothing else that is kept or sent."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from zygote import ForkedDaemons

from agent.core.tokens import Token
from agent.ledger.connection import open_reader
from agent.tools.site import StoreKit

NAME, NATIONAL = "Annamaria Kovacs", "(202) 555-0143"
SPELT = (NATIONAL, "2025550143", "+12025550143", "202 555 0143", "202-555-0143")
PHONES = tuple(f"phone:{number}" for number in SPELT)
LOCAL = "phone:555 0143 77"


@pytest.fixture
def day(
    closed_store: StoreKit,
    open_till: Callable[[StoreKit], httpx.Client],
    make_sale: Callable[..., dict[str, Any]],
    new_card: Callable[[], Token],
) -> tuple[StoreKit, list[Token]]:
    """A store that stopped after a day of a member who never shows her card, and those cards."""
    closed_store.start()
    till, cards = open_till(closed_store), [new_card() for _ in range(4)]
    card, second, third, stranger = (str(each) for each in cards)
    person = {"phone": NATIONAL, "display_name": NAME, "birthday": "05-17"}
    ana = till.post("/v1/accounts", json={"token": card} | person).json()["account"]
    sale = make_sale(amount_minor=60_000)
    statuses = [
        till.post("/v1/accounts", json={"token": stranger} | person).status_code,
        till.put(f"/v1/accounts/{ana}/profile", json=person).status_code,
        *(till.post("/v1/identify", json={"token": each}).status_code for each in PHONES),
        till.post("/v1/identify", json={"token": LOCAL}).status_code,
        till.post("/v1/quotes", json=sale | {"token": PHONES[0]}).status_code,
        *(
            till.put(f"/v1/sales/s-{number}", json=sale | {"token": each}).status_code
            for number, each in enumerate((*PHONES, LOCAL, PHONES[0]))
        ),
        till.put("/v1/sales/s-0", json=sale | {"token": PHONES[1]}).status_code,
        till.put("/v1/sales/s-0", json=sale | {"token": card}).status_code,
        till.put("/v1/sales/bare", json=sale).status_code,
        till.put("/v1/sales/bare/claim", json={"token": PHONES[2]}).status_code,
        till.put("/v1/redemptions/r", json={"token": PHONES[3], "points": 500}).status_code,
        till.post("/v1/redemptions/r/capture").status_code,
        till.post(f"/v1/accounts/{ana}/cards", json={"token": second}).status_code,
        till.post(f"/v1/cards/{card}/replace", json={"by": third}).status_code,
        till.post(f"/v1/cards/{second}/block", json={"state": "lost"}).status_code,
        till.post(f"/v1/cards/{PHONES[1]}/block", json={}).status_code,
        till.post(f"/v1/cards/{stranger}/block", json={}).status_code,
        till.delete("/v1/sales/s-1").status_code,
    ]
    assert statuses == [
        *(409, 200, *[200] * 5, 422, 200, *[201] * 7, 200, 409, 201, 201, 201, 200),
        *(201, 201, 201, 422, 404, 200),
    ]
    assert closed_store.agent.stop() == 0
    return closed_store, cards


def exported(forked: ForkedDaemons, path: Path, *options: str) -> bytes:
    """What ``ledger export`` writes."""
    ended = forked.run("ledger", "export", "--db", str(path), *options)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.encode()


def test_nothing_but_the_profile_knows_the_person(
    forked: ForkedDaemons, day: tuple[StoreKit, list[Token]]
) -> None:
    """No byte of the journal, the log or an export holds the name or the number, however written;
    nor does the log hold a card's number that stood in an address.
    """
    store, cards = day
    with closing(open_reader(store.ledger_path)) as connection:
        journal = b"".join(row[0] for row in connection.execute("SELECT canonical FROM journal"))
        flags = repr(connection.execute("SELECT * FROM flags").fetchall()).encode()
        assert connection.execute("SELECT phone, display_name FROM profiles").fetchall() == [
            ("+12025550143", NAME)
        ]
    log = store.agent.output().encode()
    everywhere = {
        "the journal": journal,
        "the flags": flags,
        "the log": log,
        "an export": exported(forked, store.ledger_path, "--card-numbers"),
        "a masked export": exported(forked, store.ledger_path),
        "a table": exported(forked, store.ledger_path, "--format", "csv"),
    }
    assert b"CREATE_REWARD" in journal
    assert b"phone_lookup" in flags
    for where, content in everywhere.items():
        assert content, where
        for part in (NAME, NAME.split()[1], *SPELT, "5550143", "555-0143", "555 0143"):
            assert part.encode() not in content, (where, part)
    for card in cards:
        assert card.value.encode() not in log
