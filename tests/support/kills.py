"""SIGKILL under load: eight tills sell, the agent dies at random moments, and nothing may be lost.

Every choice is drawn from one seed. It settles what is sold, what is asked again and when a kill
falls due; how far the agent has got by then is the machine's own chance.
"""

import json
import os
import random
import shutil
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from audit import audit
from book import Book, Sale
from killable import AgentEnded, KillableAgent
from load import TILL_TOKEN, Call, Door, Till, real_sales

from agent.paths import shipped_program
from agent.tools.processes import free_port

__all__ = ["KillRun", "Outcome", "chosen_seed"]

_TILLS = 8
_ENROLLED_FIRST = 40
_MOST_ANSWERS = 40
"""Between two kills up to so many sales are answered."""

_LONGEST_PAUSE_S = 0.01
_KILLS_BEFORE_FIRST_READY = 2
"""So often is an agent killed that has no ledger yet, or is making it."""

_KILL_WHILE_STARTING = 0.15
_LONGEST_START_S = 0.12
_ASKED_AFTER_KILL = 8
_ASKED_AT_END = 500


def chosen_seed() -> str:
    """Answer the seed to use: that of TEST_SEED, or a new one."""
    return os.environ.get("TEST_SEED") or str(random.SystemRandom().randrange(10**9))


@dataclass(kw_only=True, slots=True)
class Outcome:
    """What a run did and found; ``findings`` is empty where nothing was wrong."""

    seed: str
    kills: int = 0
    answered: int = 0
    repeated: int = 0
    only_after_retry: int = 0
    written_before_retry: int = 0
    lost: int = 0
    doubled: int = 0
    slowest_restart_s: float = 0.0
    entries: int = 0
    took_s: float = 0.0
    findings: list[str] = field(default_factory=list)

    def table(self) -> str:
        """Write it as a table of Markdown."""
        row = {
            "kills": f"{self.kills:,}",
            "sales answered": f"{self.answered:,}",
            "sent again": f"{self.repeated:,}",
            "answered only after a retry": f"{self.only_after_retry:,}",
            "of these written before it": f"{self.written_before_retry:,}",
            "lost": f"{self.lost:,}",
            "doubled": f"{self.doubled:,}",
            "slowest restart": f"{self.slowest_restart_s * 1000:,.0f} ms",
            "entries": f"{self.entries:,}",
            "seconds": f"{self.took_s:,.0f}",
            "seed": self.seed,
        }
        lines = (row.keys(), ("---:" for _ in row), row.values())
        return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)

    def __str__(self) -> str:
        """Write the table and the first findings, for a test that failed."""
        shown = self.findings[:10]
        more = len(self.findings) - len(shown)
        return "\n".join([self.table(), *shown, *([f"… and {more} more"] if more else [])])


