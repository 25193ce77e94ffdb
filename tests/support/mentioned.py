"""What devices write of a sale or a redemption, as a till would: for the tests of judging."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from hypothesis import strategies as st
from msgspec import Raw
from msgspec.json import encode

from agent.core.accumulate import Because
from agent.core.basket import Sale
from agent.core.entry import Entry
from agent.core.facts import (
    AccumulatePoints,
    AccumulatePromotionPoints,
    ActivatePoints,
    ClaimSale,
    CreateReward,
    DeleteReward,
    Fact,
    LotPart,
    RedeemReward,
    ReturnedLine,
    ReturnPromotionPoints,
    ReturnSale,
    VoidSale,
)
from agent.core.postings import postings_of
from sync.hub.judging import Mention, Worth

__all__ = [
    "SaleBook",
    "basket",
    "in_epochs",
    "mention",
    "mentions_of",
    "redemption_books",
    "sale_books",
    "sums",
]

DUE = date(2026, 12, 1)


@lru_cache
def basket(total_minor: int = 1000, lane: str = "1", token: str | None = None) -> Raw:
    """A sale of two lines of one total, as its entry holds it."""
    half = total_minor // 2
    lines = [
        {"sku": f"{sku}", "description": "Milk", "category": "grocery", "quantity": "2.000",
         "unit_price_minor": 1, "amount_minor": amount}
        for sku, amount in ((1, half), (2, total_minor - half))
    ]  # fmt: skip
    sale = {
        "lane": lane,
        "cashier": "ana",
        "business_date": "2026-11-21",
        "occurred_at": "2026-11-21T14:05:09+01:00",
        "currency": "USD",
        "token": token,
        "lines": lines,
        "tenders": [{"kind": "cash", "amount_minor": total_minor}],
        "total_minor": total_minor,
    }
    return Raw(Sale.model_validate_json(encode(sale)).canonical())


def mention(fact: Fact, *, store: str = "s1", seq: int = 1, epoch: int = 1) -> Mention:
    """A fact as an entry of the one device of a store."""
    entry = Entry(
        id=f"{store}-{epoch}-{seq}",
        epoch=epoch,
        seq=seq,
        recorded_at="2026-11-21T13:05:09.000Z",
        business_date=date(2026, 11, 21),
        fact=fact,
    )
    return Mention(
        store=store, device="d", incarnation="i", epoch=epoch, branch=0, seq=seq, entry=entry
    )


def mentions_of(books: Iterable[Sequence[Fact]]) -> list[Mention]:
    """Each book as the journal of a store of its own: s1, s2…"""
    return [
        mention(fact, store=f"s{number}", seq=seq)
        for number, book in enumerate(books, start=1)
        for seq, fact in enumerate(book, start=1)
    ]


def in_epochs(book: Sequence[Fact], turn: int) -> list[Mention]:
    """One device's entries, those from ``turn`` on (from 0) under a second epoch."""
    return [
        mention(fact, epoch=1 + (place >= turn), seq=place + 1 - (turn if place >= turn else 0))
        for place, fact in enumerate(book)
    ]


def sums(facts: Iterable[Fact]) -> Worth:
    """What facts come to as they were written."""
    total: Counter[tuple[str, str]] = Counter()
    for fact in facts:
        for owner, bucket, points in postings_of(fact):
            total[(owner, bucket)] += points
    return {key: points for key, points in total.items() if points}  # type: ignore[misc]


