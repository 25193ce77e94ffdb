"""What ``tapledger devices list`` prints: configured devices, and what is connected beside them."""

import grp
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from agent.cli.agent_calls import health_of
from agent.cli.columns import plain
from agent.devices import ListedDevice
from agent.settings import AgentSettings
from drivers.connected import Connected, connected, holder_of

__all__ = ["DeviceState", "print_list", "state_of"]

_PCSC = "pcsc"
_INDENT = " " * 4


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceState:
    """How one configured device stands. ``present`` is None where only opening it would tell."""

    name: str
    kind: str
    driver: str
    port: str
    lane: str | None
    present: bool | None
    fault: str | None = None
    advice: str | None = None


def print_list(settings: AgentSettings | None, *, as_json: bool) -> None:
    """Print it. Ends with exit code 1 where a configured device cannot be used."""
    there = connected()
    health = None if settings is None else health_of(settings)
    states = [] if settings is None else list(_states(settings, health, there))
    beside = _beside(settings, there)
    if as_json:
        told = {
            "agent": settings.api.listen if settings and health else None,
            "configured": [asdict(state) for state in states],
            "connected": [
                {"kind": each.kind, "about": each.about, "port": each.port} for each in beside
            ],
        }
        click.echo(json.dumps(told))
    else:
        _print(settings, states, beside, is_running=health is not None)
    if any(state.present is False for state in states):
        raise SystemExit(1)


def _states(
    settings: AgentSettings, health: dict[str, Any] | None, there: list[Connected]
) -> Iterator[DeviceState]:
    told = _told_by(health)
    for device in settings.listed:
        lane = settings.lane_of_device.get(device.name)
        if health is None:
            yield state_of(device, lane, there)
        else:
            yield _state_at_agent(device, lane, told.get(device.name))


def _told_by(health: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    parts = [*(health or {}).get("readers", ()), *(health or {}).get("scanners", ())]
    return {part["name"]: part for part in parts}


def _state(
    device: ListedDevice,
    lane: str | None,
    *,
    present: bool | None,
    fault: str | None = None,
    advice: str | None = None,
) -> DeviceState:
    return DeviceState(
        name=device.name,
        kind=device.kind,
        driver=device.driver,
        port=device.port,
        lane=lane,
        present=present,
        fault=fault,
        advice=advice,
    )


def _state_at_agent(
    device: ListedDevice, lane: str | None, told: dict[str, Any] | None
) -> DeviceState:
    if told is None:
        fault, advice = "the agent does not know it", "restart the agent: it has an older file"
        return _state(device, lane, present=False, fault=fault, advice=advice)
    if told["present"]:
        return _state(device, lane, present=True)
    advice = "plug it in, or look below for its name; the agent takes it up by itself"
    return _state(device, lane, present=False, fault=told["fault"], advice=advice)


def state_of(device: ListedDevice, lane: str | None, there: list[Connected]) -> DeviceState:
    """Say how a device stands as far as is seen from outside: nothing is opened."""
    if device.driver == _PCSC:
        return _state_of_pcsc(device, lane, there)
    if not device.port.startswith("/"):
        advice = "it is on the network: 'tapledger devices watch' opens it"
        return _state(device, lane, present=None, advice=advice)
    file = Path(device.port)
    try:
        found = file.stat()
        holder = holder_of(file)
    except OSError as error:
        fault, advice = _unreachable(error)
        return _state(device, lane, present=False, fault=fault, advice=advice)
    if not stat.S_ISCHR(found.st_mode):
        fault, advice = "that is no device", "set its port to one of those below"
    elif not os.access(file, os.R_OK | os.W_OK):
        fault, advice = "you may not open it", _let_in(found)
    elif holder is not None:
        fault, advice = f"{holder} has it", "stop that program: two would both miss bytes"
    else:
        return _state(device, lane, present=True)
    return _state(device, lane, present=False, fault=fault, advice=advice)


def _state_of_pcsc(device: ListedDevice, lane: str | None, there: list[Connected]) -> DeviceState:
    names = [each.port for each in there if each.kind == _PCSC]
    if any(name.startswith(device.port) for name in names):
        return _state(device, lane, present=True)
    advice = "plug it in, look below for its name, and see that pcscd runs"
    fault = "pcscd has no reader of that name"
    return _state(device, lane, present=False, fault=fault, advice=advice)


def _unreachable(error: OSError) -> tuple[str, str]:
    if isinstance(error, PermissionError):
        return "you may not look there", "run it as root"
    return "nothing is there", "plug it in, or set its port to one of those below"


def _let_in(found: os.stat_result) -> str:
    try:
        group = grp.getgrgid(found.st_gid).gr_name
    except KeyError:
        group = str(found.st_gid)
    if found.st_gid == 0 or not found.st_mode & stat.S_IRGRP:
        return "run it as root, or install the udev rules of systemd/"
    return f"usermod -aG {group} $USER, and log in again"


def _beside(settings: AgentSettings | None, there: list[Connected]) -> list[Connected]:
    """Leave out what is configured, by whichever of its names."""
    ports = [] if settings is None else [device.port for device in settings.listed]
    files = {str(Path(port).resolve()) if port.startswith("/") else port for port in ports}
    pcsc = [
        device.port for device in (settings.listed if settings else ()) if device.driver == _PCSC
    ]
    return [
        each
        for each in there
        if each.file not in files
        and not (each.kind == _PCSC and any(each.port.startswith(port) for port in pcsc))
    ]


def _print(
    settings: AgentSettings | None,
    states: list[DeviceState],
    beside: list[Connected],
    *,
    is_running: bool,
) -> None:
    if settings is None:
        click.echo("No configuration: name one with --config to see its devices.")
    else:
        by = f"as the agent at {settings.api.listen} says" if is_running else "no agent is running"
        click.secho(f"Configured ({by})", bold=True)
        for state in states:
            _print_state(state)
        if not states:
            click.echo("  none: a [[reader]] or [[scanner]] names one")
    click.echo()
    click.secho("Connected and not configured", bold=True)
    for each in beside:
        click.echo(f"  {plain(each.about)} ({each.kind})")
        click.secho(f"{_INDENT}port = {json.dumps(plain(each.port))}", fg="cyan")
    if not beside:
        click.echo("  nothing")


def _print_state(state: DeviceState) -> None:
    word, colour = {
        True: ("present", "green"),
        False: (f"gone: {plain(state.fault or '')}", "red"),
        None: ("not looked at", "yellow"),
    }[state.present]
    lane = f"lane {state.lane}" if state.lane else "no lane"
    click.echo(
        f"  {state.name:<12} {state.driver:<8} {state.kind:<8} {lane:<8} "
        + click.style(word, fg=colour)
    )
    click.echo(f"{_INDENT}{plain(state.port)}")
    if state.advice:
        click.secho(f"{_INDENT}{state.advice}", fg="yellow")
