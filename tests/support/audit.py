"""Hold a ledger that was left behind against everything that tills were told.

What the ledger says is read as its entries' bytes and judged by its own few lines here, beside the
replay of the code under test.
"""

import asyncio
import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from book import Answer, Book

from agent.clock import mint_id, system_clock
from agent.ledger import Ledger, LedgerError, Replay, replay

__all__ = ["Audit", "audit"]

_PAGE = 2_000


@dataclass(kw_only=True, slots=True)
class Audit:
    """What was found; ``lost`` and ``doubled`` count sales and enrolments."""

    entries: int = 0
    lost: int = 0
    doubled: int = 0
    findings: list[str] = field(default_factory=list)


def audit(ledger_path: Path, book: Book) -> Audit:
    """Hold a ledger that no agent uses against the book. Reports whatever does not agree."""
    found = Audit()
    try:
        journal = _Journal(asyncio.run(_read_entries(ledger_path)))
        found.entries = len(journal.seqs)
        _hold_sales(journal, book, found)
        _hold_cards(journal, book, found)
        _hold_points(journal, book, replay(ledger_path), found)
    except LedgerError as error:
        found.findings.append(f"the ledger does not hold: {error}")
    return found


async def _read_entries(path: Path) -> list[bytes]:
    ledger = Ledger(path, clock=system_clock, mint_id=mint_id)
    ledger.start()
    try:
        entries: list[bytes] = []
        position = (0, 0)
        while page := await ledger.read_after(position, at_most=_PAGE):
            entries += page
            newest = json.loads(page[-1])
            position = (newest["epoch"], newest["seq"])
        return entries
    finally:
        ledger.stop()


class _Journal:
    """Entries by what tills know of them; each position's hash is worked out anew."""

    def __init__(self, entries: list[bytes]) -> None:
        self.seqs: list[int] = []
        self.sales: dict[tuple[int, int, str], dict[str, Any]] = {}
        self.accounts: dict[str, list[str]] = {}
        link = bytes(32)
        for canonical in entries:
            link = hashlib.sha256(b"\x00" + link + canonical).digest()
            entry = json.loads(canonical)
            fact = entry["fact"]
            self.seqs.append(entry["seq"])
            if fact["kind"] == "ACCUMULATE_POINTS":
                self.sales[entry["epoch"], entry["seq"], link.hex()] = fact
            elif fact["kind"] == "ENROL":
                self.accounts.setdefault(fact["token"], []).append(fact["account"])


def _hold_sales(journal: _Journal, book: Book, found: Audit) -> None:
    if journal.seqs != list(range(1, len(journal.seqs) + 1)):
        found.findings.append("the journal's numbers have a gap or a repetition")
    for sale_id, answer in book.answers.items():
        if not _says(journal.sales.get(answer.position), answer):
            found.lost += 1
            found.findings.append(f"sale {sale_id} is lost: {answer.position} is not its entry")
    for sale_id, times in Counter(fact["sale_id"] for fact in journal.sales.values()).items():
        if times > 1:
            found.doubled += times - 1
            found.findings.append(f"sale {sale_id} is written {times} times")
        if sale_id not in book.sent:
            found.findings.append(f"sale {sale_id} was never sent")


def _says(fact: dict[str, Any] | None, answer: Answer) -> bool:
    """Say whether an entry is the one that an answer was about."""
    return fact is not None and (fact["sale_id"], fact["points"], fact.get("account")) == (
        answer.sale.sale_id,
        answer.points,
        answer.account,
    )


def _hold_cards(journal: _Journal, book: Book, found: Audit) -> None:
    for token, account in book.accounts.items():
        if account not in journal.accounts.get(token, []):
            found.lost += 1
            found.findings.append(f"card {token} is lost: nothing enrols it as {account}")
    for token, accounts in journal.accounts.items():
        if len(accounts) > 1:
            found.doubled += len(accounts) - 1
            found.findings.append(f"card {token} is enrolled {len(accounts)} times")


def _hold_points(journal: _Journal, book: Book, replayed: Replay, found: Audit) -> None:
    """Hold that points are what was answered and what was written and not answered yet."""
    expected: Counter[str] = Counter()
    for answer in book.answers.values():
        if answer.account is not None:
            expected[answer.account] += answer.points
    for fact in journal.sales.values():
        if fact["sale_id"] not in book.answers and "account" in fact:
            expected[fact["account"]] += fact["points"]
    for account, points in replayed.balances.items():
        if points != expected[account]:
            found.findings.append(f"account {account} has {points} points, not {expected[account]}")
    if sum(expected.values()) != sum(replayed.balances.values()):
        found.findings.append("points are held that no account was told of")
    if replayed.entries != len(journal.seqs):
        found.findings.append(f"{replayed.entries} entries replay, {len(journal.seqs)} are read")
