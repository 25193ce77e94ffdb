"""Head office's HTTP API: what members have, what stores did, and what a clerk may change."""

import hashlib
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from books import EDGE, NOW, OTHER, Books, Life, a_hold, a_sale
from clerk import CLERK, Clerk
from numbered import number_all_marks

from agent.core.facts import Enrol, LeaseGrant
from agent.paths import shipped_program
from sync.hub.feeding import page_for
from sync.hub.fencing import halt
from sync.hub.registry import change_journal
from sync.hub.registry import device as device_row
from sync.messages import DeviceAddress, FeedRequest

CARD, NEW_CARD = "em4100:0C000621A5", "em4100:0C000621A6"


@pytest.fixture
def books() -> Iterator[Books]:
    """A head office that has heard of two stores: a sale of 50 points in each, one account each."""
    books = Books("sqlite://")
    books.device()
    books.device(OTHER)
    here = Life(0, "disk-1", Enrol(account="a-1", token=CARD), a_sale("s-1", "a-1", 50))
    there = Life(
        0, "disk-2", Enrol(account="a-2", token="em4100:0C000621B7"), a_sale("s-2", "a-2", 30)
    )
    books.take(here.batch())
    books.take(there.batch(), OTHER)
    return books


@pytest.fixture
def clerk(books: Books) -> Clerk:
    """A clerk with a token."""
    return Clerk(books)


def test_an_account_says_what_it_has_and_where(books: Books, clerk: Clerk) -> None:
    """Balance, cards, and the rights that devices have: together they are the whole balance."""
    first = Life(0, "disk-1", Enrol(account="a-1", token=CARD), a_sale("s-1", "a-1", 50))
    opened = first.then(1).write(a_sale("s-3", "a-1", 20, lease=20), a_hold("r-1", "a-1", 15))
    books.take(opened.batch())
    found = clerk.get("/v1/accounts/a-1").json()
    assert (found["balance"], found["held"], found["available"]) == (55, 15, 50)
    assert [(each["store"], each["points"]) for each in found["leases"]] == [("s001", 5)]
    assert found["balance"] == found["available"] + sum(e["points"] for e in found["leases"])
    assert [each["token"] for each in found["cards"]] == [CARD]


def test_every_entry_of_an_account_is_shown(clerk: Clerk) -> None:
    """Whatever was written about a member is listed, with the points it moved."""
    entries = clerk.get("/v1/accounts/a-1/entries").json()
    assert [(each["kind"], each["points"]) for each in entries] == [
        ("ACCUMULATE_POINTS", 50),
        ("ENROL", None),
    ]
    assert entries[0]["entry"]["fact"]["sale_id"] == "s-1"
    assert clerk.get("/v1/accounts/a-1/entries?limit=1").json() == entries[:1]


def test_pages_of_entries_leave_none_out(any_books: Books) -> None:
    """Entries of one batch came at one moment; page after page shows each of them once."""
    books, clerk = any_books, Clerk(any_books)
    books.device()
    here = Life(0, "disk-1", Enrol(account="a-1", token=CARD), a_sale("s-1", "a-1", 50))
    books.take(here.batch())
    more = Life(0, "disk-9", *(a_sale(f"s-9{n}", "a-1", 1) for n in range(5)))
    third = DeviceAddress(tenant=EDGE.tenant, store="s003", device="edge-1")
    books.device(third)
    books.take(more.batch(), third)
    whole = clerk.get("/v1/accounts/a-1/entries").json()
    paged: list[dict[str, object]] = []
    for _ in range(4):
        before = f"&before={quote(str(paged[-1]['place']))}" if paged else ""
        paged += clerk.get(f"/v1/accounts/a-1/entries?limit=2{before}").json()
    assert paged == whole
    assert len(whole) == 7
    moment = whole[0]["received_at"]
    assert clerk.get(f"/v1/accounts/a-1/entries?before={moment}").json() == []
    odd = quote(f"{moment}|s003|edge-1|0|{10**30}")
    assert clerk.get(f"/v1/accounts/a-1/entries?before={odd}").json() == []


