"""Each condition of a promotion, on both sides of its border, and what a multiplier multiplies."""

from typing import Any

import pytest

from agent.core.account import Account
from agent.core.accumulate import ANYBODY, Circumstances, accumulate
from agent.core.basket import Sale
from agent.core.program import Program
from agent.core.strict_toml import InvalidDocument

_PROGRAM = """
id = "corner"
version = 1
name = "Corner"
currency = "USD"
stacking = "all"
[[earn]]
id = "base"
text = "1 point per $1"
per_minor = 100
"""
_MORE = '[[promotion]]\nid = "more"\ntext = "More"\n'
_TIERS = """
[tiers]
count = "points"
period = "rolling"
keep = "months"
[[tiers.tier]]
id = "green"
text = "Green"
reach = 0
[[tiers.tier]]
id = "gold"
text = "Gold"
reach = 500
"""


def program_of(promotion: str, earn: str = "") -> Program:
    """A program with one promotion, tiers, and what is said of its base rule."""
    return Program.parse(_PROGRAM + earn + _TIERS + _MORE + promotion, source="corner.toml")


def sale_of(*lines: dict[str, Any], **said: Any) -> Sale:
    """A sale of lines of 10.00 each, groceries where nothing else is said."""
    plain = {"sku": "1", "category": "grocery", "quantity": "1", "unit_price_minor": 1_000,
             "amount_minor": 1_000}  # fmt: skip
    made = [plain | line for line in lines or ({},)]
    total_minor = sum(line["amount_minor"] for line in made)
    body = {
        "lane": "1",
        "cashier": "ana",
        "business_date": "2026-11-21",
        "occurred_at": "2026-11-21T14:05:09+01:00",
        "currency": "USD",
        "lines": made,
        "tenders": [{"kind": "cash", "amount_minor": total_minor}],
        "total_minor": total_minor,
    }
    return Sale.model_validate(body | said)


def more(promotion: str, sale: Sale, when: Circumstances = ANYBODY, earn: str = "") -> int:
    """What the promotion gives."""
    because = accumulate(program_of(promotion, earn), sale, when).because
    return sum(reason.points for reason in because if reason.rule == "more")


@pytest.mark.parametrize(
    ("said", "day", "applies"),
    [
        ('first_day = "2026-11-20"\nlast_day = "2026-11-22"', "2026-11-19", False),
        ('first_day = "2026-11-20"\nlast_day = "2026-11-22"', "2026-11-20", True),
        ('first_day = "2026-11-20"\nlast_day = "2026-11-22"', "2026-11-22", True),
        ('first_day = "2026-11-20"\nlast_day = "2026-11-22"', "2026-11-23", False),
        ('first_day = "2026-11-20"', "2026-11-19", False),
        ('first_day = "2026-11-20"', "2099-01-01", True),
        ('last_day = "2026-11-22"', "2000-01-01", True),
        ('last_day = "2026-11-22"', "2026-11-23", False),
    ],
)
def test_both_ends_of_its_days_belong_to_it(said: str, day: str, applies: bool) -> None:
    """A promotion counts on its first and its last business date, and not a day beyond."""
    assert more(f"bonus = 5\n{said}", sale_of(business_date=day)) == (5 if applies else 0)


_HAPPY = '[[promotion.hours]]\nstart = "16:30"\nend = "18:00"\n'
_NIGHT = '[[promotion.hours]]\nstart = "22:00"\nend = "02:00"\n'


