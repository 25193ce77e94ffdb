"""Stamps add up: what was bought and kept is what is on the card, and what became a free thing."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.account import Account
from agent.core.accumulate import Circumstances
from agent.core.basket import Line, Sale, Tender
from agent.core.explain import explain
from agent.core.program import Program
from agent.core.stamp_cards import Collected, Share, came_back, collected, on_cards, stamps_left
from agent.core.taking_back import after_lines, money_off

_TEXT = """
id = "corner"
version = 1
name = "Corner"
currency = "USD"
[[earn]]
id = "base"
per_minor = 100
text = "1 point per $1"
[[stamp_card]]
id = "coffee"
stamps = 9
categories = ["beverage"]
exclude_skus = ["water"]
text = "Coffee stamps"
gives = "A coffee"
[[stamp_card]]
id = "loaf"
stamps = 4
skus = ["loaf"]
text = "Loaf stamps"
gives = "A loaf"
"""
PROGRAM = Program.parse(_TEXT, source="corner.toml")
_GOODS = {"latte": "beverage", "water": "beverage", "loaf": "bakery", "pen": "office"}


def with_card(more: str) -> Program:
    """The program, whose first card says something more."""
    return Program.parse(_TEXT.replace("stamps = 9\n", f"stamps = 9\n{more}\n", 1), source="c.toml")


def line(sku: str, quantity: str = "1", amount_minor: int = 300, category: str = "") -> Line:
    """A line of a basket."""
    return Line(
        sku=sku,
        category=category or _GOODS[sku],
        quantity=quantity,
        unit_price_minor=300,
        amount_minor=amount_minor,
    )


def sale_of(*lines: Line, day: date = date(2026, 3, 2), currency: str = "USD", **paid: int) -> Sale:
    """A sale of some lines, paid by card but for what ``paid`` says."""
    total = sum(each.amount_minor for each in lines)
    kinds = {**paid, "card": total - sum(paid.values())}
    tenders = [Tender(kind=kind, amount_minor=minor) for kind, minor in kinds.items()]  # type: ignore[arg-type]  # the words of tenders
    return Sale(
        lane="1",
        cashier="ana",
        business_date=day,
        occurred_at=f"{day}T12:00:00+01:00",  # type: ignore[arg-type]  # as a POS writes it
        currency=currency,
        lines=tuple(lines),
        tenders=tuple(tenders),
        total_minor=total,
    )


def stamps(
    sale: Sale, program: Program = PROGRAM, **counts: int
) -> dict[str, tuple[int, int, int]]:
    """What a sale brings to each card: stamps, the count after it, and things given."""
    found = collected(program, sale, None, counts)
    return {each.card: (each.stamps, each.count, each.given) for each in found}


@pytest.mark.parametrize(
    ("lines", "paid", "before", "after"),
    [
        ([line("latte")], {}, 0, (1, 1, 0)),
        ([line("latte", "3")], {}, 4, (3, 7, 0)),
        ([line("latte", "3"), line("latte", "2")], {}, 4, (5, 0, 1)),  # every tenth is free
        ([line("latte", "20", 6_000)], {}, 8, (20, 1, 3)),  # three cards at once
        ([line("latte", "2")], {}, -3, (2, -1, 0)),  # what is owed is paid first
        ([line("latte", "0.750"), line("latte", "0.750")], {}, 0, (1, 1, 0)),  # whole pieces
        ([line("water", "5")], {}, 0, None),
        ([line("pen", "5")], {}, 0, None),
        ([line("latte", "1", 0)], {}, 0, None),  # a gift was not bought
        ([line("latte", "3"), line("latte", "1", -300)], {}, 0, (2, 2, 0)),  # one came back
        ([line("latte", "3"), line("pen", "1", -100, "beverage")], {}, 0, (3, 3, 0)),  # a coupon
        ([line("pen"), line("latte", "1", 300, "reward")], {}, 0, None),  # what points bought
        ([line("latte", "2", 600), line("latte", "1", -300, "reward")], {}, 0, (1, 1, 0)),
        ([line("latte", "2", 600)], {"points": 300}, 0, (1, 1, 0)),
        ([line("latte", "2", 600)], {"points": 600}, 0, None),
        ([line("latte", "2", 600)], {"voucher": 300}, 0, (1, 1, 0)),
        ([line("latte", "2", 600)], {"voucher": 1}, 0, (1, 1, 0)),  # a part of one is none
        ([line("latte", "2", 600)], {"gift_card": 600}, 0, (2, 2, 0)),
    ],
)
def test_what_a_sale_brings(
    lines: list[Line], paid: Mapping[str, int], before: int, after: tuple[int, int, int] | None
) -> None:
    """Worked out by hand: a stamp for each whole piece that money bought, and over the edge."""
    found = stamps(sale_of(*lines, **paid), coffee=before)
    assert found == ({} if after is None else {"coffee": after})


def test_each_card_bears_what_its_own_goods_were_paid_with() -> None:
    """Points that paid a coffee leave the stamp of a loaf in the same basket."""
    sale = sale_of(line("latte"), line("loaf"), points=300)
    assert stamps(sale) == {"loaf": (1, 1, 0)}


def test_points_that_earn_bring_stamps_and_vouchers_never_do() -> None:
    """Where a program lets earn what points paid, that brings stamps; a voucher brings none."""
    generous = PROGRAM.model_copy(update={"redeemed_part_earns": True})
    assert stamps(sale_of(line("latte"), points=300), generous) == {"coffee": (1, 1, 0)}
    assert stamps(sale_of(line("latte"), voucher=300), generous) == {}


@pytest.mark.parametrize(
    ("more", "day", "tier", "collects"),
    [
        ("first_day = 2026-03-02", date(2026, 3, 1), None, False),
        ("first_day = 2026-03-02", date(2026, 3, 2), None, True),
        ("last_day = 2026-03-02", date(2026, 3, 2), None, True),
        ("last_day = 2026-03-02", date(2026, 3, 3), None, False),
        ("", date(2026, 3, 2), None, True),
    ],
)
def test_a_card_collects_on_its_days(
    more: str, day: date, tier: str | None, collects: bool
) -> None:
    """Both ends of its days belong to it."""
    assert bool(collected(with_card(more), sale_of(line("latte"), day=day), tier, {})) == collects


def test_a_card_is_for_its_tiers() -> None:
    """A member of another tier collects nothing on it."""
    tiers = """
