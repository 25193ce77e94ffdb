"""The sums of a till with a pencil: what a basket earns, what is left of it, what points buy."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = [
    "Left",
    "Worth",
    "left_of",
    "offers",
    "paid_minor",
    "thousandths",
    "what_came",
    "worth",
    "worth_by",
]

Body = Mapping[str, Any]
Worth = Callable[[list[Any], list[Any]], int]
"""What lines and tenders earn."""


@dataclass(frozen=True, slots=True)
class Left:
    """What returns leave of a sale: so much money, and ``part`` of ``whole`` of what it redeemed.

    ``points`` is None where no line came back: then they are the same share.
    """

    minor: int
    part: int
    whole: int
    points: int | None
    reward_part: tuple[int, int] = (1, 1)
    amounts: tuple[int, int] | None = None

    def rewards(self, points: int) -> int:
        """What stays spent on rewards: they come back thing by thing."""
        part, whole = self.reward_part
        return points * part // whole

    def share(self, points: int) -> int:
        """Share points as the money was shared, fractions dropped; of nothing, none comes back."""
        if self.amounts is not None:
            points = points * self.amounts[0] // self.amounts[1]
        return points * self.part // self.whole if self.whole else points


def worth(program: Body, body: Body) -> int:
    """What a sale earns with a known card: each rule floored once over all it counts."""
    return worth_by(program, body["currency"])(body["lines"], body["tenders"])


def worth_by(program: Body, currency: str) -> Worth:
    """Answer what a sale in a currency earns by its lines and tenders."""

    def worth_of(lines: list[Any], tenders: list[Any]) -> int:
        if currency != program["currency"]:
            return 0
        return sum(
            paid_minor(rule, lines, tenders) // rule["per_minor"] * rule["points"]
            for rule in program["earn"]
        )

    return worth_of


def paid_minor(rule: Body, lines: list[Any], tenders: list[Any]) -> int:
    """Add up the money that a rule counts: less what points paid, and never below nothing."""
    tendered = sum(each["amount_minor"] for each in tenders if each["kind"] == "points")
    rewards = sum(each["amount_minor"] for each in lines if each["category"] == "reward")
    out = {*rule["exclude_categories"], "reward"}
    money = sum(line["amount_minor"] for line in lines if line["category"] not in out)
    return max(0, money - max(0, max(0, tendered) - rewards))


def left_of(
    program: Body,
    body: Body,
    returns: list[Body],
    *,
    already_minor: int,
    bought: list[tuple[str | None, int]],
    worth_of: Worth,
) -> Left | None:
    """What all returns of a sale together leave of it; None where it was not so much.

    ``already_minor`` is the money that came back before: it never goes out again. ``bought`` is
    what points bought: a reward, or None for money off, and for how many. A reward's line is a
    thing of its own and does not shrink with the goods. ``worth_of`` judges the lines and tenders.
    """
    total, amounts = body["total_minor"], sum(one.get("amount_minor", 0) for one in returns)
    back = [line for one in returns for line in one.get("lines", [])]
    if not back:
        left = total - amounts
        return Left(left, left, total, None) if left >= 0 else None
    lines = _kept(body["lines"], back)
    if lines is None:
        return None
    off = _money_off(program, body, bought)
    rewarded = any(reward for reward, _ in bought)
    goods, all_goods = _goods(lines), _goods(body["lines"])
    tenders = [dict(each) for each in body["tenders"]]
    paid = [line for index, line in enumerate(lines) if index in off]
    paid += [each for each in tenders if each["kind"] == "points"]
    for each in paid:  # what points paid shrinks with the goods
        each["amount_minor"] = each["amount_minor"] * goods // all_goods if all_goods else 0
    kept = min(total, max(0, sum(line["amount_minor"] for line in lines)))
    if amounts > kept:
        return None
    points = min(worth_of(lines, tenders), worth_of(body["lines"], body["tenders"]))
    if amounts:
        points = points * (kept - amounts) // kept
    left = min(kept - amounts, total - already_minor - returns[-1].get("amount_minor", 0))
    if left < 0:
        return None
    things = _things(body["lines"], back, off)
    if total == 0 or rewarded:  # no money says what the share is, but the goods do
        rest = (kept - amounts, kept) if amounts else None
        return Left(left, goods, all_goods, points, things, rest)
    return Left(left, left, total, points, things)


def _money_off(program: Body, body: Body, bought: list[tuple[str | None, int]]) -> list[int]:
    """The reward lines by which a sale became cheaper, and not something to carry home."""
    lines, discount = body["lines"], program["discount"]
    left = [i for i, one in enumerate(lines) if one["category"] == "reward"]
    left = [i for i in left if lines[i]["amount_minor"] < 0]
    cents = [_off_minor(discount, points) for reward, points in bought if reward is None]
    if len(cents) == len(bought):
        return left
    mine: list[int] = []
    for wanted in (cents, [sum(cents)]):
        for minor in wanted if not mine else []:
            same = [i for i in left if i not in mine and lines[i]["amount_minor"] == -minor]
            mine += same[:1]
    by_tender = [one for one in body["tenders"] if one["kind"] == "points"]
    nowhere = cents and not mine and not any(one["amount_minor"] > 0 for one in by_tender)
    return left if nowhere else mine


def _things(sold: list[Any], back: list[Any], off: list[int]) -> tuple[int, int]:
    """The part of the rewards that did not come back, and the whole."""

    def came(index: int) -> int:
        return sum(thousandths(one["quantity"]) for one in back if one["line"] == index)

    rewards = [i for i, line in enumerate(sold) if line["category"] == "reward" and i not in off]
    goods = [i for i, line in enumerate(sold) if line["category"] != "reward"]
    gone = all(came(i) == thousandths(sold[i]["quantity"]) for i in goods)
    if gone and all(sold[i]["amount_minor"] < 0 for i in rewards):
        return (0, 1)
    whole = sum(thousandths(sold[i]["quantity"]) for i in rewards)
    return (whole - sum(map(came, rewards)), whole) if rewards else (1, 1)


def _kept(sold: list[Any], back: list[Any]) -> list[dict[str, Any]] | None:
    """The lines without what came back: the rest of a line has its part of the amount."""
    lines = [dict(line) for line in sold]
    for index in {each["line"] for each in back}:
        if index >= len(lines):
            return None
        of = thousandths(lines[index]["quantity"])
        rest = of - sum(thousandths(each["quantity"]) for each in back if each["line"] == index)
        if rest < 0:
            return None
        amount = lines[index]["amount_minor"]
        lines[index]["amount_minor"] = abs(amount) * rest // of * (1 if amount > 0 else -1)
    return lines


def _goods(lines: list[Any]) -> int:
    return sum(max(0, line["amount_minor"]) for line in lines if line["category"] != "reward")


def what_came(body: Body) -> tuple[int | None, list[tuple[int, int]]]:
    """What a return says came back, however it writes it."""
    lines = [(one["line"], thousandths(one["quantity"])) for one in body.get("lines", [])]
    return body.get("amount_minor"), sorted(lines)


def thousandths(quantity: str) -> int:
    """Read a quantity as a POS writes it here: always three places."""
    return int(quantity.replace(".", ""))


def offers(
    program: Body,
    usable: int,
    goods_minor: int | None = None,
    beside: Sequence[tuple[str | None, int]] = (),
) -> list[tuple[str, int, bool]]:
    """List what points buy: which reward, for how many points, and whether it can be had.

    ``goods_minor`` is what the basket came to before rewards, ``beside`` what is held for it, as
    reward (none where it is money off) and points. Rewards here are about any goods.
    """
    discount = program["discount"]
    step, least = discount["step"], max(discount["minimum"], discount["step"])
    points = usable - usable % step
    values = {one["id"]: one.get("value_minor") or 0 for one in program["reward"]}
    off_minor = _off_minor(discount, sum(points for name, points in beside if name is None))
    held = [values[name] for name, _ in beside if name is not None and values[name]]
    goes = can_go = True
    if goods_minor is not None:
        room_minor = goods_minor - off_minor - sum(held)
        goes = off_minor <= goods_minor and (not held or room_minor + held[0] > 0)
        can_go = goes and room_minor > 0
        while points > 0 and _off_minor(discount, points) > room_minor:
            points -= step
    can = goes and points >= least
    return [
        (discount["id"], points if points >= least else least, can),
        *(
            (one["id"], one["cost_points"], one["cost_points"] <= usable and fits)
            for one in program["reward"]
            for fits in [can_go if values[one["id"]] else goes]
        ),
    ]


def _off_minor(discount: Body, points: int) -> int:
    return points * discount["worth_minor"] // discount["points"]
