"""The demo: two stores and head office on this machine, a day of real baskets, a line that is cut.

Every part is a real process and every device speaks real bytes. At the end both sides of each
journal are replayed from zero and compared entry by entry.
"""

import itertools
import json
import random
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from agent.core.tokens import Token
from agent.paths import shipped_baskets
from agent.tools.compare import Comparison, compare
from agent.tools.site import HeadOffice, LaneKit, StoreKit
from agent.tools.waiting import wait_until
from sync.hub.database import Database

__all__ = ["Demo", "DemoFailed"]

_LANES = ("1", "2")


class DemoFailed(Exception):
    """Something in the demo did not do what it must; the message says what."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Basket:
    """One line of the baskets file."""

    store: str
    sale_id: str
    sale: dict[str, Any]


@dataclass(slots=True)
class Progress:
    """What the lanes have done so far; counted from their threads."""

    sold: int = 0
    enrolled: int = 0
    points: int = 0
    trouble: list[str] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *, sold: int = 0, enrolled: int = 0, points: int = 0) -> None:
        """Count something."""
        with self._guard:
            self.sold += sold
            self.enrolled += enrolled
            self.points += points


class Demo:
    """One run. ``play`` does it all; with ``keep`` it goes on until interrupted."""

    def __init__(self, *, baskets: int, seed: int, headless: bool, keep: bool) -> None:
        self._headless = headless
        self._plain = headless or not sys.stdout.isatty()
        self._keep = keep
        self._baskets = _choose(baskets, seed)
        self._progress = Progress()
        self._offline_sales = 0

    def play(self) -> None:
        """Run the demo. Raises DemoFailed, ToolMissing, or TimeoutError."""
        # Ended from outside, too, everything that was started is stopped.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        signal.signal(signal.SIGHUP, lambda *_: sys.exit(128 + signal.SIGHUP))
        with ExitStack() as cleanup:
            directory = Path(
                cleanup.enter_context(tempfile.TemporaryDirectory(prefix="tapledger-"))
            )
            count = len(self._baskets)
            self._say(f"Starting mosquitto, head office and two stores; {count} real baskets …")
            names = tuple(sorted({basket.store for basket in self._baskets}))
            head_office = cleanup.enter_context(
                _running(HeadOffice(directory / "head-office", stores=names))
            )
            stores = [
                cleanup.enter_context(
                    _running(
                        StoreKit(
                            name=name,
                            directory=directory / name,
                            broker_port=head_office.broker.port,
                            lane_names=_LANES,
                        )
                    )
                )
                for name in names
            ]
            self._print_addresses(stores)
            self._trade(stores)
            self._conclude(head_office, stores)
            if self._keep:
                self._say("Everything is still running; Ctrl-C ends it.")
                with suppress(KeyboardInterrupt):
                    threading.Event().wait()

    def _trade(self, stores: list[StoreKit]) -> None:
        """Play every basket; cut one store's line half-way, heal it after three quarters."""
        total = len(self._baskets)
        victim = stores[-1]
        assert victim.line is not None, "every store of the demo has a line"  # noqa: S101
        threads = [
            threading.Thread(target=self._work, args=(store, lane, name), daemon=True)
            for store in stores
            for name, lane in store.lanes.items()
        ]
        for thread in threads:
            thread.start()
        with self._bar(total) as show:
            self._watch(threads, total // 2, show)
            victim.line.cut()
            self._say(f"\nThe line of store {victim.name} is cut; its tills go on.")
            self._watch(threads, 3 * total // 4, show)
            wait_until(lambda: not victim.health()["online"], "the agent to notice")
            self._offline_sales = int(victim.health()["unacknowledged"])
            victim.line.heal()
            self._say(
                f"\nThe line of store {victim.name} is back; "
                f"{self._offline_sales} entries are waiting to go."
            )
            self._watch(threads, total, show)
        for thread in threads:
            thread.join()
        if self._progress.trouble:
            raise DemoFailed("\n".join(self._progress.trouble))

    def _watch(
        self, threads: list[threading.Thread], until: int, show: Callable[[int], None]
    ) -> None:
        """Show progress until so many baskets are sold, or every lane has stopped."""

        def reached() -> bool:
            show(self._progress.sold)
            return self._progress.sold >= until or not any(t.is_alive() for t in threads)

        wait_until(reached, f"{until} baskets to be sold", timeout_s=300)

    def _work(self, store: StoreKit, lane: LaneKit, name: str) -> None:
        """One cashier: scan, enrol who is new, sell; twice where the POS missed the answer."""
        try:
            for basket in self._baskets:
                if basket.store == store.name and basket.sale["lane"] == name:
                    self._serve(lane, basket)
        except Exception as error:  # noqa: BLE001 - reported by the main thread, which fails
            self._progress.trouble.append(f"store {store.name}, lane {name}: {error!r}")

    def _serve(self, lane: LaneKit, basket: Basket) -> None:
        token = Token.parse(basket.sale["token"])
        seen = lane.tap(token)
        if seen["status"] == "unknown_card":
            enrolment = lane.pos.enrol(str(token))
            if enrolment.status_code == 201:
                self._progress.add(enrolled=1)
            elif enrolment.json()["code"] != "card_in_use":  # the other lane may have been first
                raise DemoFailed(f"card {token.masked} could not be enrolled: {enrolment.text}")
        answer = lane.pos.sell(basket.sale_id, basket.sale)
        if answer.status_code != 201:
            raise DemoFailed(f"sale {basket.sale_id}: {answer.status_code} {answer.text}")
        again = lane.pos.sell(basket.sale_id, basket.sale)
        if (again.status_code, again.json()) != (200, answer.json()):
            raise DemoFailed(f"sale {basket.sale_id}: the retry was answered differently")
        self._progress.add(sold=1, points=answer.json()["points"])

    def _conclude(self, head_office: HeadOffice, stores: list[StoreKit]) -> None:
        """Wait for head office, compare both sides, print the table and the last line."""
        for store in stores:
            store.wait_acknowledged()
        held = Database(f"sqlite:///{head_office.database}")
        held.start(migrate=False)
        try:
            found = {s.name: compare(s.ledger_path, held, s.address) for s in stores}
        finally:
            held.stop()
        self._print_table(found)
        differences = list(itertools.chain(*(c.differences for c in found.values())))
        points = sum(comparison.points for comparison in found.values())
        if points != self._progress.points:
            differences.append(f"the tills were told {self._progress.points} points, not {points}")
        if differences:
            raise DemoFailed("\n".join(differences))
        entries = sum(comparison.entries for comparison in found.values())
        accounts = sum(comparison.accounts for comparison in found.values())
        click.echo(f"converged: {entries} entries, {accounts} accounts, 0 conflicts resolved")

    def _print_addresses(self, stores: list[StoreKit]) -> None:
        if self._headless:
            return
        click.echo("Cashier pages, live while the demo runs:")
        for store in stores:
            for lane in store.lanes:
                click.secho(f"  {store.url}/lane/{lane}", fg="cyan")

    def _print_table(self, found: dict[str, Comparison]) -> None:
        click.echo()
        click.secho(
            f"{'store':<8}{'entries':>9}{'accounts':>10}{'points':>9}  both sides", bold=True
        )
        for name, comparison in found.items():
            agrees = not comparison.differences
            click.echo(
                f"{name:<8}{comparison.entries:>9,}{comparison.accounts:>10,}"
                f"{comparison.points:>9,}  "
                + click.style("the same" if agrees else "differ", fg="green" if agrees else "red")
            )
        click.echo(
            f"{self._progress.sold} sales, each sent twice; "
            f"{self._progress.enrolled} cards enrolled at the till; "
            f"{self._offline_sales} entries written while a store was cut off"
        )

    def _say(self, what: str) -> None:
        click.echo(what.strip() if self._plain else what)

    @contextmanager
    def _bar(self, total: int) -> Iterator[Callable[[int], None]]:
        """Show a progress bar, or nothing."""
        if self._plain:
            yield lambda _done: None
            return
        with click.progressbar(length=total, label="baskets") as bar:
            yield lambda done: bar.update(done - bar.pos)


@contextmanager
def _running(part: Any) -> Iterator[Any]:
    """Start a part, and stop it whatever happens."""
    try:
        part.start()
        yield part
    finally:
        part.stop()


def _choose(count: int, seed: int) -> list[Basket]:
    """Choose as long a stretch from each of two stores, in the order in which they were sold."""
    with shipped_baskets().open(encoding="utf-8") as file:
        every = [Basket(**json.loads(line)) for line in file]
    dice = random.Random(seed)  # noqa: S311 - chooses baskets, keeps no secret
    names = dice.sample(sorted({basket.store for basket in every}), 2)
    chosen: list[Basket] = []
    for name, share in zip(names, (count - count // 2, count // 2), strict=True):
        sold = [basket for basket in every if basket.store == name]
        first = dice.randrange(max(1, len(sold) - share + 1))
        chosen += sold[first : first + share]
    return chosen