@dataclass(kw_only=True)
class SaleBook:
    """One device's entries of one sale, each as a till would write it next."""

    points: int
    account: str | None = "a"
    pending: bool = False
    redeemed: int = 0
    total_minor: int = 1000
    facts: list[Fact] = field(default_factory=list)
    left: int = 0
    waiting: int = 0
    left_minor: int = 0
    given_back: int = 0
    voided: bool = False

    def sell(self) -> None:
        """Commit it; the member's points wait where ``pending`` says so."""
        self._got(self.points if self.account else 0)
        self.left_minor = self.total_minor
        self.facts.append(
            AccumulatePoints(
                sale_id="s", sale_json=basket(self.total_minor, lane=f"{self.points}"),
                status="accumulated" if self.account else "no_card", account=self.account,
                program="p@1", points=self.points if self.account else 0, because=(), flags=(),
                pending_until=DUE if self.pending else None, redeemed=self.redeemed,
            )
        )  # fmt: skip

    def claim(self, account: str) -> None:
        """Show a card after it."""
        if self.account is None and self.facts and self.left_minor == self.total_minor:
            self.account = account
            self._got(self.points)
            self.facts.append(
                ClaimSale(sale_id="s", account=account, token="t:1", program="p@1",
                          points=self.points, because=(),
                          pending_until=DUE if self.pending else None)
            )  # fmt: skip

    def _got(self, points: int) -> None:
        self.left = points
        self.waiting = points if self.pending else 0

    def activate(self) -> None:
        """Make active what waits, by the place of the sale."""
        if self.waiting and self.account:
            part = LotPart(epoch=1, seq=1, points=self.waiting)
            self.facts.append(
                ActivatePoints(account=self.account, points=self.waiting, lots=(part,))
            )
            self.waiting = 0

    def take(self, part: int) -> "dict[str, int | str | None]":
        """Decide the points of so many of what is left, pending ones first."""
        pending = min(part, self.waiting)
        self.left -= part
        self.waiting -= pending
        back = (self.redeemed - self.given_back) if self.account and self.left_minor == 0 else 0
        self.given_back += back
        return {"account": self.account, "from_pending": pending, "from_active": part - pending,
                "given_back": back}  # fmt: skip

    def give_back(self, return_id: str, amount_minor: int) -> None:
        """Take back so much of the money, at most what is left, with its share of the points."""
        amount_minor = min(amount_minor, self.left_minor)
        if self.voided or not amount_minor:
            return
        self.left_minor -= amount_minor
        keeps = self.points * self.left_minor // self.total_minor if self.account else 0
        moved = self.take(max(0, self.left - keeps))
        self.facts.append(
            ReturnSale(sale_id="s", return_id=return_id, amount_minor=amount_minor, **moved)  # type: ignore[arg-type]
        )

    def void(self) -> None:
        """Call the rest off."""
        if not self.voided and self.left_minor:
            self.voided, self.left_minor = True, 0
            self.facts.append(VoidSale(sale_id="s", **self.take(self.left)))  # type: ignore[arg-type]

    def bring(self) -> None:
        """Pay who brought the member, once."""
        if self.account and not any(isinstance(f, AccumulatePromotionPoints) for f in self.facts):
            why = (Because(rule="friend", points=7, lines=(), text="Thanks"),)
            self.facts.append(
                AccumulatePromotionPoints(account="friend", promotion="friend", points=7,
                                          because=why, sale_id="s")
            )  # fmt: skip

    def unbring(self) -> None:
        """Take that back, once."""
        kinds = {type(fact) for fact in self.facts}
        if AccumulatePromotionPoints in kinds and ReturnPromotionPoints not in kinds:
            self.facts.append(
                ReturnPromotionPoints(account="friend", promotion="friend", sale_id="s",
                                      from_active=7)
            )  # fmt: skip


@st.composite
def sale_books(draw: st.DrawFn, *, account: str | None = None) -> list[Fact]:
    """One device's entries of the sale ``s``; or, of a sale it never had, only what came back."""
    if draw(st.integers(0, 4)) == 0:
        return draw(_FOREIGN)
    book = SaleBook(
        points=draw(st.integers(0, 50)),
        account=draw(st.sampled_from([None, account or "a", account or "a"])),
        pending=draw(st.booleans()),
        redeemed=draw(st.sampled_from([0, 0, 30])),
    )
    book.sell()
    for _ in range(draw(st.integers(0, 5))):
        step = draw(st.integers(0, 6))
        if step == 0:
            book.claim(account or draw(st.sampled_from(["a", "b"])))
        elif step == 1:
            book.activate()
        elif step in (2, 3):
            return_id = f"r{draw(st.integers(1, 4))}"
            if all(getattr(fact, "return_id", None) != return_id for fact in book.facts):
                book.give_back(return_id, draw(st.integers(1, 1200)))
        else:
            (book.void, book.bring, book.unbring)[step - 4]()
    return book.facts


_FOREIGN = st.lists(
    st.builds(
        lambda number, back: ReturnSale(
            sale_id="s",
            return_id=f"r{number}",
            amount_minor=back if isinstance(back, int) else 0,
            lines=() if isinstance(back, int) else (ReturnedLine(line=0, quantity=back),),
        ),
        st.integers(1, 9),
        st.integers(1, 1200) | st.sampled_from(["1", "2", "0.5", "3"]),
    ),
    max_size=2,
    unique_by=lambda fact: fact.return_id,
)


@st.composite
def redemption_books(draw: st.DrawFn) -> list[Fact]:
    """One device's entries of the redemption ``r`` of 40 points."""
    made = CreateReward(redemption_id="r", account="a", points=40, authority="lease",
                        expires_at="2026-11-21T13:05:09.000Z")  # fmt: skip
    facts: list[Fact] = [made]
    for _ in range(draw(st.integers(0, 2))):
        facts += [_back(40, "released"), made]
    ending = draw(st.sampled_from(["", "release", "capture", "part"]))
    if ending == "release":
        facts.append(_back(40, "timed_out"))
    elif ending:
        spent = 40 if ending == "capture" else 25
        facts.append(RedeemReward(redemption_id="r", account="a", points=spent))
        if spent < 40:
            facts.append(_back(40 - spent, "remainder"))
    return facts[: draw(st.integers(1, len(facts)))]


def _back(points: int, reason: str) -> DeleteReward:
    return DeleteReward(redemption_id="r", account="a", points=points, reason=reason)  # type: ignore[arg-type]