@pytest.mark.parametrize(
    ("said", "at", "applies"),
    [
        (_HAPPY, "16:29:59", False),
        (_HAPPY, "16:30:00", True),
        (_HAPPY, "17:59:59.999999", True),
        (_HAPPY, "18:00:00", False),
        (_HAPPY, "03:00:00", False),
        (_NIGHT, "21:59:59", False),
        (_NIGHT, "22:00:00", True),
        (_NIGHT, "23:59:59", True),
        (_NIGHT, "00:00:00", True),
        (_NIGHT, "01:59:59", True),
        (_NIGHT, "02:00:00", False),
        (_NIGHT, "12:00:00", False),
        (_HAPPY + _NIGHT, "23:00:00", True),
        (_HAPPY + _NIGHT, "17:00:00", True),
        (_HAPPY + _NIGHT, "12:00:00", False),
        ("[[promotion.hours]]\nstart = 16:30:00\nend = 18:00:00\n", "17:00:00", True),
        ("[[promotion.hours]]\nstart = 16:30:00\nend = 18:00:00\n", "18:00:00", False),
    ],
)
@pytest.mark.parametrize("offset", ["+01:00", "-05:00", "Z"])
def test_hours_are_those_on_the_shops_wall(said: str, at: str, applies: bool, offset: str) -> None:
    """The hour of a sale is that of its own offset; an end is outside, midnight is none."""
    sale = sale_of(occurred_at=f"2026-11-21T{at}{offset}")
    assert more(f"bonus = 5\n{said}", sale) == (5 if applies else 0)


@pytest.mark.parametrize("wrong", ['"4:30"', '"16.30"', '"24:00"', '"16:60"', "16", '"16:30+01"'])
def test_an_hour_that_nobody_can_read_is_refused(wrong: str) -> None:
    """An hour is written as hours and minutes, and is one that a clock shows."""
    with pytest.raises(InvalidDocument, match='write it as "16:30"'):
        program_of(f'bonus = 5\n[[promotion.hours]]\nstart = {wrong}\nend = "18:00"\n')


@pytest.mark.parametrize(
    ("at", "applies"),
    [
        ("2026-11-21T23:59:59+01:00", True),
        ("2026-11-22T00:00:00+01:00", False),
        ("2026-11-21T00:00:00-05:00", True),
        ("2026-11-20T23:59:59Z", False),
    ],
)
def test_weekdays_are_those_on_the_shops_wall(at: str, applies: bool) -> None:
    """Saturday is Saturday where the sale was, whatever the business date says."""
    said = 'bonus = 5\nweekdays = ["sat"]'
    assert more(said, sale_of(occurred_at=at)) == (5 if applies else 0)


@pytest.mark.parametrize(
    ("at", "applies"),
    [
        ("2026-11-21T12:59:59+01:00", False),
        ("2026-11-21T13:00:00+01:00", True),
        ("2026-11-21T14:59:59+01:00", True),
        ("2026-11-21T15:00:00+01:00", False),
        ("2026-11-21T09:30:00-04:00", True),
    ],
)
def test_moments_are_the_same_everywhere(at: str, applies: bool) -> None:
    """Between two moments a promotion counts in every zone at once, the last one not."""
    said = 'bonus = 5\nstarts_at = "2026-11-21T12:00:00Z"\nends_at = "2026-11-21T14:00:00Z"'
    assert more(said, sale_of(occurred_at=at)) == (5 if applies else 0)


@pytest.mark.parametrize(
    ("said", "when", "applies"),
    [
        ('stores = ["s001"]', Circumstances(store="s001"), True),
        ('stores = ["s001"]', Circumstances(store="s002"), False),
        ('stores = ["s001"]', ANYBODY, False),
        ('lanes = ["1"]', ANYBODY, True),
        ('lanes = ["2"]', ANYBODY, False),
        ('tiers = ["gold"]', Circumstances(account=Account(tier="gold")), True),
        ('tiers = ["gold"]', Circumstances(account=Account(tier="green")), False),
        ('tiers = ["gold"]', ANYBODY, False),
    ],
)
def test_places_and_tiers(said: str, when: Circumstances, applies: bool) -> None:
    """A promotion of some stores, lanes or tiers is for nobody else."""
    assert more(f"bonus = 5\n{said}", sale_of(), when) == (5 if applies else 0)


