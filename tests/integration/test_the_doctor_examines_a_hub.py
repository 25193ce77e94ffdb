"""``tapledger doctor`` beside a real hub with a real broker: what works is said to work."""

import json
from pathlib import Path

from click.testing import CliRunner
from hub_house import HubHouse
from postgres import PrivatePostgres

from agent.cli import main
from agent.doctor.database import gather_database, judge_database
from agent.doctor.machine import Machine
from sync.hub.database import Database


def examined(config: Path) -> tuple[int, dict[str, str]]:
    """The doctor's exit code, and how the worst of each thing is."""
    ended = CliRunner().invoke(main, ["doctor", "--config", str(config), "--json"])
    assert "password" not in ended.output
    found: dict[str, str] = {}
    for line in ended.stdout.splitlines():
        said = json.loads(line)
        found[said["name"]] = min(said["status"], found.get(said["name"], "warn"))
    return ended.exit_code, found


def test_a_hub_that_works_has_no_fault(tmp_path: Path) -> None:
    """While it runs, with a device's entries in its database, all is well but what a test leaves
    out; without its broker, that is the fault, and the hub says so itself.
    """
    house = HubHouse(tmp_path, f"sqlite:///{tmp_path / 'hub.db'}")
    (tmp_path / "hub.toml").chmod(0o600)
    house.start()
    try:
        with house.device("edge-1") as device:
            device.is_welcomed()
            device.paper.writes(2)
            device.is_heard()
        code, found = examined(tmp_path / "hub.toml")
        assert code == 0
        assert found | {"clock": "ok"} == dict.fromkeys(
            ("config", "sqlite", "database", "disk", "clock", "hub", "broker"), "ok"
        ) | {"secrets": "ok", "access": "warn"}
        house.broker.stop()
        code, found = examined(tmp_path / "hub.toml")
        assert (code, found["broker"], found["database"]) == (1, "fail", "ok")
    finally:
        house.stop()


def test_a_database_of_postgresql_is_asked(postgres: PrivatePostgres) -> None:
    """An empty one waits for the hub, one of ours opens, and one that nobody made is missing."""
    url = postgres.url(postgres.new_database())
    empty, _ = judge_database(gather_database(Machine(), url))
    assert (empty.status, "brings its tables forward" in empty.said) == ("ok", True)
    database = Database(url)
    database.start()
    database.stop()
    ours, _ = judge_database(gather_database(Machine(), url))
    assert (ours.status, "opens, " in ours.said, "forward" in ours.said) == ("ok", True, False)
    missing, *_ = judge_database(gather_database(Machine(), postgres.url("never-made")))
    assert missing.status == "fail"
    assert "createdb" in (missing.advice or "")
