"""A store of a chain: a till on a ledger, head office's word to it, and what the journal says.

Nothing here is head office: a test says its words one by one, as they would arrive.
"""

import asyncio
from collections import Counter
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

from small_programs import program
from toy_clock import ToyClock

from agent.clock import mint_id
from agent.core.basket import Sale
from agent.core.entry import Entry, Position
from agent.core.facts import CreateReward, Fact
from agent.ledger import Ledger, Mirror, MirroredAccount, MirroredCard, MirrorPage, journaled
from agent.ledger.connection import open_reader
from agent.till import Enrolment, RedemptionAnswer, Rights, Terms, Till, Wish, return_everything

__all__ = ["ANA", "BEN", "CAPS", "RULES", "RightsShop", "basket"]

ANA, BEN = "em4100:0C000621A5", "em4100:67003B51C6"
CAPS = {
    "per_redemption": 100,
    "per_account": 150,
    "per_device": 1_000,
    "per_day": 200,
    "soft_count": 2,
    "hard_count": 3,
}
RULES = """
[discount]
id = "money"
points = 1
worth_minor = 1
step = 1
text = "Money off"
"""


def basket(amount_minor: int, day: str = "2026-11-21", **more: Any) -> Sale:
    """A sale of one line."""
    line = {"sku": "1", "description": "Milk", "category": "grocery", "quantity": "1.000"}
    body = {
        "lane": "1",
        "cashier": "ana",
        "business_date": day,
        "occurred_at": datetime.fromisoformat(f"{day}T09:00:00Z"),
        "currency": "USD",
        "token": None,
        "lines": [line | {"unit_price_minor": amount_minor, "amount_minor": amount_minor}],
        "tenders": [{"kind": "cash", "amount_minor": amount_minor}],
        "total_minor": amount_minor,
    }
    return Sale.model_validate(body | more)


class RightsShop:
    """One device, Ana and Ben, who earned elsewhere what head office told of."""

    def __init__(self, path: Path, **caps: int) -> None:
        self._runner = asyncio.Runner()
        self.clock = ToyClock()
        self.clock.set_by(0, synchronised=False)  # no business date is denied by it
        self.ledger = Ledger(path, clock=self.clock, mint_id=mint_id)
        self.ledger.start()
        offline = "\n".join(f"{name} = {value}" for name, value in (CAPS | caps).items())
        rules = program(f"{RULES}\n[offline]\n{offline}\n")
        self.terms = Terms(program=rules, alone=False, store="s001")
        self.till = Till(self.ledger, self.terms, mint_id=mint_id)
        self.rights = Rights(self.ledger, lambda: self.terms, mint_id=mint_id)
        self.asked: list[tuple[str, int]] = []
        self.ids: Counter[str] = Counter()

    def close(self) -> None:
        """Leave nothing running."""
        self.ledger.stop()
        self._runner.close()

    def run(self, coroutine: Any) -> Any:
        """Run something to its end."""
        return self._runner.run(coroutine)

    def new(self, kind: str) -> str:
        """Make an id up."""
        self.ids[kind] += 1
        return f"{kind}-{self.ids[kind]}"

    # What head office says.

    def tell(self, *accounts: MirroredAccount, cards: dict[str, str] | None = None) -> None:
        """Tell of accounts and cards."""
        told = tuple(
            MirroredCard(token=token, account=account, state="active")
            for token, account in (cards or {}).items()
        )
        mirror = Mirror(self.ledger)
        _, since = self.run(mirror.cursor())
        page = MirrorPage(
            accounts=accounts,
            cards=told,
            cursor=since + 1,
            generation=0,
            since=since,
            more=False,
            asked=False,
        )
        assert self.run(mirror.apply(page, return_everything))

    def welcome(self) -> int:
        """Open the next epoch."""
        epoch = self.ledger.head.epoch + 1
        assert self.run(self.rights.welcome(epoch, f"nonce-{epoch}", 0))
        return epoch

    def grant(self, account: str, total: int) -> bool:
        """Grant so much in all, this epoch."""
        return bool(self.run(self.rights.grant(self.ledger.head.epoch, account, total, 0)))

    def allow(self, total: int) -> bool:
        """Allow so much of the floor in all, this epoch."""
        return bool(self.run(self.rights.allow(self.ledger.head.epoch, total, 0)))

    def recall(self, account: str, number: int, keep: int = 0) -> bool:
        """Want rights back."""
        epoch = self.ledger.head.epoch
        return bool(self.run(self.rights.recall(epoch, account, number, keep, 0)))

    def acknowledge(self) -> None:
        """Hold everything."""
        head = self.ledger.head
        self.run(self.ledger.acknowledge(Position(epoch=head.epoch, seq=head.seq, hash=b"")))

    def answers(self, said: str | None, *, then: int = 0) -> None:
        """Answer whoever asks so, after granting ``then`` in all."""

        async def ask(account: str, points: int) -> str | None:
            self.asked.append((account, points))
            if then:
                await self.rights.grant(self.ledger.head.epoch, account, then, 0)
            return said

        self.till.ask_online = ask

    # What the store does.

    def enrol(self, token: str) -> str:
        """Make somebody a member; answers the account."""
        return str(self.run(self.till.members.enrol(Enrolment(token=token))).account)

    def sell(self, amount_minor: int, token: str = ANA, **more: Any) -> Any:
        """Take a sale."""
        sale = basket(amount_minor, token=token, **more)
        return self.run(self.till.commit(self.new("s"), sale))

    def hold(
        self, points: int, token: str = ANA, name: str | None = None, **more: Any
    ) -> RedemptionAnswer:
        """Hold points."""
        wish = Wish.model_validate({"token": token, "points": points} | more)
        answer: RedemptionAnswer = self.run(self.till.hold(name or self.new("r"), wish))[0]
        return answer

    def usable(self, token: str = ANA) -> int:
        """What a cashier is shown."""
        return int(self.run(self.till.identify(token)).redeemable_now)

    # What stands in the journal.

    def right(self, account: str) -> int:
        """What this device may spend."""
        return int(self.run(self.ledger.read(lambda view: view.right(account))))

    def entries(self, after: tuple[int, int] = (0, 0)) -> list[Entry]:
        """Everything after a place, in order."""
        with closing(open_reader(self.ledger.path)) as connection:
            rows = list(journaled(connection, self.ledger.archive, after=after))
        return [Entry.parse(canonical) for _, canonical in rows]

    def facts(self) -> list[Fact]:
        """What the entries say."""
        return [entry.fact for entry in self.entries()]

    def held(self) -> list[tuple[str, int, int]]:
        """By what right everything was held: authority, lease, floor."""
        return [
            (fact.authority, fact.lease, fact.floor)
            for fact in self.facts()
            if isinstance(fact, CreateReward)
        ]


def day_after(number: int) -> str:
    """A business date."""
    return date.fromordinal(date(2026, 11, 21).toordinal() + number).isoformat()