@pytest.mark.parametrize(
    ("said", "account", "applies"),
    [
        ('occasion = "first_purchase"', {}, True),
        ('occasion = "first_purchase"', {"last_activity_on": "2026-11-21"}, False),
        ('occasion = "welcome"', {}, False),
        ('occasion = "welcome"', {"enrolled_on": "2026-11-21"}, True),
        ('occasion = "welcome"', {"enrolled_on": "2026-11-20"}, False),
        ('occasion = "welcome"', {"enrolled_on": "2026-11-22"}, False),
        ('occasion = "welcome"\nwithin_days = 7', {"enrolled_on": "2026-11-14"}, True),
        ('occasion = "welcome"\nwithin_days = 7', {"enrolled_on": "2026-11-13"}, False),
        ('occasion = "birthday"', {}, False),
        ('occasion = "birthday"', {"birthday": "11-21"}, True),
        ('occasion = "birthday"', {"birthday": "11-20"}, False),
        ('occasion = "birthday"', {"birthday": "11-22"}, False),
        ('occasion = "birthday"\nwithin_days = 7', {"birthday": "11-14"}, True),
        ('occasion = "birthday"\nwithin_days = 7', {"birthday": "11-13"}, False),
        ('occasion = "birthday"\ntier_days = { gold = 30 }', {"birthday": "10-22"}, False),
        (
            'occasion = "birthday"\ntier_days = { gold = 30 }',
            {"birthday": "10-22", "tier": "gold"},
            True,
        ),
        (
            'occasion = "birthday"\ntier_days = { gold = 30 }',
            {"birthday": "10-21", "tier": "gold"},
            False,
        ),
        ('occasion = "visit"\nzone = "bar"', {"zones": ["bar"]}, True),
        ('occasion = "visit"\nzone = "bar"', {"zones": ["door"]}, False),
    ],
)
def test_occasions(said: str, account: dict[str, Any], applies: bool) -> None:
    """First purchase, welcome, birthday and visit, each to its last day and not a day more."""
    when = Circumstances(account=Account.model_validate(account))
    assert more(f"bonus = 5\n{said}", sale_of(), when) == (5 if applies else 0)


@pytest.mark.parametrize(
    ("day", "birthday", "applies"),
    [
        ("2026-02-28", "02-29", False),
        ("2026-03-01", "02-29", True),
        ("2026-03-02", "02-29", False),
        ("2024-02-29", "02-29", True),
        ("2024-03-01", "02-29", False),
        ("2024-03-01", "03-01", True),
    ],
)
def test_a_birthday_of_the_leap_day(day: str, birthday: str, applies: bool) -> None:
    """Who was born on 29 February has a birthday every year: on 1 March where there is none."""
    when = Circumstances(account=Account(birthday=birthday))
    sale = sale_of(business_date=day)
    assert more('bonus = 5\noccasion = "birthday"', sale, when) == (5 if applies else 0)


@pytest.mark.parametrize(
    ("day", "birthday", "applies"),
    [("2026-01-02", "12-30", True), ("2026-01-03", "12-30", False), ("0001-01-01", "12-30", False)],
)
def test_a_birthday_window_runs_over_new_year(day: str, birthday: str, applies: bool) -> None:
    """Three days from 30 December end in January; before the first year there was no birthday."""
    when = Circumstances(account=Account(birthday=birthday))
    said = 'bonus = 5\noccasion = "birthday"\nwithin_days = 3'
    assert more(said, sale_of(business_date=day), when) == (5 if applies else 0)


_BREAD = {"category": "bakery"}


@pytest.mark.parametrize(
    ("said", "lines", "points"),
    [
        ('multiplier = "2"', [{}], 10),
        ('multiplier = "2"', [{"amount_minor": 1_999}], 19),
        ('multiplier = "1.5"', [{"amount_minor": 1_999}], 9),
        ('multiplier = "2"\ncategories = ["bakery"]', [{}, _BREAD], 10),
        ('multiplier = "2"\ncategories = ["bakery"]', [{}], 0),
        ('multiplier = "2"\nexclude_skus = ["1"]', [{}, {"sku": "2"}], 10),
        ('multiplier = "2"\nminimum_minor = 1001', [{}], 0),
        ('multiplier = "2"\nminimum_minor = 1000', [{}], 10),
        ('multiplier = "2"\ncategories = ["bakery"]\nminimum_minor = 1500', [{}, _BREAD], 0),
        ("bonus = 7\nminimum_minor = 1001", [{}], 0),
        ("bonus = 7\nminimum_minor = 1000", [{}], 7),
        ('bonus = 7\ncategories = ["bakery"]', [{}], 0),
        ('bonus = 7\ncategories = ["bakery"]', [{}, _BREAD], 7),
        ('bonus = 7\ncategories = ["bakery"]', [{}, _BREAD | {"amount_minor": -100}], 0),
    ],
)
def test_what_it_gives(said: str, lines: list[dict[str, Any]], points: int) -> None:
    """A multiplier gives what is on top of the rules' points for its lines; a bonus is fixed."""
    assert more(said, sale_of(*lines)) == points


