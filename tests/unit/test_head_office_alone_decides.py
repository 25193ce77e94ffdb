"""What head office decides by itself stands in its own journal, and in no device's."""

import asyncio
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import pytest
from head_office_books import Books, enrolled

from agent.core.facts import EraseMember, ExpirePoints, Fact, MergeAccounts, SettleConflict
from agent.ledger import Ledger, Refusal
from sync import hub
from sync.hub.decisions import KINDS

RunningLedger = Callable[..., AbstractContextManager[Ledger]]

OF_OFFICE = [
    ExpirePoints(account="a", points=1, due_on=date(2026, 11, 21)),
    MergeAccounts(account="b", into="a"),
    SettleConflict(conflict="overspend", subject="a", text="owes"),
    EraseMember(account="a"),
]


@pytest.mark.parametrize("fact", OF_OFFICE, ids=lambda fact: type(fact).__name__)
def test_a_device_never_writes_it(
    tmp_path: Path, running_ledger: RunningLedger, fact: Fact
) -> None:
    """Points run out, accounts are merged, conflicts settled and members erased by head office's
    word alone: a store's ledger takes no such entry.
    """
    with running_ledger(tmp_path / "ledger.db") as ledger:
        with pytest.raises(Refusal, match="only head office writes"):
            asyncio.run(ledger.write(lambda transaction: transaction.append(fact)))
        assert asyncio.run(ledger.read(lambda view: view.head())).seq == 0


def test_every_kind_of_conflict_is_known() -> None:
    """Whatever head office notes is of a kind that is explained, and every kind that is explained
    can be found. A device that never greeted is counted, and noted nowhere.
    """
    files = [file.read_text("utf-8") for file in Path(hub.__file__).parent.rglob("*.py")]
    noted = set(re.findall(r'(?:kind=|Refused\()"([a-z_]+)"', "".join(files)))
    assert noted - KINDS == {"unknown_device"}
    said = {word for text in files if "KINDS = frozenset(" not in text
            for word in re.findall(r'"([a-z_]+)"', text)}  # fmt: skip
    assert said >= KINDS


def test_what_is_told_fits_an_entry(house: Books) -> None:
    """However long the names that a store mints, its finding is a decision of bounded length."""
    name = "a" * 64
    house.device("s1").says(enrolled(name))
    house.device("s" * 60).says(enrolled("b" * 64))
    (row,) = house.found("enrolled_twice")
    assert row.account == name
    assert len(row.text) <= 1_000
