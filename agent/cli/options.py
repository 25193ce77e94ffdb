"""What the commands of ``tapledger ledger`` take alike."""

from datetime import datetime
from pathlib import Path

import click

__all__ = ["DAY", "as_json_option", "db_option", "must_exist"]


class _Day(click.DateTime):
    """A business date, ``YYYY-MM-DD``."""

    def __init__(self) -> None:
        super().__init__(formats=["%Y-%m-%d"])

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read it. Raises click.BadParameter with the way to write it."""
        try:
            day: datetime = super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail("write it as YYYY-MM-DD", param, ctx)
        return day


DAY = _Day()

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
