"""What the doctor says of a hub's machine: its configuration, its database, and who gets in."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from agent.cli import main
from agent.doctor.broker import as_handed
from agent.doctor.configuration import is_of_a_hub
from agent.doctor.database import DatabaseFacts, gather_database, judge_database
from agent.doctor.machine import Machine, Mount
from agent.doctor.unit import installed_unit
from agent.paths import shipped_config, shipped_rule
from agent.tools.processes import free_port
from sync.broker import Broker
from sync.hub.database import Database

_MIB = 2**20
_PASSWORD = "password-of-the-hub"
_TOKEN = "token-of-a-clerk-of-ours"


def config(directory: Path, **changed: str) -> Path:
    """Write a hub's configuration, whose broker nobody has."""
    said = {
        "broker": f'url = "mqtt://127.0.0.1:{free_port()}"\n'
        f'username = "hub"\npassword = "{_PASSWORD}"',
        "database": f'url = "sqlite:///{directory / "hub.db"}"',
        "api": f'listen = "127.0.0.1:{free_port()}"\n[api.tokens]\nclerk = "{_TOKEN}"',
    } | changed
    file = directory / "hub.toml"
    file.write_text("".join(f"[{name}]\n{text}\n" for name, text in said.items()), "utf-8")
    file.chmod(0o600)
    return file


def examined(file: Path) -> dict[str, list[tuple[str, str]]]:
    """What the doctor prints for machines, by name: status and words, with what to do."""
    ended = CliRunner().invoke(main, ["doctor", "--config", str(file), "--json"])
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    assert not [secret for secret in (_PASSWORD, _TOKEN) if secret in ended.output]
    found: dict[str, list[tuple[str, str]]] = {}
    for line in ended.stdout.splitlines():
        said = json.loads(line)
        assert (said["advice"] is None) == (said["status"] == "ok"), said
        told = said["said"] + (f" → {said['advice']}" if said["advice"] else "")
        found.setdefault(said["name"], []).append((said["status"], told))
    statuses = {status for many in found.values() for status, _ in many}
    assert ended.exit_code == int("fail" in statuses)
    return found


def test_a_hubs_configuration_is_known_by_its_sections() -> None:
    """The shipped files are told apart, and what is neither is taken for a store's."""
    assert is_of_a_hub((shipped_config("hub.toml"),))
    assert not is_of_a_hub((shipped_config("agent.toml"),))
    assert not is_of_a_hub((Path("there-is-none.toml"),))


def test_everything_of_a_hub_is_looked_at(tmp_path: Path) -> None:
    """Each thing has its line; what works says so, and a broker that is not there what to do."""
    found = examined(config(tmp_path))
    names = ("config", "secrets", "access", "sqlite", "database", "disk", "clock", "hub", "broker")
    assert found.keys() >= {*names}
    for name in ("config", "secrets", "access", "sqlite", "database", "disk", "hub"):
        assert found[name][0][0] == "ok", found[name]
    ((status, told),) = found["broker"]
    assert status == "fail"
    assert "is not reached" in told
    assert "[broker] url" in told


def test_a_mistake_hides_nothing_else(tmp_path: Path) -> None:
    """It is said in the hub's own words, with the nearest key; what can be read is looked at."""
    found = examined(config(tmp_path, api='listen = "127.0.0.1:1"\ntokns = 1'))
    assert found["config"][0][0] == "fail"
    assert "tokns" in found["config"][0][1]
    assert "the hub does not start with it" in found["config"][0][1]
    assert {"database", "disk", "broker"} <= found.keys()


def test_who_gets_in_is_judged(tmp_path: Path) -> None:
    """No token lets nobody in; the network hears tokens; everybody may read an open file."""
    file = config(tmp_path, api='listen = "0.0.0.0:0"')
    file.chmod(0o644)
    found = examined(file)
    assert [status for status, _ in found["access"]] == ["warn", "warn"]
    assert "nobody has a token" in found["access"][0][1]
    assert "lets the network in" in found["access"][1][1]
    assert found["secrets"][0] == (
        "warn",
        f"everybody on this machine can read the secrets in {file} → chmod 600 {file}",
    )


def of(url: str) -> list[tuple[str, str]]:
    """What is said of a database."""
    found = judge_database(gather_database(Machine(), url))
    return [(each.status, f"{each.said} → {each.advice}") for each in found]


