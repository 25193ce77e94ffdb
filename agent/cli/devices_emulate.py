"""``tapledger devices emulate``: a reader or scanner without hardware, on a pseudo-terminal."""

import json
import os
import random
import select
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from agent.cli.options import as_json_option
from agent.cli.shown import fail, until_nobody_reads

__all__ = ["emulate"]

_KINDS = ("em4100", "wiegand", "pn532", "uhf18", "barcode")
_NOISE_BYTES = 64
_LONGEST = 4_096
_HELP = """\
NUMBER    lay that card, in the place of one that lies there, or scan that code
(Enter)   tap the next card: lay it and take it away
take      take the card away
half      begin to say the card, and break off
noise     64 bytes that mean nothing
unplug    pull the cable: the port vanishes
plug      plug it in again
help      this
quit      end; so do Ctrl-C and the end of the input"""


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
@as_json_option
@until_nobody_reads
def emulate(
    kind: str, cards: tuple[str, ...], every_s: float | None, link: Path | None, as_json: bool
) -> None:
    """Be a reader or a scanner on a pseudo-terminal, with the bytes of a real one.

    Prints its port and the lines for the configuration. Standard input takes a card's or a
    product's number, or a word: take, half, noise, unplug, plug, help, quit. Each --card is tapped
    once at the start, or again and again with --every.
    """
    from drivers.virtual.kinds import KINDS  # noqa: PLC0415 - nothing else needs it

    emulated = KINDS[kind]
    try:
        deck = [emulated.card_from(card) for card in cards or (emulated.example,)]
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--card") from None
    desk = _Desk(emulated, deck, link, as_json=as_json)
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
        fail(f"{error.filename or link}: {error.strerror}", code=1)
    finally:
        desk.close()


class _Desk:
    """One emulated device, and who types what happens to it."""

    def __init__(self, emulated: Any, deck: list[Any], link: Path | None, *, as_json: bool) -> None:
        self._emulated, self._deck, self._as_json = emulated, deck, as_json
        self._device = emulated.make(None if link is None else link.absolute())
        self._next = 0
        self._dice = random.Random()  # noqa: S311 - noise

    def open(self) -> None:
        """Plug it in and say where it is."""
        self._plug_in()
        kind = self._emulated
        said = {
            "kind": kind.driver,
            "port": str(self._device.port),
            "baud": kind.baud,
            "toml": self._toml(),
        }
        if self._as_json:
            click.echo(json.dumps({"did": "open", **said}))
            return
        click.secho(f"{kind.driver} on {self._device.port}: {kind.about}", bold=True)
        click.echo("\nIn the configuration, and its name in the devices of a [[lane]]:\n")
        click.secho(self._toml(), fg="cyan")
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
                self._do(line)
            if due_s is not None and time.monotonic() >= due_s:
                self.tap()
                due_s = time.monotonic() + (every_s or 0.0)

    def tap(self) -> None:
        """Lay the next card and take it away."""
        card = self._deck[self._next % len(self._deck)]
        self._next += 1
        self._device.lay(card)
        time.sleep(self._emulated.tap_s)  # as long as a hand holds it there
        self._device.take_away()
        self._tell("tap", card=card)

    def _do(self, line: str) -> None:
        match line:
            case "":
                self.tap()
            case "help":
                click.echo(json.dumps({"did": "help"}) if self._as_json else _HELP)
            case "take":
                card = self._device.take_away()
                self._tell("take", card=card) if card is not None else self._amiss(
                    "nothing is there"
                )
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
        return (
            f'[[{kind.kind}]]\nname = "virtual-{kind.driver}"\n'
            f'driver = "{kind.driver}"\nport = {json.dumps(str(self._device.port))}\n'
        )

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
