"""``tapledger decode``: what a device said, byte by byte, without the device."""

import json
from typing import Any

import click

from agent.cli.options import AES_KEY, HEX

__all__ = ["decode"]

_DRIVERS = ("em4100", "pn532", "wiegand", "uhf18", "epc", "barcode", "ndef", "sdm", "atr")


@click.command()
@click.argument("driver", type=click.Choice(_DRIVERS))
@click.argument("file", type=click.File("rb"), required=False)
@click.option("--hex", "typed", type=HEX, metavar="HEX", help="The bytes, spaces allowed.")
@click.option(
    "--framing",
    type=click.Choice(["stx", "gap"]),
    default="stx",
    show_default=True,
    help="gap: bare characters framed by silence, as an EM-18 sends them.",
)
@click.option("--meta-key", type=AES_KEY, metavar="HEX", help="sdm: the key of the PICC data.")
@click.option("--file-key", type=AES_KEY, metavar="HEX", help="sdm: the key of the signature.")
@click.option(
    "--last-counter",
    type=click.IntRange(0, 2**24 - 1),
    metavar="N",
    help="sdm: the last counter taken from the tag; only a higher one is no replay.",
)
@click.option(
    "--member-prefix",
    "member_prefixes",
    multiple=True,
    metavar="P",
    help="barcode: EAN-13 that begin so are member cards; may be given again.",
)
def decode(
    driver: str,
    file: Any,
    typed: bytes | None,
    framing: str,
    meta_key: bytes | None,
    file_key: bytes | None,
    last_counter: int | None,
    member_prefixes: tuple[str, ...],
) -> None:
    """Turn a device's raw bytes into JSON lines.

    Prints one line for each thing recognised or refused.

    Reads FILE ('-' for standard input) or --hex. Exit code 0 also where bytes were refused: that
    is an answer.
    """
    # Imported here: the command line must not wait for what only this command needs.
    from drivers.decode import Options, OptionsMissing  # noqa: PLC0415
    from drivers.decode import decode as decoded  # noqa: PLC0415

    if (file is None) == (typed is None):
        raise click.UsageError("give either FILE or --hex HEX")
    options = Options(
        framing=framing,
        meta_key=meta_key,
        file_key=file_key,
        last_counter=last_counter,
        member_prefixes=_prefixes(member_prefixes),
    )
    data = file.read() if typed is None else typed
    try:
        for thing in decoded(driver, data, options):
            click.echo(json.dumps(thing, separators=(",", ":")))
    except OptionsMissing as missing:
        raise click.UsageError(str(missing)) from None


def _prefixes(prefixes: tuple[str, ...]) -> tuple[str, ...]:
    for prefix in prefixes:
        if not (prefix.isascii() and prefix.isdigit() and len(prefix) <= 12):
            raise click.BadParameter("write 1 to 12 digits", param_hint="--member-prefix")
    return prefixes
