"""Whether a sale still costs the same on a large ledger, with all that happens between sales."""

import random
import time

from agent.core.basket import Sale
from agent.till import Back, Till, Wish
from agent.till.back import BackLine
from agent.tools.bench.figures import Figure
from agent.tools.bench.ledger_built import LEDGER, Built
from agent.tools.bench.ledger_callers import CALLERS
from agent.tools.bench.ledger_flat import flat_figure
from agent.tools.bench.ledger_sales import card
from agent.tools.bench.ledger_store import Customer, OpenStore
from agent.tools.bench.measure import Progress
from agent.tools.bench.till_sales import REWARD, RICH, make_rich, sales_of_a_day

__all__ = ["mixed_cost"]


def mixed_cost(built: Built, sales: int, progress: Progress) -> Figure:
    """Measure what a customer costs on the large ledger, beside the small one."""
    accounts = built.size.accounts
    for home in (built.large, built.small):
        with OpenStore(home / LEDGER) as store:
            make_rich(store, accounts)

    def serve(store: OpenStore) -> float:
        return store.serve(_customers(sales, accounts), callers=CALLERS) / sales

    what = "a sale among holds, captures, claims, returns, voids and flags"
    return flat_figure(what, built, serve, progress)


def _customers(count: int, accounts: int) -> list[Customer]:
    """Prepare customers: of ten one or two of each kind, in turn."""
    now = time.time_ns()
    dice = random.Random(now)  # noqa: S311 - who buys is no secret
    rich = min(accounts, RICH)
    work = sales_of_a_day(f"mixed-{now}", count, accounts=accounts, seed=now)
    return [
        _KINDS[place % len(_KINDS)](sale_id, sale, card(dice.randrange(rich)))
        for place, (sale_id, sale) in enumerate(work)
    ]


def _buys(sale_id: str, sale: Sale, _: str) -> Customer:
    return lambda till: till.commit(sale_id, sale)


def _is_flagged(sale_id: str, sale: Sale, token: str) -> Customer:
    return _buys(sale_id, sale.model_copy(update={"currency": "EUR"}), token)


def _claims(sale_id: str, sale: Sale, token: str) -> Customer:
    async def served(till: Till) -> None:
        await till.commit(sale_id, sale.model_copy(update={"token": None}))
        await till.claim(sale_id, token)

    return served


def _redeems_with_the_sale(sale_id: str, sale: Sale, token: str) -> Customer:
    async def served(till: Till) -> None:
        await till.hold(sale_id, Wish(token=token, reward=REWARD, sale_id=sale_id))
        bought = {"token": token, "redemptions": (sale_id,)}
        await till.commit(sale_id, sale.model_copy(update=bought))

    return served


def _redeems(sale_id: str, sale: Sale, token: str) -> Customer:
    async def served(till: Till) -> None:
        await till.hold(sale_id, Wish(token=token, reward=REWARD))
        await till.capture(sale_id)
        await till.commit(sale_id, sale)

    return served


def _changes_their_mind(sale_id: str, sale: Sale, token: str) -> Customer:
    async def served(till: Till) -> None:
        await till.hold(sale_id, Wish(token=token, reward=REWARD))
        await till.release(sale_id)
        await till.commit(sale_id, sale)

    return served


def _brings_a_line_back(sale_id: str, sale: Sale, _: str) -> Customer:
    async def served(till: Till) -> None:
        await till.commit(sale_id, sale)
        line = BackLine(line=0, quantity=sale.lines[0].quantity)
        await till.take_back(sale_id, sale_id, Back(lines=(line,)))

    return served


def _brings_half_back(sale_id: str, sale: Sale, _: str) -> Customer:
    async def served(till: Till) -> None:
        await till.commit(sale_id, sale)
        amount_minor = max(1, sale.total_minor // 2)
        await till.take_back(sale_id, sale_id, Back(amount_minor=amount_minor))

    return served


def _calls_it_off(sale_id: str, sale: Sale, _: str) -> Customer:
    async def served(till: Till) -> None:
        await till.commit(sale_id, sale)
        await till.void(sale_id)

    return served


_KINDS = (
    _buys,
    _redeems_with_the_sale,
    _claims,
    _is_flagged,
    _brings_a_line_back,
    _buys,
    _redeems,
    _brings_half_back,
    _changes_their_mind,
    _calls_it_off,
)