def test_a_database_is_asked_and_left_as_it_was(tmp_path: Path) -> None:
    """One that is not there yet is not made; one of ours opens, and nothing appears beside it."""
    file = tmp_path / "hub.db"
    url = f"sqlite:///{file}"
    (status, told), _ = of(url)
    assert (status, "is not there yet" in told) == ("ok", True)
    assert list(tmp_path.iterdir()) == []
    database = Database(url)
    database.start()
    database.stop()
    before = {each.name: each.stat().st_mtime_ns for each in tmp_path.iterdir()}
    (status, told), _ = of(url)
    assert status == "ok"
    assert told.endswith("opens, 0 MiB → None")
    assert {each.name: each.stat().st_mtime_ns for each in tmp_path.iterdir()} == before


def test_a_database_that_the_hub_cannot_use_is_said(tmp_path: Path) -> None:
    """Of a newer version, of an older one, no database at all, nowhere, or not answering."""
    file = tmp_path / "hub.db"
    url = f"sqlite:///{file}"
    database = Database(url)
    database.start()
    database.stop()
    for revision, status, part in (("0001", "ok", "brings its tables forward"),
                                   ("9999", "fail", "a newer tapledger")):  # fmt: skip
        with sqlite3.connect(file) as connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        connection.close()
        assert of(url)[0][0] == status
        assert part in of(url)[0][1]
    file.write_bytes(b"this is no database, whoever wrote it" * 200)
    assert of(url)[0][0] == "fail"
    assert "not a database" in of(url)[0][1]
    (status, told), _ = of(f"sqlite:///{tmp_path / 'nowhere' / 'hub.db'}")
    assert status == "fail"
    assert f"there is no directory {tmp_path / 'nowhere'}" in told
    (status, told), *_ = of(f"postgresql+psycopg://hub:{_PASSWORD}@127.0.0.1:{free_port()}/hub")
    assert (status, _PASSWORD in told) == ("fail", False)
    assert "is PostgreSQL running" in told


_ROOM = DatabaseFacts(
    shown="sqlite:////var/lib/tapledger-hub/hub.db",
    revision="2",
    known=("1", "2"),
    size_bytes=2_000 * _MIB,
    place=Path("/var/lib/tapledger-hub"),
    free_bytes=50_000 * _MIB,
    mount=Mount(place="/", type="ext4", options=frozenset({"rw"})),
)


@pytest.mark.parametrize(
    ("changed", "status", "part"),
    [
        ({}, "ok", "48 GiB free"),
        ({"free_bytes": 900 * _MIB}, "warn", "grows each day"),
        ({"free_bytes": 4_000 * _MIB, "size_bytes": 50_000 * _MIB}, "warn", "grows each day"),
        ({"free_bytes": 9 * _MIB}, "fail", "only 9 MiB are free"),
        ({"mount": Mount(place="/", type="ext4", options=frozenset({"ro"}))}, "fail", "read-only"),
        ({"place": None, "host": "db.example.test"}, "ok", "is db.example.test's"),
    ],
)
def test_there_is_room_for_the_entries_to_come(
    changed: dict[str, Any], status: str, part: str
) -> None:
    """Head office keeps every entry: little room is doubtful, and none, or no writing, a fault."""
    _, room = judge_database(replace(_ROOM, **changed))
    assert room.status == status
    assert part in room.said


def test_what_the_unit_hands_over_is_found(tmp_path: Path) -> None:
    """The shipped unit hands the hub its key and makes its directory: neither is missing."""
    place = tmp_path / "etc/systemd/system/tapledger-hub.service"
    place.parent.mkdir(parents=True)
    place.write_bytes(shipped_rule("tapledger-hub.service").read_bytes())
    unit = installed_unit(Machine(root=tmp_path), "tapledger-hub")
    assert unit is not None
    broker = Broker(
        url="mqtts://b.test:8883", cert_file="/etc/tapledger/hub.crt", key_file="hub.key"
    )
    handed = as_handed(broker, unit)
    assert (handed.cert_file, handed.key_file) == (broker.cert_file, "/etc/tapledger/hub.key")
    url = "sqlite:////var/lib/tapledger-hub/hub.db"
    assert gather_database(Machine(), url, unit).lacks is None
    assert gather_database(Machine(), url.replace("-hub/", "-other/"), unit).lacks is not None


class _Answers(BaseHTTPRequestHandler):
    """Says of a hub that its database is down."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.end_headers()
        said = {"status": "degraded", "reasons": ["the database does not answer"], "workers": 1}
        self.wfile.write(json.dumps(said).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub() -> Iterator[int]:
    """The port of a hub that complains."""
    server = HTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_a_running_hub_says_what_it_complains_of(tmp_path: Path, hub: int) -> None:
    """In its own words, and where its log is."""
    found = examined(config(tmp_path, api=f'listen = "127.0.0.1:{hub}"'))
    ((status, told),) = found["hub"]
    assert status == "warn"
    assert told == "the database does not answer → journalctl -u tapledger-hub says more"