[tiers]
count = "points"
period = "rolling"
keep = "months"
[[tiers.tier]]
id = "green"
reach = 0
text = "Green"
[[tiers.tier]]
id = "gold"
reach = 100
text = "Gold"
"""
    text = _TEXT.replace("stamps = 9\n", 'stamps = 9\ntiers = ["gold"]\n') + tiers
    program = Program.parse(text, source="corner.toml")
    sale = sale_of(line("latte"))
    assert not collected(program, sale, "green", {})
    assert collected(program, sale, "gold", {})
    assert [each.card for each in on_cards(program, sale.business_date, "green", {})] == ["loaf"]
    assert [
        each.count for each in on_cards(program, sale.business_date, "green", {"coffee": 3})
    ] == [3, 0]


def test_a_sale_brings_no_more_than_its_most() -> None:
    """A card may say how many stamps one sale brings."""
    assert stamps(sale_of(line("latte", "8")), with_card("stamps_per_sale = 3")) == {
        "coffee": (3, 3, 0)
    }


def test_another_currency_brings_none() -> None:
    """A sale that earns nothing brings no stamps."""
    assert stamps(sale_of(line("latte"), currency="EUR")) == {}


def test_a_full_card_can_wait() -> None:
    """Where nothing may be given now, the stamps stay, and the next sale turns them into things."""
    sale = sale_of(line("latte"))
    (waiting,) = collected(PROGRAM, sale, None, {"coffee": 17}, gives=False)
    assert (waiting.count, waiting.given) == (18, 0)
    (full,) = collected(PROGRAM, sale, None, {"coffee": 18})
    assert (full.count, full.given) == (1, 2)


def test_an_explanation_shows_the_cards() -> None:
    """Every card, as it would stand after the basket; the account says how it stands before."""
    account = Account(stamps={"coffee": 8})
    found = explain(PROGRAM, sale_of(line("latte", "2")), Circumstances(account=account))
    assert [(each.card, each.stamps, each.count, each.given) for each in found.stamps] == [
        ("coffee", 2, 1, 1),
        ("loaf", 0, 0, 0),
    ]
    assert found.stamps[0].gives == "A coffee"


# Baskets of whole pieces that money paid.
_LINES = st.builds(
    lambda sku, pieces: line(sku, str(pieces), 300 * pieces),
    st.sampled_from(sorted(_GOODS)),
    st.integers(1, 12),
)
_BASKETS = st.lists(_LINES, min_size=1, max_size=6)
_PAID = st.sampled_from([{}, {"points": 250}, {"voucher": 700}, {"points": 300, "voucher": 100}])


def fold(sales: list[Sale], program: Program = PROGRAM) -> tuple[dict[str, int], dict[str, int]]:
    """Sell one after the other; answers what is on each card, and what was given."""
    counts: dict[str, int] = {}
    things: dict[str, int] = {}
    for sale in sales:
        for each in collected(program, sale, None, counts):
            counts[each.card] = each.count
            things[each.card] = things.get(each.card, 0) + each.given
            assert each.count < each.full
    return counts, things


@given(lines=_BASKETS, order=st.randoms(use_true_random=False), paid=_PAID)
def test_the_order_of_lines_does_not_matter(
    lines: list[Line], order: Any, paid: Mapping[str, int]
) -> None:
    """However the goods went over the scanner, and whatever paid them."""
    mixed = list(lines)
    order.shuffle(mixed)
    paid = paid if sum(paid.values()) <= sum(each.amount_minor for each in lines) else {}
    assert stamps(sale_of(*mixed, **paid)) == stamps(sale_of(*lines, **paid))


@given(baskets=st.lists(_BASKETS, min_size=1, max_size=5))
def test_it_is_the_same_in_one_sale_or_in_many(baskets: list[list[Line]]) -> None:
    """The same goods in one basket, in several, or piece by piece: the same stamps and things."""
    lines = [each for basket in baskets for each in basket]
    pieces = [line(each.sku, "1") for each in lines for _ in range(int(each.quantity))]
    whole = fold([sale_of(*lines)])
    assert fold([sale_of(*basket) for basket in baskets]) == whole
    assert fold([sale_of(each) for each in pieces]) == whole


@given(baskets=st.lists(_BASKETS, min_size=1, max_size=5))
def test_no_thing_without_its_stamps(baskets: list[list[Line]]) -> None:
    """What was bought is what is on the card and what the things took, and never more is given."""
    counts, things = fold([sale_of(*basket) for basket in baskets])
    for card, full, goods in (("coffee", 9, "latte"), ("loaf", 4, "loaf")):
        bought = sum(
            int(each.quantity) for basket in baskets for each in basket if each.sku == goods
        )
        assert counts.get(card, 0) + full * things.get(card, 0) == bought
        assert things.get(card, 0) == bought // full


@given(lines=_BASKETS, data=st.data(), paid=_PAID)
def test_returns_take_off_what_is_not_left(
    lines: list[Line], data: st.DataObject, paid: Mapping[str, int]
) -> None:
    """After any returns a sale is worth the stamps of what is left, never more than at first; of
    all of it back, none.
    """
    paid = paid if sum(paid.values()) <= sum(each.amount_minor for each in lines) else {}
    sale = sale_of(*lines, **paid)
    brought = {each.card: each.stamps for each in collected(PROGRAM, sale, None, {})}
    assert stamps_left(PROGRAM, kept_of(sale, {}), brought) == brought
    before = dict(brought)
    back: dict[int, Decimal] = {}
    for index in data.draw(st.permutations(range(len(lines)))):
        left = int(lines[index].quantity)
        back[index] = Decimal(data.draw(st.integers(1, left)))
        now = stamps_left(PROGRAM, kept_of(sale, back), brought)
        assert now.keys() == brought.keys()
        assert all(0 <= now[card] <= before[card] for card in now)
        before = before if paid else now  # what points paid is shared anew among what is left
    all_back = {index: Decimal(each.quantity) for index, each in enumerate(lines)}
    assert not any(stamps_left(PROGRAM, kept_of(sale, all_back), brought).values())


def kept_of(sale: Sale, back: Mapping[int, Decimal]) -> Share:
    """What is left of a sale once so much of its lines came back."""
    kept = after_lines(sale, back, money_off(sale, (), things=False))
    kept_minor = sum(each.amount_minor for each in kept.lines)
    return Share(kept=kept, total_minor=kept_minor, left_minor=kept_minor)


def test_a_return_bears_what_points_paid_as_the_sale_did() -> None:
    """Points paid the coffee, so the loaf has its stamp; it keeps it when a pen comes back."""
    sale = sale_of(line("latte"), line("loaf"), line("pen"), points=300)
    brought = {each.card: each.stamps for each in collected(PROGRAM, sale, None, {})}
    assert brought == {"loaf": 1}
    assert stamps_left(PROGRAM, kept_of(sale, {2: Decimal(1)}), brought) == {"loaf": 1}


@pytest.mark.parametrize(("back_minor", "left"), [(0, 4), (300, 3), (301, 2), (1_200, 0)])
def test_a_return_by_amount_takes_its_share(back_minor: int, left: int) -> None:
    """Fractions of a stamp are dropped, as of points."""
    share = Share(kept=None, total_minor=1_200, left_minor=1_200 - back_minor)
    assert stamps_left(None, share, {"coffee": 4}) == {"coffee": left}


def test_a_card_of_another_version_is_shared_by_money_alone() -> None:
    """What the program of then no longer says is not judged again by its lines."""
    sale = sale_of(line("latte", "4", 1_200))
    share = kept_of(sale, {0: Decimal(1)})
    assert stamps_left(None, share, {"coffee": 4}) == {"coffee": 4}
    assert stamps_left(PROGRAM, share, {"tea": 2, "coffee": 4}) == {"tea": 2, "coffee": 3}


def test_what_was_given_is_kept_and_its_stamps_are_owed() -> None:
    """Nine coffees bring one; all nine come back: nine stamps are owed, and eight more coffees
    bring nothing yet.
    """
    (full,) = collected(PROGRAM, sale_of(line("latte", "9")), None, {})
    assert (full.count, full.given) == (0, 1)
    back = came_back(full, 9)
    assert (back.count, back.stamps, back.given) == (-9, -9, 0)
    assert stamps(sale_of(line("latte", "8")), coffee=back.count) == {"coffee": (8, -1, 0)}
    assert stamps(sale_of(line("latte", "10")), coffee=-1) == {"coffee": (10, 0, 1)}


def test_what_a_card_gives_is_good_for_its_months() -> None:
    """The last day of it is the one before the same day so many months later."""
    (card, other) = with_card("good_months = 6").stamp_card
    assert card.good_until(date(2026, 8, 31)) == date(2027, 2, 28)
    assert card.good_until(date(2026, 3, 2)) == date(2026, 9, 1)
    assert other.good_until(date(2026, 3, 2)) is None


def test_a_card_says_where_it_stands() -> None:
    """A card that nobody collects on any more is shown as long as stamps are on it."""
    program = with_card("last_day = 2026-02-28")
    shown = on_cards(program, date(2026, 3, 2), None, {"coffee": 5})
    assert [(each.card, each.count) for each in shown] == [("coffee", 5), ("loaf", 0)]
    assert [each.card for each in on_cards(program, date(2026, 3, 2), None, {})] == ["loaf"]
    assert isinstance(shown[0], Collected)
