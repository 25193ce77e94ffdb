"""What head office says of rights is journaled before it counts, changes nothing when it comes
again, late or out of order, and speaks of one epoch and one generation alone.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from rights_shop import ANA, RightsShop

from agent.core.facts import LeaseGrant, LeaseReturn, OpenEpoch
from agent.ledger import MirroredAccount, replay
from agent.till import Standing


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[RightsShop]:
    """A device that head office welcomed; whatever a test did, its journal replays."""
    shop = RightsShop(tmp_path / "ledger.db")
    shop.welcome()
    shop.tell(MirroredAccount(account="ana", active=1_000), cards={ANA: "ana"})
    yield shop
    shop.close()
    replay(tmp_path / "ledger.db")


def standing(shop: RightsShop) -> Standing:
    """How the device says it stands."""
    found: Standing = shop.run(shop.rights.standing())
    return found


def test_a_welcome_opens_its_epoch_once(shop: RightsShop) -> None:
    """The same again, or an older one, opens nothing; the disk keeps its name."""
    life, epoch = shop.ledger.incarnation, shop.ledger.head.epoch
    assert shop.ledger.opened
    for number in (epoch, epoch - 1, 0):
        assert not shop.run(shop.rights.welcome(number, "nonce", 0))
    assert shop.run(shop.rights.welcome(epoch + 5, "another", 0))
    assert (shop.ledger.head.epoch, shop.ledger.head.seq) == (epoch + 5, 1)
    assert shop.ledger.incarnation == life
    opened = shop.facts()[-1]
    assert isinstance(opened, OpenEpoch)
    assert (opened.cause, opened.nonce, opened.parent_epoch) == ("welcomed", "another", epoch)


def test_a_grant_is_a_total_and_only_grows(shop: RightsShop) -> None:
    """One that is not more than those before is not even journaled."""
    assert [shop.grant("ana", total) for total in (40, 40, 30, 55, 41)] == [
        *(True, False, False, True, False)
    ]
    assert shop.right("ana") == 55
    assert len([fact for fact in shop.facts() if isinstance(fact, LeaseGrant)]) == 2


def test_a_late_grant_of_a_merged_account_goes_back_at_once(shop: RightsShop) -> None:
    """It was under way when the account became another's: the next entry returns all of it."""
    shop.tell(MirroredAccount(account="ana", active=0, root="root"))
    assert shop.grant("ana", 40)
    granted, returned = shop.facts()[-2:]
    assert isinstance(granted, LeaseGrant)
    assert returned == LeaseReturn(account="ana", recall=0, points=40)
    assert (shop.right("ana"), shop.right("root")) == (0, 0)


@pytest.mark.parametrize(("by", "generation"), [(-1, 0), (1, 0), (0, 1), (0, -1)])
def test_another_epoch_or_generation_changes_nothing(
    shop: RightsShop, by: int, generation: int
) -> None:
    """A letter that was long under way, or from a database that was restored since."""
    shop.run(shop.rights.adopt_generation(3))
    shop.run(shop.rights.grant(shop.ledger.head.epoch, "ana", 50, 3))
    epoch, rights, head = shop.ledger.head.epoch + by, shop.rights, shop.ledger.head
    assert not shop.run(rights.grant(epoch, "ana", 90, 3 + generation))
    assert not shop.run(rights.recall(epoch, "ana", 1, 0, 3 + generation))
    assert not shop.run(rights.allow(epoch, 90, 3 + generation))
    assert shop.ledger.head == head
    assert (shop.right("ana"), standing(shop).floor_left) == (50, 0)


def test_a_recall_is_answered_once(shop: RightsShop) -> None:
    """By what is beyond what may be kept, in the same transaction, also where that is nothing; a
    number that comes again takes nothing of what was granted since.
    """
    shop.grant("ana", 50)
    shop.hold(20)
    assert shop.recall("ana", 1, keep=10)
    assert shop.recall("ana", 2, keep=10)
    shop.grant("ana", 90)
    assert not shop.recall("ana", 1)
    assert not shop.recall("ana", 2)
    assert shop.right("ana") == 50
    assert [f.points for f in shop.facts() if isinstance(f, LeaseReturn)] == [20, 0]


def test_recalls_may_overtake_one_another(shop: RightsShop) -> None:
    """Each number has its answer, in whatever order they come."""
    shop.grant("ana", 50)
    assert shop.recall("ana", 7, keep=30)
    assert shop.recall("ana", 3)
    assert shop.right("ana") == 0


def test_an_older_epochs_numbers_are_forgotten_with_it(shop: RightsShop) -> None:
    """Rights and the recalls of them belong to their epoch."""
    shop.grant("ana", 50)
    assert shop.recall("ana", 1)
    shop.welcome()
    shop.grant("ana", 50)
    assert shop.recall("ana", 1, keep=20)
    assert shop.right("ana") == 20


def test_a_contradiction_freezes_until_a_welcome(shop: RightsShop) -> None:
    """Under a new life of the disk, once; the word that ends it is head office's."""
    life = shop.ledger.incarnation
    shop.grant("ana", 50)
    assert shop.run(shop.rights.contradicted("it holds another hash"))
    assert not shop.run(shop.rights.contradicted("and again"))
    assert (shop.ledger.frozen, shop.ledger.opened) == ("it holds another hash", False)
    assert shop.ledger.incarnation != life
    life = shop.ledger.incarnation
    assert not shop.grant("ana", 90)
    assert shop.usable() == 0
    shop.welcome()
    assert (shop.ledger.frozen, shop.ledger.opened) == (None, True)
    assert shop.ledger.incarnation == life
    assert shop.right("ana") == 0


def test_a_generation_only_grows(shop: RightsShop) -> None:
    """Whoever restored head office's database raised it; an older one is never believed again."""
    assert shop.run(shop.rights.adopt_generation(2))
    assert not shop.run(shop.rights.adopt_generation(2))
    assert not shop.run(shop.rights.adopt_generation(1))
    assert shop.run(shop.rights.generation()) == 2


def test_a_device_says_what_it_may_spend_alone(shop: RightsShop) -> None:
    """All its rights together, and what is left of the floor."""
    shop.grant("ana", 50)
    shop.grant("ben", 70)
    shop.allow(500)
    shop.hold(90)
    assert standing(shop) == Standing(
        opened=True, frozen=None, generation=0, exposure_points=70, floor_left=460
    )
    shop.run(shop.rights.contradicted("why"))
    assert (standing(shop).exposure_points, standing(shop).floor_left) == (0, 0)


def test_what_was_allowed_outlives_a_restart(shop: RightsShop) -> None:
    """The allowance, what was spent of it and the recalls that were answered are on the disk."""
    shop.allow(150)
    shop.hold(100)
    shop.grant("ana", 10)
    assert shop.recall("ana", 1)
    shop.ledger.stop()
    shop.ledger.start()
    assert not shop.recall("ana", 1)
    assert standing(shop).floor_left == 50
    assert shop.usable() == 50
