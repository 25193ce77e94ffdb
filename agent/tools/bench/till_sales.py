"""What the till is measured with: sales of one business date, and members with points to spend."""

from datetime import date

from agent.core.basket import Sale
from agent.tools.bench.ledger_callers import CALLERS
from agent.tools.bench.ledger_sales import Work, card, work
from agent.tools.bench.ledger_store import OpenStore

__all__ = ["DAY", "REWARD", "RICH", "make_rich", "sales_of_a_day"]

RICH = 1_000
"""How many members at most can afford whatever is redeemed; the first so many of a ledger."""

REWARD = "coffee"
_PAID_MINOR = 10_000_000

DAY = date(2017, 12, 30)
"""The business date of every sale."""


def sales_of_a_day(prefix: str, count: int, *, accounts: int, seed: int) -> Work:
    """Prepare sales as ``work`` does, all on one business date, so that each can be claimed."""
    return [
        (sale_id, sale.model_copy(update={"business_date": DAY}))
        for sale_id, sale in work(prefix, count, accounts=accounts, seed=seed)
    ]


def make_rich(store: OpenStore, accounts: int) -> None:
    """Give the first members enough points for years of rewards; done once however often asked."""
    ((_, sale),) = sales_of_a_day("-", 1, accounts=1, seed=0)
    members = range(min(accounts, RICH))
    store.sell([(f"rich-{number}", _sold_to(sale, number)) for number in members], callers=CALLERS)


def _sold_to(sale: Sale, member: int) -> Sale:
    line = sale.lines[0].model_copy(
        update={"unit_price_minor": _PAID_MINOR, "amount_minor": _PAID_MINOR}
    )
    tender = sale.tenders[0].model_copy(update={"amount_minor": _PAID_MINOR})
    return sale.model_copy(
        update={
            "token": card(member),
            "lines": (line,),
            "tenders": (tender,),
            "total_minor": _PAID_MINOR,
        }
    )
