"""The till's use cases on a real ledger: enrol, identify, and commit each sale exactly once."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from operator import methodcaller
from pathlib import Path
from typing import Any

import pytest

from agent.clock import mint_id
from agent.core.answer import JournalPosition, sale_answer
from agent.core.basket import Sale
from agent.core.program import Program
from agent.ledger import Ledger, replay
from agent.paths import shipped_program
from agent.till import (
    AccountView,
    CardInUse,
    Committed,
    Enrolment,
    MalformedToken,
    SaleIdReused,
    Terms,
    Till,
    UnknownCard,
    UnknownRedemption,
)

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

PROGRAM = Program.parse(shipped_program("simple").read_text("utf-8"), source="simple.toml")
CARD = "em4100:0C000621A5"
OTHER = "em4100:67003B51C6"


@pytest.fixture
def ledger(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Ledger]:
    """A running ledger without entries."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        yield ledger


@pytest.fixture
def till(ledger: Ledger) -> Till:
    """A till with the shipped program."""
    return Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)


def commit(till: Till, sale_id: str, body: dict[str, Any]) -> Committed:
    """Commit a sale body."""
    return asyncio.run(till.commit(sale_id, Sale.model_validate(body)))


def enrol(till: Till, text: str) -> AccountView:
    """Enrol a card."""
    return asyncio.run(till.members.enrol(Enrolment(token=text, lane="1", cashier="ana")))


def identify(till: Till, text: str) -> AccountView:
    """Ask whose card this is."""
    return asyncio.run(till.identify(text))


def test_a_card_becomes_an_account(till: Till, ledger: Ledger) -> None:
    """An enrolled card is known at once, with a balance of 0 and the entry that made it."""
    account = enrol(till, CARD)
    assert account.balance == 0
    assert account.last_sale is None
    assert account.as_of == JournalPosition.of(ledger.head)
    assert identify(till, CARD).model_dump() | {"referral": None} == account.model_dump()
    assert ledger.head.seq == 1


def test_one_card_is_known_however_it_is_written(till: Till) -> None:
    """Scheme or none, upper or lower case: it is the same card."""
    account = enrol(till, "0c000621a5").account
    for text in (CARD, CARD.lower(), "0C000621A5", " 0c000621A5\r\n"):
        assert identify(till, text).account == account


def test_a_card_belongs_to_one_account(till: Till, ledger: Ledger) -> None:
    """A card that has an account is refused a second one, and nothing is written."""
    enrol(till, CARD)
    with pytest.raises(CardInUse):
        enrol(till, CARD.lower())
    assert ledger.head.seq == 1


def test_two_lanes_enrolling_one_card_make_one_account(till: Till, ledger: Ledger) -> None:
    """Of two enrolments of one card in the same moment, one is done and the other refused."""

    async def both() -> list[AccountView | BaseException]:
        lanes = (
            till.members.enrol(Enrolment(token=CARD)),
            till.members.enrol(Enrolment(token=CARD)),
        )
        return list(await asyncio.gather(*lanes, return_exceptions=True))

    answers = asyncio.run(both())
    assert sorted(type(answer).__name__ for answer in answers) == ["CardInUse", "Enrolled"]
    assert ledger.head.seq == 1


def test_a_strangers_card_is_unknown(till: Till, ledger: Ledger) -> None:
    """A card nobody enrolled is said to be unknown, and asking leaves no trace."""
    with pytest.raises(UnknownCard):
        identify(till, CARD)
    assert ledger.head.seq == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nonsense", "not a member card"),
        ("gsrn:061414112345678903", "check digit"),
        ("4111111111111111", "payment card"),
    ],
)
def test_what_is_no_card_is_refused_in_a_cashiers_words(till: Till, text: str, says: str) -> None:
    """The refusal says what is wrong and does not repeat the number."""
    for use_case in (identify, enrol):
        with pytest.raises(MalformedToken, match=says) as refused:
            use_case(till, text)
        assert text not in str(refused.value)


def test_a_sale_earns_and_is_answered(till: Till, ledger: Ledger, sale_body: SaleBody) -> None:
    """A member's sale is answered with its points, reasons, new balance, receipt and place."""
    account = enrol(till, CARD).account
    committed = commit(till, "s-1", sale_body(1999, token=CARD))
    answer = committed.answer
    assert not committed.replay
    assert (answer.sale_id, answer.status, answer.account) == ("s-1", "accumulated", account)
    assert (answer.points, answer.balance) == (19, 19)
    assert [reason.points for reason in answer.because] == [19]
    assert answer.journal == JournalPosition.of(ledger.head)
    assert commit(till, "s-2", sale_body(100, token=CARD)).answer.balance == 20


