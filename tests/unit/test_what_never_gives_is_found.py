"""A rule, a promotion or a reward that can never give anything is a mistake, told as such."""

import pytest
from written_programs import complaints

P = '\n[[promotion]]\nid = "p"\ntext = "P"\n'
DOUBLE = P + 'multiplier = "2"\n'
BONUS = P + "bonus = 5\n"
FUEL = '\n[[earn]]\nid = "fuel"\nper_quantity = "1"\ncategories = ["fuel"]\ntext = "F"\n'
GOLD = '\n[[earn]]\nid = "gold"\nper_minor = 100\ntiers = ["gold"]\ntext = "G"\n'
REWARD = '\n[[reward]]\nid = "r"\ntext = "R"\ncost_points = 10\n'
FROM_MARCH = "effective_from = 2026-03-01\n"

NEVER = {
    "it is over before the program begins": (DOUBLE + "last_day = 2026-02-28\n", "last_day", ""),
    "moments beside its days": (
        DOUBLE + "first_day = 2026-03-10\nlast_day = 2026-03-12\n"
        "starts_at = 2026-03-14T10:00:00Z\n",
        "starts_at",
        "write moments on its days",
    ),
    "its moments end before its days": (
        DOUBLE + "first_day = 2026-03-10\nends_at = 2026-03-09T10:00:00Z\n",
        "ends_at",
        "write moments on its days",
    ),
    "a weekday that is not between its moments": (
        DOUBLE + 'weekdays = ["sun"]\n'
        "starts_at = 2026-03-10T10:00:00Z\nends_at = 2026-03-11T10:00:00Z\n",
        "weekdays",
        '"tue", "wed"',
    ),
    "hours that are not between its moments": (
        DOUBLE + 'hours = [{ start = "16:00", end = "18:00" }]\n'
        "starts_at = 2026-03-10T10:00:00Z\nends_at = 2026-03-10T12:00:00Z\n",
        "hours",
        "write hours that are between",
    ),
    "a weekday whose hours are over": (
        DOUBLE + 'weekdays = ["tue"]\nhours = [{ start = "08:00", end = "09:00" }]\n'
        "starts_at = 2026-03-10T10:00:00Z\nends_at = 2026-03-11T18:00:00Z\n",
        "weekdays",
        '"tue", "wed"',
    ),
    "a rule for other tiers": (
        GOLD + DOUBLE + 'rules = ["gold"]\ntiers = ["green"]\n',
        "tiers",
        "of tiers, these can: gold",
    ),
    "a rule for other categories": (
        FUEL + DOUBLE + 'rules = ["fuel"]\ncategories = ["wine"]\n',
        "categories",
        "name what those rules count",
    ),
    "a rule for other articles": (
        FUEL.replace('categories = ["fuel"]', 'skus = ["1"]') + DOUBLE + 'rules = ["fuel"]\n'
        'skus = ["2"]\n',
        "skus",
        "name what those rules count",
    ),
    "what its rule counts is excluded": (
        FUEL + DOUBLE + 'rules = ["fuel"]\nexclude_categories = ["fuel"]\n',
        "rules",
        "name what those rules count",
    ),
    "a bonus whose category is excluded": (
        BONUS + 'categories = ["wine"]\nexclude_categories = ["wine"]\n',
        "",
        "take an exclusion out",
    ),
    "a bonus for rewards alone": (BONUS + 'categories = ["reward"]\n', "", "take an exclusion"),
    "a budget of which no store has a share": (
        BONUS + "budget = { points = 100 }\n",
        "budget",
        "write each_store",
    ),
    "a budget without its only store": (
        BONUS + 'stores = ["s2"]\nbudget = { points = 100, stores = { s1 = 100 } }\n',
        "budget",
        "write each_store",
    ),
}


@pytest.mark.parametrize(("added", "key", "fix"), NEVER.values(), ids=NEVER)
def test_a_promotion_that_never_applies(added: str, key: str, fix: str) -> None:
    """Whatever keeps a promotion from ever giving a point is named by its key, with a way out."""
    said = complaints(added, top=FROM_MARCH)
    place = len(added.partition(P)[0].splitlines()) + 26
    assert len(said) == 1, said
    assert said[0].partition(" ")[2].startswith(f"promotion.1{'.' + key if key else ''}: ")
    assert int(said[0].split()[0]) >= place
    assert '[[promotion]] "p": ' in said[0]
    assert "so it never applies" in said[0]
    assert fix in said[0]


