"""What a till has to answer, as a careful cashier would work it out with a pencil.

Written from the contract and the docstrings, with none of the code under test: members are a few
whole numbers, sales and redemptions are notes about them. A call is answered with the fields that
are known here and whether it was answered before, or with the name of the refusal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from till_calls import Call
from till_model_cards import Member, is_by_phone, number_of
from till_model_desk import Answer, Desk
from till_model_sums import Worth, left_of, what_came, worth, worth_by

__all__ = ["Held", "Notebook", "SaleNote"]

Body = Mapping[str, Any]
_HOLD_FOR = timedelta(minutes=15)


@dataclass(slots=True)
class SaleNote:
    """A sale, whose it is, and what came back of it."""

    body: Body
    member: Member | None
    points: int
    waiting: int = 0
    waits_until: str = ""
    waits_since: int = 0
    """In which epoch its points came."""
    redeemed: int = 0
    rewarded: int = 0
    returned_minor: int = 0
    taken: int = 0
    given_back: int = 0
    told: dict[str, Any] = field(default_factory=dict)
    claim_told: dict[str, Any] | None = None
    claimed_with: str = ""
    void_told: dict[str, Any] | None = None
    returns: dict[str, tuple[Body, dict[str, Any]]] = field(default_factory=dict)

    @property
    def is_all_back(self) -> bool:
        """Whether it was called off, or all of its money came back."""
        return self.void_told is not None or 0 < self.body["total_minor"] == self.returned_minor


@dataclass(slots=True)
class Held:
    """A redemption; ``covered`` is what it took of the device's rights, ``sale_id`` the sale it is
    for, and ``wished_for`` the one that its hold named.
    """

    member: Member
    reward: str | None
    points: int
    covered: int
    epoch: int
    expires_at: datetime
    sale_id: str | None = None
    lane: str | None = None
    captured: int = 0
    status: str = "held"
    wished_for: str | None = None


class Notebook(Desk):
    """Everything a shop knows. ``program`` is the program's file as a plain dict."""

    def __init__(self, program: Body, *, alone: bool) -> None:
        super().__init__(program, alone=alone)
        self.sales: dict[str, SaleNote] = {}
        self.holds: dict[str, Held] = {}
        self.named: dict[str, tuple[Member, str]] = {}
        self.epoch = 0

    def ask(self, call: Call, now: datetime) -> Answer | str:
        """Answer a call, and write down what it changes."""
        answer = self._answer(call, now)
        if isinstance(answer, Answer) and not answer.replay:
            sale = self.sales.get(call.ids[0])
            told = answer.fields | {"today": self.today}
            told["returned_minor"] = sale.returned_minor if sale is not None else 0
            self.days.note(call.what, call.ids, call.body, told)
            where = None if sale is None else (sale.body["lane"], sale.body["cashier"])
            for name, held in self.holds.items():
                if held.captured:
                    self.days.spend(name, held.captured, self.today, where)
        return answer

    def _answer(self, call: Call, now: datetime) -> Answer | str:
        shown = call.body.get("token")
        if call.what in ("claim", "hold") and is_by_phone(shown) and number_of(shown) is None:
            return "MalformedPhone"
        match call.what:
            case "commit":
                answer = self._commit(*call.ids, self._as_kept(*call.ids, call.body))
            case "claim":
                answer = self._claim(*call.ids, call.body["token"])
            case "void":
                answer = self._void(*call.ids, call.body)
            case "return":
                answer = self._take_back(*call.ids, call.body)
            case "hold":
                answer = self._hold(*call.ids, call.body, now)
            case "capture":
                answer = self._capture(*call.ids, call.body["points"])
            case "release":
                answer = self._release(*call.ids)
            case "adjust":
                answer = self.adjust(call.ids[0], call.body)
            case _:
                answer = self.change_cards(call)
        return answer

    def _as_kept(self, sale_id: str, body: Body) -> Body:
        """No number is kept with a sale: the same basket by any number that does not lead to
        another member is the same sale.
        """
        known = self.sales.get(sale_id)
        if known is None or not (is_by_phone(body["token"]) and is_by_phone(known.body["token"])):
            return body
        member, before = self.cards.get(body["token"]), known.told["account"]
        another = member is not None and before not in (None, member.account)
        return {**body, "token": "another" if another else known.body["token"]}

    def would_earn(self, body: Body, member: Member | None) -> int:
        """Work out what a sale would earn, and write nothing down."""
        return 0 if member is None else worth(self.program, body)

    def judge(self, _sale_id: str, body: Body, member: Member | None) -> int:
        """Work out what a sale earns, which it does now."""
        return self.would_earn(body, member)

    def why(self, _sale_id: str) -> dict[str, int] | None:
        """Answer what each rule gave for a sale, where that is worked out here."""
        return None

    def is_withheld(self, _sale_id: str) -> bool:
        """Say whether a limit took away some of what a sale would have earned."""
        return False

    def tier_of(self, _member: Member, _day: date) -> str | None:
        """Answer the tier that a member is in on a day; None where the program has none."""
        return None

    def short_of(self, _member: Member, _day: date) -> int | None:
        """Answer what is missing for the next tier."""
        return None

    def worth_left(self, _sale_id: str, body: Body) -> Worth:
        """Answer by what the rest of a sale is judged: lines and tenders."""
        return worth_by(self.program, body["currency"])

    def pending(self, member: Member) -> int:
        """Add up what waits for the end of the return window."""
        return sum(sale.waiting for sale in self.sales.values() if sale.member is member)

    def due(self, member: Member | None, day: str) -> tuple[int, int]:
        """Add up what a member has waiting that a sale of a day makes active, and what of it brings
        rights.
        """
        sales = [sale for sale in self.sales.values() if sale.waiting and sale.member is member]
        due = [sale for sale in sales if sale.waits_until <= day]
        of_now = [sale.waiting for sale in due if sale.waits_since == self.epoch]
        return sum(sale.waiting for sale in due), sum(of_now)

    def release_overdue(self, now: datetime) -> int:
        """A hold that nobody ended for a quarter of an hour ends by itself, or after half an hour
        where the clock was set back.
        """
        beyond = now + timedelta(minutes=30)
        held_now = [each for each in self.holds.values() if each.status == "held"]
        overdue = [each for each in held_now if not now < each.expires_at <= beyond]
        for held in overdue:
            self._give_back(held, held.points)
            held.status = "released"
        return len(overdue)

    def begin_epoch(self, *, frozen: bool) -> None:
        """The journal begins a new life, and the rights of the old one are gone."""
        self.epoch += 1
        self.frozen = frozen
        for member in self.cards.members:
            member.right = 0

    def _commit(self, sale_id: str, body: Body) -> Answer | str:
        known = self.sales.get(sale_id)
        if known is not None:
            same = all(known.body[key] == body[key] for key in {*known.body} - {"lane", "cashier"})
            return Answer(known.told, True) if same else "SaleIdReused"
        member = self.cards.get(body["token"])
        refused = self._uncapturable(sale_id, body["redemptions"], member)
        if refused is not None and not self.frozen:
            return refused
        self.today = body["business_date"]
        self._activate()
        spent = self._spent_by(sale_id, body, member)
        sale = SaleNote(body, member, self.judge(sale_id, body, member))
        self.sales[sale_id] = sale
        self._earn(sale)
        sale.told = {
            "sale_id": sale_id,
            "status": "accumulated" if member else "unknown_card" if body["token"] else "no_card",
            "account": member and member.account,
            "points": sale.points,
            "balance": member and member.active,
        }
        self._adopt(sale_id, sale)
        self._count_earlier(sale_id, sale)
        for redemption_id in spent:
            self.holds[redemption_id].sale_id = sale_id
            self._capture(redemption_id, None)
        return Answer(sale.told, False)

    def _spent_by(self, sale_id: str, body: Body, member: Member | None) -> list[str]:
        """What a sale captures: what it names or, where it names nothing and points paid, what is
        held for it. What it names and was given back is held again first, where points paid.
        """
        if member is None or self.frozen:
            return []
        lines, tenders = body["lines"], body["tenders"]
        by_points = any(line["category"] == "reward" for line in lines) or any(
            each["kind"] == "points" and each["amount_minor"] > 0 for each in tenders
        )
        mine = (member, sale_id) if by_points and not body["redemptions"] else None
        for name in body["redemptions"] if by_points else ():
            held = self.holds[name]
            if held.status == "released" and self._free(member, body) >= held.points:
                self._again(held, body["lane"])
        named = [*body["redemptions"]] or [
            name for name, held in sorted(self.holds.items()) if (held.member, held.sale_id) == mine
        ]
        return [
            name
            for name in named
            if self.holds[name].status == "held" and self._is_sure(self.holds[name], body["lane"])
        ]

    def _is_sure(self, held: Held, lane: str | None) -> bool:
        """Say whether a hold can be spent; one of an epoch that is over is held once more."""
        if self.alone or held.epoch == self.epoch:
            return True
        if self._why_not_afresh(held) is not None:
            return False
        held.member.active += held.points
        held.member.held -= held.points
        self._again(held, lane)
        return True

    def _why_not_afresh(self, held: Held) -> str | None:
        if held.member.active < 0:
            return "InsufficientPoints"
        return None if held.member.right >= held.points else "OfflineLimit"

    def _free(self, member: Member, body: Body) -> int:
        card = body["token"]
        return self.usable(card) if self.cards.get(card) is member else 0

    def _again(self, held: Held, lane: str | None) -> None:
        """What was given back is held once more, now."""
        held.covered = 0 if self.alone else held.points
        held.member.active -= held.points
        held.member.held += held.points
        held.member.right -= held.covered
        held.epoch, held.lane, held.status = self.epoch, lane, "held"

    def _adopt(self, sale_id: str, sale: SaleNote) -> None:
        """What still waits is the sale's that names it; captured for no sale, the first one's."""
        for name in sale.body["redemptions"]:
            held = self.holds.get(name)
            if held is None and sale.member is not None:
                self.named.setdefault(name, (sale.member, sale_id))
            if held is None or held.member is not sale.member:
                continue
            if held.status == "held" or (held.captured and held.sale_id is None):
                held.sale_id = sale_id

    def _count_earlier(self, sale_id: str, sale: SaleNote) -> None:
        """What was captured for a sale before it was known to be theirs."""
        for held in self.holds.values():
            if held.sale_id == sale_id and held.member is sale.member:
                self._count(held, sale)

    def _count(self, held: Held, sale: SaleNote) -> None:
        sale.redeemed += held.captured
        sale.rewarded += held.captured if held.reward is not None else 0

    def _uncapturable(
        self, sale_id: str, redemption_ids: list[str], member: Member | None
    ) -> str | None:
        """A sale spends its own member's holds, each once, or it is not taken at all."""
        for redemption_id in redemption_ids:
            held = self.holds.get(redemption_id)
            if held is None or held.member is not member:
                return "UnknownRedemption"
            if held.status == "captured" and held.sale_id not in (None, sale_id):
                return "RedemptionEnded"
        return "RedemptionEnded" if len({*redemption_ids}) < len(redemption_ids) else None

    def _activate(self) -> None:
        for sale in self.sales.values():
            if sale.waiting and sale.waits_until <= self.today:
                assert sale.member is not None
                self._activated(sale.member, sale.waiting, came_in=sale.waits_since)
                sale.waiting = 0

    def _activated(self, member: Member, points: int, *, came_in: int) -> None:
        """Points that came in an earlier epoch bring no rights: a disk that was set back could make
        them active, and spend them, more than once.
        """
        member.active += points
        member.right += 0 if self.alone or self.frozen or came_in < self.epoch else points

    def _earn(self, sale: SaleNote) -> None:
        if sale.member is None:
            return
        sale.member.issued += sale.points
        if days := self.program.get("return_window_days", 0):
            day = date.fromisoformat(sale.body["business_date"])
            sale.waiting = sale.points
            sale.waits_until = (day + timedelta(days=days)).isoformat()
            sale.waits_since = self.epoch
        else:
            self._activated(sale.member, sale.points, came_in=self.epoch)

    def _claim(self, sale_id: str, card: str) -> Answer | str:
        sale, member = self.sales.get(sale_id), self.cards.get(card)
        if sale is None:
            return "UnknownSale"
        forgotten = member is None and is_by_phone(card)
        if sale.claim_told is not None and forgotten and is_by_phone(sale.claimed_with):
            return Answer(sale.claim_told, True)
        if member is None:
            return "UnknownCard"
        if sale.claim_told is not None and sale.member is member:
            return Answer(sale.claim_told, True)
        refused = self._unclaimable(sale)
        if refused is not None:
            return refused
        sale.member, sale.points = member, self.judge(sale_id, sale.body, member)
        self._earn(sale)
        self._count_earlier(sale_id, sale)
        told = {"status": "accumulated", "points": sale.points, "balance": member.active}
        sale.claim_told = {"sale_id": sale_id, "account": member.account} | told
        sale.claimed_with = card
        return Answer(sale.claim_told, False)

    def _unclaimable(self, sale: SaleNote) -> str | None:
        if sale.member is not None:
            return "SaleHasCard"
        if sale.void_told is not None:
            return "SaleVoided"
        is_over = self.today > sale.body["business_date"]
        return "ClaimTooLate" if sale.returns or is_over else None

    def _say(self, body: Body) -> None:
        """A void and a return may say the business date, as every sale does."""
        self.today = body.get("business_date") or self.today
        self._activate()

    def _void(self, sale_id: str, body: Body) -> Answer | str:
        sale = self.sales.get(sale_id)
        if sale is None:
            return "UnknownSale"
        if sale.void_told is not None:
            return Answer(sale.void_told, True)
        nothing_left = (sale.taken, sale.given_back) == (sale.points, sale.redeemed)
        if nothing_left and sale.returned_minor == sale.body["total_minor"] > 0:
            return "SaleReturned"
        self._say(body)
        sale.void_told = self._unsell(sale, 0, 0) | {"status": "voided", "sale_id": sale_id}
        return Answer(sale.void_told, False)

    def _take_back(self, sale_id: str, return_id: str, body: Body) -> Answer | str:
        sale = self.sales.get(sale_id)
        if sale is None:
            return "UnknownSale"
        if return_id in sale.returns:
            before, told = sale.returns[return_id]
            same = what_came(before) == what_came(body)
            return Answer(told, True) if same else "ReturnIdReused"
        if sale.void_told is not None:
            return "SaleVoided"
        back = [before for before, _ in sale.returns.values()] + [body]
        left = left_of(
            self.program,
            sale.body,
            back,
            already_minor=sale.returned_minor,
            bought=self._bought(sale_id, sale),
            worth_of=self.worth_left(sale_id, sale.body),
        )
        if left is None:
            return "ReturnTooLarge"
        self._say(body)
        points = left.points if left.points is not None else left.share(sale.points)
        redeemed = left.share(sale.redeemed - sale.rewarded) + left.rewards(sale.rewarded)
        sale.returned_minor = sale.body["total_minor"] - left.minor
        told = self._unsell(sale, points, redeemed) | {"status": "returned", "sale_id": sale_id}
        sale.returns[return_id] = body, told | {"return_id": return_id}
        return Answer(sale.returns[return_id][1], False)

    def _bought(self, sale_id: str, sale: SaleNote) -> list[tuple[str | None, int]]:
        """What was bought with points in a sale: which reward or money off, for how many."""
        holds = [held for held in self.holds.values() if held.sale_id == sale_id]
        mine = [held for held in holds if held.captured and held.member is sale.member]
        return [(held.reward, held.captured) for held in mine]

    def _unsell(self, sale: SaleNote, points: int, redeemed: int) -> dict[str, Any]:
        """Leave a sale no more than so many points earned, and so many redeemed."""
        taken = max(0, sale.points - sale.taken - points)
        given_back = max(0, sale.redeemed - sale.given_back - redeemed)
        sale.taken += taken
        sale.given_back += given_back
        told = {"points_taken": taken, "points_given_back": given_back}
        member = sale.member
        if member is None:
            return told | {"account": None, "balance": None}
        waiting = min(sale.waiting, taken)
        sale.waiting -= waiting
        member.issued -= taken
        member.redeemed -= given_back
        member.active += given_back - (taken - waiting)
        member.right -= 0 if self.alone else min(member.right, taken - waiting)
        return told | {"account": member.account, "balance": member.active}

    def _hold(self, redemption_id: str, wish: Body, now: datetime) -> Answer | str:
        member, held = self.cards.get(wish["token"]), self.holds.get(redemption_id)
        if held is not None:
            forgotten = member is None and is_by_phone(wish["token"])
            same = (forgotten or held.member is member) and held.reward == wish["reward"]
            same = same and wish.get("sale_id") in (None, held.wished_for)
            if not same or wish["points"] not in (None, held.points):
                return "RedemptionIdReused"
            return self._standing(redemption_id, replay=True)
        refused = self._unholdable(wish["token"])
        points = self._price(wish)
        if refused is not None or member is None or isinstance(points, str):
            return refused or str(points)
        if member.active < points:
            return "InsufficientPoints"
        if not self.alone and member.right < points:
            return "OfflineLimit"
        covered = 0 if self.alone else points
        member.active -= points
        member.held += points
        member.right -= covered
        self.holds[redemption_id] = Held(
            member, wish["reward"], points, covered, self.epoch, now + _HOLD_FOR
        )
        held = self.holds[redemption_id]
        held.sale_id = held.wished_for = wish.get("sale_id")
        if redemption_id in self.named and self.named[redemption_id][0] is member:
            held.sale_id = self.named.pop(redemption_id)[1]
        held.lane = wish.get("lane")
        return self._standing(redemption_id, replay=False)

    def _unholdable(self, card: str) -> str | None:
        if self.frozen:
            return "Frozen"
        if card not in self.cards:
            return "UnknownCard"
        return "CardBlocked" if self.cards.state(card) != "active" else None

    def _price(self, wish: Body) -> int | str:
        if wish["reward"] is not None:
            costs = {one["id"]: one["cost_points"] for one in self.program["reward"]}
            return costs.get(wish["reward"], "UnknownReward")
        discount, points = self.program["discount"], wish["points"]
        fits = points >= discount["minimum"] and points % discount["step"] == 0
        return points if fits else "NotRedeemable"

    def _capture(self, redemption_id: str, points: int | None) -> Answer | str:
        held = self.holds.get(redemption_id)
        if held is None:
            return "UnknownRedemption"
        if held.status == "captured":
            same = points in (None, held.captured)
            return self._standing(redemption_id, replay=True) if same else "RedemptionEnded"
        spent = held.points if points is None else points
        sale = self.sales.get(held.sale_id or "")
        refused = self._unspendable(held, spent, sale)
        if refused is None and not self._is_sure(held, held.lane):
            refused = self._why_not_afresh(held)
        if refused is not None:
            return refused
        held.status, held.captured = "captured", spent
        held.member.held -= spent
        held.member.redeemed += spent
        if sale is not None:
            self._count(held, sale)
        self._give_back(held, held.points - spent)
        return self._standing(redemption_id, replay=False)

    def _unspendable(self, held: Held, points: int, sale: SaleNote | None) -> str | None:
        """Why so many points of a hold cannot be spent, for a sale that may be known.

        All of it is spent, or of a discount so much as could be held.
        """
        if held.status == "released":
            return "RedemptionEnded"
        if sale is not None and sale.member is not held.member:
            return "UnknownRedemption"
        if sale is not None and sale.is_all_back:
            return "RedemptionEnded"
        discount = self.program["discount"]
        least, step = discount["minimum"], discount["step"]
        in_part = held.reward is None and least <= points < held.points and points % step == 0
        if points != held.points and not in_part:
            return "NotRedeemable"
        return "Frozen" if self.frozen else None

    def _release(self, redemption_id: str) -> Answer | str:
        held = self.holds.get(redemption_id)
        if held is None:
            return "UnknownRedemption"
        if held.status == "captured":
            return "RedemptionEnded"
        if held.status == "released":
            return self._standing(redemption_id, replay=True)
        self._give_back(held, held.points)
        held.status = "released"
        return self._standing(redemption_id, replay=False)

    def _give_back(self, held: Held, points: int) -> None:
        """Points leave a hold again, with the rights it took in this same epoch."""
        held.member.held -= points
        held.member.active += points
        if held.epoch == self.epoch:
            held.member.right += min(points, held.covered)

    def _standing(self, redemption_id: str, *, replay: bool) -> Answer:
        held = self.holds[redemption_id]
        return Answer(
            {
                "redemption_id": redemption_id,
                "status": held.status,
                "account": held.member.account,
                "lane": held.lane,
                "reward": held.reward,
                "points": held.points,
                "captured": held.captured,
                "expires_at": f"{held.expires_at:%Y-%m-%dT%H:%M:%S}.000Z",
                "balance": held.member.active,
            },
            replay,
        )
