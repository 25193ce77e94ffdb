"""Who brings a friend has points with the friend's first sale that reaches the minimum, once, and
both lose them with it.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from club import CARD, CLUB, enrol, sell
from friends import FRIEND, SMALL, TERMS, Friends, lines_back, money_back
from hypothesis import given
from hypothesis import strategies as st
from in_memory import directory_in_memory
from small_programs import program
from told import account, tell
from welcomed import welcome

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.facts import AccumulatePromotionPoints, Enrol, ReturnPromotionPoints
from agent.core.program import Referral
from agent.ledger import Ledger, LedgerContradiction, Refusal, replay
from agent.till import Adjustment, Block, Terms, Till

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
SaleBody = Callable[..., dict[str, Any]]

THIRD = "em4100:0000000003"


@pytest.fixture
def friends(tmp_path: Path, running_ledger: RunningLedger) -> Iterator[Friends]:
    """A member who brought a friend; whatever a test did, the ledger replays."""
    with running_ledger(tmp_path / "ledger.db") as ledger:
        yield Friends(Till(ledger, TERMS, mint_id=mint_id), ledger)
    replay(tmp_path / "ledger.db")


def test_the_first_sale_pays_both_once(friends: Friends, sale_body: SaleBody) -> None:
    """The quote says so before, a retry pays no more, and neither does the next sale."""
    body = sale_body(2_000)
    assert friends.enrolled.referral == "referred"
    assert friends.quoted(body) == {"base": 20, "friend": 100}
    for _ in range(2):
        assert friends.buys("s-1", body) == {"base": 20, "friend": 100}
    assert friends.buys("s-2", body) == friends.quoted(body) == {"base": 20}
    assert friends.balances == (200, 140)


def test_the_receipt_says_it(friends: Friends, sale_body: SaleBody) -> None:
    """In the program's words, with the number at the end."""
    answer = sell(friends.till, "s-1", sale_body(2_000), FRIEND)
    (line,) = [each for each in answer.receipt if "Member gets member" in each]
    assert line.split()[-1] == "100"


def test_a_smaller_sale_changes_nothing(friends: Friends, sale_body: SaleBody) -> None:
    """The first sale that reaches the minimum pays, however many were smaller."""
    assert friends.buys("s-1", sale_body(1_999)) == {"base": 19}
    assert friends.buys("s-2", sale_body(2_000)) == {"base": 20, "friend": 100}
    assert friends.balances[0] == 200


@pytest.mark.parametrize(
    ("changes", "kind", "paid_minor"),
    [({"currency": "EUR"}, "points", 0), ({}, "points", 1), ({}, "voucher", 1)],
    ids=["another currency", "paid with points", "paid with a voucher"],
)
def test_only_money_counts(
    friends: Friends, sale_body: SaleBody, changes: dict[str, Any], kind: str, paid_minor: int
) -> None:
    """What points or a voucher paid for, or another currency, brings nobody anything."""
    tenders = [
        {"kind": kind, "amount_minor": paid_minor},
        {"kind": "cash", "amount_minor": 2_000 - paid_minor},
    ]
    given = friends.buys("s-1", sale_body(2_000, tenders=tenders) | changes)
    assert "friend" not in given
    assert friends.balances[0] == 0


def accounts_of(friends: Friends) -> list[str]:
    """The accounts of who brought the friend, and of the friend."""
    return [asyncio.run(friends.till.identify(card)).account for card in (CARD, FRIEND)]


def test_who_was_merged_meanwhile_is_paid(friends: Friends, sale_body: SaleBody) -> None:
    """Head office merged the account of who brought the friend into another: the points come to
    where the member has all the others, and bring this device no rights.
    """
    referrer, _ = accounts_of(friends)
    tell(friends.ledger, account("root", 300), account(referrer, 0, root="root"))
    assert friends.buys("s-1", sale_body(2_000)) == {"base": 20, "friend": 100}
    assert friends.balances == (500, 120)
    paid = asyncio.run(friends.ledger.read(lambda view: view.entry_at(0, view.head().seq)))
    assert paid is not None
    assert isinstance(paid.entry.fact, AccumulatePromotionPoints)
    assert (paid.entry.fact.points, paid.entry.fact.lease) == (200, 0)


