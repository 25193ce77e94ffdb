"""Whatever a store, its customers and head office do, in whatever order: no right falls below none,
nothing is spent beyond rights and the floor that stands in the journal, and the floor stays within
every cap.
"""

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from in_memory import directory_in_memory
from rights_audit import Audit
from rights_shop import ANA, BEN, CAPS, RightsShop, day_after

from agent.ledger import MirroredAccount, Refusal, replay
from agent.till import Adjustment, Back, VoucherOrder

STEPS = 70
CARDS = {"ana": ANA, "ben": BEN}


class History:
    """One seeded history of a device."""

    def __init__(self, path: Path, seed: int) -> None:
        self.shop, self.dice = RightsShop(path, soft_count=1), Random(seed)  # noqa: S311 - a die, not a secret
        self.audit = Audit(CAPS)
        self.done: Counter[str] = Counter()
        self.day, self.recalls = 0, 0
        self.shop.welcome()
        self.tell_balances()

    def tell_balances(self) -> None:
        """Head office tells what is elsewhere, and may deny or forgive a debtor."""
        told = [
            MirroredAccount(
                account=name,
                active=self.dice.choice([60, 300, 900]),
                denied=self.dice.random() < 0.1,
            )
            for name in CARDS
            if name not in self.audit.merged
        ]
        merged = [MirroredAccount(account=name, active=0, root="ben") for name in self.audit.merged]
        cards = {card: "ben" if name in self.audit.merged else name for name, card in CARDS.items()}
        self.shop.tell(*told, *merged, cards=cards)

    @property
    def card(self) -> str:
        """One of the two members' cards."""
        return self.dice.choice([ANA, BEN])

    @property
    def account(self) -> str:
        """One of the two members."""
        return self.dice.choice(["ana", "ben"])

    def points(self) -> int:
        """A wish that may be too much."""
        return self.dice.choice([1, 7, 40, 99, 100, 140])

    def redemption(self) -> str:
        """A redemption that may be there."""
        return f"r-{self.dice.randint(1, max(1, self.shop.ids['r']))}"

    def of_today(self) -> dict[str, str]:
        """The business date that the POS says."""
        return {
            "business_date": day_after(self.day),
            "occurred_at": f"{day_after(self.day)}T09:00:00Z",
        }

    # What may happen.

    def sell(self) -> None:
        """A sale, perhaps of a redemption that nobody ended."""
        named = [self.redemption()] if self.dice.random() < 0.5 else []
        money, paid = self.dice.choice([500, 4_000, 20_000]), self.dice.random() < 0.7
        tenders = [
            {"kind": "points", "amount_minor": 100 if paid else 0},
            {"kind": "cash", "amount_minor": money - (100 if paid else 0)},
        ]
        self.shop.sell(money, self.card, redemptions=named, tenders=tenders, **self.of_today())

    def hold(self) -> None:
        """Points are wished for, the card read or typed, perhaps with head office's help."""
        if self.dice.random() < 0.4:
            self.shop.answers(
                self.dice.choice([None, "", "no"]), then=self.dice.choice([0, 30, 400])
            )
        self.shop.hold(self.points(), self.card, entry=self.dice.choice(["read", "typed"]))

    def capture(self) -> None:
        """What is held is spent, or a part of it."""
        points = self.dice.choice([None, 1, 30])
        self.shop.run(self.shop.till.capture(self.redemption(), points=points))

    def release(self) -> None:
        """What is held goes back."""
        self.shop.run(self.shop.till.release(self.redemption()))

    def time_out(self) -> None:
        """An hour passes."""
        self.shop.clock.pass_ms(3_600_000)
        self.shop.run(self.shop.till.release_overdue())

    def void(self) -> None:
        """A sale is called off."""
        number = self.dice.randint(1, max(1, self.shop.ids["s"]))
        self.shop.run(self.shop.till.void(f"s-{number}"))

    def take_back(self) -> None:
        """A part of a sale comes back."""
        number = self.dice.randint(1, max(1, self.shop.ids["s"]))
        back = Back(amount_minor=self.dice.choice([100, 500, 3_000]))
        self.shop.run(self.shop.till.take_back(f"s-{number}", self.shop.new("b"), back))

    def adjust(self) -> None:
        """A cashier gives or takes some."""
        wanted = Adjustment(points=self.dice.choice([-50, 20]), reason="goodwill", cashier="eva")
        self.shop.run(self.shop.till.adjust("ben", wanted))

    def issue(self) -> None:
        """Points become a voucher."""
        order = VoucherOrder(token=self.card, points=self.points())
        self.shop.run(self.shop.till.vouchers.issue(self.shop.new("v"), order))

    def grant(self) -> None:
        """A grant arrives, perhaps one that was long under way."""
        epoch = self.shop.ledger.head.epoch - self.dice.choice([0, 0, 0, 1])
        total = self.dice.choice([10, 50, 120])
        self.shop.run(self.shop.rights.grant(epoch, self.account, total, 0))

    def recall(self) -> None:
        """A recall arrives, perhaps once more."""
        if not self.recalls or self.dice.random() < 0.6:
            self.recalls += 1
        self.shop.recall(self.account, self.recalls, keep=self.dice.choice([0, 20]))

    def allow(self) -> None:
        """Head office allows more of the floor, or repeats what it said."""
        total = self.dice.choice([0, 60, 150, 400])
        if self.shop.allow(total):
            self.audit.allowed = total

    def acknowledge(self) -> None:
        """Head office has everything."""
        self.shop.acknowledge()
        self.audit.acknowledged = (self.shop.ledger.head.epoch, self.shop.ledger.head.seq)

    def tomorrow(self) -> None:
        """The POS opens another day."""
        self.day += 1

    def freeze(self) -> None:
        """Head office holds something else."""
        self.shop.run(self.shop.rights.contradicted("head office holds another hash"))

    def welcome(self) -> None:
        """Head office opens an epoch."""
        self.shop.welcome()

    def merge(self) -> None:
        """Ana turns out to be Ben."""
        self.audit.look(self.shop.entries(self.audit.seen))
        self.audit.merged.add("ana")
        self.tell_balances()

    def play(self) -> None:
        """Do what the dice say; whatever happens, the journal holds."""
        often = [self.sell, self.hold, self.hold, self.capture, self.release, self.grant]
        now_and_then = [self.void, self.take_back, self.issue, self.recall, self.allow, self.adjust]
        seldom = [self.acknowledge, self.tomorrow, self.time_out, self.tell_balances, self.welcome]
        rare = [self.freeze, self.merge]
        for _ in range(STEPS):
            happens = self.dice.choice(
                self.dice.choices([often, now_and_then, seldom, rare], [60, 30, 15, 2])[0]
            )
            self.shop.till.ask_online = None
            try:
                happens()
                self.done[happens.__name__] += 1
            except Refusal as refusal:
                self.done[type(refusal).__name__] += 1
            self.audit.look(self.shop.entries(self.audit.seen))


@pytest.mark.parametrize("batch", range(4))
def test_no_history_spends_beyond_rights_and_floor(batch: int) -> None:
    """Told by the entries alone, each as it is written; and the journal replays to the same."""
    held: Counter[str] = Counter()
    for seed in range(batch * 6, batch * 6 + 6):
        with directory_in_memory() as directory:
            history = History(directory / "ledger.db", seed)
            try:
                history.play()
                held.update(authority for authority, _, _ in history.shop.held())
            finally:
                history.shop.close()
            replay(directory / "ledger.db")
    assert held.keys() == {"lease", "online", "floor"}, held
