"""What ``tapledger devices list`` prints: configured devices, and what is connected beside them."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from agent.cli.agent_calls import health_of
from agent.cli.columns import plain, text_width, wrapped
from agent.devices import ListedDevice
from agent.doctor.devices import PCSC, judge_at_agent, judge_from_outside, told_by
from agent.doctor.finding import Finding, Status
from agent.doctor.machine import Machine, Who
from agent.doctor.unit import installed_unit
from agent.settings import AgentSettings
from drivers.connected import Connected, connected, pcsc_readers

__all__ = ["DeviceState", "print_list"]

_INDENT = " " * 4
_ARROW = "→ "
_WORDS: dict[Status, tuple[str, str]] = {
    "ok": ("present", "green"),
    "warn": ("doubtful", "yellow"),
    "fail": ("cannot be used", "red"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceState:
    """How one configured device stands. ``status`` and ``fault`` are as the doctor's."""

    name: str
    kind: str
    driver: str
    port: str
    lane: str | None
    present: bool
    status: Status
    fault: str | None
    advice: str | None


def print_list(settings: AgentSettings | None, *, as_json: bool) -> None:
    """Print it. Ends with exit code 1 where a configured device cannot be used."""
    readers = pcsc_readers()
    there = connected(readers=lambda: readers)
    health = None if settings is None else health_of(settings)
    states = [] if settings is None else list(_states(settings, health, readers))
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
    if any(not state.present for state in states):
        raise SystemExit(1)


def _states(
    settings: AgentSettings, health: dict[str, Any] | None, readers: tuple[str, ...] | None
) -> Iterator[DeviceState]:
    told, machine = told_by(health), Machine()
    unit = installed_unit(machine)
    who = Who.me() if unit is None else unit.runs_as
    for device in settings.listed:
        lane = settings.lane_of_device.get(device.name)
        look = partial(judge_from_outside, machine, device, who, readers)
        seen = look() if health is None else judge_at_agent(device, told.get(device.name), look)
        yield _state(device, lane, seen)


def _state(device: ListedDevice, lane: str | None, finding: Finding) -> DeviceState:
    return DeviceState(
        name=device.name,
        kind=device.kind,
        driver=device.driver,
        port=device.port,
        lane=lane,
        present=finding.status != "fail",
        status=finding.status,
        fault=None if finding.status == "ok" else finding.said,
        advice=finding.advice,
    )


def _beside(settings: AgentSettings | None, there: list[Connected]) -> list[Connected]:
    """Leave out what is configured, by whichever of its names."""
    ports = [] if settings is None else [device.port for device in settings.listed]
    files = {str(Path(port).resolve()) if port.startswith("/") else port for port in ports}
    pcsc = [
        device.port for device in (settings.listed if settings else ()) if device.driver == PCSC
    ]
    return [
        each
        for each in there
        if each.file not in files
        and not (each.kind == PCSC and any(each.port.startswith(port) for port in pcsc))
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
    word, colour = _WORDS[state.status]
    lane = f"lane {state.lane}" if state.lane else "no lane"
    click.echo(
        f"  {state.name:<12} {state.driver:<8} {state.kind:<8} {lane:<8} "
        + click.style(word, fg=colour)
    )
    if state.port not in (state.fault or ""):
        click.echo(f"{_INDENT}{plain(state.port)}")
    if state.fault:
        for line in wrapped(state.fault, text_width() - len(_INDENT)):
            click.secho(f"{_INDENT}{line}", fg=colour)
    arrow = _ARROW
    for line in wrapped(state.advice, text_width() - len(_INDENT + arrow)) if state.advice else ():
        click.secho(f"{_INDENT}{arrow}{line}", fg="cyan")
        arrow = " " * len(_ARROW)
