"""Two stores on line ask head office for the same points in the same moment, through a broker."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from company import Company, new_id, until

pytestmark = pytest.mark.long

_ROUNDS = 8
_POINTS = 900
_WISHED = 600
"""More than half of what there is, and more than a store may give beyond its rights."""


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """Head office and two stores."""
    with Company(tmp_path).running() as company:
        yield company


def test_no_point_is_given_twice(company: Company) -> None:
    """However they race, one store at most gives a member what only one of them can; whoever asks
    again alone gets it; and head office finds nothing that was spent beyond what there was.
    """
    cards = [company.member(("s001", "s002")[number % 2], _POINTS) for number in range(_ROUNDS)]
    for store in company.stores.values():
        store.wait_acknowledged()
    with ThreadPoolExecutor(len(company.stores)) as tills:
        for card in cards:
            until(lambda c=card: all(knows(company, s, c) for s in company.stores), "both to know")
            name = new_id()
            asked = {
                store: tills.submit(wishes, company, store, card, f"{name}-{store}")
                for store in company.stores
            }
            given = [store for store, answer in asked.items() if answer.result().is_success]
            assert len(given) <= 1
            if not given:  # each was asked to give up what the other wanted
                until(
                    lambda c=card, n=name: wishes(company, "s001", c, f"{n}-s001").is_success,
                    "one that asks alone to be given it",
                )
                given = ["s001"]
            assert company.pos(given[0]).capture(f"{name}-{given[0]}").status_code == 200
    company.agree()
    assert company.conflicts("overspend") == []


def knows(company: Company, store: str, card: str) -> bool:
    """Whether a store shows a member what they have."""
    return bool(company.pos(store).identify(card).json().get("balance") == _POINTS)


def wishes(company: Company, store: str, card: str, name: str) -> httpx.Response:
    """Ask for most of what a member has."""
    return company.pos(store).hold(name, token=card, points=_WISHED)
