"""``tapledger devices`` beside an agent and without one: listed, watched, emulated; no number."""

import json
import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.core.tokens import Token
from agent.tools.processes import Daemon, tapledger
from agent.tools.site import StoreKit
from agent.tools.waiting import wait_until
from drivers.readers.em4100 import frame
from drivers.virtual.kinds import EM4100
from drivers.virtual.line import VirtualLine

Watch = Callable[..., Daemon]


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    """Start ``tapledger devices watch`` on a configuration; it is ended after the test."""
    started: list[Daemon] = []

    def start(config: Path, *options: str, ready: str = '"found"') -> Daemon:
        command = tapledger("devices", "watch", "--config", str(config), *options)
        daemon = Daemon(command, tmp_path / f"watch-{len(started)}.log", ready=ready)
        started.append(daemon)
        daemon.start()
        return daemon

    yield start
    for daemon in started:
        if daemon.running:
            daemon.kill()


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[VirtualLine[Token]]:
    """An emulated reader that no agent has, plugged in."""
    reader = EM4100.make(tmp_path / "reader")
    reader.plug_in()
    yield reader
    reader.unplug()


@pytest.fixture
def config(tmp_path: Path, reader: VirtualLine[Token]) -> Path:
    """A configuration with that reader, and no agent that runs with it."""
    config = tmp_path / "alone.toml"
    config.write_text(
        '[device]\ntenant = "t"\nstore = "s"\nname = "d"\n'
        f'[ledger]\npath = "{tmp_path}/none/ledger.db"\n[program]\npath = "none.toml"\n'
        '[api]\nlisten = "127.0.0.1:0"\n'
        f'[[reader]]\nname = "front"\ndriver = "em4100"\nport = "{reader.port}"\n'
        '[[lane]]\nname = "7"\ndevices = ["front"]\n'
    )
    return config


def _news(daemon: Daemon, *kinds: str) -> list[dict[str, Any]]:
    return [line for line in daemon.log_lines() if line["kind"] in kinds]


def _wait_for(daemon: Daemon, kind: str, count: int = 1) -> list[dict[str, Any]]:
    wait_until(lambda: len(_news(daemon, kind)) >= count, f"{count} '{kind}' to be told")
    return _news(daemon, kind)


def test_without_an_agent_the_ports_are_opened(
    watch: Watch, config: Path, reader: VirtualLine[Token], new_card: Callable[[], Token]
) -> None:
    """A card, a bad frame, a pulled cable and its return are a line each; then the sum. No ledger
    is made.
    """
    card = new_card()
    watching = watch(config, "--json")
    reader.lay(card)
    (told,) = _wait_for(watching, "card")
    reader.take_away()
    assert (told["device"], told["lane"], told["token"]) == ("front", "7", card.masked)
    reader.write(frame(card)[:11] + b"00\x03")
    assert _wait_for(watching, "refused")[-1]["reason"] in ("checksum", "framing")
    reader.unplug()
    assert _wait_for(watching, "lost")[0]["fault"]
    reader.plug_in()
    _wait_for(watching, "found", 2)
    assert watching.stop() == 0
    assert _news(watching, "summary")[0]["card"] == 1
    assert all(json.loads(line) for line in watching.output().splitlines())
    assert card.value not in watching.output()
    assert not (config.parent / "none").exists()


def test_a_person_reads_one_line_for_each(
    watch: Watch, config: Path, reader: VirtualLine[Token], new_card: Callable[[], Token]
) -> None:
    """Without --json each thing is one line in words, without colours where no terminal is."""
    card = new_card()
    watching = watch(config, ready="can be used")
    reader.lay(card)
    wait_until(lambda: card.masked in watching.output(), "the card to be told")
    assert watching.stop() == 0
    *_, line, summary = watching.output().splitlines()
    assert re.match(r"\d\d:\d\d:\d\d\.\d{3}  front +7 +card +em4100:\*{6}", line)
    assert re.fullmatch(r"In \d+ s: 1 card.*\.", summary)
    assert "\x1b" not in watching.output()
    assert card.value not in watching.output()


