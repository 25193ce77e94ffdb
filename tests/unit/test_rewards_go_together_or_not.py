"""Several rewards in one basket: what goes together, and that nothing is taken off twice."""

from collections.abc import Callable
from itertools import combinations, permutations
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from program_strategies import catalogues, sales

from agent.core.basket import Line, Sale
from agent.core.combining import Basket, Chosen, why_not_together
from agent.core.pieces import cheapest_pieces
from agent.core.program import Discount, Program, Reward
from agent.core.rewards import Spendable, offers

SaleBody = Callable[..., dict[str, Any]]
Listed = list[tuple[str, str, str, int]]

_PLENTY = Spendable(balance=10**6, usable=10**6)
_PROGRAM = """
id = "c"
version = 1
name = "C"
currency = "USD"
rewards_per_sale = 3
[[earn]]
id = "base"
text = "Base"
per_minor = 100
[discount]
id = "off"
text = "Money off"
points = 1
worth_minor = 1
step = 1
exclude_categories = ["tobacco"]
[[reward]]
id = "drink"
text = "A drink"
cost_points = 10
categories = ["beverage"]
[[reward]]
id = "treat"
text = "A drink or a bun"
cost_points = 10
categories = ["beverage", "bakery"]
[[reward]]
id = "bun-off"
text = "Up to 2 off a bun"
cost_points = 10
value_minor = 200
categories = ["bakery"]
[[reward]]
id = "five-off"
text = "5 off from 10"
cost_points = 10
value_minor = 500
minimum_basket_minor = 1000
[[reward]]
id = "party"
text = "A party"
cost_points = 10
alone = true
[[reward]]
id = "hamper"
text = "A hamper"
cost_points = 10
"""
PROGRAM = Program.parse(_PROGRAM, source="c.toml")
_SMALL = "the basket is too small"
_ALL = "the basket is too small for all of the rewards together"
_NONE = "nothing in the basket is what it is for"
_ALONE = "one of the rewards goes with no other in a sale"
_COFFEE = ("100", "beverage", "1", 300)
_BUN = ("200", "bakery", "1", 150)
_CIGARS = ("300", "tobacco", "1", 1_000)


def basket_of(sale_body: SaleBody, lines: Listed) -> Sale:
    """A basket of some lines: article, category, quantity, money."""
    total_minor = sum(minor for *_, minor in lines)
    names = ("sku", "category", "quantity", "amount_minor")
    body = [dict(zip(names, each, strict=True)) | {"unit_price_minor": 0} for each in lines]
    paid = [{"kind": "cash", "amount_minor": total_minor}]
    return Sale.model_validate(
        sale_body(total_minor, lines=body, tenders=paid, total_minor=total_minor)
    )


def chosen(*names: str | int) -> list[Chosen]:
    """Some rewards by their names, and points as money off by their number."""
    rewards = {each.id: each for each in PROGRAM.reward}
    assert PROGRAM.discount is not None
    return [
        Chosen(rule=PROGRAM.discount, points=each)
        if isinstance(each, int)
        else Chosen(rule=rewards[each], points=10)
        for each in names
    ]


@pytest.mark.parametrize(
    ("names", "lines", "why"),
    [
        (["drink"], [_COFFEE], None),
        (["drink"], [_BUN], _NONE),
        (["drink", "drink"], [_COFFEE, _BUN], _ALL),
        (["drink", "drink"], [("100", "beverage", "2.000", 600)], None),
        (["drink", "treat"], [_COFFEE], _ALL),
        (["drink", "treat"], [_COFFEE, _BUN], None),
        (["treat", "bun-off"], [_COFFEE, _BUN], _ALL),  # the bun is the cheaper treat
        (["drink", "treat"], [("t", "reward", "1", 0), ("t", "reward", "1", 0)], None),
        (["drink", "treat"], [("t", "reward", "1", 0), _BUN], None),
        (["drink", "hamper"], [("t", "reward", "1", 0), _BUN], _ALL),
        (["drink"], [("t", "reward", "1", -300), _COFFEE], None),
        (["drink"], [("back", "beverage", "1", -300), _CIGARS], _NONE),
        (["bun-off", 300], [_COFFEE, _BUN], None),
        (["bun-off", 301], [_COFFEE, _BUN], None),
        (["bun-off", 450], [_COFFEE, _BUN], _ALL),
        ([450], [_COFFEE, _BUN, _CIGARS], None),
        ([451], [_COFFEE, _BUN, _CIGARS], _SMALL),
        ([300, 151], [_COFFEE, _BUN, _CIGARS], _SMALL),
        ([300], [_CIGARS], _NONE),
        ([1], [_COFFEE, ("coupon", "beverage", "1", -300), _CIGARS], _SMALL),
        (["five-off"], [_CIGARS], None),
        (["five-off"], [_COFFEE], _SMALL),
        (["five-off"], [_CIGARS, ("off", "reward", "1", -500)], None),
        (["five-off", "five-off"], [_CIGARS], None),
        (["five-off", "five-off", "five-off"], [_CIGARS], _ALL),
        (["party"], [], None),
        (["party", "hamper"], [_CIGARS], _ALONE),
        (["party", "party"], [_CIGARS], _ALONE),
        (["party", 1], [_COFFEE], _ALONE),
        (["hamper"] * 3, [], None),
        (["hamper"] * 4, [], "no more than 3 rewards go with one sale"),
        (["hamper", "hamper", 1, 1], [_COFFEE], None),
    ],
)
def test_what_goes_together(
    sale_body: SaleBody, names: list[str | int], lines: Listed, why: str | None
) -> None:
    """Things want a piece each, money off wants money that is left, and some want to be alone."""
    basket = Basket.of(basket_of(sale_body, lines))
    assert why_not_together(PROGRAM, chosen(*names), basket) == why


