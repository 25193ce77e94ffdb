"""What is shipped works: the wheel, installed into an environment of its own, away from here."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel in it; its dependencies are borrowed from this one."""
    directory = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip"]
    quiet = ["--quiet", "--no-deps", "--disable-pip-version-check"]
    build = ["wheel", *quiet, "--no-build-isolation", "--wheel-dir", str(directory), str(_ROOT)]
    subprocess.run([*pip, *build], check=True)
    (wheel,) = directory.glob("tapledger-*.whl")
    environment = directory / "environment"
    venv.create(environment, with_pip=False)
    python = str(environment / "bin" / "python")
    subprocess.run([*pip, "--python", python, "install", *quiet, str(wheel)], check=True)
    (packages,) = environment.glob("lib/python3*/site-packages")
    # A path listed in a .pth file has its own .pth files left alone: the checkout stays out.
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return environment


@pytest.mark.long
def test_the_wheel_runs_the_demo(installed: Path, tmp_path: Path) -> None:
    """The installed command plays the demo on the baskets it ships, and both sides agree; what four
    people did to contradict themselves was found, settled, and counted.
    """
    played = subprocess.run(
        [installed / "bin" / "tapledger", "demo", "--headless", "--baskets", "40"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert played.returncode == 0, played.stdout + played.stderr
    *told, last = played.stdout.splitlines()
    assert last.startswith("converged: ")
    kinds = ("overspend", "duplicate sale", "enrolled twice", "card blocked used")
    found = [line for line in told if line.strip().startswith(kinds)]
    assert all(any(kind in line for line in found) for kind in kinds)
    assert last.endswith(f", {len(found)} conflicts resolved")


def test_the_wheel_brings_its_data_and_nothing_of_the_tests(
    installed: Path, tmp_path: Path
) -> None:
    """Programs, configuration and units lie where they belong; no package `tests` is installed."""
    for file in (
        "share/tapledger/config/programs/simple.toml",
        "share/tapledger/config/agent.toml",
        "share/tapledger/baskets.jsonl",
        "share/tapledger/every-20th.jsonl.xz",
        "lib/systemd/system/tapledger-agent.service",
        "lib/systemd/system/tapledger-hub.service",
        "share/tapledger/systemd/60-tapledger.rules",
        "share/tapledger/systemd/tapledger-blacklist.conf",
        "share/tapledger/systemd/49-tapledger-pcsc.rules",
    ):
        assert (installed / file).is_file(), file
    units = sorted(file.name for file in (installed / "lib/systemd/system").iterdir())
    assert units == ["tapledger-agent.service", "tapledger-hub.service"]
    where = subprocess.run(
        [
            installed / "bin" / "python",
            "-c",
            "import agent, drivers, sync, importlib.util as u;"
            "print(agent.__file__, drivers.__file__, sync.__file__, u.find_spec('tests'))",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert where.count(str(installed)) == 3
    assert where.endswith(" None\n")
