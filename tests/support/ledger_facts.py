"""Facts that fit a notebook (ledger_model.py), drawn at random, and facts that contradict it."""

from datetime import date, timedelta
from functools import cache

from hypothesis import strategies as st
from ledger_model import Hold, Notebook, SaleNote
from msgspec import Raw

from agent.core.basket import Line, Sale, Tender
from agent.core.facts import (
    AccumulatePoints,
    ActivatePoints,
    AdjustPoints,
    CardState,
    ClaimSale,
    CreateReward,
    DeleteReward,
    Enrol,
    Fact,
    LeaseReturn,
    LotPart,
    RedeemReward,
    ReturnSale,
    VoidSale,
)

__all__ = [
    "DAY",
    "accumulation",
    "activation",
    "capture",
    "claim",
    "contradictions",
    "hold",
    "release",
    "sale_return",
    "void",
]

DAY = date(2026, 11, 21)
_UNTIL = date(2026, 12, 5)
_EXPIRES = "2026-11-21T09:15:00.000Z"


@cache
def basket(total_minor: int) -> Raw:
    """A basket of one line that costs so much, as the journal holds it."""
    line = Line(
        sku="sku",
        category="grocery",
        quantity="1",
        unit_price_minor=total_minor,
        amount_minor=total_minor,
    )
    sale = Sale(
        lane="1",
        cashier="ana",
        business_date=DAY - timedelta(days=total_minor % 3),
        occurred_at="2026-11-21T14:05:09+01:00",
        currency="USD",
        lines=(line,),
        tenders=(Tender(kind="cash", amount_minor=total_minor),),
        total_minor=total_minor,
    )
    return Raw(sale.canonical())


def accumulation(
    sale_id: str,
    account: str | None,
    points: int,
    *,
    pending: bool = False,
    tier: str | None = None,
    leased: bool = False,
) -> AccumulatePoints:
    """A sale that earned so many points, for whomever."""
    points = 0 if account is None else points
    return AccumulatePoints(
        sale_id=sale_id,
        sale_json=basket(points * 100 + 50),
        status="no_card" if account is None else "accumulated",
        account=account,
        program="simple@1",
        points=points,
        because=(),
        flags=(),
        pending_until=_UNTIL if pending else None,
        tier=tier,
        lease=points if leased else 0,
    )


def claim(sale_id: str, account: str, points: int, *, pending: bool = False) -> ClaimSale:
    """A card shown after the sale."""
    return ClaimSale(
        sale_id=sale_id,
        account=account,
        token="em4100:0C000621A5",
        program="simple@1",
        points=points,
        because=(),
        pending_until=_UNTIL if pending else None,
    )


def activation(notebook: Notebook, account: str, draw: st.DataObject) -> ActivatePoints:
    """Some of an account's pending lots have waited long enough."""
    waiting = [lot for lot in notebook.lots[account] if lot.until is not None]
    count = draw.draw(st.integers(1, len(waiting)))
    lots = tuple(
        LotPart(epoch=lot.place[0], seq=lot.place[1], points=lot.points) for lot in waiting[:count]
    )
    return ActivatePoints(account=account, points=sum(part.points for part in lots), lots=lots)


def hold(
    notebook: Notebook, redemption_id: str, account: str, points: int, *, leased: bool = True
) -> CreateReward:
    """Points held by what right there is, and the rest by the floor."""
    covered = min(points, notebook.right(account)) if leased else 0
    return CreateReward(
        redemption_id=redemption_id,
        account=account,
        points=points,
        authority="lease" if covered == points else "floor",
        expires_at=_EXPIRES,
        floor=points - covered,
        lease=-covered,
    )


def capture(redemption_id: str, held: Hold, points: int) -> RedeemReward:
    """Spend what is held."""
    return RedeemReward(redemption_id=redemption_id, account=held.account, points=points)


def release(redemption_id: str, held: Hold, points: int, *, epoch: int) -> DeleteReward:
    """Give back what is held, and its rights where they are still this epoch's."""
    covered = min(points, held.covered) if held.place[0] == epoch else 0
    return DeleteReward(
        redemption_id=redemption_id,
        account=held.account,
        points=points,
        reason="released",
        lease=covered,
    )


def _taken_back(notebook: Notebook, sale: SaleNote, points: int) -> tuple[int, int]:
    """Split points to take back into those that wait and those that are active."""
    waiting = notebook.pending_lot(sale.account, sale.place)
    points = min(points, sale.points - sale.taken_back)
    from_pending = min(points, waiting)
    return from_pending, points - from_pending


