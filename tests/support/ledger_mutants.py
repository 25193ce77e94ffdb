"""Ways in which the ledger could be wrong, each a small change to its text.

A mutant replaces one passage of one file, which must stand there exactly once, and is caught by the
test it names. A test that passes on a mutant promises less than it says.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

__all__ = ["MUTANTS", "Mutant"]

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change, and the test that catches it."""

    file: str
    old: str
    new: str
    caught_by: str

    def write(self, directory: Path) -> None:
        """Copy the package to a directory with this one passage changed."""
        shutil.copytree(
            _ROOT / "agent", directory / "agent", ignore=shutil.ignore_patterns("__pycache__")
        )
        path = directory / self.file
        text = path.read_text("utf-8")
        assert text.count(self.old) == 1, f"{self.file}: {text.count(self.old)} times {self.old!r}"
        path.write_text(text.replace(self.old, self.new), "utf-8")


_UNIT = "tests/unit"
MUTANTS = {
    "answer_before_commit": Mutant(
        file="agent/ledger/writer.py",
        old='        self._connection.execute("COMMIT")\n        return transaction.tip',
        new='        _answer(batch)\n        self._connection.execute("COMMIT")\n'
        "        return transaction.tip",
        caught_by=f"{_UNIT}/test_operations_share_a_commit.py"
        "::test_a_commit_that_fails_answers_nobody",
    ),
    "one_failure_fails_the_batch": Mutant(
        file="agent/ledger/writer.py",
        old="            if len(batch) > 1:\n                for waiting in batch:\n"
        "                    self._commit([waiting])",
        new="            if len(batch) > 1:\n                for waiting in batch:\n"
        "                    self._fail(waiting, error)",
        caught_by=f"{_UNIT}/test_operations_share_a_commit.py"
        "::test_an_unforeseen_error_hurts_nobody",
    ),
    "queue_one_too_long": Mutant(
        file="agent/ledger/writer.py",
        old="        if self._queue.qsize() >= self._longest_queue:",
        new="        if self._queue.qsize() > self._longest_queue:",
        caught_by=f"{_UNIT}/test_operations_share_a_commit.py::test_a_full_queue_says_so_at_once",
    ),
    "chain_skips_a_field": Mutant(
        file="agent/core/entry.py",
        old='    return hashlib.sha256(b"\\x00" + previous + canonical).digest()',
        new='    return hashlib.sha256(b"\\x00" + previous + canonical[50:]).digest()',
        caught_by=f"{_UNIT}/test_the_chain_binds_every_entry.py::test_the_first_link_is_this_one",
    ),
    "entries_can_be_deleted": Mutant(
        file="agent/ledger/sql/schema_2.sql",
        old="WHEN NOT EXISTS (\n    SELECT 1 FROM segments\n",
        new="WHEN EXISTS (\n    SELECT 1 FROM segments\n",
        caught_by=f"{_UNIT}/test_the_journal_only_grows.py"
        "::test_an_entry_can_neither_be_changed_nor_deleted",
    ),
    "id_not_unique": Mutant(
        file="agent/ledger/sql/schema_1.sql",
        old="    id        TEXT    NOT NULL UNIQUE,",
        new="    id        TEXT    NOT NULL,",
        caught_by=f"{_UNIT}/test_the_journal_only_grows.py"
        "::test_the_database_itself_refuses_what_cannot_be",
    ),
    "synchronous_off": Mutant(
        file="agent/ledger/connection.py",
        old='    connection.execute("PRAGMA synchronous = FULL")',
        new='    connection.execute("PRAGMA synchronous = NORMAL")',
        caught_by=f"{_UNIT}/test_the_journal_only_grows.py::test_a_commit_waits_for_the_disk",
    ),
    "retry_taken_as_new": Mutant(
        file="agent/till.py",
        old="            known = transaction.sale(sale_id)\n",
        new="            known = transaction.sale('')\n",
        caught_by=f"{_UNIT}/test_sales_are_committed_once.py"
        "::test_the_same_sale_gets_the_same_answer",
    ),
}