def test_beside_an_agent_it_listens(
    fresh_store: StoreKit, watch: Watch, new_card: Callable[[], Token], tmp_path: Path
) -> None:
    """With an agent the card reaches lane and onlooker alike, by whichever name was asked for; the
    agent may be ended and started, and a pulled cable is told.
    """
    first, second, third = new_card(), new_card(), new_card()
    watching = watch(fresh_store.config, "reader-1", "--json")
    fresh_store.lanes["2"].tap(second)
    fresh_store.lanes["1"].tap(first)
    (told,) = _wait_for(watching, "card")
    assert (told["device"], told["token"]) == ("reader-1", first.masked)
    fresh_store.lanes["1"].reader.unplug()
    assert _wait_for(watching, "lost")[0]["device"] == "reader-1"
    fresh_store.lanes["1"].reader.plug_in()
    _wait_for(watching, "found", 2)

    listed = Daemon(
        tapledger("devices", "list", "--json", "--config", str(fresh_store.config)),
        tmp_path / "list.log",
        ready="}",
    )
    listed.start()
    states = listed.log_lines()[0]["configured"]
    assert [(state["name"], state["present"]) for state in states] == [
        ("reader-1", True),
        ("reader-2", True),
    ]

    fresh_store.agent.stop()
    _wait_for(watching, "agent")
    fresh_store.agent.start()
    _wait_for(watching, "found", 3)
    fresh_store.lanes["1"].pos.wait_for("status")
    fresh_store.lanes["1"].tap(third)
    assert _wait_for(watching, "card", 2)[-1]["token"] == third.masked
    assert watching.stop() == 0
    for card in (first, second, third):
        assert card.value not in watching.output()


def test_the_stream_begins_with_how_each_stands(
    store: StoreKit, till: httpx.Client, new_card: Callable[[], Token]
) -> None:
    """A listener of the API hears first which devices are there, then what they see, masked."""
    card = new_card()
    with till.stream("GET", "/v1/devices/events") as response:
        told = _data_of(response)
        assert {next(told)["device"], next(told)["device"]} == {"reader-1", "reader-2"}
        store.lanes["1"].tap(card)
        said = next(told)
        assert (said["kind"], said["token"], said["proof"]) == ("card", card.masked, "uid")


def _data_of(response: httpx.Response) -> Iterator[dict[str, Any]]:
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def test_only_a_till_may_watch(store: StoreKit, connect: Callable[..., httpx.Client]) -> None:
    """Without a till's token nobody hears, nor with the cookie of a screen."""
    browser = connect(store)
    browser.get("/lane/1").raise_for_status()
    answer = browser.get("/v1/devices/events")
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_token")


def test_a_client_that_never_reads_slows_no_lane(
    store: StoreKit, till: httpx.Client, new_card: Callable[[], Token]
) -> None:
    """While somebody listens and takes nothing, noise is told and cards reach their lane."""
    request = (
        f"GET /v1/devices/events HTTP/1.1\r\nHost: 127.0.0.1:{store.port}\r\n"
        f"Authorization: {till.headers['Authorization']}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", store.port)) as deaf:
        deaf.sendall(request.encode())
        for _ in range(3):
            store.lanes["1"].reader.write(b"noise" * 400)
            store.lanes["1"].tap(new_card())


def test_an_emulated_reader_does_as_it_is_told(tmp_path: Path) -> None:
    """Words on standard input are done and answered, its port keeps its name, and at the end of the
    input nothing is left; a number is never repeated in full.
    """
    link = tmp_path / "reader"
    link.symlink_to("/dev/pts/that-was-left-behind")
    words = [
        "0C000621A5",
        "take",
        "take",
        "noise",
        "half",
        "unplug",
        "noise",
        "plug",
        "so what",
        "",
    ]
    done = subprocess.run(
        tapledger("devices", "emulate", "em4100", "--link", str(link), "--json"),
        input="\n".join(words),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    opened, *said = [json.loads(line) for line in done.stdout.splitlines()]
    assert opened["port"] == str(link)
    assert f'port = "{link}"' in opened["toml"]
    assert [each["did"] for each in said] == [
        *("lay", "take", "nothing", "noise", "half", "unplug", "nothing", "plug", "nothing")
    ]
    assert "ten hex digits" in said[-1]["error"]
    assert "67003B51C6" not in "".join(done.stdout.splitlines()[1:])
    assert not link.is_symlink()


def test_an_emulated_reader_taps_by_itself(
    tmp_path: Path, watch: Watch, config: Path, reader: VirtualLine[Token]
) -> None:
    """With --every it taps its cards in turn until it is ended, and then its port is gone."""
    reader.unplug()
    cards = ("0C000621A5", "67003B51C6")
    emulated = Daemon(
        tapledger(
            *("devices", "emulate", "em4100", "--link", str(reader.port), "--every", "1"),
            *("--card", cards[0], "--card", cards[1]),
        ),
        tmp_path / "emulate.log",
        ready="or help",
    )
    emulated.start()
    try:
        watching = watch(config, "--json")
        told = _wait_for(watching, "card", 2)
        assert {each["token"] for each in told} == {Token("em4100", card).masked for card in cards}
    finally:
        assert emulated.stop() == 0
    assert not reader.port.is_symlink()
    _wait_for(watching, "lost")
