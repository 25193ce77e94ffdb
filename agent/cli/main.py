"""The command line. Exit codes: 0 good, 1 a finding or a fault, 2 wrong use or configuration."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import click

from agent import __version__
from agent.cli.bench import bench
from agent.cli.ledger import ledger
from agent.cli.pin import pin
from agent.cli.program import program
from agent.cli.shown import fail, plain_errors
from agent.layered import load
from agent.service import configure_logs

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


@main.command()
@click.argument("driver", type=click.Choice(["em4100"]))
@click.argument("file", type=click.File("rb"), required=False)
@click.option("--hex", "hex_text", metavar="HEX", help="The bytes themselves, spaces allowed.")
@click.option(
    "--framing",
    type=click.Choice(["stx", "gap"]),
    default="stx",
    show_default=True,
    help="gap: bare characters framed by silence, as an EM-18 sends them.",
)
def decode(driver: str, file: Any, hex_text: str | None, framing: str) -> None:
    """Turn a device's raw bytes into JSON lines.

    Prints one line for each thing recognised or refused.

    Reads FILE ('-' for standard input) or --hex. Exit code 0 also where bytes were refused: that
    is an answer.
    """
    from drivers.decode import decode_em4100  # noqa: PLC0415 - see above

    assert driver == "em4100"  # noqa: S101 - the only choice so far
    if (file is None) == (hex_text is None):
        raise click.UsageError("give either FILE or --hex HEX")
    if hex_text is not None:
        try:
            data = bytes.fromhex(hex_text)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--hex") from error
    else:
        data = file.read()
    for thing in decode_em4100(data, framing=framing):
        click.echo(json.dumps(thing, separators=(",", ":")))


main.add_command(bench)
main.add_command(ledger)
main.add_command(pin)
main.add_command(program)
