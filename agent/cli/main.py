"""The command line. Exit codes: 0 good, 1 a finding or a fault, 2 wrong use or configuration."""

import os
from importlib import import_module
from pathlib import Path

import click

from agent import __version__
from agent.cli.shown import fail, plain_errors

__all__ = ["main"]

_OF_THEIR_OWN = ("bench", "decode", "devices", "doctor", "ledger", "pin", "program", "simulate")
"""Commands with a module of their own, which has their name."""

_config = click.option(
    "--config",
    "configs",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    help="Configuration file; given more than once, a later file wins.",
)


class _Commands(click.Group):
    """Imports a command when it is asked for: none must wait for what only another needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_OF_THEIR_OWN])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _OF_THEIR_OWN:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(import_module(f"agent.cli.{cmd_name}"), cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tapledger")
@click.pass_context
def main(context: click.Context) -> None:
    """In-store loyalty agent: points at the till that work offline and sync with head office."""
    if os.environ.get("NO_COLOR"):  # https://no-color.org; without a terminal there is none
        context.color = False
    os.umask(0o077)  # a ledger, its backups and its exports hold card numbers


@main.command()
@_config
@plain_errors
def agent(configs: tuple[Path, ...]) -> None:
    """Run the store daemon until SIGTERM."""
    # Imported here: the command line must not wait for what only the daemon needs.
    import asyncio  # noqa: PLC0415

    from agent.daemon import Agent  # noqa: PLC0415
    from agent.layered import load  # noqa: PLC0415
    from agent.logs import configure_logs  # noqa: PLC0415
    from agent.service import leave  # noqa: PLC0415
    from agent.settings import AgentSettings  # noqa: PLC0415

    configure_logs()
    asyncio.run(Agent(load(AgentSettings, configs)).run())
    leave()


@main.command()
@_config
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    metavar="N",
    help="Processes that take what stores send; more than one needs PostgreSQL.",
)
@plain_errors
def hub(configs: tuple[Path, ...], workers: int) -> None:
    """Run head office until SIGTERM.

    Takes journals from the stores by MQTT, settles what they contradict, leases points, tells the
    stores what changed, and serves its API and status page. A worker that ends is started again.
    """
    import asyncio  # noqa: PLC0415 - see above

    from agent.layered import load  # noqa: PLC0415
    from agent.logs import configure_logs  # noqa: PLC0415
    from sync.hub.server import Hub  # noqa: PLC0415
    from sync.hub.settings import HubSettings  # noqa: PLC0415

    configure_logs()
    settings = load(HubSettings, configs)
    if workers > 1 and not settings.database.takes_many_workers:
        raise click.UsageError(
            "SQLite takes one writer: leave --workers at 1, or set [database] url to PostgreSQL"
        )
    asyncio.run(Hub(settings, workers=workers, configs=configs).run())


@main.command()
@click.option("--headless", is_flag=True, help="No progress bar and no page addresses.")
@click.option("--baskets", default=200, show_default=True, type=click.IntRange(10), metavar="N")
@click.option("--keep", is_flag=True, help="Leave everything running until Ctrl-C.")
@click.option("--seed", default=1, show_default=True, metavar="N", help="Which baskets to play.")
def demo(headless: bool, baskets: int, keep: bool, seed: int) -> None:
    """Play real baskets in two stores, with a line cut.

    Starts a broker, head office and two stores with emulated devices, cuts one store off, spends
    points there by lease and on the floor, provokes conflicts, heals it, and compares both sides.
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