class KillRun:
    """One run on one ledger. It ends early at the first thing that must not be."""

    def __init__(
        self, directory: Path, *, kills: int, seed: str, audit_every: int = 10, mutant: str = ""
    ) -> None:
        self._directory = directory
        self._ledger_path = directory / "ledger" / "ledger.db"
        self._kills = kills
        self._audit_every = self._audit_at = audit_every
        self._dice = random.Random(f"{seed}/kills")  # noqa: S311 - deals work, keeps no secret
        self._book = Book()
        self._door = Door()
        self._outcome = Outcome(seed=seed)
        self._port = free_port()
        self._call = Call(self._port)
        self._agent = KillableAgent(self._write_config(), directory / "agent.log", mutant=mutant)
        self._tills = [
            Till(name, self._port, self._book, self._door, real_sales(name, _TILLS), seed)
            for name in range(_TILLS)
        ]
        for till, neighbour in zip(self._tills, self._tills[1:] + self._tills[:1], strict=True):
            till.neighbour = neighbour

    def _write_config(self) -> Path:
        config = self._directory / "agent.toml"
        config.write_text(
            '[device]\ntenant = "test"\nstore = "s001"\nname = "edge-1"\n'
            f'[ledger]\npath = "{self._ledger_path}"\n'
            f'[program]\npath = "{shipped_program("simple")}"\n'
            f'[api]\nlisten = "127.0.0.1:{self._port}"\n'
            f'[api.tokens]\ntill1 = "{TILL_TOKEN}"\n'
            '[[lane]]\nname = "1"\n'
        )
        return config

    def play(self) -> Outcome:
        """Run it to its end, and hold the ledger against the book."""
        began_s = time.monotonic()
        with closing(self._call):
            self._agent.open()
            try:
                self._play()
            except (AgentEnded, TimeoutError) as error:
                self._book.find(f"{type(error).__name__}: {error}")
            finally:
                self._door.close_for_good()
                self._agent.close()
        for till in self._tills:
            till.join()
        if self._ledger_path.exists():
            self._audit()
        self._outcome.took_s = time.monotonic() - began_s
        return self._sum_up()

    def _play(self) -> None:
        for _ in range(_KILLS_BEFORE_FIRST_READY):
            self._kill_while_starting()
        self._restart()
        self._door.open()
        self._enrol_first_cards()
        for till in self._tills:
            till.start()
        while self._outcome.kills < self._kills and not self._book.findings:
            self._kill_under_load()
        for till in self._tills:
            till.finish()
        for till in self._tills:
            till.join()
        answered = self._book.newest(len(self._book.answers))
        self._ask_again(self._dice.sample(answered, min(_ASKED_AT_END, len(answered))))
        self._agent.kill()
        self._agent.bury()

    def _enrol_first_cards(self) -> None:
        sales = real_sales(0, 1)
        for token in {next(sales)[1]["token"]: None for _ in range(_ENROLLED_FIRST)}:
            self._tills[0].enrol(token)

    def _kill_under_load(self) -> None:
        """Kill in the midst of selling, start again, and ask again what was answered last."""
        self._book.wait_for_answers(self._dice.randint(1, _MOST_ANSWERS))
        # Nothing is waited for here: the moment itself is what is drawn.
        time.sleep(self._dice.uniform(0, _LONGEST_PAUSE_S))
        self._kill()
        if self._outcome.kills >= self._audit_at:
            self._audit()
            self._audit_at += self._audit_every
        self._restart()
        self._hold_healthy()
        self._ask_again(self._book.newest(_ASKED_AFTER_KILL))
        self._door.open()

    def _kill(self) -> None:
        self._agent.kill()
        self._door.close()
        self._agent.bury()
        self._call.close()
        self._outcome.kills += 1

    def _kill_while_starting(self) -> None:
        self._agent.start()
        time.sleep(self._dice.uniform(0, _LONGEST_START_S))
        self._kill()

    def _restart(self) -> None:
        while self._outcome.kills < self._kills and self._dice.random() < _KILL_WHILE_STARTING:
            self._kill_while_starting()
        began_s = time.monotonic()
        self._agent.start()
        self._agent.wait_ready()
        took_s = time.monotonic() - began_s
        self._outcome.slowest_restart_s = max(self._outcome.slowest_restart_s, took_s)

    def _hold_healthy(self) -> None:
        """Hold that nobody has to look after an agent that came back."""
        reply = self._call.ask("GET", "/healthz")
        if reply is None or json.loads(reply.body)["status"] != "ok":
            self._book.find(f"an agent that is ready is not well: {reply}")

    def _ask_again(self, sales: list[Sale]) -> None:
        """Hold that sales that were answered are answered the same."""
        for sale in sales:
            reply = self._call.ask("PUT", f"/v1/sales/{sale.sale_id}", sale.body)
            if reply is None:
                self._book.find(f"sale {sale.sale_id}: an agent that is ready hung up on it")
                return
            self._book.note_sale(sale, reply, attempts=1)

    def _audit(self) -> None:
        """Hold what the killed agent left, in a copy: its successor finds it as it was."""
        copy = self._directory / "copy"
        shutil.copytree(self._ledger_path.parent, copy)
        found = audit(copy / self._ledger_path.name, self._book)
        shutil.rmtree(copy)
        self._outcome.entries = found.entries
        self._outcome.lost, self._outcome.doubled = found.lost, found.doubled
        for finding in found.findings:
            self._book.find(finding)

    def _sum_up(self) -> Outcome:
        book, outcome = self._book, self._outcome
        outcome.answered = len(book.answers)
        outcome.repeated = book.repeated
        outcome.only_after_retry = book.only_after_retry
        outcome.written_before_retry = book.written_before_retry
        outcome.findings = book.findings
        return outcome
