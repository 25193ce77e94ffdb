"""What is right but may give away more than was meant, or does nothing, is a warning."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from written_programs import CORNER, warnings_of

from agent.cli import main
from agent.paths import shipped_program

P = '\n[[promotion]]\nid = "p"\ntext = "P"\n'


def discount(points: int, worth_minor: int) -> str:
    """Points as money off."""
    return (
        f'\n[discount]\nid = "off"\ntext = "Off"\npoints = {points}\nworth_minor = {worth_minor}\n'
        f"step = {points}\n"
    )


def reward(name: str, cost: int, value_minor: int, more: str = "") -> str:
    """A reward that takes money off."""
    return (
        f'\n[[reward]]\nid = "{name}"\ntext = "R"\ncost_points = {cost}\n'
        f"value_minor = {value_minor}\n{more}"
    )


def test_points_worth_more_than_what_earns_them() -> None:
    """Both rates are told in money: what is spent for the points, and what they take off."""
    assert warnings_of(discount(10, 1500)) == [
        "30 discount.worth_minor: discount.worth_minor: 10.00 USD spent earn 10 points ('base'), "
        "and they take 15.00 USD off: points are worth more than what earns them; let them take "
        "off less than 10.00 USD, or cost more points"
    ]
    assert warnings_of(discount(10, 1000)) == []
    assert warnings_of(reward("r", 50, 5001))[0].startswith("30 reward.1.value_minor: ")
    assert warnings_of(reward("r", 50, 5000)) == []


def test_the_best_rate_of_the_best_tier_counts() -> None:
    """A multiplied rate, or a step, is compared where it earns most."""
    rated = CORNER.replace("per_minor = 100", 'per_minor = 100\ntier_rates = { gold = "1.5" }')
    assert "6.67 USD spent earn 10 points" in warnings_of(discount(10, 1000), corner=rated)[0]
    steps = CORNER.replace("per_minor = 100", "steps = [{ from_minor = 3000, points = 10 }]")
    assert warnings_of(discount(10, 3000), corner=steps) == []
    assert "30.00 USD spent earn 10 points" in warnings_of(discount(10, 3001), corner=steps)[0]
    visits = CORNER.replace("per_minor = 100", "per_visit = true")
    assert warnings_of(discount(10, 3001), corner=visits) == []


WARNED = {
    "a cap below the bonus": (
        P + "bonus = 50\ncaps = { points_per_day = 20 }",
        "29 promotion.1.bonus",
        "points_per_day gives no more than 20 of it; write bonus = 20",
    ),
    "a limit below the bonus": (
        P + "bonus = 50\n[limits]\npoints_per_sale = 30",
        "29 promotion.1.bonus",
        "the program's points_per_sale gives no more than 30 of it",
    ),
    "a visit that goes on for the day": (
        P + 'bonus = 5\noccasion = "visit"\nzone = "wine"',
        "26 promotion.1.caps",
        "gives it with each sale of that day; write caps = { times_per_day = 1 }",
    ),
    "a rate of a tier that the rule is not for": (
        '\n[[earn]]\nid = "g"\nper_minor = 1\ntext = "G"\ntiers = ["gold"]\n'
        'tier_rates = { gold = "2", green = "1" }',
        "31 earn.2.tier_rates.green",
        "the rule is not for the tier 'green', so its rate does nothing; add it to tiers",
    ),
    "days of a tier that the promotion is not for": (
        P + 'bonus = 5\noccasion = "birthday"\ntiers = ["gold"]\ntier_days = { green = 3 }',
        "32 promotion.1.tier_days.green",
        "its days do nothing; add it to tiers",
    ),
    "an expiry for nobody": (
        '\n[expiry]\nkind = "rolling"\nmonths = 6\nnever_tiers = ["gold", "green"]',
        "29 expiry.never_tiers",
        "these are all tiers, so no points ever run out; take [expiry] out",
    ),
    "money off for goods that are excluded": (
        '\n[discount]\nid = "d"\ntext = "D"\npoints = 1000\nworth_minor = 1\nstep = 1000\n'
        'skus = ["1"]\nexclude_skus = ["1"]',
        "26 discount",
        "all that points could pay for is excluded, so nobody can have it; take an exclusion out",
    ),
    "a reward that costs more for less": (
        reward("small", 20, 100) + reward("large", 10, 100),
        "29 reward.1.cost_points",
        "'large' takes as much off for no more points, so nobody takes it; write fewer than 10",
    ),
}


@pytest.mark.parametrize(("added", "place", "said"), WARNED.values(), ids=WARNED)
def test_what_does_not_do_what_it_says(added: str, place: str, said: str) -> None:
    """What stands there without its effect is told, with what to write."""
    warnings = warnings_of(added)
    assert len(warnings) == 1
    assert warnings[0].startswith(f"{place}: ")
    assert said in warnings[0]


FINE = {
    "a cap above the bonus": P + "bonus = 5\ncaps = { points_per_day = 20 }",
    "a cap of a multiplier": P + 'multiplier = "2"\ncaps = { points_per_sale = 2 }',
    "a visit a day": P
    + 'bonus = 5\noccasion = "visit"\nzone = "wine"\ncaps = { times_per_day = 1 }',
    "a visit ever": P + 'bonus = 5\noccasion = "visit"\nzone = "wine"\ncaps = { times_in_all = 1 }',
    "rates of all tiers": '\n[[earn]]\nid = "g"\nper_minor = 1\ntext = "G"\n'
    'tier_rates = { gold = "2" }\n',
    "an expiry for some": '\n[expiry]\nkind = "rolling"\nmonths = 6\nnever_tiers = ["gold"]',
    "more money off for more points": reward("a", 10, 100) + reward("b", 20, 200),
    "money off and a thing": reward("a", 20, 100)
    + '\n[[reward]]\nid = "b"\ntext = "B"\ncost_points = 10',
    "cheaper for some": reward("a", 20, 100) + reward("b", 10, 100, 'tiers = ["gold"]'),
    "cheaper for a large basket": reward("a", 20, 100)
    + reward("b", 10, 100, "minimum_basket_minor = 500"),
    "cheaper for some days": reward("a", 20, 100) + reward("b", 10, 100, "last_day = 2026-05-01"),
    "cheaper for a good card": reward("a", 20, 100) + reward("b", 10, 100, 'proof = "sdm"'),
    "cheaper and alone": reward("a", 20, 100) + reward("b", 10, 100, "alone = true"),
    "cheaper for some goods": reward("a", 20, 100) + reward("b", 10, 100, 'skus = ["1"]'),
}


@pytest.mark.parametrize("added", FINE.values(), ids=FINE)
def test_what_does_what_it_says(added: str) -> None:
    """What has its effect for somebody is no warning."""
    assert [each for each in warnings_of(added) if "worth more" not in each] == []


def test_of_two_rewards_alike_the_second_is_told() -> None:
    """Neither of two equal rewards outdoes the other twice."""
    twice = reward("a", 10, 100, 'tiers = ["gold"]') + reward("b", 10, 100, 'tiers = ["gold"]')
    assert [each.split(":")[0] for each in warnings_of(twice)] == ["35 reward.2.cost_points"]


def test_a_text_that_a_language_lacks_is_told() -> None:
    """With a second language, each text without it is a hint and no mistake."""
    phrases = "[phrases.es]" + shipped_program("simple").read_text("utf-8").split("[phrases.es]")[1]
    top = 'languages = ["en", "es"]\n'
    added = (
        P
        + "bonus = 5\n"
        + discount(100, 100)
        + '\n[enrolment]\nid = "e"\ntext = "E"\npoints = 5\n'
        + '\n[[reward]]\nid = "r"\ntext = "R"\ntexts = { es = "R" }\ncost_points = 10\n'
    )
    said = warnings_of(added + phrases, top=top)
    keys = ["earn.1", "tiers.tier.1", "tiers.tier.2", "promotion.1", "discount", "enrolment"]
    assert [each.split(" ")[1] for each in said] == [f"{key}.text:" for key in keys]
    assert said[0] == (
        '10 earn.1.text: [[earn]] "base": text: it has no text in es, and is printed in en there; '
        'write texts = { es = "…" }'
    )


def test_a_warning_is_no_mistake(tmp_path: Path) -> None:
    """With warnings alone the exit code is 0, and they stand before the sentences."""
    file = tmp_path / "shop.toml"
    file.write_text(CORNER + discount(10, 1500), "utf-8")
    result = CliRunner().invoke(main, ["program", "check", str(file)])
    assert result.exit_code == 0
    first, second, *_ = result.stdout.splitlines()
    assert first.startswith(f"{file}:30: warning: ")
    assert second == f"{file}: no mistake"
    assert "Earning" in result.stdout
    found = json.loads(CliRunner().invoke(main, ["program", "check", str(file), "--json"]).stdout)
    assert found["ok"] is True
    assert found["mistakes"] == []
    assert [each["line"] for each in found["warnings"]] == [30]
    assert found["warnings"][0]["suggestion"].startswith("let them take off less than 10.00 USD")


CARD = '\n[[stamp_card]]\nid = "{}"\ntext = "S"\ngives = "A coffee"\nstamps = 9\n'


def test_a_stamp_card_about_more_than_was_meant() -> None:
    """Stamps for all goods, or for the same goods on two cards, are told; other goods are not."""
    (everything,) = warnings_of(CARD.format("c"))
    assert everything.startswith("26 stamp_card.1: ")
    assert "each bread roll brings a stamp; name categories or skus" in everything
    coffee = CARD.format("c") + 'categories = ["beverage"]\n'
    assert warnings_of(coffee) == []
    (twice,) = warnings_of(coffee + CARD.format("d") + 'skus = ["1"]\ncategories = ["beverage"]\n'
                           'exclude_skus = ["1"]\n')  # fmt: skip
    assert twice.startswith("33 stamp_card.2: ")
    assert "all its goods bring stamps on 'c', too" in twice
    for other in ('categories = ["bakery"]\n', 'categories = ["beverage"]\ntiers = ["gold"]\n',
                  'categories = ["beverage"]\nlast_day = 2026-03-01\n'):  # fmt: skip
        assert warnings_of(coffee + CARD.format("d") + other) == []


def test_a_treat_is_compared_with_no_price() -> None:
    """What costs nothing is worth no points, and outdoes no other; its days for other tiers are
    told.
    """
    free = 'occasion = "birthday"\n'
    assert warnings_of(reward("r", 0, 5001, free) + reward("s", 50, 100)) == []
    days = free + 'tiers = ["gold"]\ntier_days = { gold = 7, green = 2 }\n'
    (useless,) = warnings_of(reward("r", 0, 100, days))
    assert "the reward is not for the tier 'green', so its days do nothing" in useless
