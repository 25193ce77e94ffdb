"""``tapledger devices``: what is connected, what taps look like, and devices without hardware."""

from pathlib import Path
from typing import NoReturn

import click

from agent.cli.devices_emulate import emulate
from agent.cli.options import as_json_option
from agent.cli.shown import fail, plain_errors, until_nobody_reads

__all__ = ["devices"]

_INSTALLED = Path("/etc/tapledger/agent.toml")

_config = click.option(
    "--config",
    "configs",
    type=click.Path(path_type=Path),
    multiple=True,
    help=f"The agent's configuration; {_INSTALLED} without it.",
)


@click.group()
def devices() -> None:
    """Readers and scanners: list them, watch them, emulate them."""


@devices.command("list")
@_config
@as_json_option
@plain_errors
@until_nobody_reads
def list_(configs: tuple[Path, ...], as_json: bool) -> None:
    """Print every configured device, and what is connected beside them.

    What is connected and not configured is printed with the line for the configuration; it is
    looked at by name and never opened. Asks the agent where one runs. Exit code 1 where a
    configured device cannot be used.
    """
    from agent.cli.devices_list import print_list  # noqa: PLC0415 - nothing else needs it
    from agent.layered import load  # noqa: PLC0415 - the same
    from agent.settings import AgentSettings  # noqa: PLC0415 - the same

    files = _files(configs)
    print_list(load(AgentSettings, files) if files else None, as_json=as_json)


@devices.command()
@_config
@as_json_option
@click.argument("names", nargs=-1, metavar="[NAME]…")
@plain_errors
@until_nobody_reads
def watch(configs: tuple[Path, ...], as_json: bool, names: tuple[str, ...]) -> None:
    """Print a line for each thing that readers and scanners see, until Ctrl-C.

    Cards are masked. Listens to the agent where one runs, and otherwise opens the ports itself: no
    ledger is touched, and no card's counter used up. NAME is a device of the configuration; all
    are watched without.
    """
    from agent.cli.devices_watch import watch_devices  # noqa: PLC0415 - see above
    from agent.layered import load  # noqa: PLC0415 - see above
    from agent.settings import AgentSettings  # noqa: PLC0415 - see above

    files = _files(configs)
    if not files:
        _no_config()
    watch_devices(load(AgentSettings, files), names, as_json=as_json)


def _files(configs: tuple[Path, ...]) -> tuple[Path, ...]:
    if configs:
        return configs
    return (_INSTALLED,) if _INSTALLED.exists() else ()


def _no_config() -> NoReturn:
    fail(f"name the agent's configuration with --config; there is no {_INSTALLED}", code=2)


devices.add_command(emulate)
