"""Every kind of conflict, provoked between real stores and devices and a real broker.

The stores are apart for a while, and each contradiction happens while they are; devices on paper
say what no agent of ours would. Then all are together again, and each test looks at one kind: a row
in plain words, a metric, a decision that goes down the feed to the stores, and books that hold.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from company import DAY, TENANT, Company
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hub_house import LineDevice
from mentioned import basket
from paper_device import PaperDevice
from sqlalchemy import select, update

from agent.core.facts import (
    AccumulatePoints,
    AdjustPoints,
    Enrol,
    ExpirePoints,
    Fact,
    FlagActivity,
    HoldVoucher,
    IssueVoucher,
    UseVoucher,
)
from sync.hub import decisions
from sync.hub.deciding import erase_member
from sync.hub.decisions import decide
from sync.hub.failing_disks import MOST_A_DAY
from sync.hub.homecoming import write_off
from sync.hub.tables import accounts, journals
from sync.messages import Challenge, FeedScope, Halt

pytestmark = pytest.mark.long

PAPER = ("s003", "s004", "s005", "s006")
CODE = "0000-0000-0001-2"
NEWER_FROM = "2026-11-22"
KINDS = {
    "overspend": "points more than",
    "duplicate_sale": "counts once",
    "sale_id_reused": "each",
    "redemption_twice": "counts once",
    "voucher_twice": "again at",
    "adjusted_twice": "counts once",
    "card_blocked_used": "blocked",
    "returned_twice": "back",
    "merged_account_used": "after it was merged",
    "program_skew": "simple@1",
    "enrolled_twice": "enrolled twice",
    "erased_member": "was erased",
    "expired_then_redeemed": "had run out",
    "wrong_clock": "clock",
    "unreadable": "cannot be read by this version",
    "bad_signature": "not signed",
    "disk_cloned": "Two devices",
    "disk_lost": "lost its disk",
    "disk_restored": "set back",
    "disk_keeps_failing": "again and again",
    "rights_written_off": "written off by ann",
    "head_office_restored": "set back",
}
"""Every kind of conflict but those of ``ELSEWHERE``, and what its words say."""

ELSEWHERE = {
    "malformed_message": "test_bad_input_blocks_nobody.py",
    "too_large": "test_bad_input_blocks_nobody.py",
    "unknown_schema": "test_bad_input_blocks_nobody.py",
    "not_handled": "test_head_offices_own_mistake_blocks_nobody.py",
    "wrong_name": "test_a_clerk_hears_what_the_broker_stopped.py",
}
"""The kinds that are provoked through a real broker by tests beside this one."""

_NAMED_FIRST = ("merged_account_used", "erased_member")
"""Their words begin with the name of a device."""


def on_line(
    company: Company, paper: PaperDevice, client: str = "paper"
) -> AbstractContextManager[LineDevice]:
    """A device on paper that is connected."""
    return LineDevice(company, f"{client}.{paper.address.store}", paper).on_line()


class Trouble:
    """A company in which everything goes wrong that can."""

    def __init__(self, directory: Path) -> None:
        self.company = Company(
            directory, others=tuple(f"{TENANT}/{store}/edge-1" for store in PAPER)
        )
        self.seller, self.other, self.cloned = (
            PaperDevice("edge-1", tenant=TENANT, store=store) for store in PAPER[:3]
        )
        self.run_out = "em4100:7B00000001"
        self.told: dict[FeedScope, set[int]] = {"all": set(), "seen": set()}
        """The decisions that the feed brings to a device, whichever members it hears of."""

    def befalls(self) -> None:
        """Let everything happen."""
        self.company.start()
        self.papers_meet()
        self.stores_are_apart()
        self.papers_lie()
        self.clone_comes()
        self.disks_fail()
        self.disk_keeps_failing()
        self.head_office_is_set_back()
        self.company.wait_numbered()
        with on_line(self.company, self.other) as device:
            for scope in self.told:
                self.told[scope] = device.decisions(scope)

    def papers_meet(self) -> None:
        """A member comes in whose points are nobody's right."""
        with on_line(self.company, self.seller) as device:
            device.is_welcomed()
            life = self.seller.life
            life.append(Enrol(account="run-out", token=self.run_out))
            life.append(sold(200, account="run-out", sale_id="run-out", lease=0))
            device.is_heard()
        self.company.members.append(self.run_out)

    def stores_are_apart(self) -> None:
        """Two stores are cut off, and the same things happen in both."""
        company = self.company
        over, twice, blocked = (company.member("s001", 300) for _ in range(3))
        back, kept, gone, erased = (company.member("s001") for _ in range(4))
        company.sell("s001", back, 100, sale_id="came-back")
        company.agree()
        names = {card: company.account("s001", card) for card in (kept, gone, erased)}
        company.members.remove(erased)
        with company.cut("s001", "s002"):
            self.head_office_decides(blocked, names[gone], names[kept], names[erased])
            for _ in range(2):
                assert company.redeem("s001", over) == "lease"
            new = "em4100:7B00000002"
            company.members.append(new)
            for name in company.stores:
                company.redeem(name, twice, redemption_id="redeemed-twice")
                assert company.pos(name).enrol(new).status_code == 201
                company.sell(name, back, 50, sale_id="sold-twice")
            company.sell("s001", back, 10, sale_id="one-id")
            company.sell("s002", back, 20, sale_id="one-id")
            for card in (over, blocked, self.run_out):
                assert company.redeem("s002", card) == "floor"
            assert company.pos("s001").void("came-back").status_code == 200
            company.return_elsewhere("s002", "came-back", 100)
            for card in (gone, erased):
                company.sell("s002", card, 30)
            company.sell("s002", kept, 40, business_date=NEWER_FROM)
        for store in company.stores.values():
            store.wait_acknowledged()

    def head_office_decides(self, blocked: str, gone: str, kept: str, erased: str) -> None:
        """Head office blocks a card, merges two members, erases one, lets points run out and puts
        a newer program in force, of all of which no store hears.
        """
        ask = self.company.office.ask
        ask("POST", f"/v1/cards/{blocked}/block", {"reason": "lost"})
        ask("POST", "/v1/accounts/merge", {"account": gone, "into": kept})
        newer = self.company.program_text.replace(
            "version = 1\n", f"version = 2\neffective_from = {NEWER_FROM}\n"
        ).replace("points = 1\nper_minor", "points = 2\nper_minor")
        ask("PUT", "/v1/programs/simple", {"text": newer})
        now = datetime.now(UTC)
        ran_out = ExpirePoints(account="run-out", points=200, due_on=date.fromisoformat(DAY))
        with self.company.database() as database:
            database.transact(lambda c: erase_member(c, TENANT, erased, now=now))
            database.transact(lambda c: decide(c, TENANT, ran_out, now=now))
            theirs = update(accounts).where(accounts.c.account == "run-out")
            database.transact(lambda c: c.execute(theirs.values(expired=200)))

    def papers_lie(self) -> None:
        """Two devices use one voucher and write one adjustment; one's clock is ahead, it writes
        what nobody can read, and somebody else speaks in its name.
        """
        about = {"account": "run-out", "code": CODE}
        voucher = IssueVoucher(**about, value_minor=500, currency="USD")
        adjusted = AdjustPoints(
            account="run-out", points=5, reason="sorry", cashier="c", adjust_id="adjusted"
        )
        for paper, use in ((self.seller, "use-1"), (self.other, "use-2")):
            with on_line(self.company, paper) as device:
                if paper is self.other:
                    device.is_welcomed()
                    facts: tuple[Fact, ...] = (adjusted,)
                else:
                    facts = (adjusted, voucher)
                held = HoldVoucher(redemption_id=use, expires_at=f"{DAY}T14:00:00.000Z", **about)
                for fact in (*facts, held, UseVoucher(redemption_id=use, **about)):
                    paper.life.append(fact)
                paper.life.append_line(b'{"written":"by a version that is not there yet"}')
                paper.life.append(
                    FlagActivity(flag="tap_without_basket", reason="x"),
                    recorded_at="2031-01-01T00:00:00.000Z",
                )
                device.is_heard()
                liar = paper.copied()
                liar.key = Ed25519PrivateKey.generate()
                device.says(liar.writes().batch())

    def clone_comes(self) -> None:
        """A disk is copied, and both go on under one name."""
        with on_line(self.company, self.cloned, "first") as first:
            first.is_welcomed()
            first.is_heard()
            copy = self.cloned.copied()
            self.cloned.writes(2, "ours")
            first.is_heard()
        with on_line(self.company, copy.writes(2, "theirs"), "second") as second:
            second.is_welcomed()
            second.is_heard()
        with on_line(self.company, self.cloned, "again") as first:
            challenge = first.told(self.cloned.hello(), Challenge)
            first.told(self.cloned.hello(challenge.challenge), Halt)

    def disks_fail(self) -> None:
        """One store's disk is set back, another's is lost and what it had rights to given up."""
        company = self.company
        set_back = company.stores["s001"]
        with company.stopped("s001"):
            old = {file: file.read_bytes() for file in files_of(set_back.ledger_path)}
        company.member("s001", 20)
        set_back.wait_acknowledged()
        with company.stopped("s001"):
            for file in files_of(set_back.ledger_path):
                file.unlink()
            for file, content in old.items():
                file.write_bytes(content)
        company.sell("s001", None, 1)
        with company.stopped("s002"):
            for file in files_of(company.stores["s002"].ledger_path):
                file.unlink()
        company.wait_open()
        with company.database() as database:
            ended = select(journals.c.id).where(journals.c.fenced == "unclean")
            now = datetime.now(UTC)
            for number in database.read(lambda c: c.execute(ended).scalars().all()):
                database.transact(lambda c, n=number: write_off(c, n, "ann", now=now))

    def disk_keeps_failing(self) -> None:
        """A box loses its disk at each start."""
        for start in range(2 + MOST_A_DAY):
            box = PaperDevice("edge-1", tenant=TENANT, store=PAPER[3])
            box.lives[0].incarnation = f"disk-{start}"
            with on_line(self.company, box) as device:
                device.is_welcomed()
                device.is_heard()

    def head_office_is_set_back(self) -> None:
        """Head office's database is put back to what it was before a sale."""
        office = self.company.office
        office.hub.stop()
        kept = office.database.read_bytes()
        office.hub.start()
        self.company.sell("s001", None, 1)
        self.company.stores["s001"].wait_acknowledged()
        office.hub.stop()
        for file in office.database.parent.glob("hub.db*"):
            file.unlink()
        office.database.write_bytes(kept)
        office.hub.start()
        self.company.begin_anew()


