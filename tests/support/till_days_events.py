"""What else happens in a store beside its sales: time, members, adjustments, and bad luck."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from till_calls import APPROVER, PIN, Call
from till_model_cards import is_by_phone
from till_shop import Shop

__all__ = ["BY_WHOM", "CARDS", "NUMBERS", "SELDOM", "TIMES", "YES_OR_NO", "Events"]

CARDS = ("em4100:0C000621A5", "em4100:67003B51C6", "gsrn:061414112345678902")
SPARE_CARDS = (*CARDS, "em4100:0C000621A6", "em4100:0C000621A7", "em4100:0C000621A8")
NUMBERS = ("phone:+12025550143", "phone:(202) 555-0143", "phone:202-555-0144")
SPELT = (*NUMBERS, "phone:555-0143")
YES_OR_NO = st.booleans()
SELDOM = st.sampled_from([False] * 5 + [True])
TIMES = st.sampled_from([1, 1, 1, 2])
BY_WHOM = st.sampled_from(
    [{}, {}, {"lane": "3"}, {"cashier": "eve"}, {"lane": "2", "cashier": "eve"}]
)
_HANDS = st.sampled_from(
    [
        *[{"cashier": who, "approver": None, "pin": None} for who in ("ana", "ANA")] * 2,
        {"cashier": "ana", "approver": APPROVER, "pin": PIN},
        {"cashier": "eve", "approver": APPROVER, "pin": PIN},
        {"cashier": "eve", "approver": APPROVER, "pin": None},
        {"cashier": "Bea", "approver": APPROVER, "pin": PIN},
    ]
)
_CHANGES = st.sampled_from(
    ["block", "lose", "replace", "replace", "more", "more and lost", "profile", "erase", "hand on"]
)


class Events(RuleBasedStateMachine):
    """The part of a store's day that is no sale and no redemption."""

    def __init__(self) -> None:
        super().__init__()
        self.shop: Shop | None = None
        self.day = 0
        self.numbers = 0

    def _ask(self, what: str, *ids: str, times: int = 1, **body: Any) -> Any:
        return self.shop.ask(Call(what, ids, body), times=times)

    def _new(self, kind: str) -> str:
        self.numbers += 1
        return f"{kind}-{self.numbers}"

    @rule(minutes=st.sampled_from([0, 1, 5, 14, 15, 16]), looks=YES_OR_NO)
    def let_time_pass(self, minutes, looks) -> None:
        """Time goes on. Sooner or later the agent looks for holds that nobody ended, and gives them
        back; until then they are held, however long their time has been up.
        """
        self.shop.clock.pass_ms(minutes * 60_000)
        if looks:
            self.shop.release_overdue()

    @rule(killed=YES_OR_NO)
    def restart(self, killed) -> None:
        """The agent is stopped, or killed, and started."""
        self.shop.restart(killed=killed)

    @rule(
        data=st.data(),
        change=_CHANGES,
        card=st.sampled_from(SPARE_CARDS),
        phone=st.sampled_from([None, *SPELT]),
        times=TIMES,
        spends=st.sampled_from([None, "card", "phone"]),
    )
    def change_a_member(self, data, change, card, phone, times, spends) -> None:
        """A card is blocked, lost, replaced, or one more; a person tells a number, or is forgotten.

        Mostly it is somebody's, sometimes nobody's. Then somebody tries to spend with it.
        """
        cards = [*self.shop.notebook.cards]
        old = data.draw(st.sampled_from([*cards, *cards, *CARDS]))
        member = self.shop.notebook.cards.get(old)
        account = "nobody" if member is None else member.account
        match change:
            case "block" | "lose":
                state = "blocked" if change == "block" else "lost"
                self._ask("block", old, times=times, state=state)
            case "replace":
                self._ask("replace", old, times=times, by=card)
            case "more" | "more and lost":
                self._ask("more", account, times=times, token=card, lost=change != "more")
            case "profile":
                name = None if phone is None else f"Member {self.numbers}"
                self._ask("profile", account, times=times, phone=phone, name=name)
            case "hand on":
                self._hand_on(account, times)
            case _:
                self._ask("erase", account, times=times)
        if spends is not None:
            shown = old if spends == "card" else phone or NUMBERS[0]
            self._ask("hold", self._new("r"), token=shown, reward=None, points=20)

    def _hand_on(self, account: str, times: int) -> None:
        """A number becomes another person's, and what was sold by it is asked for again."""
        owner = self.shop.notebook.cards.get(NUMBERS[0])
        if owner is not None:
            self._ask("erase", owner.account)
        self._ask("profile", account, times=times, phone=NUMBERS[0].partition(":")[2], name=None)
        by_phone = [one for one in self.shop.calls if is_by_phone(one.body.get("token"))]
        for call in by_phone[-3:]:
            self.shop.ask(call)

    @rule(
        data=st.data(),
        points=st.sampled_from([15, 40, 40, -10, -40, 60, 100]),
        hands=_HANDS,
        with_id=st.sampled_from([True, True, False]),
        lane=st.sampled_from([None, "1"]),
        times=TIMES,
    )
    def adjust(self, data, points, hands, with_id, lane, times) -> None:
        """Points are given or taken by hand, alone or with a second person, once under an id."""
        members = [one.account for one in self.shop.notebook.cards.members]
        account = data.draw(st.sampled_from([*members * 3, "nobody"]))
        body = hands | {"points": points, "lane": lane}
        number = self._new("a")
        adjust_id = number if with_id else None
        self._ask("adjust", account, number, times=times, adjust_id=adjust_id, **body)

    @rule(
        kind=st.sampled_from(["true"] * 5 + ["rebuilt", "beyond", "otherwise", "newer"]),
        back=st.integers(0, 9),
    )
    def hear_a_position(self, kind, back) -> None:
        """A POS says what it was told last; now and then it knows more than the ledger, which then
        waits for a word, as one does that had to be rebuilt.
        """
        if kind != "rebuilt":
            self.shop.tell(kind, back)
        elif not self.shop.notebook.frozen:
            self.shop.freeze()

    @precondition(lambda self: self.shop.notebook.frozen)
    @rule()
    def confirm(self) -> None:
        """Somebody gives that word."""
        self.shop.confirm()
