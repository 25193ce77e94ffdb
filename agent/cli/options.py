"""What the commands of ``tapledger ledger`` take alike."""

from pathlib import Path

import click

__all__ = ["as_json_option", "db_option", "must_exist"]

db_option = click.option(
    "--db",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The ledger's file.",
)
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def must_exist(db: Path) -> None:
    """Hold that there is a file. Raises click.BadParameter."""
    if not db.is_file():
        raise click.BadParameter(f"File '{db}' does not exist.", param_hint="--db")