def test_nobody_brings_themselves(friends: Friends, sale_body: SaleBody) -> None:
    """Head office found that the friend and who brought them are one person with two cards: a
    sale after that pays neither.
    """
    referrer, friend = accounts_of(friends)
    tell(friends.ledger, account(friend, 0), account(referrer, 0, root=friend))
    assert friends.buys("s-1", sale_body(2_000)) == friends.quoted(sale_body(2_000)) == {"base": 20}


def test_a_card_that_is_shown_later_pays(friends: Friends, sale_body: SaleBody) -> None:
    """A claim pays as its sale would have, once, and its void takes it from both."""
    asyncio.run(friends.till.commit("s-1", Sale.model_validate(sale_body(2_000))))
    for _ in range(2):
        claimed = asyncio.run(friends.till.claim("s-1", FRIEND)).answer
        assert claimed.points == 120
    assert friends.balances == (200, 120)
    assert friends.voids("s-1") == 120
    assert friends.balances == (0, 0)


@pytest.mark.parametrize("by_lines", [False, True])
def test_what_comes_back_below_the_minimum_takes_it(
    friends: Friends, sale_body: SaleBody, *, by_lines: bool
) -> None:
    """It goes whole with the return that falls below, once; the rest goes with the rest, and the
    same return again takes nothing.
    """
    friends.buys("s-1", sale_body(1_000, 1_500, 500))
    first, second, third = (
        [lines_back(0), lines_back(2), lines_back(1)]
        if by_lines
        else [money_back(1_000), money_back(500), money_back(1_500)]
    )
    assert friends.brings_back("s-1", "b-1", first) == 10
    assert friends.balances == (200, 120)
    for _ in range(2):
        assert friends.brings_back("s-1", "b-2", second) == 105
    assert friends.balances == (0, 15)
    assert friends.brings_back("s-1", "b-3", third) == 15
    assert friends.balances == (0, 0)


def test_a_return_between_two_others_takes_its_own(friends: Friends, sale_body: SaleBody) -> None:
    """Once the friend's part is gone, each return takes what its goods earned."""
    friends.buys("s-1", sale_body(3_000))
    taken = [
        friends.brings_back("s-1", f"b-{n}", money_back(m)) for n, m in enumerate([2000, 300, 700])
    ]
    assert taken == [120, 3, 7]


def test_who_has_spent_it_owes_it(friends: Friends, sale_body: SaleBody) -> None:
    """Buy, refer, refund, keep the points: both are in debt by what they spent."""
    friends.buys("s-1", sale_body(2_000))
    for card, points in ((CARD, -200), (FRIEND, -120)):
        account = asyncio.run(friends.till.identify(card)).account
        wanted = Adjustment(points=points, reason="spent", cashier="ana")
        asyncio.run(friends.till.adjust(account, wanted))
    friends.voids("s-1")
    assert friends.balances == (-200, -120)


def test_the_next_sale_pays_after_that(friends: Friends, sale_body: SaleBody) -> None:
    """A sale that was rung wrong and called off costs nobody the points of the right one."""
    friends.buys("s-1", sale_body(2_000))
    friends.voids("s-1")
    assert friends.buys("s-2", sale_body(2_500)) == {"base": 25, "friend": 100}
    friends.voids("s-1")  # again: it is answered, and takes nothing
    assert friends.balances == (200, 125)


def test_they_wait_as_any_points(friends: Friends, sale_body: SaleBody) -> None:
    """Under a return window both wait, go as pending, and become active with their day."""
    friends.under(program=SMALL.model_copy(update={"return_window_days": 14}))
    friends.buys("s-1", sale_body(2_000))
    assert (friends.balances, friends.pending) == ((0, 0), (200, 120))
    friends.voids("s-1")
    assert (friends.balances, friends.pending) == ((0, 0), (0, 0))
    friends.buys("s-2", sale_body(2_000))
    sell(friends.till, "s-3", sale_body(100, business_date="2026-12-05"))
    assert (friends.balances, friends.pending) == ((200, 120), (1, 0))


