"""``tapledger pin``: turn the PIN of somebody who may approve into a line of the configuration."""

import getpass
import json
import re
import sys

import click

from agent.core.pins import is_pin, is_trivial

__all__ = ["pin"]

_NAME = re.compile(r"[\x21-\x7e]{1,64}")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


@click.command()
@click.argument("name", metavar="NAME")
@click.option("--stdin", is_flag=True, help="Read the PIN as one line from standard input.")
def pin(name: str, stdin: bool) -> None:
    """Make a line for [controls.approvers].

    Asks twice for the PIN of the person that tills call NAME, 4 to 12 digits, and shows neither.
    What is printed goes under [controls.approvers] in the agent's configuration; the agent takes it
    with its next start.
    """
    from agent.till.approvals import hash_pin  # noqa: PLC0415 - only this command needs it

    if not _NAME.fullmatch(name):
        raise click.BadParameter("up to 64 characters of ASCII without a blank", param_hint="NAME")
    typed = sys.stdin.readline(64).rstrip("\r\n") if stdin else _asked_twice()
    if not is_pin(typed):
        raise click.UsageError("a PIN is 4 to 12 digits")
    if is_trivial(typed):
        raise click.UsageError("this PIN is among the first that anybody would try; take another")
    key = name if _BARE_KEY.fullmatch(name) else json.dumps(name)
    click.echo(f'{key} = "{hash_pin(typed)}"')


def _asked_twice() -> str:
    """Ask on the terminal, without an echo. Raises click.UsageError."""
    try:
        first, second = getpass.getpass("PIN: "), getpass.getpass("The same again: ")
    except (EOFError, KeyboardInterrupt) as error:
        raise click.Abort from error
    if first != second:
        raise click.UsageError("these were two different PINs")
    return first
