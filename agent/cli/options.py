"""What several commands take alike."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

__all__ = ["AES_KEY", "DAY", "HEX", "as_json_option", "db_option", "must_exist"]


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


class _Hex(click.ParamType[bytes]):
    """Bytes as people write them: upper or lower case, with blanks between."""

    name = "hex"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> bytes:
        """Read them. Raises click.BadParameter."""
        try:
            return bytes.fromhex(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _AesKey(_Hex):
    """A key of AES-128."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> bytes:
        """Read it. Raises click.BadParameter."""
        key = super().convert(value, param, ctx)
        if len(key) != 16:
            self.fail("a key of AES-128 has 16 bytes, 32 digits of hex", param, ctx)
        return key


AES_KEY, DAY, HEX = _AesKey(), _Day(), _Hex()

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
