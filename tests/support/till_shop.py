"""A real till on a real ledger, and beside it the notebook and every answer that was given.

A call is put to the notebook first and then to the till, once or twice at the same moment. Besides
agreeing with the notebook, answers have to keep promises that need none: what was answered before
is answered the same to the byte, what is refused or repeated writes nothing, and no sale gives back
more than it brought.
"""

import asyncio
import json
import shutil
import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from in_memory import make_directory
from till_calls import NO_ENTRY, PIN_HASHES, Call, send
from till_model import Notebook, SaleNote
from till_model_adjust import ALONE_POINTS, DAY_POINTS
from till_model_cards import Member
from till_model_club import STORE, ClubBook
from till_model_desk import Answer
from till_model_sums import offers
from toy_clock import ToyClock

from agent.core.basket import Sale
from agent.core.entry import Position
from agent.core.heard import Heard
from agent.core.program import Program
from agent.ledger import Ledger, Refusal, View, replay
from agent.till import DayAnswer, Quote, Rights, Terms, Till, UnknownCard

__all__ = ["PROGRAMS", "Shop"]

PROGRAMS = Path(__file__).parents[1] / "data" / "programs"
_MEMBERS = ("enrol", "block", "replace", "more", "profile", "erase")
"""What is answered with how a member stands at the moment."""
_MOVING = ("status", "captured", "balance", "lane", "journal")
"""How a redemption stands at the moment; everything else of its answer stays for good."""


