"""Whatever tills call in whatever order, a voucher pays for one sale at a time."""

import dataclasses

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from in_memory import directory_in_memory
from toy_clock import ToyClock
from voucher_shop import BENS, CARD, VoucherShop

from agent.clock import mint_id
from agent.ledger import Ledger, Refusal, replay
from agent.till import (
    RedemptionEnded,
    RedemptionIdReused,
    SaleReturned,
    UnknownRedemption,
    VoucherIdReused,
    VoucherUsed,
)

REDEMPTIONS = st.sampled_from([f"r-{number}" for number in range(4)])
SALES = st.sampled_from([f"s-{number}" for number in range(1, 4)])
CODES = st.integers(0, 2)
CARDS = st.sampled_from([None, CARD, BENS])


@dataclasses.dataclass
class Note:
    """A redemption: of which voucher, how it stands, for which sale."""

    code: int
    state: str
    sale: str | None


class Tills(RuleBasedStateMachine):
    """Three vouchers, four redemptions and three sales, and a notebook of what has to be."""

    def __init__(self) -> None:
        super().__init__()
        self._directory = directory_in_memory()
        self.clock = ToyClock()
        path = self._directory.__enter__() / "ledger.db"
        self.ledger = Ledger(path, clock=self.clock, mint_id=mint_id)
        self.ledger.start()
        self.shop = VoucherShop(self.ledger, self.clock)
        self.notes: dict[str, Note] = {}
        self.sales: dict[str, tuple[object, ...]] = {}
        self.back: set[str] = set()

    @initialize()
    def begin(self) -> None:
        """Three vouchers, each for 150 points."""
        self.codes = [self.shop.issue(150, f"v-{number}").code for number in range(3)]

    def having(self, code: int) -> list[str]:
        """Which redemptions hold or have used a voucher."""
        return [n for n, note in self.notes.items()
                if note.code == code and note.state in ("held", "used")]  # fmt: skip

    @rule(number=st.integers(0, 3), points=st.sampled_from([150, 200]))
    def ask_again(self, number: int, points: int) -> None:
        """A voucher is asked for again, or another one under its id."""
        if number == 3:
            return
        if points == 150:
            answer, replayed = self.shop.asked(150, f"v-{number}")
            assert (answer.code, replayed) == (self.codes[number], True)
        else:
            with pytest.raises(VoucherIdReused):
                self.shop.asked(points, f"v-{number}")

    @rule(name=REDEMPTIONS, code=CODES, sale=st.none() | SALES)
    def hold(self, name: str, code: int, sale: str | None) -> None:
        """A till sets a voucher aside."""
        note = self.notes.get(name)
        if note is not None:
            same = note.code == code and sale in (None, self.held_for[name])
            if same:
                assert self.shop.hold(name, self.codes[code], **_for(sale)).status == _told(note)
            else:
                with pytest.raises(RedemptionIdReused):
                    self.shop.hold(name, self.codes[code], **_for(sale))
        elif self.having(code):
            with pytest.raises(VoucherUsed):
                self.shop.hold(name, self.codes[code], **_for(sale))
        else:
            assert self.shop.hold(name, self.codes[code], **_for(sale)).status == "held"
            self.notes[name] = Note(code, "held", sale)
            self.held_for[name] = sale

    @property
    def held_for(self) -> dict[str, str | None]:
        """For which sale each was first held."""
        return self.__dict__.setdefault("_held_for", {})

    @rule(name=REDEMPTIONS)
    def capture(self, name: str) -> None:
        """A till uses a voucher by itself."""
        note = self.notes.get(name)
        if note is None:
            with pytest.raises(UnknownRedemption):
                self.shop.capture(name)
        elif note.state == "released" or (note.state == "held" and note.sale in self.back):
            with pytest.raises(RedemptionEnded):
                self.shop.capture(name)
        else:
            assert self.shop.capture(name).status == "captured"
            note.state = "used" if note.state == "held" else note.state

    @rule(name=REDEMPTIONS)
    def release(self, name: str) -> None:
        """A till gives a voucher back."""
        note = self.notes.get(name)
        if note is None:
            with pytest.raises(UnknownRedemption):
                self.shop.release(name)
        elif note.state in ("used", "came_back"):
            with pytest.raises(RedemptionEnded):
                self.shop.release(name)
        else:
            assert self.shop.release(name).status == "released"
            note.state = "released"

    @rule()
    def time_out(self) -> None:
        """A quarter of an hour passes."""
        held = {name for name, note in self.notes.items() if note.state == "held"}
        assert {told.redemption_id for told in self.shop.time_out()} == held
        for name in held:
            self.notes[name].state = "released"

    @rule(sale=SALES, names=st.lists(REDEMPTIONS, max_size=2, unique=True), card=CARDS,
          paid=st.booleans())  # fmt: skip
    def sell(self, sale: str, names: list[str], card: str | None, paid: bool) -> None:
        """A sale is committed, with what it names or what was held for it; or sent again."""
        body = {"voucher_minor": 150 if paid else 0, "token": card, "redemptions": tuple(names)}
        key = (tuple(names), card, paid)
        if sale in self.sales:
            if self.sales[sale] == key:
                assert self.shop.sell(sale, 1_000, **body).replay
            return
        if any(self.not_for(name, sale) for name in names):
            head = self.ledger.head
            with pytest.raises((UnknownRedemption, RedemptionEnded)):
                self.shop.sell(sale, 1_000, **body)
            assert self.ledger.head == head
            return
        used, short = self.foresee(sale, names, paid=paid)
        sold = self.shop.sell(sale, 1_000, **body)
        self.sales[sale] = key
        assert sorted(sold.captured) == sorted(used)
        assert ("points_not_redeemed" in sold.answer.flags) == short
        for name in used:
            self.notes[name].state, self.notes[name].sale = "used", sale

    def not_for(self, name: str, sale: str) -> bool:
        """Whether a sale cannot name a redemption."""
        note = self.notes.get(name)
        if note is None or note.state == "came_back":
            return True
        return note.state == "used" and note.sale not in (None, sale)

    def foresee(self, sale: str, names: list[str], *, paid: bool) -> tuple[list[str], bool]:
        """Which redemptions a sale uses now, and whether it is short of one that it names."""
        if not names:
            held = [n for n, note in self.notes.items()
                    if note.state == "held" and note.sale == sale]  # fmt: skip
            return (held if paid else []), False
        used, short = [], False
        for name in names:
            note = self.notes[name]
            if note.state == "released" and (self.having(note.code) or not paid):
                short = True
            elif note.state == "used" and note.sale == sale:
                continue
            else:
                used.append(name)
        released = [n for n in used if self.notes[n].state == "released"]
        for code in {self.notes[n].code for n in released}:
            twice = [n for n in released if self.notes[n].code == code]
            used = [n for n in used if n not in twice[1:]]
            short = short or len(twice) > 1
        return used, short

    @rule(sale=SALES, how=st.sampled_from(["void", "lines", "amount", "part"]))
    def come_back(self, sale: str, how: str) -> None:
        """A sale comes back, whole or in part."""
        if sale not in self.sales:
            return
        if how == "part":
            if sale not in self.back:
                self.shop.refund(sale, f"b-{self.ledger.head.seq}", 1)
                self.sales[sale] = (*self.sales[sale], "in part")
            return
        if sale in self.back or (how != "void" and "in part" in self.sales[sale]):
            return
        try:
            self._bring_all(sale, how)
        except SaleReturned:
            return
        self.back.add(sale)
        for note in self.notes.values():
            if note.state == "used" and note.sale == sale:
                note.state = "came_back"

    def _bring_all(self, sale: str, how: str) -> None:
        match how:
            case "void":
                self.shop.void(sale)
            case "lines":
                self.shop.bring(sale, "whole", 0)
            case _:
                self.shop.refund(sale, "whole", 1_000)

    @invariant()
    def each_stands_as_it_has_to(self) -> None:
        """A voucher is used by one redemption at most; the journal never knew another answer."""
        for code, written in enumerate(getattr(self, "codes", ())):
            having = self.having(code)
            assert len(having) <= 1
            state = self.notes[having[0]].state if having else "issued"
            assert self.shop.state(written) == state

    def teardown(self) -> None:
        """Points never came back for a voucher, and a replay from zero says the same."""
        try:
            self.ledger.stop()
            replay(self.ledger.path)
        finally:
            self._directory.__exit__(None, None, None)


def _for(sale: str | None) -> dict[str, str]:
    return {} if sale is None else {"sale_id": sale}


def _told(note: Note) -> str:
    return {"used": "captured", "came_back": "captured"}.get(note.state, note.state)


def test_every_refusal_writes_nothing() -> None:
    """What the machine below provokes are refusals, after which nothing was written."""
    assert all(issubclass(each, Refusal) for each in (VoucherUsed, RedemptionEnded, SaleReturned))


TestTills = Tills.TestCase
TestTills.settings = settings(max_examples=40, stateful_step_count=25)
