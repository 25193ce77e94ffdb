"""Facts that contradict a notebook (ledger_model.py): a ledger has to refuse each of them."""

from ledger_facts import EXPIRES, accumulation, capture, claim, release
from ledger_model import Hold, Notebook, SaleNote
from ledger_vouchers import contradicting

from agent.core.facts import (
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

__all__ = ["contradictions"]


def contradictions(notebook: Notebook) -> list[Fact]:
    """Facts that cannot be, given what is written down already."""
    return [
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
        *contradicting(notebook.vouchers, sorted(notebook.holds)),
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
    facts += [LeaseReturn(account=a, recall=recall, points=0) for a, recall in notebook.recalls]
    for token, (account, _, _) in notebook.cards.items():
        facts += [
            Enrol(account=f"{account}-again", token=token),
            Enrol(account=account, token="em4100:EEEEEEEEEE"),
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
            account=f"not-{held.account}" if held.is_back else held.account,
            points=1,
            authority="floor",
            expires_at=EXPIRES,
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
    if sale.came_back:
        facts.append(VoidSale(sale_id=name))
    return facts
