"""Each contradiction that a program's file can hold is refused, with the words to mend it by."""

import pytest

from agent.core.account import Account
from agent.core.mistakes import keys_at
from agent.core.program import Program
from agent.core.strict_toml import InvalidDocument

_BASE = 'id = "c"\nversion = 1\nname = "C"\ncurrency = "USD"\n'
_EARN = '[[earn]]\nid = "base"\ntext = "Base"\n'
_RULE = _EARN + "per_minor = 100\n"
_MORE = _BASE + _RULE + '[[promotion]]\nid = "more"\ntext = "More"\n'
_OFF = _BASE + _RULE + '[discount]\nid = "off"\ntext = "Off"\n'
_COFFEE = _BASE + _RULE + '[[reward]]\nid = "coffee"\ntext = "Coffee"\ncost_points = 5\n'
_TIERS = (
    _BASE + _RULE + '[tiers]\ncount = "points"\nperiod = "rolling"\nkeep = "months"\n'
    '[[tiers.tier]]\nid = "green"\ntext = "Green"\n'
)
_STEPS = "steps = [{ from_minor = 9, points = 1 }, { from_minor = 9, points = 2 }]\n"
_GOLD = 'reach = 0\n[[tiers.tier]]\nid = "gold"\ntext = "Gold"\n'

_WRONG = [
    (_BASE + _EARN, "say what it counts, and one thing alone"),
    (_BASE + _RULE + "per_visit = true\n", "say what it counts, and one thing alone"),
    (_BASE + _RULE + 'per_quantity = "1"\n', "say what it counts, and one thing alone"),
    (_BASE + _EARN + 'per_quantity = "0.000"\n', "per_quantity: it must be above zero"),
    (
        _BASE + _EARN + 'per_visit = true\ntier_rates = { gold = "2" }\n',
        "tier_rates go with per_minor or per_quantity",
    ),
    (
        _BASE + _EARN + _STEPS,
        "begin with the smallest from_minor",
    ),
    (_MORE, "say what it gives, and one thing alone"),
    (_MORE + 'bonus = 5\nmultiplier = "2"\n', "say what it gives, and one thing alone"),
    (_MORE + 'multiplier = "1"\n', "a multiplier must be above 1"),
    (_MORE + 'bonus = 5\nrules = ["base"]\n', "rules are what a multiplier multiplies"),
    (
        _MORE + 'bonus = 5\nfirst_day = "2026-01-02"\nlast_day = "2026-01-01"\n',
        "last_day is before first_day",
    ),
    (
        _MORE + 'bonus = 5\nstarts_at = "2026-01-02T00:00:00Z"\nends_at = "2026-01-02T00:00:00Z"\n',
        "ends_at is not after starts_at",
    ),
    (
        _MORE + 'bonus = 5\nhours = [{ start = "16:00", end = "16:00" }]\n',
        "corner.toml:13: [[promotion]] \"more\": hours.1.end: "
        "from 16:00 to 16:00 is no time, or the "
        "whole day; write another end, or leave hours out",
    ),
    (
        _MORE + "bonus = 5\nbudget = { points = 50, each_store = 5 }\n",
        "corner.toml:13: [[promotion]] \"more\": budget.each_store: "
        "nobody says how many other stores "
        "have each_store; write other_stores",
    ),
    (
        _MORE + "bonus = 5\nbudget = { points = 50, other_stores = 5 }\n",
        "budget.other_stores: other_stores goes with each_store; write each_store, or take it out",
    ),
    (
        _MORE + "bonus = 5\nbudget = { points = 50, each_store = 6, other_stores = 9 }\n",
        "corner.toml:13: [[promotion]] \"more\": budget.each_store: the stores' allowances add up "
        "to 54, more than 50; give less to each, or write points = 54",
    ),
    (
        _BASE
        + _RULE
        + "[limits]\nredemptions = "
        + '[{ above_points = 9, proof = "uid" }, { above_points = 9, proof = "sdm" }]\n',
        "2: above_points: above_points must rise; the one before is 9; write more than 9",
    ),
    (
        _BASE
        + _RULE
        + "[limits]\nredemptions = "
        + '[{ above_points = 9, proof = "uid" }, { above_points = 10, proof = "uid" }]\n',
        "2: proof: more than 9 points need 'uid' already; write proof = \"sdm\"",
    ),
    (_MORE + 'bonus = 5\noccasion = "visit"\n', "and zone go together"),
    (_MORE + 'bonus = 5\nzone = "bar"\n', "and zone go together"),
    (_MORE + "bonus = 5\nwithin_days = 3\n", "within_days goes with occasion"),
    (
        _MORE + 'bonus = 5\noccasion = "welcome"\ntier_days = { green = 3 }\n',
        "tier_days go with occasion",
    ),
    (_MORE + 'multiplier = "2"\nrules = ["bas"]\n', "the earn rule 'bas'; did you mean 'base'?"),
    (_MORE + 'bonus = 5\ntiers = ["gold"]\n', '"more": tiers.1: nobody declared the tier \'gold\''),
    (_COFFEE + 'tiers = ["gold"]\n', '"coffee": tiers.1: nobody declared the tier \'gold\''),
    (
        _COFFEE + 'first_day = "2026-01-02"\nlast_day = "2026-01-01"\n',
        "last_day is before first_day, so nobody could have it",
    ),
    (
        _BASE + _RULE + '[expiry]\nkind = "rolling"\nmonths = 6\nnever_tiers = ["gold"]\n',
        "expiry.never_tiers.1: nobody declared the tier 'gold'",
    ),
    (
        _BASE + _RULE + '[expiry]\nkind = "inactivity"\nmonths = 6\nactivity_extends = true\n',
        "counts from the last activity as it is",
    ),
    (
        _BASE + 'categories = ["fuel"]\n' + _RULE + 'categories = ["fuels"]\n',
        "nobody declared the category 'fuels'; did you mean 'fuel'?",
    ),
    (
        _MORE.replace("currency", 'categories = ["fuel"]\ncurrency')
        + 'bonus = 1\nexclude_categories = ["oil"]',
        "exclude_categories.1: nobody declared the category 'oil'",
    ),
    (
        _COFFEE.replace("currency", 'categories = ["fuel"]\ncurrency') + 'categories = ["oil"]\n',
        " categories.1: nobody declared the category 'oil'",
    ),
    (
        _OFF.replace("currency", 'categories = ["fuel"]\ncurrency')
        + 'points = 1\nworth_minor = 1\nstep = 1\nexclude_categories = ["oil"]\n',
        "exclude_categories.1: nobody declared the category 'oil'",
    ),
    (_OFF + "points = 3\nworth_minor = 100\nstep = 1\n", "a step must be worth whole minor units"),
    (_OFF + "points = 1\nworth_minor = 1\nstep = 50\nminimum = 120\n", "make it 100 or 150"),
    (_OFF + "points = 1\nworth_minor = 1\nstep = 50\nminimum = 20\n", "make it 50"),
    (_TIERS + "reach = 5\n", "everybody is in the first tier; give 'green' reach = 0"),
    (_TIERS + _GOLD + "reach = 0\n", "'gold' overlaps 'green'; give it a reach above 0"),
    (_TIERS + _GOLD.replace("gold", "green") + "reach = 5\n", "two tiers are called 'green'"),
    (_BASE + _RULE + _RULE, "two rules are called 'base'"),
    (_BASE + _RULE + '[enrolment]\nid = "base"\ntext = "Hi"\npoints = 5\n', "two rules are called"),
    (_OFF.replace('"off"', '"coffee"') + "points = 1\nworth_minor = 1\nstep = 1\n"
     + _COFFEE.removeprefix(_BASE + _RULE), "two rewards are called 'coffee'"),
    (_BASE + 'languages = ["en", "de"]\n' + _RULE, "'de' has no table"),
    (_BASE + _RULE + 'texts = { de = "Basis" }\n', "'de' cannot stand here"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), _WRONG)