@pytest.mark.parametrize("alone", [True, False])
def test_they_can_be_spent_where_they_were_given(
    friends: Friends, sale_body: SaleBody, *, alone: bool
) -> None:
    """Also under a head office that granted nothing, and no more once they are taken back."""
    friends.under(alone=alone)
    welcome(friends.ledger)
    friends.buys("s-1", sale_body(2_000))
    assert asyncio.run(friends.till.identify(CARD)).redeemable_now == 200
    friends.voids("s-1")
    assert asyncio.run(friends.till.identify(CARD)).redeemable_now == 0


@pytest.mark.parametrize(
    ("named", "said"),
    [
        (THIRD, "unknown"),
        ("phone:202 555 0199", "unknown"),
        ("not a card", "unknown"),
        ("phone:1", "unknown"),
        ("4111111111111111", "unknown"),
        ("0c00000009", "self"),
        ("phone:202 555 0143", "self"),
        (None, None),
    ],
)
def test_whoever_is_named_the_member_is_made(
    friends: Friends, named: str | None, said: str | None
) -> None:
    """Nobody, a stranger, rubbish or oneself: the account is there, and the answer says it."""
    made = friends.bring("em4100:0C00000009", named, phone="202 555 0143")
    assert made.referral == said
    assert asyncio.run(friends.till.identify("em4100:0C00000009")).account == made.account
    waiting = asyncio.run(friends.ledger.read(lambda view: view.referrer_of(made.account)))
    assert waiting is None


@pytest.mark.parametrize("state", ["blocked", "lost"])
def test_a_blocked_card_refers_nobody(friends: Friends, state: Any) -> None:
    """But one that is blocked later is booked what it has coming."""
    asyncio.run(friends.till.members.block_card(CARD, Block(state=state)))
    assert friends.bring(THIRD, CARD).referral == "blocked"


def test_a_number_refers_as_a_card(friends: Friends, sale_body: SaleBody) -> None:
    """The telephone number of a member, however it is written."""
    enrol(friends.till, THIRD, phone="202 555 0143")
    assert friends.bring("em4100:0000000004", "phone:(202) 555-0143").referral == "referred"
    friends.buys("s-1", sale_body(2_000), "em4100:0000000004")
    assert asyncio.run(friends.till.identify(THIRD)).balance == 200


def test_points_come_also_once_the_card_is_blocked(friends: Friends, sale_body: SaleBody) -> None:
    """Who brought the friend has earned it."""
    asyncio.run(friends.till.members.block_card(CARD, Block()))
    friends.buys("s-1", sale_body(2_000))
    assert friends.balances[0] == 200


def test_a_program_without_it_says_so(friends: Friends, sale_body: SaleBody) -> None:
    """Nobody is noted, and nobody is paid for whom was noted before; what was paid still goes."""
    friends.buys("s-1", sale_body(2_000))
    friends.bring(THIRD, CARD)
    friends.under(program=program())
    assert friends.bring("em4100:0000000004", CARD).referral == "not_offered"
    assert friends.buys("s-2", sale_body(2_000), THIRD) == {"base": 20}
    assert friends.brings_back("s-1", "b-1", money_back(1_000)) == 110
    assert friends.balances == (0, 10)


def test_the_referrer_may_be_nobody_here(friends: Friends, sale_body: SaleBody) -> None:
    """Where a damaged disk or another store has their enrolment, the points are booked as well."""
    fact = Enrol(account="late", token=THIRD, referred_by="elsewhere")
    asyncio.run(friends.ledger.write(lambda transaction: transaction.append(fact)))
    friends.buys("s-1", sale_body(2_000), THIRD)
    there = asyncio.run(friends.ledger.read(lambda view: view.balance("elsewhere")))
    assert there == 200


def test_they_lead_to_no_tier_and_fill_no_limit(
    tmp_path: Path, running_ledger: RunningLedger, sale_body: SaleBody
) -> None:
    """As points for becoming a member: a tier and the points of a day are of what was bought."""
    rule = Referral(id="friend", points=200, friend_points=390, text="Member gets member")
    terms = Terms(program=CLUB.model_copy(update={"referral": rule}), store="s001")
    with running_ledger(tmp_path / "ledger.db") as ledger:
        friends = Friends(Till(ledger, terms, mint_id=mint_id), ledger)
        given = friends.buys("s-1", sale_body(1_000))
        assert given == {"base": 10, "first": 20, "friend": 390}
        assert asyncio.run(friends.till.identify(FRIEND)).tier == "blue"
        assert friends.buys("s-2", sale_body(1_000)) == {"base": 10}
        friends.voids("s-1")
        account = friends.enrolled.account
        day = Sale.model_validate(sale_body(1)).business_date
        counted = asyncio.run(ledger.read(lambda view: view.counted(account, day, day)))
        assert counted == (10, 1_000)
    replay(tmp_path / "ledger.db")


