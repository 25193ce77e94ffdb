"""A member without their card is known by telephone, and can be forgotten."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.core.tokens import Token
from agent.ledger.connection import open_reader
from agent.tools.site import StoreKit

NAME, NUMBER, PHONE = "Ana Példa", "(202) 555-0143", "phone:+1 202 555 0143"

NewCard = Callable[[], Token]
MakeSale = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def busy_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreKit]:
    """A running store whose tills may look for as many members as these tests do."""
    kit = StoreKit(name="s001", directory=tmp_path_factory.mktemp("store"))
    kit.config.write_text(kit.config.read_text("utf-8") + "[members]\nlookups_per_minute = 600\n")
    try:
        kit.start()
        yield kit
    finally:
        kit.stop()


@pytest.fixture
def till(busy_store: StoreKit, open_till: Callable[[StoreKit], httpx.Client]) -> httpx.Client:
    """A till of that store, which knows nobody by this file's number."""
    till = open_till(busy_store)
    known = till.post("/v1/identify", json={"token": PHONE})
    if known.status_code == 200:
        gone = till.delete(f"/v1/accounts/{known.json()['account']}/profile")
        assert (gone.status_code, gone.content) == (204, b"")
    return till


@pytest.fixture
def ana(till: httpx.Client, new_card: NewCard) -> dict[str, Any]:
    """A member with a telephone number; what the till was told of her, and her card."""
    card = str(new_card())
    body = {"token": card, "phone": NUMBER, "display_name": NAME, "birthday": "02-29"}
    enrolled = till.post("/v1/accounts", json=body)
    assert enrolled.status_code == 201
    return enrolled.json() | {"card": card}


def identify(till: httpx.Client, token: str, **more: str) -> httpx.Response:
    """Ask who this is."""
    return till.post("/v1/identify", json={"token": token} | more)


def test_a_member_is_found_by_telephone(till: httpx.Client, ana: dict[str, Any]) -> None:
    """However the number is written it leads to the account, with the name for the cashier."""
    for token in (PHONE, f"phone:{NUMBER}", ana["card"]):
        found = identify(till, token, lane="1", cashier="c1").json()
        assert (found["account"], found["display_name"]) == (ana["account"], NAME)
        assert (found["status"], found["say"]) == ("active", None)


