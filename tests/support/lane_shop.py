"""Two lanes over a real ledger, a clock with hands, and everything that is told at each lane."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stocked import Stock, sale_of

from agent.core.answer import SaleAnswer
from agent.core.tokens import Token
from agent.lanes import LaneEvent, Lanes, Listener
from agent.ledger import Ledger
from agent.till import Till

__all__ = ["ANA", "ANA_TOO", "BEN", "NOBODY", "PATIENCE_S", "LaneShop", "lane_shop"]

ANA, BEN, NOBODY, ANA_TOO = (
    Token.parse(f"em4100:{number:010X}") for number in (0xA1, 0xB1, 0xC1, 0xA2)
)
PATIENCE_S = 300


@dataclass
class LaneShop:
    """The shop. ``now_s`` is turned by the test; Ana and Ben are members, nobody is none."""

    ledger: Ledger
    till: Till
    lanes: Lanes = field(init=False)
    now_s: float = 1_000_000.0
    sales: int = 0
    listening: dict[str, Listener[LaneEvent]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lanes = Lanes(self.till, ("1", "2"), patience_s=PATIENCE_S, now_s=lambda: self.now_s)

    async def tap(self, token: Token, lane: str = "1") -> None:
        """Lay a card on a lane's reader."""
        await self.lanes.card_presented(lane, f"reader-{lane}", token)

    async def sell(self, token: Token | None, lane: str = "1") -> SaleAnswer:
        """Commit a sale of 10.00 as the API does, and tell the lane."""
        self.sales += 1
        sale = sale_of(1000, token=str(token) if token else None)
        sale = sale.model_copy(update={"lane": lane})
        answer = (await self.till.commit(f"s-{self.sales}", sale)).answer
        self.lanes.sale_committed(lane, answer, token)
        return answer

    def told(self, lane: str = "1") -> list[LaneEvent]:
        """Take what was told at a lane since the last time."""
        unread = self.listening[lane]._unread
        events = []
        while not unread.empty():
            event = unread.get_nowait()
            assert event is not None
            events.append(event)
        return events

    def cards(self, lane: str = "1") -> list[dict[str, Any]]:
        """Take what was told of cards at a lane since the last time."""
        return [event.data for event in self.told(lane) if event.name == "card"]

    def tokens(self, lane: str = "1") -> list[Token]:
        """The cards that a lane shows."""
        return [shown.token for shown in self.lanes[lane].cards]

    async def flags(self) -> list[tuple[str, str | None, str | None, str]]:
        """Every flag of cards on the ledger: name, account, lane, reason."""
        await self.lanes.settled()
        await self.till.activity.written()
        rows = await self.ledger.read(lambda view: view.flags_after((0, 0, ""), at_most=1000))
        return [
            (row.flag, row.account, row.lane, row.reason)
            for row in rows
            if row.flag.startswith("tap_")
        ]

    async def account(self, token: Token) -> str:
        """Whose card it is."""
        return (await self.till.identify(str(token))).account


@contextmanager
def lane_shop(path: Path) -> Iterator[LaneShop]:
    """Open the shop."""
    stock = Stock(path)
    with stock.running() as ledger, ExitStack() as listening:
        for token in (ANA, BEN):
            stock.enrol(ledger, str(token))
        shop = LaneShop(ledger, stock.till(ledger))
        for name in ("1", "2"):
            shop.listening[name] = listening.enter_context(shop.lanes.listen(name))
        yield shop