def sold(points: int, **said: Any) -> AccumulatePoints:
    """A sale that gave points."""
    return AccumulatePoints(
        sale_json=basket(points * 100), status="accumulated", program="simple@1", points=points,
        because=(), flags=(), **said
    )  # fmt: skip


def files_of(ledger: Path) -> list[Path]:
    """Find a ledger and all that lies beside it under its name."""
    tops = ledger.parent.glob("ledger.db*")
    found = [file for top in tops for file in (top, *top.rglob("*"))]
    return [file for file in found if file.is_file()]


@pytest.fixture(scope="module")
def trouble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trouble]:
    """Everything has gone wrong, and is over."""
    trouble = Trouble(tmp_path_factory.mktemp("company"))
    try:
        trouble.befalls()
        yield trouble
    finally:
        trouble.company.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_a_conflict_is_found_told_and_settled(trouble: Trouble, kind: str) -> None:
    """Each has its row in plain words that name no account and no card, its metric, and a
    decision that goes down the feed.
    """
    found = trouble.company.conflicts(kind)
    assert any(KINDS[kind] in row["text"] for row in found)
    for row in found:
        assert row["decision"] in trouble.told["all"]
        assert row["account"] or row["decision"] in trouble.told["seen"]
        names = [row["account"] or "no member", *trouble.company.members]
        assert not [name for name in names if name in row["text"]]
        assert row["text"][0].isupper() or row["text"][0].isdigit() or kind in _NAMED_FIRST
        assert row["text"].endswith((".", ")"))
    assert trouble.company.metric("tapledger_hub_conflicts", kind=kind) == len(found)


def test_no_kind_is_left_out() -> None:
    """Whatever head office calls a conflict comes about between real processes in some test."""
    assert KINDS.keys() | ELSEWHERE.keys() == decisions.KINDS
    for kind, test in ELSEWHERE.items():
        assert f'"{kind}"' in Path(__file__).with_name(test).read_text("utf-8")


def test_the_books_hold_and_every_store_shows_them(trouble: Trouble) -> None:
    """After all that, a replay from zero comes to the same, and stores show what was posted."""
    trouble.company.agree(expected={"s001": f"{TENANT}/s001/edge-1: "})