def test_a_thing_makes_room_for_another(sale_body: SaleBody) -> None:
    """Where the cheapest piece is the only one for a thing, the other has a dearer one."""
    basket = Basket.of(basket_of(sale_body, [("100", "beverage", "1", 100), _BUN]))
    for names in (["treat", "drink"], ["drink", "treat"]):
        assert why_not_together(PROGRAM, chosen(*names), basket) is None


def test_too_many_kinds_of_goods_are_too_many(sale_body: SaleBody) -> None:
    """Money off for eight kinds of goods goes together; with a ninth nobody works it out."""
    kinds = "".join(
        f'[[reward]]\nid = "r{kind}"\ntext = "R"\ncost_points = 1\nvalue_minor = 10\n'
        f'categories = ["c{kind}"]\n'
        for kind in range(9)
    )
    head = _PROGRAM.partition("[discount]")[0].replace("rewards_per_sale = 3\n", "")
    program = Program.parse(head + kinds, source="c.toml")
    lines = [(f"{kind}", f"c{kind}", "1", 100) for kind in range(9)]
    sale = basket_of(sale_body, lines)
    all_nine = [Chosen(rule=each, points=1) for each in program.reward]
    assert why_not_together(program, all_nine[1:], Basket.of(sale)) is None
    assert why_not_together(program, all_nine, Basket.of(sale)) == _ALL
    listed = offers(program, _PLENTY, sale, beside=all_nine[1:])
    assert [each.available for each in listed] == [False] + [True] * 8


def test_nothing_goes_beside_what_has_no_piece(sale_body: SaleBody) -> None:
    """Where what is held finds nothing it is for, nothing more comes off, and it is said."""
    sale = basket_of(sale_body, [_BUN, _CIGARS])
    listed = offers(PROGRAM, _PLENTY, sale, beside=chosen("drink"))
    assert not any(each.available for each in listed)
    assert {each.reward: each.why for each in listed}["hamper"] == _NONE


def test_points_take_nothing_from_what_is_held(sale_body: SaleBody) -> None:
    """Points are offered for what a held reward leaves, even if it could do with less."""
    sale = basket_of(sale_body, [_BUN])
    money = offers(PROGRAM, _PLENTY, sale, beside=chosen("bun-off"))[0]
    assert (money.available, money.why) == (False, _SMALL)
    assert why_not_together(PROGRAM, chosen("bun-off", 1), Basket.of(sale)) is None
    two = basket_of(sale_body, [_BUN, _COFFEE])
    money = offers(PROGRAM, _PLENTY, two, beside=chosen("bun-off"))[0]
    assert (money.available, money.value_minor) == (True, 300)


def test_one_for_a_sale_is_said_of_one() -> None:
    """A program that lets one reward into a sale says so of one."""
    one = PROGRAM.model_copy(update={"rewards_per_sale": 1})
    said = why_not_together(one, chosen("drink", 1))
    assert said == "no more than 1 reward goes with one sale"


_ABOUT = st.frozensets(st.sampled_from(["a", "b", "c"]), min_size=1)
_WARES = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 9)), max_size=5)


