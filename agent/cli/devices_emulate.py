"""``tapledger devices emulate``: a reader or scanner that there is no hardware of."""

import json
import os
import random
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click

from agent.cli.options import AES_KEY, as_json_option
from agent.cli.shown import fail, until_nobody_reads

__all__ = ["emulate"]

_KINDS = ("em4100", "wiegand", "pn532", "pcsc", "uhf18", "barcode", "hid")
_NOISE_BYTES = 64
_LONGEST = 4_096
_HELP = """\
NUMBER    lay that card, in the place of one that lies there, or scan that code
(Enter)   tap the next card: lay it and take it away
take      take the card away
half      begin to say the card, and break off
{line}help      this
quit      end; so do Ctrl-C and the end of the input"""
_HELP_LINE = """\
noise     64 bytes that mean nothing
unplug    pull the cable: the port vanishes
plug      plug it in again
"""


@click.command()
@click.argument("kind", type=click.Choice(_KINDS))
@click.option("--card", "cards", multiple=True, metavar="VALUE", help="A card; may be given again.")
@click.option(
    "--every",
    "every_s",
    type=click.FloatRange(min=1),
    metavar="S",
    help="Tap the cards by itself, one every so many seconds.",
)
@click.option(
    "--link",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A name for the port that stays when it is unplugged and plugged in.",
)
@click.option(
    "--vpcd",
    "vpcd_port",
    type=click.IntRange(1, 65_535),
    metavar="PORT",
    help="pcsc: where vpcd waits, 35963; its second reader waits at 35964.",
)
@click.option("--meta-key", type=AES_KEY, metavar="HEX", help="pcsc: the key of the PICC data.")
@click.option("--file-key", type=AES_KEY, metavar="HEX", help="pcsc: the key of the signature.")
@as_json_option
@until_nobody_reads
def emulate(
    kind: str, cards: tuple[str, ...], every_s: float | None, as_json: bool, **wished: Any
) -> None:
    """Be a reader or a scanner, with the bytes of a real one.

    On a pseudo-terminal; a pcsc reader is pcscd's, on whose vpcd cards are laid. Prints its port
    and the lines for the configuration. Standard input takes a card's or a product's number, or a
    word: take, half, noise, unplug, plug, help, quit. Each --card is tapped once at the start, or
    again and again with --every. A card of pcsc may be uid:HEX, type2:NUMBER, type4:NUMBER, or
    sdm:HEX, which signs: with the keys of AN12196, all zeros, or its own.
    """
    from drivers.virtual.emulated import Wishes  # noqa: PLC0415 - nothing else needs it
    from drivers.virtual.kinds import KINDS  # noqa: PLC0415 - the same

    emulated = KINDS[kind]
    try:
        deck = [emulated.card_from(card) for card in cards or (emulated.example,)]
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--card") from None
    given = {name: wish for name, wish in wished.items() if wish is not None}
    for name in given.keys() - emulated.wishes:
        option = "--" + name.removesuffix("_port").replace("_", "-")
        raise click.UsageError(f"{option} means nothing to {kind}")
    desk = _Desk(emulated, deck, Wishes(**given), as_json=as_json)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.default_int_handler)
    try:
        desk.open()
        taps = len(deck) if cards and every_s is None else 0
        for _ in range(taps):
            desk.tap()
        desk.serve(every_s)
    except KeyboardInterrupt:
        pass
    except OSError as error:
        where = error.filename or wished["link"] or kind
        fail(str(error) if error.errno is None else f"{where}: {error.strerror}", code=1)
    finally:
        desk.close()