@pytest.mark.parametrize(
    "address",
    ["/v1/accounts/a-9", "/v1/accounts/a-9/entries", f"/v1/cards/{NEW_CARD}", "/v1/programs/none"],
)
def test_what_nobody_has_is_not_found(clerk: Clerk, address: str) -> None:
    """An account, a card or a program that head office never heard of is a 404 that says so."""
    answer = clerk.get(address)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"].startswith("unknown_")


def test_accounts_are_made_one(clerk: Clerk) -> None:
    """Two accounts of one person become one with the points and cards of both, once, and the
    decision stands in the name of the clerk.
    """
    for _ in range(2):
        answer = clerk.post("/v1/accounts/merge", json={"account": "a-2", "into": "a-1"})
        assert answer.status_code == 200, answer.text
        assert (answer.json()["balance"], answer.json()["merged"]) == (80, ["a-2"])
    old = clerk.get("/v1/accounts/a-2").json()
    assert (old["root"], old["balance"], len(old["cards"])) == ("a-1", 80, 2)
    (merged,) = [
        each["entry"]["fact"]["reason"]
        for each in clerk.get("/v1/accounts/a-1/entries").json()
        if each["kind"] == "MERGE_ACCOUNTS"
    ]
    assert merged == "ana: one person"


def test_a_member_is_forgotten(clerk: Clerk) -> None:
    """For good and once, whichever of their accounts was named: cards spend nothing, no points are
    left, and the reason stands with who said so.
    """
    clerk.post("/v1/accounts/merge", json={"account": "a-2", "into": "a-1"})
    for _ in range(2):
        answer = clerk.post("/v1/accounts/a-2/erase", json={"reason": "by letter"})
        assert answer.status_code == 200, answer.text
        assert (answer.json()["state"], answer.json()["balance"]) == ("erased", 0)
        assert {each["state"] for each in answer.json()["cards"]} == {"blocked"}
    (erased,) = [
        each["entry"]["fact"]["reason"]
        for each in clerk.get("/v1/accounts/a-1/entries").json()
        if each["kind"] == "ERASE_MEMBER"
    ]
    assert erased == "ana: by letter"
    nobody = clerk.post("/v1/accounts/a-9/erase", json={"reason": "by letter"})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "unknown_account")
    assert clerk.post("/v1/accounts/a-1/erase", json={}).status_code == 422


def test_an_account_that_nobody_has_is_merged_with_none(clerk: Clerk) -> None:
    """A slip of the pen makes no accounts, and the answer says which of the two it is in."""
    for slip, right in (("account", "into"), ("into", "account")):
        answer = clerk.post("/v1/accounts/merge", json={slip: "a-9", right: "a-1"})
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_account")
        assert answer.json()["detail"] == f"{slip}: no member has this account"


