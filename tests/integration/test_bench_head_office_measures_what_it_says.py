"""``tapledger bench sync`` and ``bench hub`` measure what they say, on real processes."""

import json
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from agent.cli import main
from agent.tools.bench import hub_backlog, hub_crowd, measure, sync_flow
from agent.tools.bench.figures import Target
from agent.tools.bench.hub_crowd import names_of
from agent.tools.bench.sync_bytes import bytes_figure
from agent.tools.postgres import PostgresMissing, PrivatePostgres


@pytest.fixture(name="one_run")
def _one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """How it is measured is looked at here, and once is enough for that."""
    for module in (measure, hub_backlog, hub_crowd, sync_flow):
        monkeypatch.setattr(module, "RUNS", 1)


def _figures(*arguments: str) -> dict[str, dict[str, float]]:
    with capture_logs():  # nobody configured them in this process: they would go to its output
        done = CliRunner().invoke(main, ["bench", *arguments, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return {each["name"]: each for each in json.loads(done.stdout)["figures"]}


@pytest.mark.torture
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("one_run")
def test_sync_tells_four_figures() -> None:
    """Sales, both ways to redeem, and bytes: each has its target, and a raw limit that was really
    taken.
    """
    figures = _figures("sync", "--seconds", "1")
    assert {name: each["target"] for name, each in figures.items()} == {
        "sale sent -> at head office, 4 x 20/s, p99": "<= 100 ms",
        "redemption of points at head office, p99": "<= 100 ms",
        "redemption of points at another store, p99": "<= 500 ms",
        "a sale on the wire, 50 to a batch": "<= 400 bytes",
    }
    assert all(each["raw"]["value"] > 0 for each in figures.values())  # type: ignore[index]


@pytest.mark.torture
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("one_run")
def test_hub_acknowledges_every_batch() -> None:
    """A backlog, devices and a replay, each held to its target; of what devices sent, everything
    was acknowledged.
    """
    figures = _figures("hub", "--backlog", "1000", "--devices", "10")
    assert figures["batches of 10 devices acknowledged"]["value"] == 1.0
    assert {name: each["target"] for name, each in figures.items() if each["target"]} == {
        "batches of 10 devices acknowledged": ">= 1 of all",
        "memory of the hub with up to 10 devices, the most at any time": "<= 500 MB",
        "a backlog into PostgreSQL": ">= 0.25 x raw",
        "redemption during that, p99": "<= 200 ms",
        "replay at head office": ">= 15,000 entries/s",
    }


def test_a_sale_is_small_on_the_wire(tmp_path: Path) -> None:
    """Real baskets, fifty to a batch, with header, signature and every line, and what comes back:
    no more than 400 bytes each, on every machine.
    """
    figure = bytes_figure(tmp_path, lambda _done, _of: None)
    assert figure.met
    assert figure.target == Target(of="value", at_most=400)


def test_a_database_of_another_kind_is_refused() -> None:
    """Both measure PostgreSQL, and say so before they start anything."""
    done = CliRunner().invoke(main, ["bench", "hub", "--database", "sqlite:////tmp/x.db"])
    assert done.exit_code == 2
    assert "PostgreSQL" in done.output


def test_fewer_devices_are_the_first_of_them() -> None:
    """So a curve adds devices to those that are there."""
    assert names_of(3) == names_of(10)[:3]


def test_a_postgresql_that_syncs_is_one_that_syncs() -> None:
    """What commits are measured on has fsync on, whatever tests do without."""
    server = PrivatePostgres(durable=True)
    try:
        server.start()
    except PostgresMissing:
        pytest.skip("PostgreSQL is not installed")
    try:
        with psycopg.connect(server.address("postgres")) as connection:
            for name in ("fsync", "synchronous_commit", "full_page_writes"):
                assert connection.execute(f"SHOW {name}").fetchone() == ("on",)
    finally:
        server.stop()
