"""Where the balance that a store knows falls short, head office is asked before the till says no:
points may have been earned elsewhere a moment ago.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from rights_shop import ANA, RightsShop

from agent.ledger import Mirror, MirroredAccount, MirrorPage
from agent.till import InsufficientPoints, VoucherOrder


class Elsewhere:
    """Head office, which knows that Ana has so many points by now."""

    def __init__(self, shop: RightsShop, points: int, *, answers: bool = True) -> None:
        self._shop, self._points, self._answers = shop, points, answers
        self.asked: list[str] = []
        shop.answers(None, then=points)
        shop.till.members.asked_whose.ask_anew = self.ask_anew

    async def ask_anew(self, token: str) -> bool:
        """Tell what Ana has, as a page for one card does."""
        self.asked.append(token)
        if not self._answers:
            return False
        mirror = Mirror(self._shop.ledger)
        _, cursor = await mirror.cursor()
        told = (MirroredAccount(account="ana", active=self._points),)
        page = MirrorPage(accounts=told, cursor=cursor, generation=0, since=cursor, asked=True)
        assert await mirror.apply(page)
        return True


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[RightsShop]:
    """A welcomed device that knows of 1,000 points of Ana's."""
    shop = RightsShop(tmp_path / "ledger.db")
    shop.welcome()
    shop.tell(MirroredAccount(account="ana", active=1_000), cards={ANA: "ana"})
    yield shop
    shop.close()


def test_points_that_are_news_here_are_redeemed(shop: RightsShop) -> None:
    """Head office tells of them, then grants the right to them, and each is asked once."""
    there = Elsewhere(shop, 3_000)
    assert shop.hold(2_500).authority == "online"
    assert (there.asked, shop.asked) == ([ANA], [("ana", 2_500)])
    assert shop.run(shop.till.identify(ANA)).balance == 500


def test_points_that_are_news_here_become_a_voucher(shop: RightsShop) -> None:
    """As a redemption of as many."""
    there = Elsewhere(shop, 3_000)
    order = VoucherOrder(token=ANA, points=2_500)
    assert shop.run(shop.till.vouchers.issue("v-1", order))[0].points == 2_500
    assert (there.asked, shop.asked) == ([ANA], [("ana", 2_500)])


def test_what_nobody_has_is_refused_by_the_newest_balance(shop: RightsShop) -> None:
    """In the same words, without a question for rights; and not asked again a moment later."""
    there = Elsewhere(shop, 2_000)
    for _ in range(2):
        with pytest.raises(InsufficientPoints, match=r"needed: the balance is 2000$"):
            shop.hold(2_500)
    assert (there.asked, shop.asked) == ([ANA], [])


def test_silence_leaves_the_balance_that_is_known(shop: RightsShop) -> None:
    """Nobody is asked for rights then, and the next till asks again."""
    there = Elsewhere(shop, 3_000, answers=False)
    for _ in range(2):
        with pytest.raises(InsufficientPoints, match=r"needed: the balance is 1000$"):
            shop.hold(2_500)
    assert (there.asked, shop.asked) == ([ANA, ANA], [])
