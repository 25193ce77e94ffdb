"""``tapledger bench sync`` and ``bench hub`` measure what they say, on real processes."""

import json

import psycopg
import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from agent.cli import main
from agent.tools.bench import hub_backlog, hub_crowd, measure, sync_flow
from agent.tools.bench.hub_crowd import names_of
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
    """Sales, both ways to redeem, and bytes; each beside a raw limit that was really taken."""
    figures = _figures("sync", "--seconds", "1")
    assert len(figures) == 4
    assert all(each["raw"]["value"] > 0 for each in figures.values())  # type: ignore[index]


@pytest.mark.torture
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("one_run")
def test_hub_acknowledges_every_batch() -> None:
    """A backlog, devices and a replay; of what devices sent, everything was acknowledged."""
    figures = _figures("hub", "--backlog", "1000", "--devices", "10")
    assert figures["batches of 10 devices acknowledged"]["value"] == 1.0
    assert {"a backlog into PostgreSQL", "replay at head office"} <= figures.keys()


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