def test_nothing_is_paid_twice(friends: Friends, sale_body: SaleBody) -> None:
    """An entry that pays or takes what another one has is written by nobody."""
    friends.buys("s-1", sale_body(2_000))

    def of_kind(kind: type) -> Any:
        places = [(0, seq) for seq in range(1, friends.ledger.head.seq + 1)]
        entries = asyncio.run(
            friends.ledger.read(lambda view: [view.entry_at(*place) for place in places])
        )
        facts = [each.entry.fact for each in entries if each is not None]
        return next(fact for fact in facts if isinstance(fact, kind))

    def refused(fact: Any) -> None:
        with pytest.raises(LedgerContradiction):
            asyncio.run(friends.ledger.write(lambda transaction: transaction.append(fact)))

    refused(of_kind(AccumulatePromotionPoints))
    friends.voids("s-1")
    refused(of_kind(ReturnPromotionPoints))


def test_a_rebuilt_ledger_pays_once(
    tmp_path: Path, running_ledger: RunningLedger, sale_body: SaleBody
) -> None:
    """Where the database is gone and made anew of a backup, a retry brings nobody more."""
    path = tmp_path / "ledger.db"
    with running_ledger(path) as ledger:
        friends = Friends(Till(ledger, TERMS, mint_id=mint_id), ledger)
        friends.buys("s-1", sale_body(2_000))
        ledger.recover("a test")
        friends.buys("s-1", sale_body(2_000))
        assert friends.buys("s-2", sale_body(2_000)) == {"base": 20}
        assert friends.balances == (200, 140)
        friends.voids("s-1")
        assert friends.balances == (0, 20)
    replay(path)


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["buy", "void", "money", "line"]), st.integers(0, 3), st.integers(1, 30)
    ),
    max_size=14,
)


@given(steps=_STEPS, window=st.sampled_from([0, 14]))
def test_who_brought_a_friend_has_it_while_a_sale_stands(
    steps: list[tuple[str, int, int]],
    window: int,
    running_ledger: RunningLedger,
    sale_body: SaleBody,
) -> None:
    """Whatever is bought, called off and brought back in whatever order, the referrer has the
    points exactly while one of the friend's sales has them; never twice, and never less than none.
    """
    terms = replace(TERMS, program=SMALL.model_copy(update={"return_window_days": window}))
    with directory_in_memory() as directory:
        with running_ledger(directory / "ledger.db") as ledger:
            friends = Friends(Till(ledger, terms, mint_id=mint_id), ledger)
            for place, step in enumerate(steps):
                _do(friends, place, step, sale_body)
                standing = _standing(friends)
                assert standing in (0, 1)
                assert sum(friends.balances[:1] + friends.pending[:1]) == 200 * standing
        replay(directory / "ledger.db")


def _do(friends: Friends, place: int, step: tuple[str, int, int], sale_body: SaleBody) -> None:
    what, which, much = step
    with suppress(Refusal):
        if what == "buy":
            friends.buys(f"s-{which}", sale_body(much * 100, 700))
        elif what == "void":
            friends.voids(f"s-{which}")
        elif what == "money":
            friends.brings_back(f"s-{which}", f"b-{place}", money_back(much * 100))
        else:
            friends.brings_back(f"s-{which}", f"b-{place}", lines_back(much % 2))


def _standing(friends: Friends) -> int:
    """How many of the friend's sales still have what they gave for it, by their own figures."""
    count = 0
    for which in range(4):
        sale_id = f"s-{which}"
        sale = asyncio.run(friends.ledger.read(lambda view, name=sale_id: view.sale(name)))
        if sale is not None and sale.points - sale.taken_back >= 100:
            count += 1
    return count
