"""Vouchers in the notebook (ledger_model.py): what a careful person writes down of each, facts that
fit it, and facts that contradict it.
"""

from dataclasses import dataclass, field
from datetime import date

from agent.core.facts import (
    Fact,
    HoldVoucher,
    IssueVoucher,
    ReleaseVoucher,
    UseVoucher,
    WithdrawVoucher,
)
from agent.core.vouchers import code_of

__all__ = ["Use", "Voucher", "VoucherBook", "VoucherFact", "contradicting", "voucher_code"]

VoucherFact = IssueVoucher | HoldVoucher | UseVoucher | ReleaseVoucher | WithdrawVoucher
Place = tuple[int, int]
EXPIRES = "2026-11-21T09:15:00.000Z"


def voucher_code(number: int) -> str:
    """The code of so many."""
    return code_of((number << 4).to_bytes(8))


@dataclass(slots=True)
class Voucher:
    """A voucher, and which redemption has it."""

    place: Place
    fact: IssueVoucher
    state: str = "issued"
    redemption: str | None = None


@dataclass(slots=True)
class Use:
    """A redemption of a voucher."""

    place: Place
    fact: HoldVoucher
    state: str = "held"
    sale_id: str | None = None

    def named(self, kind: type, **more: object) -> Fact:
        """A fact about it."""
        about = {"account": self.fact.account, "code": self.fact.code}
        return kind(redemption_id=self.fact.redemption_id, **about, **more)  # type: ignore[no-any-return]  # a kind of fact


@dataclass(slots=True)
class VoucherBook:
    """Every voucher by its code, every redemption of one by its id."""

    vouchers: dict[str, Voucher] = field(default_factory=dict)
    things: list[tuple[str, str, str, str]] = field(default_factory=list)
    uses: dict[str, Use] = field(default_factory=dict)

    def write(self, fact: VoucherFact, place: Place, day: str) -> None:
        """Write one fact down."""
        if isinstance(fact, IssueVoucher):
            self.vouchers[fact.code] = Voucher(place, fact)
            if fact.reward is not None:
                self.things.append((fact.account, fact.reward, fact.code, day))
            return
        voucher = self.vouchers[fact.code]
        match fact:
            case WithdrawVoucher():
                voucher.state = "gone"
            case HoldVoucher():
                self.uses[fact.redemption_id] = Use(place, fact, sale_id=fact.sale_id)
                voucher.state, voucher.redemption = "held", fact.redemption_id
            case UseVoucher():
                use = self.uses[fact.redemption_id]
                use.state, use.sale_id = "used", fact.sale_id or use.sale_id
                voucher.state = "used"
            case ReleaseVoucher():
                came_back = fact.reason == "sale_came_back"
                self.uses[fact.redemption_id].state = "came_back" if came_back else "released"
                voucher.state, voucher.redemption = "issued", None

    def standing(self, *states: str) -> list[str]:
        """The codes of vouchers that stand so."""
        return sorted(code for code, one in self.vouchers.items() if one.state in states)

    def uses_that_are(self, *states: str) -> list[str]:
        """The redemptions that stand so."""
        return sorted(name for name, use in self.uses.items() if use.state in states)

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """Write the book out in the tables' columns and order."""
        return {
            "things": sorted(self.things),
            "vouchers": [
                (code, *one.place, *_given(one.fact), one.state, one.redemption)
                for code, one in sorted(self.vouchers.items())
            ],
            "voucher_uses": [
                (name, *use.place, use.fact.code, use.fact.expires_at, use.state, use.sale_id)
                for name, use in sorted(self.uses.items())
            ],
        }


def _given(fact: IssueVoucher) -> tuple[object, ...]:
    last_day = None if fact.good_until is None else fact.good_until.isoformat()
    worth = (fact.account, fact.points, fact.value_minor, fact.currency, fact.reward, last_day)
    return (*worth, int(fact.partner), fact.voucher_id, fact.sale_id)


def issue(number: int, account: str, points: int, *, right: int, thing: bool) -> IssueVoucher:
    """A voucher for so many points, by what right there is; a thing is for none."""
    if thing:
        code = voucher_code(number)
        return IssueVoucher(account=account, code=code, reward="coffee", sale_id=f"s-{number}")
    return IssueVoucher(
        account=account,
        code=voucher_code(number),
        points=points,
        value_minor=points,
        currency="USD",
        good_until=date(2028, 11, 20),
        voucher_id=f"v-{number}",
        lane="1",
        lease=-min(points, right),
    )


def hold(book: VoucherBook, redemption_id: str, code: str, sale_id: str | None) -> HoldVoucher:
    """A voucher set aside."""
    return HoldVoucher(
        redemption_id=redemption_id,
        account=book.vouchers[code].fact.account,
        code=code,
        expires_at=EXPIRES,
        sale_id=sale_id,
    )


def contradicting(book: VoucherBook, hold_ids: list[str]) -> list[Fact]:
    """Facts about vouchers that cannot be; ``hold_ids`` are redemptions of points."""
    facts: list[Fact] = [
        WithdrawVoucher(account="ana", code=voucher_code(10**6)),
        HoldVoucher(redemption_id="r", account="ana", code=voucher_code(10**6), expires_at=EXPIRES),
        IssueVoucher(account="ana", code=voucher_code(10**6)),
        IssueVoucher(account="ana", code=voucher_code(10**6), reward="tea", value_minor=1,
                     currency="USD"),
    ]  # fmt: skip
    for code, one in book.vouchers.items():
        facts += _about_voucher(book, code, one, hold_ids)
    for use in book.uses.values():
        facts += _about_use(use)
    return facts


def _about_voucher(book: VoucherBook, code: str, one: Voucher, hold_ids: list[str]) -> list[Fact]:
    account = one.fact.account
    facts: list[Fact] = [
        IssueVoucher(account=account, code=code, reward="coffee"),
        WithdrawVoucher(account=f"not-{account}", code=code),
        HoldVoucher(redemption_id="new", account=f"not-{account}", code=code, expires_at=EXPIRES),
    ]
    if one.fact.voucher_id is not None:
        again = voucher_code(10**6)
        facts.append(IssueVoucher(account=account, code=again, reward="coffee",
                                  voucher_id=one.fact.voucher_id))  # fmt: skip
    if one.state != "issued":
        facts += [WithdrawVoucher(account=account, code=code), hold(book, "new", code, None)]
        return facts
    facts += [hold(book, name, code, None) for name in hold_ids]
    others = [name for name, use in book.uses.items()
              if use.state != "released" or use.fact.code != code]  # fmt: skip
    return facts + [hold(book, name, code, None) for name in others]


def _about_use(use: Use) -> list[Fact]:
    anothers = {"account": f"not-{use.fact.account}", "code": use.fact.code}
    facts: list[Fact] = [
        UseVoucher(redemption_id=use.fact.redemption_id, **anothers),
        ReleaseVoucher(redemption_id=use.fact.redemption_id, **anothers, reason="released"),
    ]
    if use.state != "held":
        facts += [use.named(UseVoucher), use.named(ReleaseVoucher, reason="timed_out")]
    if use.state != "held" and not (use.state == "used" and use.sale_id is None):
        facts.append(use.named(UseVoucher, sale_id="another"))
    if use.state != "used":
        facts.append(use.named(ReleaseVoucher, reason="sale_came_back"))
    return facts