class _Desk:
    """One emulated device, and who types what happens to it."""

    def __init__(self, emulated: Any, deck: list[Any], wishes: Any, *, as_json: bool) -> None:
        self._emulated, self._deck, self._as_json = emulated, deck, as_json
        self._device = emulated.device(wishes)
        self._wishes = wishes
        self._next = 0
        self._dice = random.Random()  # noqa: S311 - noise

    def open(self) -> None:
        """Plug it in and say where it is."""
        self._plug_in()
        kind = self._emulated
        baud = {"baud": rate} if (rate := getattr(kind, "baud", None)) else {}
        said = {"kind": kind.driver, "port": str(self._device.port), **baud, "toml": self._toml()}
        if self._as_json:
            click.echo(json.dumps({"did": "open", **said}))
            return
        click.secho(f"{kind.driver} on {self._device.port}: {kind.about}", bold=True)
        click.echo("\nIn the configuration, and its name in the devices of a [[lane]]:\n")
        click.secho(self._toml(), fg="cyan")
        for line in kind.beside(self._wishes):
            click.echo(line)
        click.echo(f"Type a number, such as {kind.example}, or help.")

    def close(self) -> None:
        """Unplug it."""
        self._device.unplug()

    def serve(self, every_s: float | None) -> None:
        """Do what is typed, and tap by itself, until the input ends; with ``every_s`` for ever."""
        lines = _Lines()
        due_s = None if every_s is None else time.monotonic() + every_s
        while not (lines.at_end and due_s is None):
            wait_s = None if due_s is None else max(0.0, due_s - time.monotonic())
            for line in lines.wait(wait_s):
                if line in ("quit", "exit"):
                    return
                self._try(partial(self._do, line))
            if due_s is not None and time.monotonic() >= due_s:
                self._try(self.tap)
                due_s = time.monotonic() + (every_s or 0.0)

    def tap(self) -> None:
        """Lay the next card and take it away."""
        card = self._deck[self._next % len(self._deck)]
        self._next += 1
        self._device.lay(card)
        time.sleep(self._emulated.tap_s)  # as long as a hand holds it there
        self._device.take_away()
        self._tell("tap", card=card)

    def _try(self, what: Callable[[], None]) -> None:
        """Do something, and go on where the far end is gone: it may come back."""
        try:
            what()
        except OSError as error:
            self._amiss(str(error))

    def _do(self, line: str) -> None:
        match line:
            case "":
                self.tap()
            case "help":
                click.echo(json.dumps({"did": "help"}) if self._as_json else self._help())
            case "take":
                card = self._device.take_away()
                self._tell("take", card=card) if card is not None else self._amiss(
                    "nothing is there"
                )
            case "noise" | "unplug" | "plug" if not self._emulated.has_line:
                self._amiss(f"a {self._emulated.driver} reader has no cable here; or type help")
            case _ if not self._device.is_plugged_in and line not in ("plug", "unplug"):
                self._amiss("it is unplugged; type plug first")
            case "noise":
                self._device.write(self._dice.randbytes(_NOISE_BYTES))
                self._tell("noise")
            case "half":
                card = self._device.card or self._deck[-1]
                self._device.lay_half(card)
                self._tell("half", card=card)
            case "unplug":
                self._device.unplug()
                self._tell("unplug")
            case "plug":
                self._plug_in()
                self._tell("plug", port=str(self._device.port))
            case _:
                self._lay(line)

    def _lay(self, typed: str) -> None:
        try:
            card = self._emulated.card_from(typed)
        except ValueError as error:
            self._amiss(f"{error}; or type help")
            return
        self._deck = [card]
        self._device.lay(card)
        self._tell("lay", card=card)

    def _plug_in(self) -> None:
        """Plug it in, if it is not."""
        if not self._device.is_plugged_in:
            self._device.plug_in()

    def _toml(self) -> str:
        kind = self._emulated
        said = {
            "name": f"virtual-{kind.driver}",
            "driver": kind.driver,
            **kind.said_of(self._device, self._wishes),
        }
        lines = [f"{key} = {json.dumps(value)}\n" for key, value in said.items()]
        return f"[[{kind.kind}]]\n" + "".join(lines)

    def _help(self) -> str:
        return _HELP.format(line=_HELP_LINE if self._emulated.has_line else "")

    def _tell(self, did: str, *, card: Any = None, **more: str) -> None:
        named = {} if card is None else {"card": self._emulated.masked(card)}
        if self._as_json:
            click.echo(json.dumps({"did": did, **named, **more}))
        else:
            click.echo("  ".join([did, *named.values(), *more.values()]))

    def _amiss(self, what: str) -> None:
        if self._as_json:
            click.echo(json.dumps({"did": "nothing", "error": what}))
        else:
            click.secho(what, fg="red")


class _Lines:
    """Lines of standard input, waited for no longer than wanted."""

    def __init__(self) -> None:
        self.at_end = False
        self._rest = b""

    def wait(self, for_s: float | None) -> Iterator[str]:
        """Answer the lines that came, after the first or when the time is up."""
        if self.at_end:
            time.sleep(for_s or 0.0)
            return
        ready, _, _ = select.select([sys.stdin], [], [], for_s)
        if not ready:
            return
        data = os.read(sys.stdin.fileno(), _LONGEST)
        self.at_end = not data
        *whole, self._rest = (self._rest + (data or b"\n")).split(b"\n")
        self._rest = self._rest[-_LONGEST:]
        for line in whole if data else [line for line in whole if line]:
            yield line.decode("utf-8", "replace").strip()
