"""A box is copied with its disk, and both go on under one name, at one broker."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from company import Company, until

from agent.tools.site import StoreKit
from sync.hub.checks import check_books

pytestmark = pytest.mark.torture

POINTS = 1_000
BOTH = ("s001", "copy")


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """A company of one store, whose box is copied while nobody looks."""
    with Company(tmp_path, stores=("s001",)).running() as company:
        yield company


def copy_box(company: Company, directory: Path) -> None:
    """Copy a store's disk, the key with it, and start both boxes."""
    first = company.stores["s001"]
    with company.stopped("s001"):
        second = StoreKit(
            name="s001", directory=directory, broker_port=company.office.broker.port,
            program=first.program,
        )  # fmt: skip
        for file in first.directory.iterdir():
            if file.is_file() and file.name not in ("agent.toml", "agent.log"):
                shutil.copy(file, directory / file.name)
    company.stores["copy"] = second
    second.start()


def is_halted(company: Company, name: str) -> bool:
    """Say whether a box knows that head office stopped it."""
    return "halted this device" in str(company.health(name)["offline_because"])


def test_both_are_stopped_sell_on_and_every_branch_is_booked(
    company: Company, tmp_path: Path
) -> None:
    """Both boxes redeem nothing more and sell on, and a person is told. Once that person has looked
    and released the name, every sale of either is in the books, each once.
    """
    card = company.member("s001", POINTS)
    company.agree()
    copy_box(company, tmp_path / "copy")
    sold = POINTS
    for _ in range(3):
        for name in BOTH:
            company.sell(name, card, 10)
            sold += 10
    for name in BOTH:
        until(lambda n=name: is_halted(company, n), f"{name} to be stopped", timeout_s=200)
    (row,) = company.conflicts("disk_cloned")
    assert row["state"] == "open"
    for name in BOTH:
        company.sell(name, card, 10)
        sold += 10
        refused = company.pos(name).hold(f"of-{name}", token=card, reward="coffee")
        assert refused.status_code == 409, refused.text
    company.stores["copy"].agent.stop()
    (device,) = company.office.ask("GET", "/v1/devices")
    company.office.ask("POST", f"/v1/devices/{device['id']}/release")
    with company.stopped("s001"):  # or it would ask again in some minutes
        pass
    company.stores["s001"].wait_acknowledged()
    company.stores["s001"].agent.stop()
    company.stores["copy"].agent.start()
    company.stores["copy"].wait_acknowledged()
    until(lambda: company.office.ask("GET", f"/v1/cards/{card}")["balance"] == sold, "all of it")
    with company.database() as database:
        assert database.read(check_books) == []
