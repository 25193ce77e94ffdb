"""Whatever tills ask for, in any order, twice, late, after a restart: a notebook says the same."""

import sys
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test
from kills import chosen_seed
from till_days_events import BY_WHOM, CARDS, NUMBERS, SELDOM, TIMES, YES_OR_NO, Events
from till_model_sums import thousandths
from till_shop import Shop

Record = Callable[[str, object], None]

SOME_CARD = st.sampled_from(CARDS)
SHOWN = (*CARDS, *NUMBERS)
WARES = st.tuples(
    st.sampled_from(["grocery", "grocery", "bakery", "tobacco"]),
    st.sampled_from(["1.000", "1.000", "2.000", "3.000", "0.750"]),
    st.integers(1, 5_000) | st.sampled_from([99, 100, 250, 2_500]) | st.integers(-400, -1),
)
BASKETS = st.lists(WARES, max_size=4)
VISITS = st.tuples(
    st.sampled_from([0, 0, 0, 0, 1, -1, 6]),
    st.integers(1, 9_000),
    st.sampled_from(["grocery", "grocery", "bakery", "tobacco"]),
    st.sampled_from([CARDS[0], CARDS[0], CARDS[1], None]),
    st.sampled_from([None, None, None, "claim", "void", "return"]),
)
DAYS = st.sampled_from([0, 0, 0, 0, 1, -1, 13, 14, 15, -3])