def _rights(notebook: Notebook, account: str | None, points: int) -> int:
    return 0 if account is None else -min(points, notebook.right(account))


def sale_return(
    notebook: Notebook, sale_id: str, return_id: str, points: int, given_back: int
) -> ReturnSale:
    """Part of a sale comes back, with what it earned and what it redeemed."""
    sale = notebook.sales[sale_id]
    from_pending, from_active = _taken_back(notebook, sale, points)
    return ReturnSale(
        sale_id=sale_id,
        return_id=return_id,
        amount_minor=min(points * 100, sale.total_minor - sale.returned_minor),
        account=sale.account,
        from_active=from_active,
        from_pending=from_pending,
        given_back=0 if sale.account is None else given_back,
        lease=_rights(notebook, sale.account, from_active),
    )


def void(notebook: Notebook, sale_id: str) -> VoidSale:
    """A whole sale is called off, with all it earned."""
    sale = notebook.sales[sale_id]
    from_pending, from_active = _taken_back(notebook, sale, sale.points)
    return VoidSale(
        sale_id=sale_id,
        account=sale.account,
        from_active=from_active,
        from_pending=from_pending,
        lease=_rights(notebook, sale.account, from_active),
    )


def contradictions(notebook: Notebook) -> list[Fact]:
    """Facts that cannot be, given what is written down already."""
    return [
        CardState(token="em4100:FFFFFFFFFF", account="ana", state="lost"),
        ClaimSale(sale_id="nobody's", account="ana", token="em4100:0C000621A5", program="simple@1",
                  points=1, because=()),
        VoidSale(sale_id="nobody's"),
        *_about_accounts(notebook),
        *(fact for name, held in notebook.holds.items() for fact in _about_hold(name, held)),
        *(fact for name, sale in notebook.sales.items() for fact in _about_sale(name, sale)),
        *(
            ReturnSale(sale_id=sale_id, return_id=return_id, amount_minor=0)
            for sale_id, return_id in notebook.returns
        ),
    ]  # fmt: skip


def _about_accounts(notebook: Notebook) -> list[Fact]:
    facts: list[Fact] = []
    for account in ("ana", "ben", "eve"):
        too_much = notebook.right(account) + 1
        waiting = notebook.balances[account, "pending"] + 1
        lot = LotPart(epoch=0, seq=1, points=waiting)
        facts += [
            LeaseReturn(account=account, recall=1, points=too_much),
            AdjustPoints(account=account, points=-1, reason="?", cashier="c", lease=-too_much),
            ActivatePoints(account=account, points=waiting, lots=(lot,)),
            RedeemReward(redemption_id="nobody's", account=account, points=1),
            ReturnSale(
                sale_id="elsewhere",
                return_id="r",
                amount_minor=0,
                account=account,
                from_pending=waiting,
            ),
        ]
    for token, (account, _, _) in notebook.cards.items():
        facts += [
            Enrol(account=f"{account}-again", token=token),
            Enrol(account=account, token="em4100:EEEEEEEEEE"),
            CardState(token=token, account=f"not-{account}", state="blocked"),
            CardState(token=token, account=account, state="replaced", replaced_by=token),
        ]
    return facts


def _about_hold(name: str, held: Hold) -> list[Fact]:
    too_much = held.left + 1
    return [
        capture(name, held, too_much),
        release(name, held, too_much, epoch=-1),
        RedeemReward(redemption_id=name, account=f"not-{held.account}", points=1),
        DeleteReward(
            redemption_id=name, account=f"not-{held.account}", points=1, reason="released"
        ),
        CreateReward(
            redemption_id=name,
            account=held.account,
            points=1,
            authority="floor",
            expires_at=_EXPIRES,
            floor=1,
        ),
    ]


def _about_sale(name: str, sale: SaleNote) -> list[Fact]:
    left_minor = sale.total_minor - sale.returned_minor
    left = sale.points - sale.taken_back
    facts: list[Fact] = [
        accumulation(name, sale.account, 1),
        ReturnSale(sale_id=name, return_id="more", amount_minor=left_minor + 1),
        ReturnSale(sale_id=name, return_id="more", amount_minor=0, account=sale.account,
                   from_active=left + 1),
    ]  # fmt: skip
    if sale.account is not None:
        facts.append(claim(name, "ben", 1))
    if sale.voided:
        facts.append(VoidSale(sale_id=name))
    return facts
