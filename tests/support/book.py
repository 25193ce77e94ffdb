"""The book of everything that tills asked and were told.

It is kept in the test's process, so it survives whatever happens to the agent. An answer is in it
before the till that got it sends anything else.
"""

import json
import random
import threading
from dataclasses import dataclass, field

__all__ = ["Answer", "Book", "Reply", "Sale"]

_ANSWERS_WITHIN_S = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What came back over HTTP, whole."""

    status: int
    replayed: bool
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Sale:
    """A sale as it goes over the wire; ``account`` is whose card was known when it was made."""

    sale_id: str
    body: bytes
    token: str
    account: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a till was told about a sale, and where that stands in the journal."""

    sale: Sale
    body: bytes
    account: str | None
    points: int
    position: tuple[int, int, str]


@dataclass(kw_only=True)
class Book:
    """Everything that was asked and answered, from all tills."""

    answers: dict[str, Answer] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    """The account of each card that an agent said it enrolled, by token."""
    sent: dict[str, Sale] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    repeated: int = 0
    only_after_retry: int = 0
    written_before_retry: int = 0
    _order: list[str] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)
    _enrolled: set[str] = field(default_factory=set)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def find(self, finding: str) -> None:
        """Note something that must not be."""
        with self._changed:
            if finding not in self.findings:
                self.findings.append(finding)
            self._changed.notify_all()

    def note_sent(self, sale: Sale) -> None:
        """Note a sale before it is sent for the first time."""
        with self._changed:
            self.sent[sale.sale_id] = sale

    def note_sale(self, sale: Sale, reply: Reply, *, attempts: int) -> None:
        """Note what a sale was answered, and hold it against what was answered before."""
        with self._changed:
            self.repeated += attempts - 1
            fault = self._fault_of(sale, reply)
            if fault is not None:
                self.findings.append(f"sale {sale.sale_id}: {fault}")
            elif sale.sale_id in self.answers:
                self.repeated += 1
            else:
                self.only_after_retry += attempts > 1
                self.written_before_retry += attempts > 1 and reply.replayed
                self.answers[sale.sale_id] = _read_answer(sale, reply)
                self._order.append(sale.sale_id)
            self._changed.notify_all()

    def _fault_of(self, sale: Sale, reply: Reply) -> str | None:
        if reply.status not in (200, 201) or reply.replayed != (reply.status == 200):
            return f"answered {reply.status}, replay {reply.replayed}: {reply.body[:500]!r}"
        answer = _read_answer(sale, reply)
        if reply.status == 201:
            if sale.sale_id in self._taken:
                return f"taken as new a second time, as {answer.position}"
            self._taken.add(sale.sale_id)
        known = self.answers.get(sale.sale_id)
        if known is not None and known.body != reply.body:
            return f"answered as {known.position} first, otherwise as {answer.position}"
        if sale.account is not None and answer.account != sale.account:
            return f"given to {answer.account}, its card belongs to {sale.account}"
        return None

    def note_card(self, token: str, reply: Reply) -> None:
        """Note which account a card was told to belong to."""
        with self._changed:
            account = json.loads(reply.body).get("account")
            if reply.status not in (200, 201) or account is None:
                self.findings.append(f"card {token}: answered {reply.status} {reply.body!r}")
            elif self.accounts.setdefault(token, account) != account:
                self.findings.append(f"card {token}: {self.accounts[token]}, then {account}")
            elif reply.status == 201 and token in self._enrolled:
                self.findings.append(f"card {token}: enrolled a second time")
            if reply.status == 201:
                self._enrolled.add(token)
            self._changed.notify_all()

    def wait_for_answers(self, more: int) -> None:
        """Wait until so many more sales were answered, or something was found."""
        with self._changed:
            target = len(self.answers) + more
            reached = self._changed.wait_for(
                lambda: len(self.answers) >= target or bool(self.findings), _ANSWERS_WITHIN_S
            )
        if not reached:
            self.find(f"fewer than {more} sales were answered within {_ANSWERS_WITHIN_S} s")

    def choose(self, dice: random.Random) -> Sale | None:
        """Choose any sale that was answered."""
        with self._changed:
            return self.answers[dice.choice(self._order)].sale if self._order else None

    def newest(self, count: int) -> list[Sale]:
        """Answer the sales that were answered last."""
        with self._changed:
            return [self.answers[sale_id].sale for sale_id in self._order[-count:]]


def _read_answer(sale: Sale, reply: Reply) -> Answer:
    told = json.loads(reply.body)
    journal = told["journal"]
    return Answer(
        sale=sale,
        body=reply.body,
        account=told["account"],
        points=told["points"],
        position=(journal["epoch"], journal["seq"], journal["hash"]),
    )
