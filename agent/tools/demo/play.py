"""One run of the demo, from the first process to the last line."""

import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from agent.tools.demo.failed import DemoFailed
from agent.tools.demo.story import PROGRAM_TEXT, Story
from agent.tools.demo.trade import Progress, Trade, choose
from agent.tools.demo.verdict import judge, tell, wait_until_quiet
from agent.tools.demo.voice import Voice
from agent.tools.site import OFFICE_TOKEN, HeadOffice, StoreKit
from agent.tools.waiting import wait_until

__all__ = ["Demo"]

_LANES = ("1", "2")


class Demo:
    """One run. ``play`` does it all; with ``keep`` it goes on until interrupted."""

    def __init__(self, *, baskets: int, seed: int, headless: bool, keep: bool) -> None:
        self._is_shown = keep or not headless
        self._keep = keep
        self._baskets = choose(baskets, seed)
        self._progress = Progress()
        self._voice = Voice(headless=headless)
        self._offline = 0

    def play(self) -> None:
        """Run the demo. Raises DemoFailed, ToolMissing, or TimeoutError."""
        # Ended from outside, too, everything that was started is stopped.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        signal.signal(signal.SIGHUP, lambda *_: sys.exit(128 + signal.SIGHUP))
        with ExitStack() as cleanup:
            directory = Path(
                cleanup.enter_context(tempfile.TemporaryDirectory(prefix="tapledger-"))
            )
            office, stores = self._start(cleanup, directory)
            self._print_addresses(office, stores)
            story = Story(
                office=office,
                cut=stores[-1],
                other=stores[0],
                progress=self._progress,
                voice=self._voice,
            )
            self._trade(story, stores)
            self._conclude(office, stores)
            if self._keep:
                self._voice.say("Everything is still running; Ctrl-C ends it.")
                with suppress(KeyboardInterrupt):
                    threading.Event().wait()

    def _start(self, cleanup: ExitStack, directory: Path) -> tuple[HeadOffice, list[StoreKit]]:
        """Start every process; head office and the stores have the same program."""
        names = tuple(sorted({basket.store for basket in self._baskets}))
        self._voice.add(
            f"Starting mosquitto, head office, and the stores {' and '.join(names)}; "
            f"{len(self._baskets)} real baskets …"
        )
        office = cleanup.enter_context(
            _running(HeadOffice(directory / "head-office", stores=names))
        )
        office.ask("PUT", "/v1/programs/simple", {"text": PROGRAM_TEXT})
        program = directory / "simple.toml"
        program.write_text(PROGRAM_TEXT, "utf-8")
        kits = [
            StoreKit(
                name=name,
                directory=directory / name,
                broker_port=office.broker.port,
                lane_names=_LANES,
                program=program,
            )
            for name in names
        ]
        return office, [cleanup.enter_context(_running(kit)) for kit in kits]

    def _trade(self, story: Story, stores: list[StoreKit]) -> None:
        """Play every basket with one store's line cut half-way; then the story; then heal it."""
        total = len(self._baskets)
        cut = story.cut
        assert cut.line is not None, "every store of the demo has a line"  # noqa: S101
        story.prepare()
        trade = Trade(stores, self._baskets, self._progress)
        trade.start()
        with self._voice.bar(total) as show:
            trade.wait_for(total // 2, show)
            story.wait_until_all_is_known()
            cut.line.cut()
            trade.wait_for(total, show)
        self._voice.step(
            f"The line of store {cut.name} was cut half-way through the baskets; its tills go on."
        )
        wait_until(lambda: not cut.health()["online"], "the agent to notice")
        story.play()
        self._offline = int(cut.health()["unacknowledged"])
        cut.line.heal()
        self._voice.step(
            f"The line of store {cut.name} is back; {self._offline} entries are waiting to go."
        )
        for store in stores:
            store.wait_acknowledged()
        story.pay()

    def _conclude(self, office: HeadOffice, stores: list[StoreKit]) -> None:
        """Wait until all is quiet, compare both sides, print the table and the last line."""
        wait_until_quiet(office, stores, self._progress.tokens)
        verdict = judge(office, stores, self._progress)
        tell(verdict, self._progress, self._voice, offline=self._offline)
        if verdict.differences:
            raise DemoFailed("\n".join(verdict.differences))
        self._voice.say(verdict.summary)

    def _print_addresses(self, office: HeadOffice, stores: list[StoreKit]) -> None:
        if not self._is_shown:
            return
        self._voice.step("Live while the demo runs:")
        self._voice.at("head office", f"{office.url}/ (sign in with {OFFICE_TOKEN})")
        for store in stores:
            for lane in store.lanes:
                self._voice.at(f"{store.name}, lane {lane}", f"{store.url}/lane/{lane}")


@contextmanager
def _running(part: Any) -> Iterator[Any]:
    """Start a part, and stop it whatever happens."""
    try:
        part.start()
        yield part
    finally:
        part.stop()
