"""Settings: file below file below credentials below environment, mistakes in plain words."""

import os
from pathlib import Path

import pytest

from agent.core.strict_toml import InvalidDocument
from agent.layered import load
from agent.rules import read_program
from agent.settings import AgentSettings
from sync.hub.settings import HubSettings

BASE = """
[device]
tenant = "house"
store = "s001"
name = "edge-1"
[ledger]
path = "/var/lib/tapledger/ledger.db"
[hub]
url = "mqtt://mqtt.example.test"
username = "edge-1"
password = "from-the-file"
[program]
path = "/usr/share/tapledger/config/programs/simple.toml"
[[reader]]
name = "front"
driver = "em4100"
port = "/dev/tapledger/reader0"
[[lane]]
name = "1"
devices = ["front"]
"""


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the machine the tests run on takes part."""
    for name in os.environ:
        if name.upper().startswith("TAPLEDGER_") or name == "CREDENTIALS_DIRECTORY":
            monkeypatch.delenv(name)


def written(directory: Path, *texts: str) -> tuple[Path, ...]:
    """The texts as files, in order."""
    files = []
    for number, text in enumerate(texts):
        files.append(directory / f"{number}.toml")
        files[-1].write_text(text)
    return tuple(files)


def agent_settings(directory: Path, *texts: str) -> AgentSettings:
    """Load texts as an agent's files."""
    return load(AgentSettings, written(directory, *texts))


def complaint_about(directory: Path, *texts: str) -> str:
    """What is said of files that are refused."""
    with pytest.raises(InvalidDocument) as refused:
        agent_settings(directory, *texts)
    return str(refused.value)


def password_of(settings: AgentSettings) -> str:
    """The broker's password in clear."""
    assert settings.hub is not None
    assert settings.hub.password is not None
    return settings.hub.password.get_secret_value()


def test_a_file_is_read_as_it_stands(tmp_path: Path) -> None:
    """What a file says is set, and what it leaves out has its default."""
    settings = agent_settings(tmp_path, BASE)
    assert (settings.device.tenant, settings.device.store) == ("house", "s001")
    assert settings.ledger.path == Path("/var/lib/tapledger/ledger.db")
    assert settings.lane_of_device == {"front": "1"}
    assert settings.api.listen == "127.0.0.1:8100"
    assert password_of(settings) == "from-the-file"


def test_without_a_hub_an_agent_works_alone(tmp_path: Path) -> None:
    """No ``[hub]`` is a way to work, not a mistake."""
    alone = BASE[: BASE.index("[hub]")] + BASE[BASE.index("[program]") :]
    assert agent_settings(tmp_path, alone).hub is None


def test_a_later_file_wins(tmp_path: Path) -> None:
    """A site's file changes single keys of the base file and leaves the others."""
    settings = agent_settings(tmp_path, BASE, '[device]\nname = "edge-2"\n[hub]\nusername = "e"')
    assert (settings.device.store, settings.device.name) == ("s001", "edge-2")
    assert settings.hub is not None
    assert (settings.hub.url, settings.hub.username) == ("mqtt://mqtt.example.test", "e")


def test_a_credential_beats_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A systemd credential named after its key is read, and is stronger than any file."""
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "tapledger_hub__password").write_text("from-the-credential\n")
    (credentials / "tapledger_api__tokens__till1").write_text("till-secret")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    settings = agent_settings(tmp_path, BASE)
    assert password_of(settings) == "from-the-credential"
    assert settings.api.tokens["till1"].get_secret_value() == "till-secret"
    assert settings.device.name == "edge-1"


def test_the_environment_beats_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable named after its key is stronger than credential and file."""
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "tapledger_hub__password").write_text("from-the-credential")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    monkeypatch.setenv("TAPLEDGER_HUB__PASSWORD", "from-the-environment")
    monkeypatch.setenv("TAPLEDGER_DEVICE__STORE", "s999")
    settings = agent_settings(tmp_path, BASE)
    assert password_of(settings) == "from-the-environment"
    assert (settings.device.store, settings.device.name) == ("s999", "edge-1")


