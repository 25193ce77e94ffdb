"""The command line. Exit codes: 0 good, 1 a finding or a fault, 2 wrong use or configuration."""

import asyncio
import os
from pathlib import Path

import click

from agent import __version__
from agent.cli.bench import bench
from agent.cli.decode import decode
from agent.cli.devices import devices
from agent.cli.doctor import doctor
from agent.cli.ledger import ledger
from agent.cli.pin import pin
from agent.cli.program import program
from agent.cli.shown import fail, plain_errors
from agent.layered import load
from agent.service import configure_logs, leave

__all__ = ["main"]

_config = click.option(
    "--config",
    "configs",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    help="Configuration file; given more than once, a later file wins.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tapledger")
def main() -> None:
    """In-store loyalty agent: points at the till that work offline and sync with head office."""
    os.umask(0o077)  # a ledger, its backups and its exports hold card numbers


@main.command()
@_config
@plain_errors
def agent(configs: tuple[Path, ...]) -> None:
    """Run the store daemon until SIGTERM."""
    # Imported here: the command line must not wait for what only the daemon needs.
    from agent.daemon import Agent  # noqa: PLC0415
    from agent.settings import AgentSettings  # noqa: PLC0415

    configure_logs()
    asyncio.run(Agent(load(AgentSettings, configs)).run())
    leave()


@main.command()
@_config
@plain_errors
def hub(configs: tuple[Path, ...]) -> None:
    """Run head office until SIGTERM."""
    from sync.hub.server import Hub  # noqa: PLC0415 - see above
    from sync.hub.settings import HubSettings  # noqa: PLC0415

    configure_logs()
    asyncio.run(Hub(load(HubSettings, configs)).run())


@main.command()
@click.option("--headless", is_flag=True, help="No progress bar and no page addresses.")
@click.option("--baskets", default=200, show_default=True, type=click.IntRange(10), metavar="N")
@click.option("--keep", is_flag=True, help="Leave everything running until Ctrl-C.")
@click.option("--seed", default=1, show_default=True, metavar="N", help="Which baskets to play.")
def demo(headless: bool, baskets: int, keep: bool, seed: int) -> None:
    """Play real baskets in two stores, with a line cut.

    Starts a broker, head office and two stores with emulated devices, cuts one store off, heals
    it, and compares both sides entry by entry.
    """
    try:
        from agent.tools.demo import Demo, DemoFailed  # noqa: PLC0415 - see above
        from agent.tools.processes import ToolMissing  # noqa: PLC0415
    except ImportError as error:
        fail(f"{error}; install tapledger with its 'demo' extra", code=1)
    try:
        Demo(baskets=baskets, seed=seed, headless=headless, keep=keep).play()
    except (DemoFailed, ToolMissing, TimeoutError, RuntimeError) as error:
        fail(str(error), code=1)


main.add_command(bench)
main.add_command(decode)
main.add_command(devices)
main.add_command(doctor)
main.add_command(ledger)
main.add_command(pin)
main.add_command(program)