class Day(Events):
    """Some days of a store, in which its tills may ask for anything."""

    counts: ClassVar[Counter[str]] = Counter()
    first_day = date(2026, 11, 2)

    @initialize(
        program=st.sampled_from(["corner", "corner-window"]),
        alone=YES_OR_NO,
        morning=st.lists(st.integers(1_000, 9_000), min_size=1, max_size=2),
        reward=st.sampled_from(["coffee", "hamper"]),
        spent=YES_OR_NO,
        anew=st.sampled_from([False, False, True]),
        other=st.sampled_from([None, None, "replace", "more"]),
    )
    def begin(self, program, alone, morning, reward, spent, anew, other) -> None:
        """Some have points, and some are waiting; one holds or has spent some, and a sale has no
        card yet. Perhaps all that was in an earlier life of the ledger, or with another card.
        """
        self.shop = Shop(program, alone=alone)
        for card, amount_minor in zip(CARDS, morning, strict=False):
            self._ask("enrol", card, phone=NUMBERS[0] if card == CARDS[0] else None)
            self._sell([("grocery", "2.000", amount_minor)], card)
            self.day += 14
            shown = NUMBERS[0] if card == CARDS[0] else card
            self._sell([("bakery", "1.000", amount_minor // 2)], shown)
        redemption_id = self._new("r")
        self._ask("hold", redemption_id, token=CARDS[0], reward=reward, points=None)
        if spent:
            self._ask("capture", redemption_id, points=None)
        if other == "replace":
            self._ask("replace", CARDS[0], by=CARDS[2])
        elif other == "more":
            self._ask("more", "member-0", token=CARDS[2], lost=False)
        if anew:
            self.shop.freeze()
            self.shop.confirm()
        self._sell([("grocery", "1.000", 1_250), ("bakery", "3.000", 500)], None)

    def _body(self, wares, card, **changes) -> dict[str, Any]:
        """A sale as a POS sends it. More coupons than goods are no sale: those are left out."""
        if sum(amount for *_, amount in wares) < 0:
            wares = [ware for ware in wares if ware[2] > 0]
        lines = [
            {"sku": f"{index}", "category": category, "quantity": quantity}
            | {"unit_price_minor": abs(amount), "amount_minor": amount}
            for index, (category, quantity, amount) in enumerate(wares)
        ]
        total_minor = sum(line["amount_minor"] for line in lines)
        return {
            "lane": "12"[self.numbers % 2],
            "cashier": ("ana", "eve", "ana")[self.numbers % 3],
            "business_date": self._date(0),
            "occurred_at": "2026-11-21T14:05:09+01:00",
            "currency": "USD",
            "token": card,
            "lines": lines,
            "tenders": [{"kind": "cash", "amount_minor": total_minor}],
            "total_minor": total_minor,
            "redemptions": [],
        } | changes

    def _sell(self, wares, card) -> None:
        self._ask("commit", self._new("s"), **self._body(wares, card))

    def _sale_id(self, data) -> str:
        """Mostly one that was committed, sometimes one that only comes after this."""
        return data.draw(
            st.sampled_from(["s-1", *self.shop.notebook.sales, f"s-{self.numbers + 1}"])
        )

    def _redemption_id(self, data) -> str:
        known = self.shop.notebook.holds
        holds = {name: known[name] for name in known if name.startswith("r-")}
        held = [name for name in holds if holds[name].status == "held"]
        return data.draw(st.sampled_from([*held, *held, *holds, f"r-{self.numbers + 1}"]))

    def _payable(self, body: dict[str, Any], points_minor: int, *, as_line: bool) -> dict[str, Any]:
        """Pay part of a basket with points: by a line that takes it off, or by a tender."""
        points_minor = min(points_minor, body["total_minor"])
        rest = body["total_minor"] - points_minor
        if not as_line:
            tenders = [("points", points_minor), ("cash", rest)]
            return body | {
                "tenders": [{"kind": kind, "amount_minor": minor} for kind, minor in tenders]
            }
        line = {"sku": "off", "category": "reward", "quantity": "1.000", "unit_price_minor": 0}
        return body | {
            "lines": [*body["lines"], line | {"amount_minor": -points_minor}],
            "tenders": [{"kind": "cash", "amount_minor": rest}],
            "total_minor": rest,
        }

    @rule(card=SOME_CARD, phone=st.sampled_from([None, None, *NUMBERS]), times=TIMES)
    def enrol(self, card, phone, times) -> None:
        """A card is enrolled once, perhaps with a number that nobody has."""
        self._ask("enrol", card, times=times, phone=phone)

    @rule(data=st.data(), wares=BASKETS, days=DAYS, foreign=SELDOM, times=TIMES)
    def sell(self, data, wares, days, foreign, times) -> None:
        """A sale is quoted and committed, with any card or number, none, or nonsense."""
        self.day += days
        known = list(self.shop.notebook.cards)
        card = data.draw(st.sampled_from([*known, *known, *SHOWN, None, "nonsense"]))
        body = self._body(wares, card, currency="EUR" if foreign else "USD")
        self.shop.quote(body)
        self._ask("commit", self._new("s"), times=times, **body)

    @rule(
        data=st.data(),
        wares=BASKETS,
        wish=st.sampled_from([None, None, ("coffee", None), (None, 20), (None, 30)]),
        minor=st.sampled_from([None, 0, 100, 300, 999]),
        as_line=YES_OR_NO,
        other=SELDOM,
        late=SELDOM,
        named=st.sampled_from([True, True, False]),
    )
    def sell_for_points(self, data, wares, wish, minor, as_line, other, late, named) -> None:
        """Points are held and the sale captures them: mostly its own member's, sometimes any two.

        They pay for all of it, or for a part. The sale may come when they were given back already,
        and may not name what was held for it.
        """
        if wish is not None:
            self._hold(data, 1, coming=not named, reward=wish[0], points=wish[1])
        holds = self.shop.notebook.holds
        newest = [name for name in holds if holds[name].status == "held"][-1:]
        redemptions = newest if newest and not other else [self._redemption_id(data)]
        redemptions += [self._redemption_id(data)] if other else []
        for redemption_id in redemptions if late else []:
            self._ask("release", redemption_id)
        owner = holds[redemptions[0]].member if redemptions[0] in holds else None
        cards = [card for card, one in self.shop.notebook.cards.items() if one is owner]
        card = data.draw(st.sampled_from([*cards * 5, *SHOWN, None]))
        body = self._body(wares, card, redemptions=redemptions)
        body = self._payable(body, 10**6 if minor is None else minor, as_line=as_line)
        body = body if named else body | {"redemptions": []}
        self.shop.quote(body)
        self._ask("commit", self._new("s"), **body)

    @rule(data=st.data(), card=st.sampled_from(SHOWN), at=BY_WHOM, times=TIMES)
    def claim(self, data, card, at, times) -> None:
        """A card is shown after the sale, often one without a card."""
        sales = self.shop.notebook.sales
        without = [name for name in sales if sales[name].member is None]
        sale_id = data.draw(st.sampled_from([*without[-1:] * 3, self._sale_id(data)]))
        self._ask("claim", sale_id, times=times, token=card, **at)

    @rule(data=st.data(), at=BY_WHOM, times=TIMES)
    def void(self, data, at, times) -> None:
        """A whole sale is called off."""
        self._ask("void", self._sale_id(data), times=times, **at, **self._said(data))

    def _said(self, data) -> dict[str, str]:
        """Now and then a void or a return says its business date."""
        days = data.draw(st.sampled_from([None, None, None, 0, 1, -2]))
        return {} if days is None else {"business_date": self._date(days)}

    def _date(self, days: int) -> str:
        return (self.first_day + timedelta(days=self.day + days)).isoformat()

    @rule(data=st.data(), whole=YES_OR_NO, times=TIMES)
    def take_lines_back(self, data, whole, times) -> None:
        """Lines come back, whole or in part, perhaps more than was sold."""
        self._take_back(data, whole=whole, times=times)

    def _take_back(self, data, *, whole: bool, times: int = 1) -> None:
        sale_id = self._sale_id(data)
        sale = self.shop.notebook.sales.get(sale_id)
        sold = [] if sale is None else sale.body["lines"]
        indices = st.lists(
            st.integers(0, max(0, len(sold) - 1)), min_size=1, max_size=3, unique=True
        )
        lines = []
        for index in data.draw(indices):
            most = thousandths(sold[index]["quantity"]) if index < len(sold) else 1_000
            part = most if whole else data.draw(st.integers(1, most + most // 4))
            lines.append({"line": index, "quantity": f"{part // 1000}.{part % 1000:03}"})
        at = data.draw(BY_WHOM) | self._said(data)
        self._ask("return", sale_id, self._new("b"), times=times, lines=lines, **at)

    @rule(data=st.data(), times=TIMES)
    def take_money_back(self, data, times) -> None:
        """So much of a sale's total comes back, or all of it, or a little too much."""
        sale_id = self._sale_id(data)
        sale = self.shop.notebook.sales.get(sale_id)
        left = 100 if sale is None else sale.body["total_minor"] - sale.returned_minor
        amounts = st.integers(1, max(1, left)) | st.sampled_from([max(1, left), left + 1])
        self._ask("return", sale_id, self._new("b"), times=times, amount_minor=data.draw(amounts))

    @rule(data=st.data(), wares=BASKETS)
    def exchange(self, data, wares) -> None:
        """An exchange is a return plus a sale."""
        self._take_back(data, whole=True)
        known = [*self.shop.notebook.cards]
        self._sell(wares, data.draw(st.sampled_from([*known, None])))

    @rule(
        data=st.data(), reward=st.sampled_from(["coffee", "coffee", "hamper", "yacht"]), times=TIMES
    )
    def hold_a_reward(self, data, reward, times) -> None:
        """Points are set aside for something of the catalogue."""
        self._hold(data, times, reward=reward, points=None)

    @rule(data=st.data(), points=st.sampled_from([10, 20, 20, 30, 50, 25, 200]), times=TIMES)
    def hold_points(self, data, points, times) -> None:
        """Points are set aside as a discount, in the program's steps or not."""
        self._hold(data, times, reward=None, points=points)

    def _hold(self, data, times: int, *, coming: bool = False, **wish: object) -> None:
        card = data.draw(st.sampled_from([*self.shop.notebook.cards, *SHOWN]))
        redemption_id = self._new("r")
        next_sale = f"s-{self.numbers + 1}"
        sale_id = data.draw(st.sampled_from([None, None, next_sale, "s-1"]))
        sale_id = next_sale if coming else sale_id
        at = {"lane": "1", "cashier": "ana"} if self.numbers % 3 else {}
        self._ask("hold", redemption_id, times=times, token=card, sale_id=sale_id, **wish, **at)

    @rule(data=st.data(), part=st.sampled_from([None, 1, 2, 2, 3, 7, 0]), times=TIMES)
    def capture(self, data, part, times) -> None:
        """What is held is spent, all or a part of it, or more than is there."""
        redemption_id = self._redemption_id(data)
        held = self.shop.notebook.holds.get(redemption_id)
        points = 20 if held is None else held.points
        spent = {None: None, 0: points + 1}.get(part, part and points // part)
        self._ask("capture", redemption_id, times=times, points=spent)

    @rule(data=st.data())
    def end_twice(self, data) -> None:
        """A till ends a redemption and another one, which heard nothing, the other way."""
        redemption_id = self._redemption_id(data)
        ends = [("capture", {"points": None}), ("release", {})]
        for what, body in data.draw(st.permutations(ends)):
            self._ask(what, redemption_id, **body)

    @rule(data=st.data(), times=TIMES)
    def release(self, data, times) -> None:
        """What is held is given back."""
        self._ask("release", self._redemption_id(data), times=times)

    @rule(data=st.data(), lane=st.sampled_from("12"), times=TIMES)
    def retry(self, data, lane, times) -> None:
        """Any earlier call comes once more, late, perhaps from another lane."""
        call = data.draw(st.sampled_from(self.shop.calls[::-1]))
        body = call.body | {"lane": lane} if call.what == "commit" else call.body
        self.shop.ask(call._replace(body=body), times=times)

    @rule(data=st.data())
    def retry_otherwise(self, data) -> None:
        """An id that was used comes with something else."""
        call = data.draw(st.sampled_from(self.shop.calls[::-1]))
        others = {
            "commit": self._body([("bakery", "1.000", 777)], call.body.get("token")),
            "claim": {"token": CARDS[1]},
            "return": {"amount_minor": 7},
            "hold": {"token": call.body.get("token"), "reward": "hamper", "points": None},
            "capture": {"points": 3},
            "adjust": {"points": 7},
        }
        body = {name: one for name, one in call.body.items() if name != "lines"}
        self.shop.ask(call._replace(body=body | others.get(call.what, {})))

    @invariant()
    def it_agrees(self) -> None:
        """Every bucket of every member is the notebook's, and what a card shows, one each time."""
        if self.shop is not None:
            self.shop.check()
            self.shop.look(SHOWN[len(self.shop.calls) % len(SHOWN)])

    def teardown(self) -> None:
        """At the end every answer is given again, and a replay from zero says the same."""
        if self.shop is None:
            return
        try:
            if sys.exception() is None:  # or it would be said of a shop that is wrong already
                self.shop.check_replay()
                self.counts.update(self.shop.counts, days=1)
        finally:
            self.shop.close()


class ClubDay(Day):
    """The same in a shop with tiers, promotions and limits, where weeks and years go by.

    What has nothing to do with these is left to the other days.
    """

    counts: ClassVar[Counter[str]] = Counter()
    enrol = change_a_member = adjust = hear_a_position = confirm = None
    retry_otherwise = end_twice = hold_a_reward = hold_points = let_time_pass = exchange = None

    @initialize(
        program=st.sampled_from(["club-month", "club-year"]),
        alone=YES_OR_NO,
        first_day=st.sampled_from(["2026-11-02", "2026-12-27", "2028-01-29", "2028-02-27"]),
        born=st.integers(0, 40),
        morning=st.lists(st.integers(500, 9_000), max_size=3),
    )
    def begin(self, program, alone, first_day, born, morning) -> None:
        """Two members, one of whom told a birthday that is soon; a sale that can be claimed; and
        perhaps one has bought something.
        """
        self.first_day = date.fromisoformat(first_day)
        self.shop = Shop(program, alone=alone)
        self._sell([("grocery", "1.000", 1_250), ("bakery", "3.000", 500)], None)
        birthday = self._date(born)[len("2026-") :]
        self._ask("enrol", CARDS[0], phone=NUMBERS[0], birthday=birthday)
        self._ask("enrol", CARDS[1])
        for amount_minor in morning:
            self._sell([("grocery", "2.000", amount_minor)], CARDS[0])
            self.day += 5

    @rule(visits=st.lists(VISITS, min_size=1, max_size=5))
    def sell_to_members(self, visits) -> None:
        """Those who come often come again: what a day, a promotion or a budget has is used up.

        Now and then a card is shown after the sale, be it after somebody else's.
        """
        unclaimed = None
        for days, amount_minor, category, card, ends in visits:
            self.day += days
            body = self._body([(category, "2.000", amount_minor), ("bakery", "1.000", 260)], card)
            self.shop.quote(body)
            self._ask("commit", self._new("s"), **body)
            unclaimed = f"s-{self.numbers}" if card is None else unclaimed
            match ends:
                case "claim" if unclaimed is not None:
                    self._ask("claim", unclaimed, token=CARDS[0])
                case "void":
                    self._ask("void", f"s-{self.numbers}")
                case "return":
                    sale_id, part = f"s-{self.numbers}", "1.000"
                    lines = [{"line": 0, "quantity": part}]
                    self._ask("return", sale_id, self._new("b"), lines=lines)

    @rule(days=st.sampled_from([20, 27, 28, 30, 31, 33, 62, 330, 365]))
    def let_weeks_pass(self, days) -> None:
        """Nobody comes for a while, and tiers end."""
        self.day += days

    @rule(data=st.data(), born=st.sampled_from([None, 0, 1, 3, -1, -9]))
    def tell_a_birthday(self, data, born) -> None:
        """A member tells their birthday, another one, or that it is nobody's business."""
        accounts = [one.account for one in self.shop.notebook.cards.members]
        account = data.draw(st.sampled_from(accounts))
        birthday = None if born is None else self._date(born)[len("2026-") :]
        self._ask("profile", account, phone=None, name=None, birthday=birthday)


def agree(record_property: Record, *, days: int, steps: int, machine: type[Day] = Day) -> None:
    """Play so many days of so many steps, and say the seed and what happened in them."""
    number = chosen_seed()
    record_property("TEST_SEED", number)
    machine.counts.clear()
    run_state_machine_as_test(
        seed(int(number))(machine),
        settings=settings(max_examples=days, stateful_step_count=steps),
    )
    record_property("calls", dict(machine.counts))


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_till_agrees_with_a_notebook(record_property: Record) -> None:
    """Answers, accounts and a replay are those of a notebook, whatever was asked and how often."""
    agree(record_property, days=60, steps=8)


@pytest.mark.torture
def test_the_till_agrees_with_a_notebook_for_long(record_property: Record) -> None:
    """The same over many more days, and longer ones."""
    agree(record_property, days=5_000, steps=40)


def test_points_of_an_earlier_life_bring_no_rights() -> None:
    """What waited when the ledger began a new life becomes active, and a quote and a sale agree
    that it brings no rights: the disk may have an earlier life elsewhere.
    """
    day = Day()
    try:
        start = {"program": "corner-window", "alone": False, "morning": [1_000]}
        day.begin(**start, reward="hamper", spent=False, anew=True, other=None)
        day.day += 14
        body = day._body([("bakery", "1.000", 300)], CARDS[0])
        day.shop.quote(body)
        day._ask("commit", day._new("s"), **body)
        day.it_agrees()
    finally:
        day.teardown()


@pytest.mark.parametrize("program", ["club-month", "club-year"])
def test_some_days_of_a_club(program: str) -> None:
    """Nine visits, a claim behind the time, a return, a void, weeks and a restart: agreed."""
    club = ClubDay()
    club.first_day, club.shop = date(2026, 12, 20), Shop(program, alone=False)
    try:
        play(club)
    finally:
        club.teardown()


def play(club: ClubDay) -> None:
    """Some days as they might be drawn."""
    grocery, bread = ("grocery", "1.000"), ("bakery", "2.000")
    club._sell([(*grocery, 3_500), ("tobacco", "1.000", -3_500)], None)
    club._ask("enrol", CARDS[0], birthday="12-21")
    club._ask("enrol", CARDS[1])
    visits = [(0, 2_000), (0, 4_000), (0, 500), (1, 2_400), (-1, 700), (0, 9_000), (0, 9_000)]
    for place, (days, amount_minor) in enumerate(visits):
        club.day += days
        card = CARDS[1] if place == 1 else CARDS[0]
        body = club._body([(*grocery, amount_minor), (*bread, 300)], card)
        club.shop.quote(body)
        club._ask("commit", club._new("s"), **body)
        club.it_agrees()
    club.shop.restart()
    club._ask("claim", "s-1", token=CARDS[1])
    club._ask("return", "s-2", "b-1", lines=[{"line": 0, "quantity": "0.500"}])
    club._ask("void", "s-5")
    for days in (0, 29, 2, 1, 366):
        club.day += days
        body = club._body([(*grocery, 4_000)], CARDS[0])
        club.shop.quote(body)
        club._ask("commit", club._new("s"), **body)
        club.it_agrees()
    club._ask("void", "s-2")
    club._ask("void", "s-1")
    club.shop.restart(killed=True)
    club.shop.quote(club._body([(*grocery, 100)], CARDS[1]))


@pytest.mark.parametrize("program", ["club-month", "club-year"])
def test_a_tier_of_a_club_is_left(program: str) -> None:
    """It is reached, reached anew, kept to the last day of grace, and left: agreed day by day."""
    club = ClubDay()
    club.first_day, club.shop = date(2026, 12, 20), Shop(program, alone=True)
    try:
        club._sell([("grocery", "1.000", 100)], None)
        club._ask("enrol", CARDS[0])
        for day in (0, 15):
            club.day = day
            club._sell([("grocery", "1.000", 9_500)], CARDS[0])
        for day in (31, 32, 33, 45, 46, 47, 48, 376, 386, 387, 741, 752, 753):
            club.day = day
            club.shop.quote(club._body([("grocery", "1.000", 1_000)], CARDS[0]))
    finally:
        club.teardown()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_till_of_a_club_agrees_with_a_notebook(record_property: Record) -> None:
    """So it is with tiers, promotions with caps and budgets, birthdays and limits of a day."""
    agree(record_property, days=25, steps=10, machine=ClubDay)


@pytest.mark.torture
def test_the_till_of_a_club_agrees_with_a_notebook_for_long(record_property: Record) -> None:
    """The same over many more days, and longer ones."""
    agree(record_property, days=1_000, steps=30, machine=ClubDay)