def test_a_setting_may_come_from_the_environment_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that no file has can be set by its variable."""
    without = BASE.replace('store = "s001"\n', "")
    assert complaint_about(tmp_path, without).endswith(
        "key 'device.store' is missing; write a text, in quotes"
    )
    monkeypatch.setenv("TAPLEDGER_DEVICE__STORE", "s002")
    assert agent_settings(tmp_path, without).device.store == "s002"


@pytest.mark.parametrize(
    ("line", "instead", "key", "nearest"),
    [
        ('store = "s001"', 'stor = "s001"\nstore = "s001"', "device.stor", "store"),
        ("[program]", "[progam]\n[program]", "progam", "program"),
        ('username = "', 'user = "x"\nusername = "', "hub.user", "username"),
        ('driver = "em4100"', 'driver = "em4100"\nprt = 1', "prt", "port"),
        ("devices =", "device = []\ndevices =", "device", "devices"),
    ],
)
def test_an_unknown_key_names_the_nearest_one(
    tmp_path: Path, line: str, instead: str, key: str, nearest: str
) -> None:
    """A key that does not exist is named with its file, its path and the nearest that does."""
    assert line in BASE
    said = complaint_about(tmp_path, BASE.replace(line, instead))
    assert said.startswith(str(tmp_path / "0.toml"))
    assert f"unknown key '{key}'; did you mean '{nearest}'?" in said


@pytest.mark.parametrize("port", ["/dev/tapledger/reader0", "/dev/tapledger/../tapledger/reader0"])
def test_two_readers_on_one_port_are_named(tmp_path: Path, port: str) -> None:
    """One port for two readers is refused with both names, also where it is spelled otherwise."""
    more = f'[[reader]]\nname = "back"\ndriver = "em4100"\nport = "{port}"\n'
    said = complaint_about(tmp_path, BASE + more)
    assert f"reader 'front' and reader 'back' name the same port {port}" in said


def test_two_ports_that_may_be_one_reader_are_named(tmp_path: Path) -> None:
    """A name of a PC/SC reader and its beginning are refused with both, and both names."""
    whole, beginning = "ACS ACR122U PICC Interface 00 00", "ACS ACR122U"
    front = BASE.replace("em4100", "pcsc").replace("/dev/tapledger/reader0", whole)
    more = f'[[reader]]\nname = "back"\ndriver = "pcsc"\nport = "{beginning}"\n'
    said = complaint_about(tmp_path, front + more)
    assert "reader 'front' and reader 'back' name the same port" in said
    assert f"as '{whole}' and '{beginning}'" in said


def test_a_port_behind_two_links_is_one_port(tmp_path: Path) -> None:
    """Two links to one device are one port."""
    for name in ("front", "back"):
        (tmp_path / name).symlink_to("/dev/null")
    readers = "".join(
        f'[[reader]]\nname = "{name}"\ndriver = "em4100"\nport = "{tmp_path / name}"\n'
        for name in ("front", "back")
    )
    only_lanes = BASE[: BASE.index("[[reader]]")] + '[[lane]]\nname = "1"\n'
    assert "reader 'front' and reader 'back'" in complaint_about(tmp_path, only_lanes + readers)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (
            '[[reader]]\nname = "front"\ndriver = "em4100"\nport = "/dev/x"',
            "two of [[reader]] and [[scanner]] are called 'front'",
        ),
        ('[[lane]]\nname = "1"', "two of [[lane]] are called '1'"),
        ('[[lane]]\nname = "2"\ndevices = ["front"]', "lanes '1' and '2' both name 'front'"),
        (
            '[[lane]]\nname = "2"\ndevices = ["bakc"]',
            "lane '2' names 'bakc', which is no reader or scanner; there is 'front'",
        ),
        (
            '[[reader]]\nname = "r"\ndriver = "em4200"\nport = "/dev/x"',
            "[[reader]] \"r\": driver: no driver is called 'em4200'; there is em4100",
        ),
        ('[api]\nlisten = "8100"', "api.listen: write it as host:port"),
        ('[api]\nlisten = "127.0.0.1:99999"', "api.listen: write it as host:port"),
    ],
)
def test_devices_must_belong_together(tmp_path: Path, more: str, says: str) -> None:
    """Names used twice, devices owned twice or by nobody known, are each said plainly."""
    assert says in complaint_about(tmp_path, BASE + more)


@pytest.mark.parametrize(
    ("line", "instead", "key"),
    [
        ('tenant = "house"', 'tenant = "a/b"', "device.tenant"),
        ('tenant = "house"', 'tenant = "+"', "device.tenant"),
        ('store = "s001"', 'store = ""', "device.store"),
        ('url = "mqtt://', 'url = "http://', "hub.url"),
        ('url = "mqtt://', 'url = "mqtt://user:secret@', "hub.url"),
    ],
)
def test_names_and_addresses_have_their_form(
    tmp_path: Path, line: str, instead: str, key: str
) -> None:
    """What cannot be a level of a topic or the address of a broker is refused by its key."""
    assert line in BASE
    said = complaint_about(tmp_path, BASE.replace(line, instead))
    assert f"{key}: write " in said
    assert "such as " in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("lane", "says"),
    [
        ('devices = "front"', 'devices: write it as a list: ["front"]'),
        ("receipt_width = 40", "receipt_width: write 32, 42 or 48, the characters of a line"),
        ('language = "English"', 'language: write one of the program\'s languages, such as "en"'),
        ('langage = "en"', "unknown key 'langage'; did you mean 'language'?"),
    ],
)
def test_a_lane_is_named_by_its_name(tmp_path: Path, lane: str, says: str) -> None:
    """A mistake in a lane names the lane as the shop does, and what to write instead."""
    said = complaint_about(tmp_path, f'{BASE}[[lane]]\nname = "2"\n{lane}')
    assert said.startswith(f'{tmp_path / "0.toml"}: [[lane]] "2": {says}')
    assert len(said.splitlines()) == 1


def test_a_till_needs_a_token_of_its_own(tmp_path: Path) -> None:
    """Two tills with one token, and a till with none, are named; the token is not."""
    tokens = '[api.tokens]\ntill1 = "s3cret"\ntill2 = "other"\ntill3 = "s3cret"\n'
    said = complaint_about(tmp_path, BASE + tokens)
    assert (
        "api.tokens: tills 'till1' and 'till3' have the same token; limits count per till" in said
    )
    assert "s3cret" not in said
    empty = complaint_about(tmp_path, f'{BASE}[api.tokens]\ntill1 = ""')
    assert "api.tokens.till1: write a secret" in empty


def test_a_days_limit_holds_one_adjustment(tmp_path: Path) -> None:
    """A limit for one adjustment above the day's is refused with why; alone, the day's may be 0."""
    both = f"{BASE}[controls]\nadjust_alone_points = 501\nadjust_day_points = "
    said = complaint_about(tmp_path, f"{both}500")
    assert "adjust_alone_points (501) is above adjust_day_points (500)" in said
    assert "no PIN would ever be asked for" in said
    assert agent_settings(tmp_path, f"{both}501").controls.adjust_day_points == 501
    only_the_day = f"{BASE}[controls]\nadjust_day_points = 0"
    assert agent_settings(tmp_path, only_the_day).controls.adjust_day_points == 0


@pytest.mark.parametrize("content", [None, b"\xe9"])
def test_a_program_that_cannot_be_read_is_named_once(tmp_path: Path, content: bytes | None) -> None:
    """The complaint names the key, and the file once."""
    path = tmp_path / "program.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidDocument, match=r"^program\.path: .*: cannot be read: ") as refused:
        read_program(path)
    assert str(refused.value).count(str(path)) == 1


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    """Neither settings in a log nor a complaint about them show a password or a till's token."""
    text = BASE.replace("[program]", '[api.tokens]\ntill1 = "till-secret"\n[program]')
    settings = agent_settings(tmp_path, text)
    for shown in (repr(settings), str(settings), repr(settings.hub), f"{settings.api}"):
        assert "from-the-file" not in shown
        assert "till-secret" not in shown
    assert "from-the-file" not in complaint_about(tmp_path, text.replace("front", "no front", 1))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A missing file, a directory and a file that is not TOML are each said to be that."""
    with pytest.raises(InvalidDocument, match=r"none\.toml: cannot be read: No such file"):
        load(AgentSettings, (*written(tmp_path, BASE), tmp_path / "none.toml"))
    with pytest.raises(InvalidDocument, match="cannot be read"):
        load(AgentSettings, (tmp_path,))
    assert "0.toml: not TOML: " in complaint_about(tmp_path, "device = [")
    (tmp_path / "latin.toml").write_bytes(b'name = "caf\xe9"')
    with pytest.raises(InvalidDocument, match=r"latin\.toml: not TOML: "):
        load(AgentSettings, (tmp_path / "latin.toml",))


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    """Settings that were read stay as they are."""
    settings = agent_settings(tmp_path, BASE)
    with pytest.raises(ValueError, match="frozen"):
        settings.hub = None  # type: ignore[misc]  # that it is refused is the promise


def test_the_hub_reads_its_settings_the_same_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Head office's file, environment and complaints follow the same rules."""
    text = '[broker]\nurl = "mqtts://b.example.test"\n[database]\nurl = "sqlite:///hub.db"\n'
    monkeypatch.setenv("TAPLEDGER_BROKER__PASSWORD", "secret")
    settings = load(HubSettings, written(tmp_path, text))
    assert settings.broker.password is not None
    assert settings.broker.password.get_secret_value() == "secret"
    assert "secret" not in repr(settings)
    with pytest.raises(InvalidDocument, match=r"unknown key 'broker\.ulr'; did you mean 'url'"):
        load(HubSettings, written(tmp_path, text.replace("[database]", 'ulr = "x"\n[database]')))


def test_a_token_that_is_too_short_is_told_how_long_it_must_be(tmp_path: Path) -> None:
    """A clerk's token has 16 characters or more, and whoever wrote a shorter one reads so."""
    text = '[broker]\nurl = "mqtts://b.example.test"\n[database]\nurl = "sqlite:///hub.db"\n'
    tokens = '[api.tokens]\nclerk = "fifteen-letters"\n'
    with pytest.raises(InvalidDocument, match=r"api\.tokens\.clerk: write at least 16 characters"):
        load(HubSettings, written(tmp_path, text + tokens))
    settings = load(
        HubSettings, written(tmp_path, text + tokens.replace("fifteen-letters", "sixteen-letters."))
    )
    assert len(settings.api.tokens["clerk"]) == 16


def test_a_variable_that_is_no_value_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable that cannot be read is a mistake like one in a file, and is named."""
    monkeypatch.setenv("TAPLEDGER_READER", "front")
    assert "reader" in complaint_about(tmp_path, BASE)


def test_an_unknown_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt variable is named like a misspelt key: it must not be dropped in silence."""
    monkeypatch.setenv("TAPLEDGER_HBU__PASSWORD", "secret")
    assert "hbu" in complaint_about(tmp_path, BASE)