def test_a_minimum_is_money_once() -> None:
    """A line that two rules count is paid once, and litres and visits are no money."""
    second = '[[earn]]\nid = "litres"\ntext = "2 per litre"\npoints = 2\nper_quantity = "1"\n'
    visit = '[[earn]]\nid = "visit"\ntext = "A visit"\nper_visit = true\n'
    double = '[[earn]]\nid = "again"\ntext = "1 per $1"\nper_minor = 100\n'
    said = 'multiplier = "2"\nminimum_minor = 1500'
    for more_rules in (double, second, double + second + visit):
        tank = sale_of({"quantity": "40"})
        assert more(said, tank, earn=more_rules) == 0
    assert (
        more('multiplier = "2"\nrules = ["visit"]\nminimum_minor = 900', sale_of(), earn=visit) == 1
    )


def test_a_rules_minimum_is_reached_by_its_own_lines() -> None:
    """A basket that reached a rule's minimum gives double for its bread, however little that is."""
    bread = _BREAD | {"amount_minor": 300}
    said = 'multiplier = "2"\ncategories = ["bakery"]'
    assert more(said, sale_of({}, bread), earn="minimum_minor = 1000\n") == 3
    assert more(said, sale_of(bread), earn="minimum_minor = 1000\n") == 0


def test_rules_of_a_multiplier_are_the_ones_it_multiplies() -> None:
    """With ``rules``, other rules are not doubled."""
    other = '[[earn]]\nid = "other"\ntext = "3 per $1"\npoints = 3\nper_minor = 100\n'
    assert more('multiplier = "2"\nrules = ["base"]', sale_of(), earn=other) == 10
    assert more('multiplier = "2"', sale_of(), earn=other) == 40


def test_fractions_are_dropped_after_the_multiplier() -> None:
    """Gold's 12.50 at 1.2 is 15; 15.5 at 1.2 is 18.6 and doubled 18.6 more, of which 18 count."""
    gold = Circumstances(account=Account(tier="gold"))
    rates = 'tier_rates = { gold = "1.2" }\n'
    assert more('multiplier = "2"', sale_of({"amount_minor": 1_250}), gold, rates) == 15
    assert more('multiplier = "2"', sale_of({"amount_minor": 1_550}), gold, rates) == 18
    assert more('multiplier = "3"', sale_of({"amount_minor": 1_550}), gold, rates) == 37


def test_of_two_that_give_the_same_the_first_is_given() -> None:
    """Under ``best``, the order of the file decides between equals."""
    text = _PROGRAM.replace('"all"', '"best"') + _TIERS + _MORE + "bonus = 5\n"
    text += _MORE.replace('"more"', '"other"') + "bonus = 5\n"
    because = accumulate(Program.parse(text, source="corner.toml"), sale_of()).because
    assert [reason.rule for reason in because] == ["base", "more"]


def test_days_that_were_asked_for_are_forgotten_in_time() -> None:
    """A program that judges years of days holds no more than some of them, and judges the same."""
    program = program_of('bonus = 5\nfirst_day = "2026-11-20"')
    days = [f"{year}-{month:02}-{day:02}" for year in (2026, 2027) for month in range(1, 13)
            for day in range(1, 29)]  # fmt: skip
    for day in days:
        promoted = accumulate(program, sale_of(business_date=day)).points > 10
        assert promoted == (day >= "2026-11-20")