def test_an_account_is_not_merged_into_itself(clerk: Clerk) -> None:
    """What is one already is refused in words."""
    answer = clerk.post("/v1/accounts/merge", json={"account": "a-1", "into": "a-1"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_mergeable")


def test_a_card_is_blocked(clerk: Clerk) -> None:
    """A card that was lost is blocked for every store, once; who did it is told."""
    for _ in range(2):
        answer = clerk.post(f"/v1/cards/{CARD}/block", json={"reason": "lost", "state": "lost"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["cards"][0]["state"] == "lost"
    told = [e for e in clerk.get("/v1/accounts/a-1/entries").json() if e["store"] == "head office"]
    assert len(told) == 1
    assert told[0]["entry"]["fact"]["reason"] == "ana: lost"


def test_a_card_is_replaced(clerk: Clerk) -> None:
    """Another card takes its place, with all the points."""
    answer = clerk.post(f"/v1/cards/{CARD}/replace", json={"by": NEW_CARD, "reason": "worn"})
    states = {each["token"]: each["state"] for each in answer.json()["cards"]}
    assert states == {CARD: "replaced", NEW_CARD: "active"}
    assert clerk.get(f"/v1/cards/{NEW_CARD}").json()["balance"] == 50


def test_anothers_card_replaces_none(clerk: Clerk) -> None:
    """A card that another member has takes nobody's place."""
    wanted = {"by": "em4100:0C000621B7", "reason": "worn"}
    answer = clerk.post(f"/v1/cards/{CARD}/replace", json=wanted)
    assert (answer.status_code, answer.json()["code"]) == (409, "card_in_use")


def test_a_replaced_card_stays_replaced(clerk: Clerk) -> None:
    """The same replacement again is the same; another one, or a block, is refused in words."""
    for _ in range(2):
        same = clerk.post(f"/v1/cards/{CARD}/replace", json={"by": NEW_CARD, "reason": "worn"})
        assert same.status_code == 200
    other = {"by": "em4100:0C000621A7", "reason": "worn"}
    assert clerk.post(f"/v1/cards/{CARD}/replace", json=other).json()["code"] == "card_blocked"
    blocked = clerk.post(f"/v1/cards/{CARD}/block", json={"reason": "lost"})
    assert blocked.json()["code"] == "card_blocked"


def test_stores_and_devices_are_listed(clerk: Clerk) -> None:
    """Each store with what is held of it, each device with every epoch."""
    stores = clerk.get("/v1/stores").json()
    assert [(each["store"], each["entries"]) for each in stores] == [("s001", 2), ("s002", 2)]
    devices = clerk.get("/v1/devices").json()
    assert [each["device"] for each in devices] == ["edge-1", "edge-1"]
    assert [(e["epoch"], e["seq"]) for e in devices[0]["epochs"]] == [(0, 2)]


def test_a_device_that_will_not_come_back_is_retired(books: Books, clerk: Clerk) -> None:
    """Its rights are written off by name, and are everybody's again; once."""
    first = Life(0, "disk-1", Enrol(account="a-1", token=CARD), a_sale("s-1", "a-1", 50))
    grant = LeaseGrant(account="a-1", granted_total=40, generation=0)
    books.take(first.then(1).write(grant).batch())
    before = clerk.get("/v1/accounts/a-1").json()
    assert (before["available"], before["leases"][0]["points"]) == (10, 40)
    (device, *_) = clerk.get("/v1/devices").json()
    for _ in range(2):
        answer = clerk.post(f"/v1/devices/{device['id']}/retire")
        assert (answer.status_code, answer.json()["state"]) == (200, "retired")
    after = clerk.get("/v1/accounts/a-1").json()
    assert (after["available"], after["leases"]) == (50, [])
    assert clerk.post("/v1/devices/99/retire").json()["code"] == "unknown_device"


def test_a_halted_device_goes_on_once_somebody_has_looked(books: Books, clerk: Clerk) -> None:
    """A halt is lifted by a person, and by nothing else; a second time there is nothing to lift."""
    (device, *_) = clerk.get("/v1/devices").json()
    books.database.transact(lambda c: halt(c, device_row(c, device["id"]), "two of one name"))
    (halted, *_) = clerk.get("/v1/devices").json()
    assert (halted["state"], halted["halted_because"]) == ("halted", "two of one name")
    for _ in range(2):
        answer = clerk.post(f"/v1/devices/{device['id']}/release")
        assert (answer.status_code, answer.json()["state"]) == (200, "live")
        assert answer.json()["halted_because"] is None
    assert clerk.post("/v1/devices/99/release").json()["code"] == "unknown_device"


def test_what_a_lost_disk_had_rights_to_is_written_off(books: Books, clerk: Clerk) -> None:
    """By a person's word alone, and only what ended epochs had: the live one keeps its rights."""
    life = Life(0, "disk-1", Enrol(account="a-1", token=CARD), a_sale("s-1", "a-1", 50))
    lost = life.then(1).write(LeaseGrant(account="a-1", granted_total=40, generation=0))
    books.take(lost.batch())
    (journal,) = [each for each in books.journals() if each.epoch == 1]
    books.database.transact(lambda c: change_journal(c, journal.id, fenced="unclean"))
    more = LeaseGrant(account="a-1", granted_total=5, generation=0)
    found = lost.cut(1).then(2, "disk-9").write(more)
    books.take(found.batch())
    assert clerk.get("/v1/accounts/a-1").json()["available"] == 5
    (device, *_) = clerk.get("/v1/devices").json()
    for _ in range(2):
        answer = clerk.post(f"/v1/devices/{device['id']}/write-off")
        assert (answer.status_code, answer.json()["leased"]) == (200, 5)
    after = clerk.get("/v1/accounts/a-1").json()
    assert (after["available"], [each["points"] for each in after["leases"]]) == (45, [5])
    told = clerk.get("/v1/conflicts?kind=rights_written_off").json()
    assert [each["points"] for each in told] == [40]
    assert "ana" in told[0]["text"]
    assert clerk.post("/v1/devices/99/write-off").json()["code"] == "unknown_device"


def test_conflicts_are_told_in_plain_words(books: Books, clerk: Clerk) -> None:
    """A sale that two stores sent is one row, found by kind and by store."""
    there = Life(
        0, "disk-2", Enrol(account="a-2", token="em4100:0C000621B7"), a_sale("s-2", "a-2", 30)
    ).write(a_sale("s-1", "a-1", 50))
    books.take(there.batch(3), OTHER)
    (row,) = clerk.get("/v1/conflicts").json()
    assert (row["kind"], row["account"], row["state"]) == ("duplicate_sale", "a-1", "resolved")
    assert "s-1" in row["text"]
    assert clerk.get("/v1/conflicts?kind=duplicate_sale").json() == [row]
    assert clerk.get("/v1/conflicts?kind=overspend").json() == []
    found = {row["store"]: [row], ("s001", "s002")[row["store"] == "s001"]: []}
    assert {store: clerk.get(f"/v1/conflicts?store={store}").json() for store in found} == found
    assert clerk.get(f"/v1/conflicts?before={row['id']}").json() == []
    assert clerk.get("/v1/conflicts?since=2100-01-01T00:00:00Z").json() == []


def test_both_sides_of_a_day_are_reconciled(books: Books, clerk: Clerk) -> None:
    """Each day says what the store wrote and what head office posted, and why they differ."""
    agreed = clerk.get("/v1/reconciliation").json()
    assert agreed["differences"] == []
    assert {(each["store"], each["written"], each["posted"]) for each in agreed["days"]} >= {
        ("s001", 50, 50),
        ("s002", 30, 30),
    }
    there = Life(
        0, "disk-2", Enrol(account="a-2", token="em4100:0C000621B7"), a_sale("s-2", "a-2", 30)
    ).write(a_sale("s-1", "a-1", 50))
    books.take(there.batch(3), OTHER)
    found = clerk.get("/v1/reconciliation").json()
    (said,) = found["differences"]
    assert "wrote 80 points and head office posted 30" in said
    assert "duplicate_sale" in said
    heads = {(each["store"], each["held_seq"]) for each in found["chains"]}
    assert heads == {("s001", 2), ("s002", 3)}


def test_a_program_is_put_and_read(clerk: Clerk) -> None:
    """A version that `program check` would take is kept; put again, it is the same one."""
    text = shipped_program("simple").read_text("utf-8")
    for _ in range(2):
        answer = clerk.put("/v1/programs/simple", json={"text": text})
        assert answer.status_code == 200, answer.text
    (version,) = clerk.get("/v1/programs/simple").json()
    assert version["text"] == text
    assert version == answer.json()


def test_a_program_stands_in_the_name_of_who_put_it(books: Books, clerk: Clerk) -> None:
    """Each version has the clerk who put it last."""
    text = shipped_program("simple").read_text("utf-8")
    assert clerk.put("/v1/programs/simple", json={"text": text}).json()["put_by"] == "ana"
    later = text.replace("version = 1\n", "version = 2\neffective_from = 2026-12-01\n", 1)
    Clerk(books, name="ben").put("/v1/programs/simple", json={"text": later})
    kept = clerk.get("/v1/programs/simple").json()
    assert {each["edition"]: each["put_by"] for each in kept} == {
        "simple@1": "ana",
        "simple@2": "ben",
    }


def test_a_program_is_put_before_any_store() -> None:
    """A head office that knows its company takes a program before a store was heard; one that does
    not says so, and keeps nothing that no store would ever get.
    """
    text = shipped_program("simple").read_text("utf-8")
    early = Clerk(Books("sqlite://"))
    assert early.put("/v1/programs/simple", json={"text": text}).json()["code"] == "which_tenant"
    told = Clerk(Books("sqlite://"), tenant=EDGE.tenant)
    assert told.put("/v1/programs/simple", json={"text": text}).status_code == 200
    assert told.get("/v1/programs/simple").json()[0]["text"] == text


def test_a_program_with_a_mistake_is_refused(clerk: Clerk) -> None:
    """A text that is no program is a 422 that names the mistake, and nothing is kept."""
    answer = clerk.put("/v1/programs/simple", json={"text": 'schema = 1\nnmae = "x"\n'})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert clerk.get("/v1/programs/simple").status_code == 404


def test_a_program_that_fits_no_message_is_refused(clerk: Clerk) -> None:
    """One that no store could be told of would keep them from all that comes after it."""
    noise = "".join(hashlib.sha256(bytes([n % 256, n // 256])).hexdigest() for n in range(2_500))
    text = shipped_program("simple").read_text("utf-8") + f"\n# {noise}\n"
    answer = clerk.put("/v1/programs/simple", json={"text": text})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert "deflated" in answer.text


def test_a_program_is_put_before_the_first_store_is_heard_of() -> None:
    """A company that is configured can be set up first; where none is, that is said."""
    text = shipped_program("simple").read_text("utf-8")
    empty = Books("sqlite://")
    assert Clerk(empty).put("/v1/programs/simple", json={"text": text}).status_code == 409
    answer = Clerk(empty, tenant="house").put("/v1/programs/simple", json={"text": text})
    assert answer.status_code == 200, answer.text
    empty.database.transact(number_all_marks)
    device, request = empty.device(EDGE), FeedRequest(nonce="n", cursor=0)
    page, items = empty.database.transact(lambda c: page_for(c, device, request, now=NOW))
    assert [item.kind for item in items] == ["program"]
    assert page.cursor == 1


@pytest.mark.parametrize("token", [None, "wrong", ""])
def test_nobody_asks_without_a_token(books: Books, token: str | None) -> None:
    """Every call about members wants a token; only health and metrics do not."""
    stranger = Clerk(books, token=token)
    for address in ("/v1/accounts/a-1", "/v1/stores", "/v1/conflicts", "/v1/reconciliation"):
        assert stranger.get(address).status_code == 401
    assert stranger.post("/v1/accounts/merge", json={}).status_code == 401
    assert stranger.get("/healthz").json()["status"] == "ok"
    assert stranger.get("/metrics").text == "tapledger_up 1\n"


def test_the_page_shows_stores_and_conflicts(books: Books) -> None:
    """Whoever signs in sees stores and conflicts; nobody else sees anything."""
    browser = Clerk(books, token=None)
    assert "s001" not in browser.get("/").text
    refused = browser.post("/", data={"token": "wrong"})
    assert refused.status_code == 401
    assert "Nobody has this token" in refused.text
    shown = browser.post("/", data={"token": CLERK})
    assert shown.status_code == 200
    assert "s001" in shown.text
    assert EDGE.tenant in shown.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]


def test_a_form_from_elsewhere_is_refused(books: Books) -> None:
    """A page of another address cannot sign a clerk in."""
    browser = Clerk(books, token=None)
    answer = browser.post("/", data={"token": CLERK}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_two_companies_are_kept_apart(books: Books, clerk: Clerk) -> None:
    """Where there are two and nobody said which, nothing is answered about either."""
    other = DeviceAddress(tenant="rivals", store="s001", device="edge-1")
    books.device(other)
    books.take(Life(0, "disk-9", a_sale("s-9", "a-9", 5)).batch(), other)
    assert clerk.get("/v1/accounts/a-1").json()["code"] == "which_tenant"