class Shop:
    """The till under test and what a careful cashier would know of it."""

    def __init__(self, program: str, *, alone: bool) -> None:
        text = (PROGRAMS / f"{program}.toml").read_text("utf-8")
        self._terms = Terms(
            program=Program.parse(text, source=program),
            alone=alone,
            store=STORE,
            adjust_alone_points=ALONE_POINTS,
            adjust_day_points=DAY_POINTS,
        )
        self._directory = make_directory()
        self._lives = 0
        self._loop = asyncio.Runner()
        self._ids = iter(range(10**9))
        self._told: dict[tuple[str, ...], str] = {}
        self.counts: Counter[str] = Counter()
        self.notebook = self._notebook(tomllib.loads(text))
        self.clock = ToyClock()
        # Business dates go on faster than this clock: nothing may be denied by it.
        self.clock.set_by(0, synchronised=False)
        self.calls: list[Call] = []
        self.done: dict[tuple[str, ...], Call] = {}
        self.heads: list[Position] = []
        self.open()
        if not alone:
            self.confirm()

    def _notebook(self, program: dict[str, Any]) -> Notebook:
        if "tiers" not in program:
            return Notebook(program, alone=self._terms.alone)
        return ClubBook(program, self._terms.program, alone=self._terms.alone)

    def open(self) -> None:
        """Start a ledger on the directory, and a till on the ledger."""
        path = self._directory / f"{self._lives}" / "ledger.db"
        self.ledger = Ledger(path, clock=self.clock, mint_id=lambda: f"id-{next(self._ids)}")
        self.ledger.start()
        account = lambda: f"member-{len(self.notebook.cards.members)}"  # noqa: E731 - said in one place
        self.till = Till(self.ledger, self._terms, mint_id=account, pin_hashes=PIN_HASHES)

    def restart(self, *, killed: bool = False) -> None:
        """The agent is stopped and started; or killed, and finds its files as they lay there."""
        before, after = (self._directory / f"{self._lives + more}" for more in (0, 1))
        if killed:
            shutil.copytree(before, after)
            self._lives += 1
        self.ledger.stop()
        self.open()

    def close(self) -> None:
        """Leave nothing behind."""
        self.ledger.stop()
        self._loop.close()
        shutil.rmtree(self._directory)

    def ask(self, call: Call, *, times: int = 1) -> Answer | str:
        """Put a call to notebook and till; answers what the notebook said first."""
        head = self.ledger.head
        answers = self._loop.run(self._at_once(call, times))
        said = [self.notebook.ask(call, self.clock.now.at) for _ in answers]
        for expected, answer in zip(said, answers, strict=True):
            self._hold_same(call, expected, answer)
        is_new = isinstance(said[0], Answer) and not said[0].replay
        assert (self.ledger.head != head) == (is_new and call.what not in NO_ENTRY), (call, said)
        self.heads.append(self.ledger.head)
        self.counts[_outcome(said[0])] += 1
        self.calls.append(call)
        if is_new and call.what not in NO_ENTRY:
            self.done[call.what, *call.ids] = call
        return said[0]

    async def _at_once(self, call: Call, times: int) -> list[tuple[str, bool] | str]:
        return await asyncio.gather(*(self._one(call) for _ in range(times)))

    async def _one(self, call: Call) -> tuple[str, bool] | str:
        try:
            answer, is_replay = await send(self.till, call)
        except Refusal as refusal:
            return type(refusal).__name__
        return answer.model_dump_json(), is_replay

    def _hold_same(
        self, call: Call, expected: Answer | str, answer: tuple[str, bool] | str
    ) -> None:
        if isinstance(expected, str) or isinstance(answer, str):
            assert answer == expected, (call, answer, expected)
            return
        told = json.loads(answer[0])
        known = {name: told[name] for name in expected.fields}
        assert (known, answer[1]) == (expected.fields, expected.replay), (call, answer)
        if call.what == "commit":
            foreign = call.body["currency"] != self.notebook.program["currency"]
            assert ("currency_mismatch" in told["flags"]) == foreign, (call, answer)
            assert sum(reason["points"] for reason in told["because"]) == told["points"]
        if call.what in ("commit", "claim") and told["status"] == "accumulated":
            self._hold_why(call, told)
        key, text = (call.what, *call.ids), answer[0]
        if call.what in ("hold", "capture", "release"):
            text = json.dumps({name: told[name] for name in told if name not in _MOVING})
            key = ("redemption", *call.ids)
            assert told["balance"] >= 0 or answer[1] or call.what != "hold", (call, answer)
        is_its_own = call.what == "adjust" and call.body["adjust_id"] is None
        if call.what not in _MEMBERS and not is_its_own:
            assert self._told.setdefault(key, text) == text, (call, answer, self._told[key])

    def _hold_why(self, call: Call, told: dict[str, Any]) -> None:
        sale_id, why = call.ids[0], self.notebook.why(call.ids[0])
        given = {reason["rule"]: reason["points"] for reason in told["because"]}
        assert why in (None, given), (call, told, why)
        withheld = "points_withheld" in told["flags"]
        assert withheld == self.notebook.is_withheld(sale_id), (call, told)

    def look(self, card: str) -> None:
        """A member's account is what the notebook says, and looking at it writes nothing."""
        member, head = self.notebook.cards.get(card), self.ledger.head
        if member is None:
            with pytest.raises(UnknownCard):
                self._loop.run(self.till.identify(card))
            return
        seen = self._loop.run(self.till.identify(card))
        usable = self.notebook.usable(card)
        status = self.notebook.cards.state(card)
        assert (seen.account, seen.status) == (member.account, status), seen
        assert seen.display_name == member.name, seen
        today = self.notebook.today
        day = date.fromisoformat(today) if today else self.clock.now.at.date()
        assert seen.tier == self.notebook.tier_of(member, day), seen
        points = (member.active, self.notebook.pending(member), usable)
        assert (seen.balance, seen.pending, seen.redeemable_now) == points, seen
        offered = [(one.reward, one.cost_points, one.available) for one in seen.offers]
        assert offered == offers(self.notebook.program, usable), seen
        assert self.ledger.head == head

    def quote(self, body: dict[str, Any]) -> None:
        """A quote says what the sale would earn and buy, and writes nothing."""
        member, head = self.notebook.cards.get(body["token"]), self.ledger.head
        quoted = self._loop.run(self.till.quote(Sale.model_validate(body)))
        program = self.notebook.program
        assert quoted.points == self.notebook.would_earn(body, member), (body, quoted)
        if member is not None:
            self._hold_tier(member, date.fromisoformat(body["business_date"]), quoted)
        due, due_rights = self.notebook.due(member, body["business_date"])
        assert quoted.balance == (None if member is None else member.active + due), (body, quoted)
        offered = [(one.reward, one.cost_points, one.available) for one in quoted.rewards]
        usable = self.notebook.usable(body["token"], due, due_rights)
        goods = [one for one in body["lines"] if one["category"] != "reward"]
        goods_minor = max(0, sum(one["amount_minor"] for one in goods))
        beside = self._beside(body, member)
        assert offered == offers(program, usable, goods_minor, beside), (body, quoted)
        assert self.ledger.head == head

    def _hold_tier(self, member: Member, day: date, quoted: Quote) -> None:
        """A quote shows the tier of its day, and what is missing for the next."""
        assert quoted.tier == self.notebook.tier_of(member, day), (day, quoted)
        short = self.notebook.short_of(member, day)
        above = quoted.next_tier
        told = set() if above is None else {above.points, above.spend_minor} - {None}
        assert told == (set() if short is None else {short}), (day, quoted, short)

    def _beside(self, body: dict[str, Any], member: Any) -> list[tuple[str | None, int]]:
        """What a basket's member holds of what it names, or spent."""
        holds = self.notebook.holds
        named = [holds[name] for name in {*body["redemptions"]} if name in holds]
        return [
            (one.reward, one.captured or one.points)
            for one in named
            if one.member is member and one.status != "released"
        ]

    def release_overdue(self) -> None:
        """The agent looks for holds whose time is up."""
        released = self._loop.run(self.till.release_overdue())
        assert len(released) == self.notebook.release_overdue(self.clock.now.at)

    def freeze(self) -> None:
        """The ledger had to be rebuilt, and nobody has agreed to it yet."""
        life = f"disk-{self.notebook.epoch + 2}"
        self._loop.run(self.ledger.write(lambda t: t.open_epoch("rebuilt", incarnation=life)))
        self.notebook.begin_epoch(frozen=True)

    def tell(self, kind: str, back: int) -> None:
        """A POS sends back a position it was told, or one that nobody can have been told."""
        head, frozen = self.ledger.head, self.ledger.frozen
        told = self.heads[-1 - back % len(self.heads)]
        epoch, seq, digest = told.epoch, told.seq, told.hash.hex()[:8]
        false = told.epoch == head.epoch and kind != "true"
        if kind == "otherwise":
            digest = f"{(int(digest, 16) + 1) % 16**8:08x}"
        elif kind == "beyond":
            seq = head.seq + 1 + back
        elif kind == "newer":
            epoch, false = head.epoch + 1 + back, True
        self._loop.run(self.till.hear(Heard(epoch=epoch, seq=seq, digest=digest)))
        if false and frozen is None:
            assert self.ledger.head.epoch > max(epoch, head.epoch)
            self.notebook.begin_epoch(frozen=True)
        else:
            assert self.ledger.head == head
        assert (self.ledger.frozen is not None) == self.notebook.frozen

    def confirm(self) -> None:
        """Somebody agrees that a rebuilt ledger goes on: head office, where there is one."""
        if self._terms.alone:
            self._loop.run(self.ledger.confirm())
        else:
            self._welcome()
        self.notebook.begin_epoch(frozen=False)

    def _welcome(self) -> None:
        rights = Rights(self.ledger, lambda: self._terms, mint_id=lambda: "never")
        epoch = self.ledger.head.epoch + 1
        assert self._loop.run(rights.welcome(epoch, "nonce", 0))

    def check(self) -> None:
        """Every bucket of every member is the notebook's, and all postings sum to zero."""
        members = self.notebook.cards.members

        def ask(view: View) -> list[tuple[int, ...]]:
            return [
                (
                    *(view.balance(one.account, name) for name in ("active", "pending", "held")),
                    view.right(one.account),
                )
                for one in members
            ] + [
                tuple(view.balance("program", name) for name in ("issued", "redeemed", "adjusted"))
            ]

        *found, program = self._loop.run(self.ledger.read(ask))
        pending = [self.notebook.pending(one) for one in members]
        noted = [
            (one.active, waiting, one.held, one.right)
            for one, waiting in zip(members, pending, strict=True)
        ]
        assert found == noted
        assert program == (
            -sum(one.issued for one in members),
            sum(one.redeemed for one in members),
            -sum(one.adjusted for one in members),
        )
        assert sum(sum(one[:3]) for one in found) + sum(program) == 0
        assert all(one.right >= 0 and one.held >= 0 for one in members)

    def check_day(self, day: str) -> None:
        """A business date's sums are the notebook's, by lane and cashier, and in all."""
        found: DayAnswer = self._loop.run(self.till.day(date.fromisoformat(day)))
        lanes = [one.model_dump() for one in found.lanes]
        by_whom = {(one.pop("lane"), one.pop("cashier")): one for one in lanes}
        assert by_whom == self.notebook.days.sums(day), day
        assert found.total.model_dump() == self.notebook.days.total(day), day

    def _bounded(self, sale_id: str, sale: SaleNote) -> bool:
        """No sale gives back more than it brought, by the till's own answers alone."""
        earned = json.loads(self._told["commit", sale_id])["points"]
        if ("claim", sale_id) in self._told:
            earned += json.loads(self._told["claim", sale_id])["points"]
        holds = self.notebook.holds
        held_for_it = {name for name in holds if holds[name].sale_id == sale_id}
        told = [("redemption", name) for name in {*sale.body["redemptions"], *held_for_it}]
        spent = [json.loads(self._told[one]) for one in told if one in self._told]
        back = [
            json.loads(answer)
            for (what, *ids), answer in self._told.items()
            if what in ("void", "return") and ids[0] == sale_id
        ]
        taken = sum(one["points_taken"] for one in back)
        given_back = sum(one["points_given_back"] for one in back)
        return 0 <= taken <= earned and 0 <= given_back <= sum(one["points"] for one in spent)

    def check_replay(self) -> None:
        """A replay from zero says the same, and every answer is given again as it was."""
        for call in list(self.done.values()):
            self.ask(call)
        for card in self.notebook.cards:
            self.look(card)
        for day in self.notebook.days.dates:
            self.check_day(day)
        assert all(self._bounded(sale_id, sale) for sale_id, sale in self.notebook.sales.items())
        found = replay(self.ledger.path)
        assert found.head == self.ledger.head
        assert found.balances == {one.account: one.active for one in self.notebook.cards.members}


def _outcome(said: Answer | str) -> str:
    if isinstance(said, str):
        return "refused"
    return "repeated" if said.replay else "done"
