"""A third party ships a driver as a package: built, installed, found, used, and refused by name.

The package is ``tests/data/acme-reader``; it is built and installed as anybody's would be.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from agent.devices import ReaderSettings
from agent.tools.processes import Daemon, spawn
from agent.tools.site import StoreKit
from drivers import registry

_SOURCE = Path(__file__).parents[1] / "data" / "acme-reader"
_LINE = b"#0416C6C2D73881*32\r\n"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's source, somewhere else."""
    return Path(shutil.copytree(_SOURCE, tmp_path_factory.mktemp("acme") / "acme-reader"))


@pytest.fixture(scope="module")
def installed(source: Path) -> Path:
    """A folder into which the package's wheel was installed; no network is asked."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-index", "--no-deps"]
    wheels, folder = source.parent / "wheels", source.parent / "installed"
    build = ["wheel", *offline, "--no-build-isolation", "--wheel-dir", str(wheels), str(source)]
    subprocess.run([*pip, *build], check=True)
    (wheel,) = wheels.glob("tapledger_acme_reader-1.0-*.whl")
    subprocess.run([*pip, "install", *offline, "--target", str(folder), str(wheel)], check=True)
    return folder


Offer = Callable[[str, str], None]


@pytest.fixture
def offer(tmp_path: Path) -> Iterator[Offer]:
    """Install a package that offers a reader ``acme``: its name, and what it says the driver is."""
    with pytest.MonkeyPatch.context() as patch:

        def offer(package: str, value: str) -> None:
            folder = tmp_path / package
            about = folder / f"{package}-1.0.dist-info"
            about.mkdir(parents=True)
            (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1")
            (about / "entry_points.txt").write_text(f"[tapledger.readers]\nacme = {value}\n")
            (folder / f"{package}.py").write_text("raise RuntimeError('no licence found')\n")
            patch.syspath_prepend(str(folder))

        registry._found.cache_clear()
        yield offer
    registry._found.cache_clear()


def test_an_agent_takes_a_tap_by_it(
    installed: Path, closed_store: StoreKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agent's own process finds the driver by its entry point, and a card comes through."""
    monkeypatch.setattr(Daemon, "launch", staticmethod(spawn))  # a process that imports for itself
    monkeypatch.setenv("PYTHONPATH", str(installed))
    text = closed_store.config.read_text("utf-8")
    closed_store.config.write_text(text.replace('driver = "em4100"', 'driver = "acme"', 1))
    closed_store.start()
    lane = closed_store.lanes["1"]
    lane.reader.write(_LINE)
    card = lane.pos.wait_for("card", token="uid:0416C6C2D73881", cause="tap")
    assert card["reader"] == "reader-1"


def test_it_passes_the_suite_of_all_drivers(installed: Path, source: Path) -> None:
    """Its author runs ``drivers.conformance`` against the installed package, and it holds."""
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=source,
        env={**os.environ, "PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " passed" in ran.stdout


def refusal() -> str:
    """What a configuration that names the driver is answered."""
    with pytest.raises(ValidationError) as refused:
        ReaderSettings(name="front", driver="acme", port="/dev/front")
    return str(refused.value)


def test_two_packages_with_one_name_are_refused(offer: Offer) -> None:
    """Which of two drivers was meant is not guessed: both are named."""
    offer("acme_one", "acme_one:READER")
    offer("acme_two", "acme_two:READER")
    assert "two packages offer a driver 'acme'" in refusal()
    assert "acme_one:READER" in refusal()
    assert "acme_two:READER" in refusal()


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("acme_nowhere:READER", "No module named 'acme_nowhere'"),
        ("acme_sick:READER", "no licence found"),
        ("drivers.serial_drivers:ACME", "has no attribute 'ACME'"),
        ("drivers.serial_drivers:Em4100Options", "it is no driver"),
        ("drivers.conformance", "it is no driver"),
    ],
)
def test_a_package_that_does_not_load_says_so(offer: Offer, value: str, why: str) -> None:
    """A driver that is broken is a mistake of the configuration that names it, and of no other."""
    offer("acme_sick", value)
    assert "driver 'acme' does not load" in refusal()
    assert why in refusal()
    assert ReaderSettings(name="front", driver="em4100", port="/dev/front")