def test_a_contradiction_is_named(text: str, words: str) -> None:
    """The file is refused, and it is said what contradicts what."""
    with pytest.raises(InvalidDocument) as caught:
        Program.parse(text, source="corner.toml")
    assert words in str(caught.value)


def test_what_only_looks_like_one_is_taken() -> None:
    """A reward's own category needs no declaration, nor does anything where none is declared."""
    listed = _BASE + 'categories = ["fuel"]\n' + _RULE + 'exclude_categories = ["reward", "fuel"]\n'
    assert Program.parse(listed, source="corner.toml").earn[0].exclude_categories
    assert Program.parse(_TIERS + _GOLD + "reach = 5\n", source="corner.toml").tiers


def test_an_account_that_contradicts_itself_is_refused() -> None:
    """Nobody owes points and has some, and nobody was born on 30 February."""
    lots = [{"points": 5, "earned_on": "2026-01-01"}]
    with pytest.raises(ValueError, match="an account that owes points has none"):
        Account.model_validate({"lots": lots, "debt": 1})
    with pytest.raises(ValueError, match="there is no such day"):
        Account.model_validate({"birthday": "02-30"})
    assert Account.model_validate({"birthday": "02-29"}).birthday == "02-29"
    assert Account(debt=7).balance == -7


def test_keys_are_those_that_may_stand_there() -> None:
    """Where a value has no keys there are none; below what nobody knows, those beside it."""
    assert keys_at(Program, ("version", "x")) == []
    assert "per_minor" in keys_at(Program, ("earn", 0))
    assert keys_at(Program, ("nothing",)) == keys_at(Program, ())