def test_the_account_shows_its_last_sale(till: Till, sale_body: SaleBody) -> None:
    """After a sale the account shows the new balance and that sale."""
    enrol(till, CARD)
    commit(till, "s-1", sale_body(500, token=CARD))
    commit(till, "s-2", sale_body(1999, token=CARD, business_date="2026-11-22"))
    view = identify(till, CARD)
    assert view.balance == 24
    assert view.last_sale is not None
    assert view.last_sale.model_dump() == {
        "sale_id": "s-2",
        "business_date": "2026-11-22",
        "total_minor": 1999,
        "currency": "USD",
        "points": 19,
        "voided": False,
    }


def test_a_last_sale_that_was_called_off_says_so(till: Till, sale_body: SaleBody) -> None:
    """A voided sale took its points back, and is shown as what it is until the next one."""
    enrol(till, CARD)
    for number in (1, 2):
        commit(till, f"s-{number}", sale_body(500, token=CARD))
    for voided, is_last in (("s-1", False), ("s-2", True)):
        asyncio.run(till.void(voided))
        seen = identify(till, CARD).last_sale
        assert seen is not None
        assert (seen.sale_id, seen.voided) == ("s-2", is_last)


def test_a_claimed_sale_is_the_members_last_sale(till: Till, sale_body: SaleBody) -> None:
    """With the points that the claim brought; unless the member bought something after it."""

    def last_sale() -> tuple[str, int]:
        seen = identify(till, CARD).last_sale
        assert seen is not None
        return seen.sale_id, seen.points

    enrol(till, CARD)
    for sale_id, token in (("early", None), ("own", CARD), ("late", None)):
        commit(till, sale_id, sale_body(1999, token=token))
    asyncio.run(till.claim("early", CARD))
    assert last_sale() == ("own", 19)
    asyncio.run(till.claim("late", CARD))
    assert last_sale() == ("late", 19)
    commit(till, "next", sale_body(500, token=CARD))
    assert last_sale() == ("next", 5)


def test_a_claim_is_a_first_sale_too(till: Till, sale_body: SaleBody) -> None:
    """Who enrols after paying has a last sale as soon as it is claimed."""
    commit(till, "s-1", sale_body(1999))
    enrol(till, CARD)
    asyncio.run(till.claim("s-1", CARD))
    seen = identify(till, CARD).last_sale
    assert seen is not None
    assert (seen.sale_id, seen.total_minor, seen.points) == ("s-1", 1999, 19)


def test_the_same_sale_gets_the_same_answer(
    till: Till, ledger: Ledger, sale_body: SaleBody
) -> None:
    """A sale sent again is answered to the byte as before, and writes and earns nothing."""
    enrol(till, CARD)
    first = commit(till, "s-1", sale_body(1999, token=CARD))
    commit(till, "s-2", sale_body(100, token=CARD))
    head = ledger.head
    for _ in range(3):
        again = commit(till, "s-1", sale_body(1999, token=CARD))
        assert again.replay
        assert again.answer.model_dump_json() == first.answer.model_dump_json()
    assert ledger.head == head
    assert identify(till, CARD).balance == 20


def test_a_retry_may_come_from_elsewhere(till: Till, sale_body: SaleBody) -> None:
    """A retry under another lane, cashier, moment or spelling of the card is the same sale."""
    enrol(till, CARD)
    first = commit(till, "s-1", sale_body(1999, token=CARD))
    moved = {"lane": "7", "cashier": "ben", "occurred_at": "2026-11-21T15:00:00-05:00"}
    again = commit(till, "s-1", sale_body(1999, token="0c000621a5", **moved))
    assert again.replay
    assert again.answer == first.answer


def test_a_retry_survives_a_restart(
    tmp_path: Path, running_ledger: RunningLedger, sale_body: SaleBody
) -> None:
    """The same answer is given after the agent was started again, under a newer program too."""
    path, newer = tmp_path / "ledger.db", PROGRAM.model_copy(update={"version": 2})
    with running_ledger(path) as ledger:
        till = Till(ledger, Terms(program=PROGRAM), mint_id=mint_id)
        enrol(till, CARD)
        first = commit(till, "s-1", sale_body(1999, token=CARD))
    with running_ledger(path) as ledger:
        again = commit(
            Till(ledger, Terms(program=newer), mint_id=mint_id), "s-1", sale_body(1999, token=CARD)
        )
    assert again == Committed(answer=first.answer, replay=True)


def test_two_lanes_sending_one_sale_commit_it_once(
    till: Till, ledger: Ledger, sale_body: SaleBody
) -> None:
    """Of many commits of one sale in the same moment one is first, and all get its answer."""
    enrol(till, CARD)
    sales = [Sale.model_validate(sale_body(1999, token=CARD, lane=str(lane))) for lane in range(20)]

    async def together() -> list[Committed]:
        return list(await asyncio.gather(*(till.commit("s-1", sale) for sale in sales)))

    answers = asyncio.run(together())
    assert [committed.replay for committed in answers].count(False) == 1
    assert len({committed.answer.model_dump_json() for committed in answers}) == 1
    assert identify(till, CARD).balance == 19
    assert ledger.head.seq == 2