@given(abouts=st.lists(_ABOUT, min_size=1, max_size=4), wares=_WARES, own=st.integers(0, 1))
@settings(max_examples=300)
def test_things_are_the_cheapest_pieces(
    abouts: list[frozenset[str]], wares: list[tuple[str, int]], own: int
) -> None:
    """Of all ways to give each thing a piece of its own, tried one by one, the cheapest is found;
    where there is none, none is.
    """
    rules = [
        Reward(id=f"{index}", text="T", cost_points=1, categories=about)
        for index, about in enumerate(abouts)
    ]
    lines = [
        Line(sku="1", category=name, quantity="1", unit_price_minor=0, amount_minor=minor)
        for name, minor in wares
    ]
    pieces = [("", 0)] * own + wares
    ways = [
        sum(minor for _, minor in way)
        for way in permutations(pieces, len(abouts))
        if all(not name or name in about for (name, _), about in zip(way, abouts, strict=True))
    ]
    taken = cheapest_pieces(lines, rules, own)
    assert (None if taken is None else sum(taken.values())) == min(ways, default=None)


def test_a_piece_that_nobody_can_have_is_left() -> None:
    """A second coffee is no use where the only drink and the only treat have theirs."""
    about = {"drink": {"beverage"}, "treat": {"beverage", "bakery"}, "smoke": {"tobacco"}}
    rules = [
        Reward(id=name, text="T", cost_points=1, categories=frozenset(each))
        for name, each in about.items()
    ]
    wares = [("bakery", 1), ("beverage", 2), ("beverage", 3), ("tobacco", 4)]
    lines = [
        Line(sku="1", category=name, quantity="1", unit_price_minor=0, amount_minor=minor)
        for name, minor in wares
    ]
    assert cheapest_pieces(lines, rules, 0) == {0: 1, 1: 2, 3: 4}


_CHOICES = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 300)), min_size=1, max_size=5)


def draw_chosen(program: Program, choices: list[tuple[int, int]]) -> list[Chosen]:
    """Choose among what a program has; points as money off are whole steps."""
    rules = [*program.reward, *([program.discount] if program.discount else [])]
    picked = [(rules[place % len(rules)], number) for place, number in choices if rules]
    return [
        Chosen(rule=rule, points=number * rule.step if isinstance(rule, Discount) else 1)
        for rule, number in picked
    ]


@given(program=catalogues(), sale=sales(), choices=_CHOICES, data=st.data())
@settings(max_examples=150)
def test_the_order_decides_nothing(
    program: Program, sale: Sale, choices: list[tuple[int, int]], data: st.DataObject
) -> None:
    """In whatever order rewards were chosen, they go together or do not; and what goes together
    does with one less.
    """
    picked, basket = draw_chosen(program, choices), Basket.of(sale)
    why = why_not_together(program, picked, basket)
    other = data.draw(st.permutations(picked))
    assert (why_not_together(program, other, basket) is None) == (why is None)
    if why is None and other:
        assert why_not_together(program, other[1:], basket) is None


@given(program=catalogues(), sale=sales(), tries=st.lists(st.integers(0, 3), max_size=6))
@settings(max_examples=150)
def test_never_more_comes_off_than_there_is(program: Program, sale: Sale, tries: list[int]) -> None:
    """Whoever takes one offer after the other has no more off than the basket comes to, and than
    the lines come to that any of what takes it off is about.
    """
    taken: list[tuple[Chosen, int]] = []
    rules = {each.id: each for each in (*program.reward, program.discount) if each is not None}
    for place in tries:
        beside = [each for each, _ in taken]
        there = [each for each in offers(program, _PLENTY, sale, beside=beside) if each.available]
        if not there:
            break
        offer = there[place % len(there)]
        one = Chosen(rule=rules[offer.reward], points=offer.cost_points)
        taken.append((one, offer.value_minor or 0))
        assert one.is_thing or taken[-1][1] > 0
        assert why_not_together(program, [*beside, one], Basket.of(sale)) is None
    assume(taken)
    goods = [line for line in sale.lines if line.category != "reward"]
    whole_minor = max(0, sum(line.amount_minor for line in goods))
    assert sum(minor for _, minor in taken) <= whole_minor
    kinds = {each.rule.id: each.rule for each, minor in taken if minor}
    for size in range(1, len(kinds) + 1):
        for some in combinations(kinds.values(), size):
            names = {rule.id for rule in some}
            about = [line for line in goods if any(rule.takes(line) for rule in some)]
            off_minor = sum(minor for each, minor in taken if each.rule.id in names)
            positive = sum(max(0, line.amount_minor) for line in about)
            assert off_minor <= positive, names
            if size == 1:
                assert off_minor <= max(0, sum(line.amount_minor for line in about)), names


def test_without_a_basket_the_programs_words_decide() -> None:
    """Before the goods are known, only what the program forbids of any basket is forbidden."""
    assert why_not_together(PROGRAM, chosen("drink", "treat")) is None
    assert why_not_together(PROGRAM, chosen("drink", "party")) == _ALONE
