"""What came back of a sale, by all returns and voids together, whoever wrote them.

A device that has the sale works the points out itself, and says so. One that never had it says
only what came back, in lines or in money; head office works its points out as what that takes
beyond what had come back where the sale was known: so one point at most is rounded, however many
returns there are. Nothing comes back twice: what is asked for beyond what was sold counts for
nothing, and is reported.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.core.basket import Sale
from agent.core.facts import ReturnSale, VoidSale
from agent.core.taking_back import after_lines, money_off, share_left
from sync.hub.judging.mentions import Mention
from sync.hub.judging.selling import Gift, OneSale

__all__ = ["Back", "back_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Back:
    """What is taken of the points that a sale earned, and given back of those it redeemed.

    ``pending_first`` are the points that go as pending as far as any are. ``beyond_minor`` is the
    money that came back although it had never been paid; ``is_all`` says that everything did, by
    the word of a device that could not know what promotions gave. ``returned_minor`` is the money
    of the sale that came back, ``late`` the last mention.
    """

    taken: int = 0
    pending_first: int = 0
    given_back: int = 0
    asked: int = 0
    beyond_minor: int = 0
    is_all: bool = False
    returned_minor: int = 0
    late: Mention | None = None


def back_of(sale: OneSale, chosen: Gift, knowing: frozenset[tuple[str, str]], whole: int) -> Back:
    """Add up what came back of a sale that gave ``whole`` points in all.

    ``chosen`` is the gift that counts, ``knowing`` the devices that worked points out themselves.
    """
    back = _each_once(sale)
    if not back:
        return Back()
    known = [each for each in back if each.at in knowing]
    foreign = [each for each in back if each.at not in knowing]
    total_minor = sale.first.summary.total_minor
    known_minor = _known_minor(known, total_minor)
    asked_minor, no_line_minor = _foreign_minor(sale, known, foreign)
    foreign_minor = min(asked_minor, max(0, total_minor - known_minor))
    written = Counter[str]()
    for each in known:
        written.update(_written(each))
    pending = written["from_pending"]
    asked = pending + written["from_active"]
    more = _share_beyond(whole, total_minor, min(known_minor, total_minor), foreign_minor)
    taken = min(whole, asked + more)
    if _is_called_off_elsewhere(back, chosen):
        taken = whole
    beyond_minor = known_minor + asked_minor - total_minor
    is_all = bool(foreign) and 0 < total_minor <= known_minor + asked_minor
    return Back(
        taken=taken,
        pending_first=pending + taken - min(taken, asked),
        given_back=_given_back(sale, known, foreign_minor, total_minor),
        asked=asked + _share(whole, total_minor, min(asked_minor + no_line_minor, total_minor)),
        beyond_minor=max(0, beyond_minor) + no_line_minor,
        is_all=is_all,
        returned_minor=max(0, min(known_minor + asked_minor, total_minor)),
        late=back[-1],
    )


def _each_once(sale: OneSale) -> list[Mention]:
    """Answer the returns, each id once, and one void; of several the one that tells most."""
    best: dict[str | None, Mention] = {}
    for each in sale.others:
        fact = each.entry.fact
        if not isinstance(fact, ReturnSale | VoidSale):
            continue
        key = fact.return_id if isinstance(fact, ReturnSale) else None
        if key not in best or _telling(each) > _telling(best[key]):
            best[key] = each
    return sorted(best.values(), key=lambda each: each.order)


def _telling(mention: Mention) -> tuple[int, int]:
    fact = mention.entry.fact
    assert isinstance(fact, ReturnSale | VoidSale), "only what comes back is asked"  # noqa: S101
    return (fact.from_active + fact.from_pending, fact.given_back)


def _written(mention: Mention) -> dict[str, int]:
    fact = mention.entry.fact
    assert isinstance(fact, ReturnSale | VoidSale), "only what comes back is asked"  # noqa: S101
    return {
        "from_active": fact.from_active,
        "from_pending": fact.from_pending,
        "given_back": fact.given_back,
    }


def _known_minor(known: Sequence[Mention], total_minor: int) -> int:
    """Add the money up that came back where the sale was; a void is worth what returns left.

    What two devices called off and took back of one sale is more than was paid.
    """
    returned: Counter[tuple[str, str]] = Counter()
    for each in known:
        if isinstance(each.entry.fact, ReturnSale):
            returned[each.at] += each.entry.fact.amount_minor
    void = next((each for each in known if isinstance(each.entry.fact, VoidSale)), None)
    if void is None:
        return returned.total()
    return returned.total() + max(0, total_minor - returned[void.at])


def _foreign_minor(
    sale: OneSale, known: Iterable[Mention], foreign: Iterable[Mention]
) -> tuple[int, int]:
    """Work out what of a sale's total came back at devices that never had it, and what their
    lines would have been worth that were not there to come back.
    """
    amount_minor, lines = 0, Counter[int]()
    total_minor = sale.first.summary.total_minor
    for each in foreign:
        fact = each.entry.fact
        if isinstance(fact, VoidSale):
            amount_minor += total_minor
        elif isinstance(fact, ReturnSale) and not fact.lines:
            amount_minor += fact.amount_minor
        elif isinstance(fact, ReturnSale):
            lines.update({line.line: _thousandths(line.quantity) for line in fact.lines})
    if not lines:
        return amount_minor, 0
    before: Counter[int] = Counter()
    for each in known:
        if isinstance(each.entry.fact, ReturnSale):
            of_return = each.entry.fact.lines
            before.update({line.line: _thousandths(line.quantity) for line in of_return})
    lines_minor, no_line_minor = _lines_minor(sale.first.sale, before, lines)
    return amount_minor + lines_minor, no_line_minor


def _lines_minor(
    sale: Sale, before: Mapping[int, int], lines: Mapping[int, int]
) -> tuple[int, int]:
    """Answer the money of lines, and of what was not sold so often, what it would have been."""
    back: dict[int, Decimal] = defaultdict(Decimal)
    beyond_minor = 0
    for index, thousandths in lines.items():
        if index >= len(sale.lines):
            continue
        line = sale.lines[index]
        sold = _thousandths(line.quantity)
        left = max(0, sold - before.get(index, 0))
        back[index] = Decimal(min(thousandths, left)) / 1000
        if thousandths > left and sold:
            beyond_minor += max(0, line.amount_minor) * (thousandths - left) // sold
    kept = after_lines(sale, back, money_off(sale, (), things=False))
    kept_minor = max(0, sum(line.amount_minor for line in kept.lines))
    return max(0, sale.total_minor - kept_minor), beyond_minor


def _given_back(
    sale: OneSale, known: Sequence[Mention], foreign_minor: int, total_minor: int
) -> int:
    """Answer what is given back of what was redeemed; never more than was, whoever says it."""
    by_device: Counter[tuple[str, str]] = Counter()
    for each in known:
        by_device[each.at] += _written(each)["given_back"]
    facts = [each.entry.fact for each in sale.copies]
    redeemed = max(getattr(fact, "redeemed", 0) for fact in facts)
    by_share = _share(redeemed, total_minor, foreign_minor)
    most = max(redeemed, *by_device.values()) if by_device else redeemed
    return min(most, by_device.total() + by_share)


def _is_called_off_elsewhere(back: Sequence[Mention], chosen: Gift) -> bool:
    """Say whether a void was written by who knew less of the sale than what counts of it."""
    return any(
        isinstance(each.entry.fact, VoidSale) and each.at != chosen.mention.at for each in back
    )


def _share(whole: int, total_minor: int, back_minor: int) -> int:
    return whole - share_left(whole, total_minor, back_minor)


def _share_beyond(whole: int, total_minor: int, before_minor: int, more_minor: int) -> int:
    """Answer the share of what comes back beside what came back before."""
    back_minor = min(before_minor + more_minor, total_minor)
    return _share(whole, total_minor, back_minor) - _share(whole, total_minor, before_minor)


def _thousandths(quantity: str) -> int:
    return int(Decimal(quantity) * 1000)