@pytest.mark.parametrize(
    ("amounts_minor", "changes"),
    [
        ((2000,), {}),
        ((999, 1000), {}),
        ((1999,), {"token": OTHER}),
        ((1999,), {"token": None}),
        ((1999,), {"business_date": "2026-11-22"}),
        ((1999,), {"currency": "EUR"}),
    ],
)
def test_another_basket_under_a_used_id_is_refused(
    till: Till,
    ledger: Ledger,
    sale_body: SaleBody,
    amounts_minor: tuple[int, ...],
    changes: dict[str, Any],
) -> None:
    """A sale_id is unique for ever: another basket under it is refused and changes nothing."""
    enrol(till, CARD)
    enrol(till, OTHER)
    first = commit(till, "s-1", sale_body(1999, token=CARD))
    with pytest.raises(SaleIdReused, match="s-1"):
        commit(till, "s-1", sale_body(*amounts_minor, **({"token": CARD} | changes)))
    assert ledger.head.seq == 3
    assert commit(till, "s-1", sale_body(1999, token=CARD)).answer == first.answer


@pytest.mark.parametrize(
    ("amount_minor", "currency", "said"),
    [(65_025, "USD", "650.25 USD"), (1_200, "JPY", "1,200 JPY"), (1_500, "BHD", "1.500 BHD")],
)
def test_another_basket_is_told_in_its_money(
    till: Till, sale_body: SaleBody, amount_minor: int, currency: str, said: str
) -> None:
    """A cashier reads what the first basket came to as money is written, not in minor units."""
    commit(till, "s-1", sale_body(amount_minor, currency=currency))
    with pytest.raises(SaleIdReused, match=f"another basket of {said};"):
        commit(till, "s-1", sale_body(100))


@pytest.mark.parametrize(
    ("token", "status"),
    [
        (None, "no_card"),
        (OTHER, "unknown_card"),
        ("garbled", "unknown_card"),
        ("4111111111111111", "unknown_card"),
        ("", "unknown_card"),
    ],
)
def test_no_card_holds_up_a_sale(
    till: Till, ledger: Ledger, sale_body: SaleBody, token: str | None, status: str
) -> None:
    """A sale without a known card is taken, earns nothing, and is the same sale when retried."""
    committed = commit(till, "s-1", sale_body(1999, token=token))
    answer = committed.answer
    assert (answer.status, answer.points, answer.account, answer.balance) == (status, 0, None, None)
    assert ledger.head.seq == 1
    again = commit(till, "s-1", sale_body(1999, token=token))
    assert again == Committed(answer=answer, replay=True)


def test_a_payment_cards_number_is_never_stored(
    till: Till, ledger: Ledger, sale_body: SaleBody
) -> None:
    """A payment card swiped at the member prompt is nowhere in the ledger's files."""
    commit(till, "s-1", sale_body(1999, token="4111111111111111"))
    ledger.stop()
    for file in ledger.path.parent.iterdir():
        assert b"4111111111111111" not in file.read_bytes()


def test_a_sale_before_the_enrolment_stays_without_points(till: Till, sale_body: SaleBody) -> None:
    """A sale of a card that was unknown then gets its old answer, also once the card is known."""
    first = commit(till, "s-1", sale_body(1999, token=CARD))
    enrol(till, CARD)
    assert commit(till, "s-1", sale_body(1999, token=CARD)).answer == first.answer
    assert identify(till, CARD).balance == 0


def test_another_currency_is_taken_and_flagged(till: Till, sale_body: SaleBody) -> None:
    """A sale in another currency than the program's is taken, earns nothing and is flagged."""
    enrol(till, CARD)
    answer = commit(till, "s-1", sale_body(1999, token=CARD, currency="EUR")).answer
    assert (answer.status, answer.points, answer.balance) == ("accumulated", 0, 0)
    assert answer.flags == ("currency_mismatch",)


def test_an_unknown_redemption_is_refused(till: Till, ledger: Ledger, sale_body: SaleBody) -> None:
    """A sale that names a redemption nobody made here is refused, and its id stays free."""
    enrol(till, CARD)
    with pytest.raises(UnknownRedemption):
        commit(till, "s-1", sale_body(1999, token=CARD, redemptions=["r-1"]))
    assert ledger.head.seq == 1
    assert not commit(till, "s-1", sale_body(1999, token=CARD)).replay


def test_every_answer_follows_from_its_entry(
    till: Till, ledger: Ledger, sale_body: SaleBody
) -> None:
    """What the till was told is what the entry in the journal says, and a replay agrees."""
    account = enrol(till, CARD).account
    answers = {
        sale_id: commit(till, sale_id, sale_body(*amounts_minor, token=CARD)).answer
        for sale_id, amounts_minor in {"s-1": (99, 99, 99), "s-2": (1999,), "s-3": ()}.items()
    }

    for sale_id, answer in answers.items():
        found = asyncio.run(ledger.read(methodcaller("sale", sale_id)))
        assert found is not None
        assert found.recorded is not None
        assert sale_answer(*found.recorded) == answer
    assert replay(ledger.path).balances == {account: 21}
