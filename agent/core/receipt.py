"""Receipts: the lines that a POS prints about a sale, a claim, a void or a return.

They follow from the entry, the lane's paper and the program's phrases alone, so that a retry prints
the same to the byte. A rule's text in the program's first language is the one that stands in the
entry. In another language it is the program's, as long as the program's own text of that rule is
still the entry's; a rule that says something else by now would be quoted for what it never gave.

Numbers are plain digits and dates ISO 8601 in every language: till, receipt and journal then read
alike. Amounts of money are the POS's own to print.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Self

from agent.core.entry import Position
from agent.core.facts import AccumulatePoints, ClaimSale, IssueVoucher, ReturnSale, VoidSale
from agent.core.money import format_money
from agent.core.paper import row, wrapped
from agent.core.phrases import BUILT_IN, ENGLISH, Phrases
from agent.core.program import Program
from agent.core.stamp_cards import Collected

__all__ = ["NARROWEST", "PLAIN", "Paper", "ReceiptWidth", "receipt"]

ReceiptWidth = Literal[32, 42, 48]
"""Characters a line: 58 mm paper, and 80 mm in a wide or a narrow font."""

NARROWEST: ReceiptWidth = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """What a lane prints on, and in which language, which is its customer's page's too.

    ``texts`` gives the program's texts in that language by rule or reward and its first text.
    """

    width: ReceiptWidth = NARROWEST
    language: str = ENGLISH
    phrases: Phrases = BUILT_IN
    texts: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, program: Program, *, width: ReceiptWidth = NARROWEST, language: str | None = None
    ) -> Self:
        """Choose a program's words. Raises ValueError naming the languages it has."""
        chosen = program.languages[0] if language is None else language
        if chosen not in program.languages:
            known = ", ".join(program.languages)
            raise ValueError(f"program {program.id} has no language '{chosen}'; it has {known}")
        return cls(
            width=width,
            language=chosen,
            phrases=program.phrases_in(chosen),
            texts=program.texts_in(chosen),
        )

    def text(self, name: str, said: str) -> str:
        """Answer what a rule or a reward is called here that an entry calls ``said``."""
        return self.texts.get((name, said), said)


PLAIN = Paper()
"""The narrowest, in English."""

_About = AccumulatePoints | ClaimSale | ReturnSale | VoidSale | IssueVoucher


def receipt(fact: _About, position: Position, paper: Paper) -> tuple[str, ...]:
    """Lay out the lines about one fact; each is at most ``paper.width`` columns wide."""
    reference = f"{position.epoch}:{position.seq} {position.hash.hex()[:8]}"
    return (
        *_about(fact, paper),
        *wrapped(paper.phrases.reference.format(position=reference), paper.width),
    )


def _about(fact: _About, paper: Paper) -> Iterator[str]:
    if isinstance(fact, IssueVoucher):
        yield from _voucher(fact, paper)
    elif isinstance(fact, ReturnSale | VoidSale):
        yield from _came_back(fact, paper)
    elif isinstance(fact, ClaimSale) or fact.status == "accumulated":
        yield from _earned(fact, paper)
    elif fact.status == "unknown_card":
        yield from wrapped(paper.phrases.not_known, paper.width)


def _earned(fact: AccumulatePoints | ClaimSale, paper: Paper) -> Iterator[str]:
    phrases, width = paper.phrases, paper.width
    yield from row(phrases.this_sale, fact.points, width)
    for reason in fact.because:
        text = paper.text(reason.rule, reason.text)
        yield from row(text, reason.points, width, indent="  ")
    if "currency_mismatch" in fact.flags:
        yield from wrapped(phrases.other_currency, width)
    if "points_withheld" in fact.flags:
        yield from wrapped(phrases.withheld, width)
    if isinstance(fact, AccumulatePoints) and fact.redeemed:
        yield from row(phrases.redeemed, -fact.redeemed, width)
    if fact.pending_until is not None:
        yield from wrapped(phrases.counts_from.format(date=fact.pending_until.isoformat()), width)
    yield from _balance(fact.balance, paper)
    yield from _pending(fact.pending, paper)
    if fact.toward is not None:
        reward = paper.text(fact.toward.reward, fact.toward.text)
        ahead = phrases.next_reward.format(reward=reward, points=fact.toward.short)
        yield from wrapped(ahead, width)
    yield from _stamps(fact.stamps, paper)


def _came_back(fact: ReturnSale | VoidSale, paper: Paper) -> Iterator[str]:
    phrases, width = paper.phrases, paper.width
    yield from wrapped(phrases.voided if isinstance(fact, VoidSale) else phrases.returned, width)
    taken = fact.from_active + fact.from_pending
    if taken:
        yield from row(phrases.taken_back, -taken, width)
    if fact.given_back:
        yield from row(phrases.given_back, fact.given_back, width)
    if fact.withheld:
        yield from row(phrases.withheld, fact.withheld, width)
    yield from _balance(fact.balance, paper)
    yield from _pending(fact.pending, paper)
    yield from _stamps(fact.stamps, paper)


def _stamps(cards: Sequence[Collected], paper: Paper) -> Iterator[str]:
    """Say how each stamp card stands now, and what a full one gave."""
    for each in cards:
        text = paper.text(each.card, each.text)
        stamps = paper.phrases.stamps.format(card=text, stamps=each.count, full=each.full)
        yield from wrapped(stamps, paper.width)
        for code in each.vouchers:
            yield from wrapped(paper.text(each.card, each.gives), paper.width)
            yield from wrapped(paper.phrases.voucher.format(code=code), paper.width)
            yield from _good_until(each.good_until, paper)


def _good_until(day: date | None, paper: Paper) -> Iterator[str]:
    if day is not None:
        yield from wrapped(paper.phrases.good_until.format(date=day.isoformat()), paper.width)


def _voucher(fact: IssueVoucher, paper: Paper) -> Iterator[str]:
    phrases, width = paper.phrases, paper.width
    yield from wrapped(phrases.voucher.format(code=fact.code), width)
    if fact.value_minor is not None and fact.currency is not None:
        amount = format_money(fact.value_minor, fact.currency)
        yield from wrapped(phrases.money_off.format(amount=amount), width)
    if fact.reward is not None:
        yield from wrapped(paper.text(fact.reward, fact.text or fact.reward), width)
    yield from _good_until(fact.good_until, paper)
    if fact.partner:
        yield from wrapped(phrases.at_partners, width)
    if fact.points:
        yield from row(phrases.redeemed, -fact.points, width)
        yield from _balance(fact.balance, paper)


def _balance(balance: int | None, paper: Paper) -> Iterator[str]:
    """Say what there is; below nothing, say in words what is owed."""
    if balance is None:
        return
    label = paper.phrases.owed if balance < 0 else paper.phrases.balance
    yield from row(label, abs(balance), paper.width)


def _pending(pending: int | None, paper: Paper) -> Iterator[str]:
    if pending:
        yield from row(paper.phrases.pending, pending, paper.width)
