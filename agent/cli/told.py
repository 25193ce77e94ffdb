"""An account's history as a person reads it: a line for each entry, in plain words.

What does not fit in a column, such as a reason, stands in a line of its own below the entry.
"""

from collections.abc import Iterator

import click

from agent.cli.columns import NOTHING, WIDEST, head, local_time, tail
from agent.core.entry import Entry
from agent.core.facts import (
    AccumulatePromotionPoints,
    ActivatePoints,
    CardState,
    CreateReward,
    DeleteReward,
    Fact,
    FlagActivity,
    LeaseGrant,
    LeaseReturn,
    kind_of,
)
from agent.core.paper import wrapped
from agent.ledger.tables import Row

__all__ = ["told", "told_titles"]

_COLUMNS = {
    "date": 10,
    "time": 5,
    "what": 27,
    "points": 8,
    "balance": 8,
    "sale/redemption": 15,
    "lane": 4,
    "cashier": 8,
}
"""The columns and their widths; the entry's place comes last."""

_NUMBERS = ("points", "balance")
_INDENT = " " * (_COLUMNS["date"] + _COLUMNS["time"] + 4)
_WORDS = {
    "ENROL": "enrolled",
    "ACCUMULATE_POINTS": "sale",
    "ACCUMULATE_PROMOTION_POINTS": "promotion",
    "RETURN_PROMOTION_POINTS": "promotion taken back",
    "ACTIVATE_POINTS": "became active",
    "CREATE_REWARD": "held",
    "REDEEM_REWARD": "redeemed",
    "DELETE_REWARD": "given back",
    "RETURN_SALE": "returned",
    "VOID_SALE": "voided",
    "CLAIM_SALE": "claimed",
    "ADJUST_POINTS": "adjusted",
    "EXPIRE_POINTS": "expired",
    "ISSUE_VOUCHER": "voucher given",
    "HOLD_VOUCHER": "voucher held",
    "USE_VOUCHER": "voucher used",
    "RELEASE_VOUCHER": "voucher good again",
    "WITHDRAW_VOUCHER": "voucher withdrawn",
    "ADD_CARD": "card added",
    "RATE_VISIT": "visit rated",
    "LEASE_GRANT": "rights came",
    "LEASE_RETURN": "rights went back",
    "OPEN_EPOCH": "the journal began anew",
    "CLOCK_JUMP": "the clock was set",
}
_STATES = {"active": "card found again"}
_NOTES = {
    "reason": "reason",
    "approver": "agreed by",
    "reward": "reward",
    "good_until": "good until",
    "promotion": "promotion",
    "pending_until": "pending until",
    "given_back": "given back of what was redeemed",
    "return_id": "return",
    "referred_by": "brought by",
    "rating": "rating",
}
"""What a fact may say besides, and how that is put."""


def told_titles() -> str:
    """Answer the line above the entries."""
    return click.style(_line({name: name for name in _COLUMNS}, "entry"), bold=True)


def told(entry: Entry, row: Row, *, meant: bool) -> str:
    """Put an entry in one line, and below it what else it says; ``meant`` marks the one asked for.

    A number without a sign neither came nor went: points that are held, given back or no longer
    pending.
    """
    about = row["redemption_id"] or row["sale_id"]
    cells = {
        "date": str(row["business_date"] or entry.recorded_at[:10]),
        "time": local_time(entry.recorded_at),
        "what": head(_what(entry.fact), _COLUMNS["what"]),
        "points": _points(entry.fact, row["points"]),
        "balance": "" if row["balance"] is None else f"{row['balance']:,}",
        "sale/redemption": tail(_text(about), _COLUMNS["sale/redemption"]),
        "lane": head(_text(row["lane"]), _COLUMNS["lane"]),
        "cashier": head(_text(row["cashier"]), _COLUMNS["cashier"]),
    }
    line = _line(cells, f"{entry.epoch}:{entry.seq}")
    notes = _notes(entry.fact, row)
    below = wrapped(notes, WIDEST - len(_INDENT)) if notes else []
    return "\n".join(
        (click.style(line, bold=True) if meant else line, *(_INDENT + each for each in below))
    )


def _line(cells: dict[str, str], entry: str) -> str:
    padded = (
        f"{text:>{_COLUMNS[name]}}" if name in _NUMBERS else f"{text:<{_COLUMNS[name]}}"
        for name, text in cells.items()
    )
    return "  ".join((*padded, entry))


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _what(fact: Fact) -> str:
    if isinstance(fact, FlagActivity):
        return f"flagged: {fact.flag}"
    if isinstance(fact, CardState):
        return _STATES.get(fact.state, f"card {fact.state}")
    return _WORDS[kind_of(fact)]


def _points(fact: Fact, moved: object) -> str:
    if isinstance(fact, CreateReward | DeleteReward | ActivatePoints | LeaseReturn):
        return f"{fact.points:,}"
    if isinstance(fact, LeaseGrant):
        return f"{fact.granted_total:,}"
    return NOTHING if moved is None else f"{moved:+,}"


def _referral(fact: Fact) -> Iterator[tuple[str, int]]:
    """Say what came to either of the two of a member's having been brought."""
    paid = getattr(fact, "referral", None)
    if isinstance(fact, AccumulatePromotionPoints) and fact.sale_id is not None:
        yield from ((each.text, each.points) for each in fact.because)
    elif paid is not None:
        reasons = getattr(fact, "because", ())
        yield from ((each.text, each.points) for each in reasons if each.rule == paid.promotion)


def _notes(fact: Fact, row: Row) -> str:
    notes = [
        f"{said}: {value}"
        for name, said in _NOTES.items()
        if (value := getattr(fact, name, None)) not in (None, "", 0)
    ]
    notes += [f"{said}: {points:,}" for said, points in _referral(fact)]
    if row["flag"] and not isinstance(fact, FlagActivity):
        notes.append(f"flagged: {row['flag']}")
    return head("; ".join(notes), len("; ".join(notes))) if notes else ""
