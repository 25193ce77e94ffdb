"""The way to a broker, on a real mosquitto: name, connection, certificate, login."""

import getpass
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from authority import Authority
from structlog.testing import capture_logs

from agent.doctor.broker import gather_broker, judge_broker
from agent.doctor.configuration import configured
from agent.doctor.finding import Finding
from agent.tools.processes import Daemon, _tool, free_port
from agent.tools.waiting import wait_until
from sync.broker import Broker as At
from sync.certificates import warn_of_ours
from sync.link import Link

_NOW = datetime.now(UTC)
_PASSWORD = "a-password-of-this-test"
_NOBODY = f"{'x' * 64}.invalid"  # longer than any name: no name server is asked
_ADDRESS = "house/s001/edge-1"
_CONFIG = """
[device]
tenant = "house"
store = "s001"
name = "edge-1"
[ledger]
path = "/nowhere/ledger.db"
[program]
path = "/nowhere.toml"
[[lane]]
name = "1"
"""


class Broker(Daemon):
    """A mosquitto with a listener without TLS, and one for each certificate."""

    def __init__(self, directory: Path) -> None:
        self.authority = Authority("our-authority", directory)
        self.other = Authority("another-authority", directory)
        self.outlived = Authority("old-authority", directory, days=-30)
        sign = self.authority.sign
        kinds = {
            "plain": "",
            "good": sign("good"),
            "soon": sign("soon", days=9),
            "expired": sign("expired", since=-40, days=-10),
            "early": sign("early", since=10, days=90),
            "other-name": sign("other-name", host="192.0.2.1"),
            "stranger": self.other.sign("stranger"),
            "asking": f"{sign('asking')}cafile {self.authority.file}\nrequire_certificate true\n",
        }
        self.ports = {kind: free_port() for kind in kinds}
        passwords = directory / "passwords"
        tool = [_tool("mosquitto_passwd"), "-c", "-b", str(passwords), _ADDRESS, _PASSWORD]
        subprocess.run(tool, check=True, capture_output=True)
        config = directory / "mosquitto.conf"
        config.write_text(
            f"user {getpass.getuser()}\nallow_anonymous false\npassword_file {passwords}\n"
            + "".join(
                f"listener {self.ports[kind]} 127.0.0.1\n{tls}" for kind, tls in kinds.items()
            )
        )
        command = [_tool("mosquitto"), "-c", str(config)]
        super().__init__(command, directory / "mosquitto.log", ready=" running")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The broker, running."""
    made = Broker(tmp_path_factory.mktemp("broker"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def judged(broker: Broker, tmp_path: Path) -> "Judged":
    """Knock as a configuration says."""
    return Judged(broker, tmp_path / "agent.toml")


class Judged:
    """Knocks at one listener of the broker, or at any URL; answers what the doctor says."""

    def __init__(self, broker: Broker, config: Path) -> None:
        self._broker, self._config = broker, config

    def at(self, kind: str, *, host: str = "127.0.0.1", **settings: str | Path) -> list[Finding]:
        """Knock at a listener; TLS and our own authority but for the plain one."""
        tls = kind != "plain"
        given: dict[str, str | Path] = {"username": _ADDRESS, "password": _PASSWORD}
        given |= {"ca_file": self._broker.authority.file} if tls else {}
        url = f"{'mqtts' if tls else 'mqtt'}://{host}:{self._broker.ports[kind]}"
        return self.by(url, **(given | settings))

    def by(self, url: str, *, within_s: float = 5, **settings: str | Path) -> list[Finding]:
        """Knock at a URL."""
        lines = [f'{key} = "{value}"\n' for key, value in settings.items()]
        self._config.write_text(f'{_CONFIG}[hub]\nurl = "{url}"\n{"".join(lines)}')
        it = configured((self._config,))
        assert it.mistakes == ()
        found = judge_broker(gather_broker(it, now=_NOW, within_s=within_s))
        for finding in found:
            assert (finding.advice is None) == (finding.status == "ok")
            assert _PASSWORD not in finding.said + (finding.advice or "")
        return found


def only(found: list[Finding]) -> tuple[str, str]:
    """Status and words of the only finding."""
    (one,) = found
    return one.status, one.said


def test_a_broker_that_lets_us_in_is_well(judged: Judged) -> None:
    """With the right name and password, with TLS and without, every step is taken."""
    assert only(judged.at("plain"))[0] == "ok"
    way, lasting = judged.at("good")
    assert (way.status, lasting.status) == ("ok", "ok")
    assert way.said.endswith("answers, TLS holds, and lets us in")
    assert lasting.said.startswith("the broker's certificate is good until ")


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("expired", "ran out on "),
        ("early", "is not valid before "),
        ("other-name", "is not for 127.0.0.1: it is for localhost, 192.0.2.1"),
        ("stranger", "is signed by another-authority, whom nobody here knows"),
    ],
)
def test_a_certificate_that_does_not_hold_is_named(judged: Judged, kind: str, part: str) -> None:
    """Expired, not yet valid, another name's, another authority's: each with its own words."""
    status, said = only(judged.at(kind))
    assert status == "fail"
    assert part in said


def test_a_certificate_that_runs_out_soon_is_warned_of(judged: Judged) -> None:
    """A month ahead somebody still has the time to renew it."""
    way, lasting = judged.at("soon")
    assert (way.status, lasting.status) == ("ok", "warn")
    assert "runs out on" in lasting.said


@pytest.mark.parametrize(
    ("since", "days", "statuses", "words"),
    [
        (-1, 90, ["ok", "ok", "ok"], "our own certificate is good until"),
        (-1, 9, ["ok", "ok", "warn"], "in 8 days"),
        (-40, -10, ["fail", "ok", "fail"], "our own certificate ran out on"),
    ],
)
def test_our_own_certificate_is_looked_at(
    judged: Judged,
    broker: Broker,
    tmp_path: Path,
    since: int,
    days: int,
    statuses: list[str],
    words: str,
) -> None:
    """Where the broker asks for one: how long it lasts, and that it is what is not taken."""
    cert, key = broker.authority.vouch("edge", tmp_path, since=since, days=days)
    found = judged.at("asking", cert_file=cert, key_file=key)
    assert [each.status for each in found] == statuses, found
    assert words in found[-1].said
    if days < 0:
        assert "does not take our certificate" in found[0].said


def test_a_line_that_an_old_certificate_cuts_is_explained(broker: Broker, tmp_path: Path) -> None:
    """The broker hangs up without a word; the log names the file and what to do, and the new one
    is taken without a restart.
    """
    cert, key = broker.authority.vouch("edge", tmp_path, since=-40, days=-10)
    where = At(
        url=f"mqtts://127.0.0.1:{broker.ports['asking']}",
        username=_ADDRESS,
        password=_PASSWORD,
        ca_file=str(broker.authority.file),
        cert_file=cert,
        key_file=key,
    )
    link = Link(where, client_id="edge", topics=(), window=1, on_up=lambda: None,
                on_down=lambda: None, on_message=lambda _: None)  # fmt: skip
    link.start()
    try:
        wait_until(lambda: "ran out on" in str(link.fault), "the old certificate to be named")
        assert cert in str(link.fault)
        broker.authority.vouch("edge", tmp_path)
        wait_until(lambda: link.connected, "the broker to take the new one")
    finally:
        link.stop()


@pytest.mark.parametrize(("days", "left"), [(35, None), (20, 19), (-10, 0)])
def test_a_certificate_that_ends_is_logged_in_time(
    broker: Broker, tmp_path: Path, days: int, left: int | None
) -> None:
    """A month ahead, day after day, by whoever runs with it."""
    cert, key = broker.authority.vouch("edge", tmp_path, since=-40 if days < 0 else -1, days=days)
    where = At(url="mqtts://127.0.0.1:1", cert_file=cert, key_file=key)
    with capture_logs() as logs:
        warn_of_ours(where)
    assert [each["days_left"] for each in logs] == ([] if left is None else [left])


def test_a_file_of_authorities_is_looked_at(judged: Judged, broker: Broker, tmp_path: Path) -> None:
    """An authority that has run out is named, and a file that holds none."""
    both = tmp_path / "both.pem"
    both.write_bytes(broker.authority.file.read_bytes() + broker.outlived.file.read_bytes())
    found = judged.at("good", ca_file=both)
    assert [each.status for each in found] == ["ok", "ok", "fail"]
    assert "the authority old-authority ran out on" in found[-1].said
    both.write_text("no certificate")
    found = judged.at("good", ca_file=both)
    assert found[-1].said == f"{both} cannot be read: it is no certificate"


def test_a_wrong_login_is_told_from_a_missing_one(judged: Judged) -> None:
    """A wrong password, and none at all, are refused by the broker and told apart here."""
    (wrong,) = judged.at("plain", password="another")
    assert wrong.status == "fail"
    assert wrong.advice is not None
    assert "mosquitto_passwd" in wrong.advice
    plain = judged.at("plain")
    url = f"mqtt://127.0.0.1:{judged._broker.ports['plain']}"
    (none,) = judged.by(url, username=_ADDRESS)
    assert only(plain)[0] == "ok"
    assert none.advice is not None
    assert "no password is set here" in none.advice


def test_another_user_name_than_the_address_is_doubtful(judged: Judged) -> None:
    """The access rules know a device by its address: another name would be kept from its topics."""
    refused, doubtful = judged.at("plain", username="edge-1")
    assert (refused.status, doubtful.status) == ("fail", "warn")
    assert "'edge-1'" in doubtful.said
    assert "'house/s001/edge-1'" in doubtful.said


def test_a_broker_that_is_not_there_is_told_by_the_step(judged: Judged) -> None:
    """A name nobody knows, a port where nobody listens, one that is silent, one without TLS."""
    status, said = only(judged.by(f"mqtt://127.0.0.1:{free_port()}"))
    assert (status, said.split(": ")[1]) == ("fail", "Connection refused")
    found = judged.by(f"mqtt://{_NOBODY}")
    assert f"nobody knows the name {_NOBODY}" in found[0].said
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        status, said = only(judged.by(f"mqtt://127.0.0.1:{port}", within_s=0.2))
        assert (status, said.rpartition(": ")[2]) == ("fail", "no answer in time")
        status, said = only(judged.by(f"mqtts://127.0.0.1:{port}", within_s=0.2))
        assert (status, said.rpartition(": ")[2]) == ("fail", "no answer in time")
    without_tls = judged.by(f"mqtts://127.0.0.1:{judged._broker.ports['plain']}")
    assert only(without_tls)[0] == "fail"
    assert "no TLS with" in without_tls[0].said


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        (bytes.fromhex("20 03 00 00 00"), "lets us in"),
        (bytes.fromhex("20 83 01 00 00") + bytes(129), "lets us in"),
        (bytes.fromhex("20 03 00 87 00"), "this user may not log in"),
        (bytes.fromhex("20 02 00 01"), "does not speak MQTT 5"),
        (bytes.fromhex("20 02 00 05"), "this user may not log in"),
        (bytes.fromhex("20 03 00 99 00"), "reason 0x99"),
        (bytes.fromhex("20 03"), "it hung up"),
        (b"", "it hung up"),
        (b"HTTP/1.1 400 Bad Request", "does not speak MQTT"),
    ],
)
def test_whatever_answers_is_understood(judged: Judged, answer: bytes, part: str) -> None:
    """A long answer, one of MQTT 3, a reason nobody has heard of, half of one, another protocol."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            line, _ = listener.accept()
            with line, suppress(OSError):  # whoever has heard enough hangs up
                line.recv(1_000)
                line.sendall(answer)
                line.shutdown(socket.SHUT_WR)
                line.recv(1_000)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        found = judged.by(f"mqtt://127.0.0.1:{listener.getsockname()[1]}", username=_ADDRESS)
        thread.join()
    assert part in only(found)[1]


def test_a_password_in_clear_is_doubtful(judged: Judged) -> None:
    """Beyond this machine a password without TLS travels for all to read."""
    found = judged.by(f"mqtt://{_NOBODY}", username=_ADDRESS, password=_PASSWORD)
    assert [each.status for each in found] == ["fail", "warn"]
    assert "in clear" in found[1].said


def test_a_running_agent_keeps_its_session(judged: Judged, broker: Broker) -> None:
    """The doctor knocks under a name of its own, and the broker hangs up on nobody else."""
    assert only(judged.at("plain"))[0] == "ok"
    said = broker.output()
    assert "as tapledger-doctor-" in said
    assert "already connected, closing old connection" not in said
