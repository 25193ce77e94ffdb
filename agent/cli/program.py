"""``tapledger program``: what a program says, and what a change to it costs."""

import click

from agent.cli.program_compare import compare

__all__ = ["program"]


@click.group()
def program() -> None:
    """Read programs, and try them on baskets."""


program.add_command(compare)