SOMETIMES = {
    "from the program's first day": DOUBLE + "last_day = 2026-03-01\n",
    "its weekday is one of its days": DOUBLE
    + 'weekdays = ["wed"]\nfirst_day = 2026-03-10\nlast_day = 2026-03-11\n',
    "every weekday of a long window": DOUBLE
    + 'weekdays = ["mon"]\nfirst_day = 2026-03-10\nlast_day = 2026-03-16\n',
    "hours past midnight of its last day": DOUBLE
    + 'weekdays = ["thu"]\nhours = [{ start = "00:00", end = "02:00" }]\n'
    + "first_day = 2026-03-10\nlast_day = 2026-03-11\n",
    "hours within its moments": DOUBLE
    + 'hours = [{ start = "16:00", end = "18:00" }]\n'
    + "starts_at = 2026-03-10T17:59:00Z\nends_at = 2026-03-10T23:00:00Z\n",
    "a day without a beginning": DOUBLE + 'weekdays = ["sun"]\nlast_day = 2026-03-12\n',
    "for a tier of its rule": GOLD + DOUBLE + 'rules = ["gold"]\ntiers = ["green", "gold"]\n',
    "for every rule": GOLD + DOUBLE + 'tiers = ["green"]\n',
    "an article of any category": FUEL + DOUBLE + 'rules = ["fuel"]\nskus = ["7"]\n',
    "a share for every store": BONUS
    + "budget = { points = 100, each_store = 1, other_stores = 9 }\n",
    "a share for a store": BONUS + "budget = { points = 9, stores = { s1 = 9, s2 = 0 } }\n",
    "a share for its store": BONUS
    + 'stores = ["s1", "s2"]\nbudget = { points = 9, stores = { s1 = 9 } }\n',
    "a bonus for what is left": BONUS + 'categories = ["wine"]\nexclude_skus = ["1"]\n',
}


@pytest.mark.parametrize("added", SOMETIMES.values(), ids=SOMETIMES)
def test_a_promotion_that_sometimes_applies(added: str) -> None:
    """One that applies on a single day, at a single store or for a single article is no mistake."""
    assert complaints(added, top=FROM_MARCH) == []


def test_a_program_that_lists_its_categories_leaves_no_other() -> None:
    """Where categories are listed, a rule that excludes all of them has nothing left."""
    listed = 'categories = ["wine", "fuel"]\n'
    added = BONUS + 'exclude_categories = ["fuel", "wine"]\n'
    assert complaints(added) == []
    assert "all that it is about is excluded" in complaints(added, top=listed)[0]
    assert complaints(BONUS + 'exclude_categories = ["fuel"]\n', top=listed) == []


def test_an_earn_rule_that_counts_nothing() -> None:
    """An earn rule whose own exclusions leave it nothing is a mistake."""
    idle = FUEL + 'exclude_categories = ["fuel"]\n'
    said = complaints(idle)
    assert [each.split(":")[0] for each in said] == ["26 earn.2"]
    assert "it never gives anything; take an exclusion out, or the rule" in said[0]
    assert complaints(FUEL + 'exclude_categories = ["wine"]\n') == []


def test_a_reward_that_nobody_can_have() -> None:
    """One that ends before the program begins, or is for what it excludes, is a mistake."""
    late = REWARD + "last_day = 2026-02-28\n"
    assert complaints(late, top=FROM_MARCH) == [
        '31 reward.1.last_day: [[reward]] "r": last_day: it ends before the program begins on '
        "2026-03-01, so nobody can have it; write a later day, or take it out"
    ]
    none = REWARD + 'categories = ["wine"]\nexclude_categories = ["wine"]\n'
    assert [each.split(":")[0] for each in complaints(none)] == ["26 reward.1"]
    assert "so nobody can have it" in complaints(none)[0]
    assert complaints(REWARD + "last_day = 2026-03-01\n", top=FROM_MARCH) == []
    assert complaints(late) == []


CARD = '\n[[stamp_card]]\nid = "c"\ntext = "Stamps"\ngives = "A coffee"\nstamps = 9\n'


def test_a_stamp_card_that_never_collects() -> None:
    """One that ends before the program begins, or is about what it excludes, is a mistake."""
    late = CARD + 'categories = ["wine"]\nlast_day = 2026-02-28\n'
    assert complaints(late, top=FROM_MARCH) == [
        '33 stamp_card.1.last_day: [[stamp_card]] "c": last_day: it ends before the program begins '
        "on 2026-03-01, so it never collects; write a later day"
    ]
    none = CARD + 'categories = ["wine"]\nexclude_categories = ["wine"]\n'
    assert [each.split(":")[0] for each in complaints(none)] == ["26 stamp_card.1"]
    assert "so it never collects" in complaints(none)[0]
    there = CARD + 'categories = ["wine"]\nlast_day = 2026-03-01\n'
    assert complaints(there, top=FROM_MARCH) == []