def test_a_forgotten_card_earns_and_redeems(
    till: httpx.Client, ana: dict[str, Any], make_sale: MakeSale, new_sale_id: Callable[[], str]
) -> None:
    """Quote, hold, sale and claim take the number where they take a card."""
    sale = make_sale(amount_minor=60_000, token=PHONE)
    assert till.post("/v1/quotes", json=sale).json()["points"] == 600
    sale_id = new_sale_id()
    answers = [till.put(f"/v1/sales/{sale_id}", json=sale) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["account"] == ana["account"]
    held = till.put(f"/v1/redemptions/{new_sale_id()}", json={"token": PHONE, "points": 500})
    assert (held.status_code, held.json()["balance"]) == (201, 100)
    bare = new_sale_id()
    assert till.put(f"/v1/sales/{bare}", json=make_sale()).status_code == 201
    claimed = till.put(f"/v1/sales/{bare}/claim", json={"token": PHONE})
    assert (claimed.status_code, claimed.json()["balance"]) == (201, 114)


def test_an_unknown_number(
    till: httpx.Client, make_sale: MakeSale, new_sale_id: Callable[[], str]
) -> None:
    """A number that nobody has is 404 unknown_card; a sale with it is 201 with 0 points."""
    unknown = identify(till, "phone:202 555 0100")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_card")
    sold = till.put(f"/v1/sales/{new_sale_id()}", json=make_sale(token="phone:202 555 0100"))
    assert (sold.status_code, sold.json()["status"]) == (201, "unknown_card")
    assert sold.json()["points"] == 0


@pytest.mark.parametrize("number", ["555-0143", "nobody", "", "2025550143 ext 5", "0" * 60])
def test_a_malformed_number(till: httpx.Client, new_card: NewCard, number: str) -> None:
    """It is 422 malformed with a sentence for the cashier, and is not repeated."""
    answers = [
        identify(till, f"phone:{number}"),
        till.post("/v1/accounts", json={"token": str(new_card()), "phone": number}),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
        assert not number or number not in answer.text
    assert "telephone number" in answers[0].json()["detail"]


@pytest.mark.parametrize(
    "told",
    [
        {"birthday": "02-30"},
        {"birthday": "13-01"},
        {"birthday": "1990-05-17"},
        {"birthday": "5-17"},
        {"birthday": "\u0660\u0665-17"},
        {"birthday": ""},
        {"display_name": ""},
        {"display_name": " "},
        {"display_name": "x" * 61},
        {"display_name": "\x1b[2J"},
        {"display_name": 7},
        {"phone": 2025550143},
        {"colour": "red"},
    ],
    ids=ascii,
)
def test_what_is_no_profile(
    till: httpx.Client, new_card: NewCard, ana: dict[str, Any], told: dict[str, Any]
) -> None:
    """A day that no year has, a name that no screen shows: 422, and nobody is enrolled."""
    card = str(new_card())
    answers = [
        till.post("/v1/accounts", json={"token": card} | told),
        till.put(f"/v1/accounts/{ana['account']}/profile", json=told),
    ]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert identify(till, card).status_code == 404
    assert identify(till, PHONE).json()["display_name"] == NAME


def test_a_number_belongs_to_one_member(
    till: httpx.Client, ana: dict[str, Any], new_card: NewCard
) -> None:
    """A second member with it is 409 phone_in_use, at the enrolment and later."""
    card = str(new_card())
    refused = till.post("/v1/accounts", json={"token": card, "phone": "202.555.0143"})
    assert (refused.status_code, refused.json()["code"]) == (409, "phone_in_use")
    other = till.post("/v1/accounts", json={"token": card}).json()["account"]
    refused = till.put(f"/v1/accounts/{other}/profile", json={"phone": NUMBER})
    assert (refused.status_code, refused.json()["code"]) == (409, "phone_in_use")
    assert identify(till, PHONE).json()["account"] == ana["account"]


def test_a_profile_is_replaced_and_erased(till: httpx.Client, ana: dict[str, Any]) -> None:
    """What is put counts as a whole; what is erased is gone, and the card still works."""
    place = f"/v1/accounts/{ana['account']}/profile"
    kept = till.put(place, json={"phone": "202 555 0155"})
    assert kept.json() == {"phone": "+12025550155", "display_name": None, "birthday": None}
    assert identify(till, PHONE).status_code == 404
    found = identify(till, "phone:202 555 0155").json()
    assert (found["account"], found["display_name"]) == (ana["account"], None)
    assert [till.delete(place).status_code for _ in range(2)] == [204, 204]
    assert identify(till, "phone:202 555 0155").status_code == 404
    assert identify(till, ana["card"]).json()["account"] == ana["account"]


def test_an_account_that_nobody_has(till: httpx.Client) -> None:
    """Its profile is 404 unknown_account."""
    for answer in (
        till.put("/v1/accounts/nobody/profile", json={"display_name": "Eve"}),
        till.delete("/v1/accounts/nobody/profile"),
        till.post("/v1/accounts/nobody/cards", json={"token": "em4100:00000000FF"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_account")


def test_a_till_that_looks_for_everybody(
    closed_store: StoreKit,
    open_till: Callable[[StoreKit], httpx.Client],
    make_sale: MakeSale,
    new_card: NewCard,
) -> None:
    """It is 429 with Retry-After for numbers, while cards and sales go on; each look-up and the
    first refusal are in the journal when the agent has stopped.
    """
    toml = closed_store.config.read_text("utf-8")
    closed_store.config.write_text(
        toml.replace("till1 =", 'till2 = "the-other-till"\ntill1 =')
        + '[members]\nlookups_per_minute = 1\nphone_country = "HU"\n'
    )
    closed_store.start()
    till, card = open_till(closed_store), str(new_card())
    body = {"token": card, "phone": "06 20 123 4567"}
    assert till.post("/v1/accounts", json=body).status_code == 201
    assert identify(till, "phone:+36201234567").status_code == 200
    by_phone = make_sale(token="phone:0620 123 4567")
    for refused in (
        identify(till, "phone:06201234567"),
        identify(till, card, entry="typed"),
        identify(till, "123456"),
        till.post("/v1/quotes", json=by_phone),
        till.put("/v1/redemptions/r-1", json={"token": "phone:06201234567", "points": 1}),
        till.put("/v1/sales/none/claim", json={"token": "phone:06201234567"}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_lookups")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert identify(till, card).status_code == 200
    assert till.put("/v1/sales/s-1", json=by_phone).json()["points"] == 14
    other = httpx.Headers({"Authorization": "Bearer the-other-till"})
    typed = {"token": card, "entry": "typed", "lane": "1", "cashier": "c1"}
    assert till.post("/v1/identify", json=typed, headers=other).status_code == 200
    assert closed_store.agent.stop() == 0
    assert _flags(closed_store.ledger_path) == [
        ("lookups_limited", None, None),
        ("number_lookup", "1", "c1"),
        ("phone_lookup", None, None),
        ("phone_lookup", "1", "c1"),
    ]


def test_what_tells_that_a_number_is_known_is_a_lookup(
    closed_store: StoreKit,
    open_till: Callable[[StoreKit], httpx.Client],
    make_sale: MakeSale,
    new_card: NewCard,
) -> None:
    """A sale by telephone, its refusal, and a number that another member has are recorded with
    account, lane and cashier; a retry is not, nor a garbled number. Only the sale has no limit.
    """
    toml = closed_store.config.read_text("utf-8") + "[members]\nlookups_per_minute = 2\n"
    closed_store.config.write_text(toml)
    closed_store.start()
    till, at = open_till(closed_store), {"lane": "1", "cashier": "ben"}
    ana, ben = (
        till.post("/v1/accounts", json={"token": str(new_card())} | person).json()["account"]
        for person in ({"phone": NUMBER}, {"phone": "202 555 0188"})
    )
    answers = [
        till.post("/v1/accounts", json={"token": str(new_card()), "phone": NUMBER} | at),
        till.put(f"/v1/accounts/{ben}/profile", json={"phone": NUMBER} | at),
        till.put(f"/v1/accounts/{ben}/profile", json={"phone": NUMBER} | at),
        till.put(f"/v1/accounts/{ben}/profile", json={"phone": "202 555 0177"} | at),
        till.post("/v1/accounts", json={"token": str(new_card()), "phone": "202 555 0166"}),
        till.put(f"/v1/accounts/{ben}/profile", json={"display_name": "Ben"}),
    ]
    assert [answer.status_code for answer in answers] == [409, 409, 429, 429, 429, 200]
    sales = [
        till.put(f"/v1/sales/{sale_id}", json=make_sale(token=token)).status_code
        for sale_id, token in (
            ("s-1", PHONE),
            ("s-1", PHONE),
            ("s-2", "phone:202 555 0100"),
            ("s-3", "phone:0143"),
        )
    ]
    assert sales == [201, 200, 201, 201]
    refused = till.put("/v1/sales/s-1", json=make_sale(amount_minor=1, token=PHONE))
    assert refused.status_code == 409
    assert closed_store.agent.stop() == 0
    by_ben, at_sale = ("1", "ben"), ("1", "c1")
    assert _accounts(closed_store.ledger_path, "phone_lookup") == [
        *((ana, *by_ben), (ana, *by_ben)),
        *((ana, *at_sale), (None, *at_sale), (ana, *at_sale)),
    ]


def test_a_claim_by_telephone_is_recorded_once(
    closed_store: StoreKit,
    open_till: Callable[[StoreKit], httpx.Client],
    make_sale: MakeSale,
    new_card: NewCard,
) -> None:
    """Sent again by the number it is one look-up; by a number where a card was shown, one more."""
    closed_store.start()
    till, card = open_till(closed_store), str(new_card())
    body = {"token": card, "phone": NUMBER}
    ana = till.post("/v1/accounts", json=body).json()["account"]
    statuses = []
    for sale_id, shown in (("s-1", (PHONE, f"phone:{NUMBER}", PHONE)), ("s-2", (card, PHONE))):
        assert till.put(f"/v1/sales/{sale_id}", json=make_sale()).status_code == 201
        for token in shown:
            claim = {"token": token, "lane": "1", "cashier": "ben"}
            statuses.append(till.put(f"/v1/sales/{sale_id}/claim", json=claim).status_code)
    assert statuses == [201, 200, 200, 201, 200]
    assert closed_store.agent.stop() == 0
    by_ben = (ana, "1", "ben")
    assert _accounts(closed_store.ledger_path, "phone_lookup") == [by_ben, by_ben]
    assert _accounts(closed_store.ledger_path, "card_attached_late") == [by_ben, by_ben]


def test_a_profile_that_changes_leaves_a_trace(
    closed_store: StoreKit, open_till: Callable[[StoreKit], httpx.Client], new_card: NewCard
) -> None:
    """Who changed or erased what is known of a member is recorded, and nothing of what it was; a
    refusal changes nothing and leaves none.
    """
    closed_store.start()
    till = open_till(closed_store)
    body = {"token": str(new_card()), "phone": NUMBER, "display_name": NAME}
    ana = till.post("/v1/accounts", json=body).json()["account"]
    place, at = f"/v1/accounts/{ana}/profile", {"lane": "1", "cashier": "ben"}
    kept = till.put(place, json={"display_name": "Anna"} | at)
    assert kept.json() == {"phone": None, "display_name": "Anna", "birthday": None}
    assert till.put(place, json={"phone": "202 555 0155"}).status_code == 200
    assert till.put(place, json={"phone": "1"} | at).status_code == 422
    assert till.put("/v1/accounts/nobody/profile", json=at).status_code == 404
    assert till.delete(place, params=at).status_code == 204
    assert till.delete("/v1/accounts/nobody/profile", params=at).status_code == 404
    assert closed_store.agent.stop() == 0
    assert _accounts(closed_store.ledger_path, "profile_changed") == [
        *((ana, "1", "ben"), (ana, None, None), (ana, "1", "ben"))
    ]


def _accounts(path: Path, flag: str) -> list[tuple[str | None, ...]]:
    with closing(open_reader(path)) as connection:
        query = "SELECT account, lane, cashier FROM flags WHERE flag = ? ORDER BY epoch, seq"
        return connection.execute(query, (flag,)).fetchall()


def _flags(path: Path) -> list[tuple[str, str | None, str | None]]:
    with closing(open_reader(path)) as connection:
        rows = connection.execute("SELECT flag, lane, cashier FROM flags ORDER BY flag, seq")
        return rows.fetchall()
