"""Whatever is written, refused, sealed, rebuilt or done to the clock: a notebook says the same."""

from datetime import timedelta

import ledger_facts as some
import ledger_vouchers
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from ledger_contradictions import contradictions
from ledger_shop import Shop

from agent.core.facts import (
    AccumulatePromotionPoints,
    AdjustPoints,
    CardState,
    Enrol,
    ExpirePoints,
    LeaseGrant,
    LeaseReturn,
    RateVisit,
    ReleaseVoucher,
    UseVoucher,
    WithdrawVoucher,
)
from agent.ledger import Refusal
from agent.ledger.backup import BackupKind, make_backup

ACCOUNTS = st.sampled_from(["ana", "ana", "ben", "eve"])  # eve is another store's member
POINTS = st.integers(0, 40)
SOME = st.integers(1, 30)
DAYS = st.sampled_from([None, None, *(some.DAY + timedelta(days=days) for days in (-2, -1, 0, 1))])
YES_OR_NO = st.booleans()
MORNING = st.lists(st.tuples(ACCOUNTS, st.integers(-30, 30), YES_OR_NO), min_size=2, max_size=9)


class Day(RuleBasedStateMachine):
    """A long day of a store, in which anything may happen."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = Shop()
        self.notebook = self.shop.notebook

    def _new(self, kind: str) -> str:
        return f"{kind}-{len(self.shop.places)}"

    @initialize(facts=MORNING)
    def begin(self, facts) -> None:
        """Some have points, some wait for them and some owe: a day that starts empty is dull."""
        for account, points, pending in facts:
            self.shop.ask(
                some.morning_fact(self._new("m"), account, points, pending=pending),
                some.DAY,
            )

    @precondition(lambda self: len(self.notebook.accounts) < 2)
    @rule(day=DAYS)
    def enrol(self, day: object) -> None:
        """A card becomes an account, of ana first and then of ben."""
        account = "ben" if "ana" in self.notebook.accounts else "ana"
        self.shop.ask(Enrol(account=account, token=f"card:{account}"), day)

    @rule(account=st.none() | ACCOUNTS, points=POINTS, pending=YES_OR_NO, leased=YES_OR_NO,
          tier=st.sampled_from([None, None, "silver", "gold"]), day=DAYS)  # fmt: skip
    def sell(self, account, points, pending, leased, tier, day) -> None:
        """A sale is committed, with a card or without."""
        extra = {"pending": pending, "tier": tier, "leased": leased}
        self.shop.ask(some.accumulation(self._new("s"), account, points, **extra), day)

    @rule(account=ACCOUNTS, points=SOME, until=st.none() | st.just(some.DAY + timedelta(days=9)),
          day=DAYS)  # fmt: skip
    def give_a_bonus(self, account, points, until, day) -> None:
        """A promotion gives points."""
        fact = AccumulatePromotionPoints(
            account=account, promotion="birthday", points=points, because=(), pending_until=until
        )
        self.shop.ask(fact, day)

    @precondition(lambda self: some.waiting_accounts(self.notebook))
    @rule(data=st.data(), day=DAYS)
    def activate(self, data, day) -> None:
        """Points that waited become active, one lot or several."""
        account = data.draw(st.sampled_from(some.waiting_accounts(self.notebook)))
        self.shop.ask(some.activation(self.notebook, account, data), day)

    @precondition(lambda self: some.unclaimed(self.notebook))
    @rule(data=st.data(), account=ACCOUNTS, points=POINTS, pending=YES_OR_NO, day=DAYS)
    def claim(self, data, account, points, pending, day) -> None:
        """A card is shown after the sale."""
        sale_id = data.draw(st.sampled_from(some.unclaimed(self.notebook)))
        self.shop.ask(some.claim(sale_id, account, points, pending=pending), day)

    @rule(data=st.data(), account=ACCOUNTS, points=SOME, leased=YES_OR_NO, day=DAYS)
    def hold(self, data, account, points, leased, day) -> None:
        """Points are held for a reward, also some that are not there, or that were given back."""
        name = data.draw(
            st.sampled_from([self._new("r"), *some.given_back(self.notebook, account)])
        )
        self.shop.ask(some.hold(self.notebook, name, account, points, leased=leased), day)

    @precondition(lambda self: some.open_holds(self.notebook))
    @rule(data=st.data(), whole=YES_OR_NO, spend=YES_OR_NO, day=DAYS)
    def end_a_hold(self, data, whole, spend, day) -> None:
        """Held points are spent or given back, all that is left of them or a part."""
        name = data.draw(st.sampled_from(some.open_holds(self.notebook)))
        held = self.notebook.holds[name]
        points = held.left if whole else data.draw(st.integers(1, held.left))
        fact = (
            some.capture(name, held, points)
            if spend
            else some.release(name, held, points, epoch=self.shop.head[0])
        )
        self.shop.ask(fact, day)

    @rule(account=ACCOUNTS, points=SOME, thing=YES_OR_NO, day=DAYS)
    def give_a_voucher(self, account, points, thing, day) -> None:
        """A member gets a voucher: money for points, or a thing."""
        right = self.notebook.right(account)
        number = len(self.shop.places)
        fact = ledger_vouchers.issue(number, account, points, right=right, thing=thing)
        self.shop.ask(fact, day)

    @precondition(lambda self: self.notebook.vouchers.standing("issued"))
    @rule(data=st.data(), day=DAYS)
    def hold_a_voucher(self, data, day) -> None:
        """A voucher is set aside, perhaps once more under an id that gave it back."""
        book = self.notebook.vouchers
        code = data.draw(st.sampled_from(book.standing("issued")))
        again = [n for n in book.uses_that_are("released") if book.uses[n].fact.code == code]
        name = data.draw(st.sampled_from([self._new("r"), *again]))
        sale_id = data.draw(st.sampled_from([None, "s-1"]))
        self.shop.ask(ledger_vouchers.hold(book, name, code, sale_id), day)

    @precondition(lambda self: self.notebook.vouchers.uses_that_are("held", "used"))
    @rule(data=st.data(), spend=YES_OR_NO, day=DAYS)
    def end_a_voucher(self, data, spend, day) -> None:
        """A voucher that is held is used or released; one that was used comes back."""
        book = self.notebook.vouchers
        use = book.uses[data.draw(st.sampled_from(book.uses_that_are("held", "used")))]
        if use.state == "held":
            why = data.draw(st.sampled_from(["released", "timed_out"]))
            fact = use.named(UseVoucher) if spend else use.named(ReleaseVoucher, reason=why)
        elif spend and use.sale_id is None:
            fact = use.named(UseVoucher, sale_id="s-2")
        else:
            fact = use.named(ReleaseVoucher, reason="sale_came_back")
        self.shop.ask(fact, day)

    @precondition(lambda self: self.notebook.vouchers.standing("issued"))
    @rule(data=st.data(), day=DAYS)
    def withdraw_a_voucher(self, data, day) -> None:
        """The sale that a voucher came with came back."""
        book = self.notebook.vouchers
        code = data.draw(st.sampled_from(book.standing("issued")))
        account = book.vouchers[code].fact.account
        self.shop.ask(WithdrawVoucher(account=account, code=code), day)

    @precondition(lambda self: some.open_sales(self.notebook))
    @rule(data=st.data(), points=POINTS, given_back=st.none() | POINTS, day=DAYS)
    def take_a_return(self, data, points, given_back, day) -> None:
        """Part of a sale comes back, and perhaps it had been paid with as many points."""
        sale_id = data.draw(st.sampled_from(some.open_sales(self.notebook)))
        fact = some.sale_return(self.notebook, sale_id, self._new("b"), points, given_back)
        self.shop.ask(fact, day)

    @rule(account=ACCOUNTS, points=POINTS, waiting=POINTS, given_back=st.none() | POINTS, day=DAYS)
    def take_a_strange_return(self, account, points, waiting, given_back, day) -> None:
        """A sale of another store comes back here, some of it perhaps from points that wait."""
        back = points if given_back is None else given_back
        waiting = min(waiting, self.notebook.balances[account, "pending"])
        fact = some.strange_return(self._new("b"), account, points, back, waiting=waiting)
        self.shop.ask(fact, day)

    @precondition(lambda self: some.standing_sales(self.notebook))
    @rule(data=st.data(), day=DAYS)
    def void(self, data, day) -> None:
        """A whole sale is called off."""
        sale_id = data.draw(st.sampled_from(some.standing_sales(self.notebook)))
        self.shop.ask(some.void(self.notebook, sale_id), day)

    @rule(account=ACCOUNTS, points=st.integers(-30, 30), leased=YES_OR_NO, day=DAYS)
    def adjust(self, account, points, leased, day) -> None:
        """Somebody changes a balance by hand."""
        change = max(points, -self.notebook.right(account)) if leased else 0
        fact = AdjustPoints(
            account=account, points=points, reason="goodwill", cashier="c1", lease=change
        )
        self.shop.ask(fact, day)

    @precondition(lambda self: self.notebook.cards)
    @rule(data=st.data(), state=st.sampled_from(["active", "blocked", "lost", "replaced"]))
    def change_a_card(self, data, state) -> None:
        """A card is blocked, lost, found, or replaced by a new one."""
        token = data.draw(st.sampled_from(sorted(self.notebook.cards)))
        account = self.notebook.cards[token][0]
        new = f"card:{self._new('c')}" if state == "replaced" else None
        self.shop.ask(CardState(token=token, account=account, state=state, replaced_by=new))

    @rule(account=ACCOUNTS, rating=st.integers(1, 5))
    def rate(self, account, rating) -> None:
        """A member says how it was."""
        self.shop.ask(RateVisit(account=account, rating=rating))

    @rule(account=ACCOUNTS, total=st.integers(0, 100))
    def grant(self, account, total) -> None:
        """Head office says what it granted in all, perhaps an old letter."""
        self.shop.ask(LeaseGrant(account=account, granted_total=total, generation=0))

    @rule(account=ACCOUNTS, keep=POINTS)
    def recall(self, account, keep) -> None:
        """Head office wants rights back; none is an answer too."""
        points = max(0, self.notebook.right(account) - keep)
        number = 1 + len(self.notebook.recalls)
        self.shop.ask(LeaseReturn(account=account, recall=number, points=points))

    @rule(data=st.data())
    def contradict(self, data) -> None:
        """What contradicts an earlier entry is refused, whatever else is written with it."""
        facts = st.sampled_from(contradictions(self.notebook))
        for fact in data.draw(st.lists(facts, min_size=1, max_size=4)):
            self.shop.contradict(fact, some.DAY + timedelta(days=9))

    @rule(account=ACCOUNTS, points=SOME)
    def expire(self, account, points) -> None:
        """Only head office expires points."""
        self.shop.ask_in_vain(
            ExpirePoints(account=account, points=points, due_on=some.DAY), Refusal
        )

    @rule(count=st.integers(2, 6))
    def come_together(self, count) -> None:
        """The next facts are sent at the same moment."""
        self.shop.together = count

    @precondition(lambda self: self.shop.places)
    @rule(data=st.data())
    def mint_an_id_again(self, data) -> None:
        """An id that an entry of the database has is no other entry's."""
        self.shop.send()
        self.shop.repeat_id = data.draw(st.sampled_from(self.shop.ids_in_database()))
        self.shop.ask_in_vain(RateVisit(account="ana", rating=5))
        self.shop.repeat_id = None

    @rule()
    def restart(self) -> None:
        """The agent is stopped and started."""
        self.shop.send()
        self.shop.ledger.stop()
        self.shop.open()

    @rule(passed_ms=st.integers(0, 10**7), fast=st.sampled_from([-1000, -500, 0, 500, 1000]))
    def let_time_pass(self, passed_ms, fast) -> None:
        """Time passes, and the clock is slewed: fast, slow, and at the edge of what is allowed."""
        self.shop.send()
        self.shop.clock.pass_ms(passed_ms, fast_ms=passed_ms * fast // 1_000_000)

    @rule(by_ms=st.integers(-(10**8), 10**8) | st.integers(-2_500, 2_500), synchronised=YES_OR_NO)
    def set_the_clock(self, by_ms, synchronised) -> None:
        """Somebody sets the clock, far or hardly."""
        self.shop.send()
        self.shop.clock.set_by(by_ms, synchronised=synchronised)

    @rule(later_ms=st.integers(-(10**7), 10**7), restart=YES_OR_NO)
    def reboot(self, later_ms, restart) -> None:
        """The device starts again, with a clock that may be behind."""
        self.shop.send()
        self.shop.clock.reboot(later_ms=later_ms)
        if restart:
            self.restart()

    @precondition(lambda self: self.shop.places)
    @rule(data=st.data())
    def acknowledge(self, data) -> None:
        """Head office says how far it holds the journal."""
        self.shop.send()
        places = [place for place in self.shop.places if place >= self.shop.acknowledged]
        self.shop.acknowledge(data.draw(st.sampled_from(places[-6:])))

    @rule(alone=YES_OR_NO)
    def seal(self, alone) -> None:
        """Old entries leave the database: all but the newest, or what head office has of them."""
        self.shop.send()
        self.shop.seal(alone=alone)

    @rule(kind=st.sampled_from(["full", "hourly"]))
    def back_up(self, kind: BackupKind) -> None:
        """The ledger is backed up while it is in use."""
        self.shop.send()
        make_backup(self.shop.ledger.places, kind)

    @precondition(lambda self: self.shop.rebuilt < 2)
    @rule()
    def recover(self) -> None:
        """The ledger is rebuilt: nothing is missing, a new life began, and it waits for a word."""
        self.shop.send()
        self.shop.ledger.recover("somebody said so")
        self.shop.was_rebuilt("somebody said so")

    @precondition(lambda self: self.shop.frozen)
    @rule()
    def confirm(self) -> None:
        """An operator says that a rebuilt ledger may go on."""
        self.shop.send()
        self.shop.confirm()

    @rule(larger=st.integers(1, 3), disk=st.sampled_from(["disk-1", "disk-2"]))
    def welcome(self, larger, disk) -> None:
        """Head office gives an epoch; an old number is refused."""
        self.shop.send()
        number = self.shop.head[0] + larger
        with pytest.raises(Refusal, match="only grow"):
            self.shop.welcome(number - larger, disk)
        self.shop.welcome(number, disk)
        self.shop.began_a_life("welcomed", number)

    @invariant()
    def it_agrees(self) -> None:
        """Entries, chain, balances and lots are those of the notebook."""
        self.shop.check()

    def teardown(self) -> None:
        """At the end a replay from zero says the same."""
        try:
            self.shop.send()
            self.shop.check()
            self.shop.check_replay()
        finally:
            self.shop.close()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_ledger_agrees_with_a_notebook() -> None:
    """Entries, balances and a replay are those of a notebook, after any day."""
    run_state_machine_as_test(Day, settings=settings(max_examples=60, stateful_step_count=8))


@pytest.mark.torture
def test_the_ledger_agrees_with_a_notebook_for_long() -> None:
    """The same over many more days, and longer ones."""
    run_state_machine_as_test(Day, settings=settings(max_examples=5_000, stateful_step_count=40))
