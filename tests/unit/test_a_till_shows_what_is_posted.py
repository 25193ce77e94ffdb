"""A till shows what is posted, and what it wrote since, whoever wrote what."""

import random
from collections import Counter

import pytest
from books import NOW, Books, Life, a_capture, a_hold, a_sale
from numbered import number_all_marks

from agent.core.entry import Entry
from agent.core.postings import postings_of
from sync.hub.feeding import page_for
from sync.hub.registry import device_of
from sync.hub.tables import accounts
from sync.messages import AccountItem, DeviceAddress, FeedRequest

MEMBERS = ("a", "b", "c")


class Store:
    """A device with its ledger, which may be set back to a backup, and its mirror."""

    def __init__(self, books: Books, name: str) -> None:
        self.books = books
        self.address = DeviceAddress(tenant="house", store=name, device="edge-1")
        self.lives = [Life(0, f"{name}-disk-1")]
        self.gone: list[Life] = []
        self.heard: Counter[tuple[str, int]] = Counter()
        self.mirror: dict[str, AccountItem] = {}
        self.cursor = 0
        self.begin()

    @property
    def life(self) -> Life:
        """The newest one."""
        return self.lives[-1]

    def begin(self, incarnation: str | None = None) -> None:
        """Begin a life of head office's word, and let head office hear that it began."""
        epoch = 1 + max(life.epoch for life in (*self.lives, *self.gone))
        self.lives.append(self.life.then(epoch, incarnation))
        self.send(1)

    def send(self, most: int) -> None:
        """Let head office hear of some entries more."""
        life, key = self.life, (self.life.incarnation, self.life.epoch)
        first = self.heard[key] + 1
        if first > len(life.lines):
            return
        last = min(len(life.lines), self.heard[key] + most)
        booked = self.books.take(life.batch(first, last), self.address)
        assert booked.journal is not None
        self.heard[key] = last
        self.books.device(self.address, state="live", journal_id=booked.journal.id)

    def set_back(self, dice: random.Random) -> None:
        """Put a backup back: newer entries are gone from here, though head office may have them."""
        life = self.life
        self.gone.append(life)
        self.lives[-1] = life.cut(dice.randint(1, len(life.lines)))
        self.begin(f"{self.address.store}-disk-{len(self.gone) + 1}")

    def find_again(self) -> None:
        """Let head office hear what the disk had that was set back, from somewhere."""
        for life in self.gone:
            key = (life.incarnation, life.epoch)
            if self.heard[key] < len(life.lines):
                self.books.take(life.batch(self.heard[key] + 1), self.address)
                self.heard[key] = len(life.lines)

    def listen(self) -> None:
        """Take the feed to its end."""
        self.books.database.transact(number_all_marks)
        more = True
        while more:
            request = FeedRequest(nonce="n", cursor=self.cursor)
            page, items = self.books.database.transact(
                lambda c, request=request: page_for(
                    c, device_of(c, self.address, now=NOW), request, now=NOW, at_most=3
                )
            )
            self.mirror |= {item.account: item for item in items if isinstance(item, AccountItem)}
            self.cursor, more = page.cursor, page.more

    def shown(self, account: str) -> int:
        """Answer what the till shows: its mirror and its own sum."""
        mirrored = self.mirror[account].active if account in self.mirror else 0
        return mirrored + self.own(account)

    def own(self, account: str, *, unheard: bool = False) -> int:
        """Add up what its ledger wrote, or what of that head office has not heard."""
        total = 0
        for life in self.lives:
            first = self.heard[life.incarnation, life.epoch] if unheard else 0
            for line in life.lines[first:]:
                for posting in postings_of(Entry.read(line).fact):
                    if (posting.owner, posting.bucket) == (account, "active"):
                        total += posting.points
        return total


def _write(store: Store, dice: random.Random, step: int) -> None:
    """Write of a sale or a redemption; now and then two stores write of the same one."""
    account, points = dice.choice(MEMBERS), dice.randint(1, 30)
    kind = dice.randrange(4)
    if kind == 0:
        store.life.write(a_hold(f"{store.address.store}-{step}", account, points))
    elif kind == 1:
        name = f"{store.address.store}-{step}"
        store.life.write(a_hold(name, account, points), a_capture(name, account, points))
    else:
        sale = f"sale-{dice.randrange(8)}" if kind == 2 else f"{store.address.store}-{step}"
        store.life.write(a_sale(sale, account, points, lease=points))


def _check(books: Books, stores: list[Store]) -> None:
    rows = books.database.read(lambda c: c.execute(accounts.select()).all())
    posted = {row.account: row.active for row in rows}
    for store in stores:
        for name in MEMBERS:
            under_way = store.own(name, unheard=True)
            assert store.shown(name) == posted.get(name, 0) + under_way, store.address


@pytest.mark.parametrize("seed", range(3))
def test_mirror_and_own_sum_come_to_what_is_posted(seed: int) -> None:
    """Sales that two stores wrote count once, ledgers are set back to backups, and what was lost
    there turns up: each store that has listened shows what is posted and what of its own is still
    under way, to the point.
    """
    dice = random.Random(seed)  # noqa: S311
    books = Books("sqlite://")
    try:
        stores = [Store(books, f"s{number}") for number in range(3)]
        for step in range(60):
            store = dice.choice(stores)
            _write(store, dice, step)
            if dice.random() < 0.5:
                store.send(dice.randint(1, 4))
            if dice.random() < 0.05:
                store.set_back(dice)
            if dice.random() < 0.05:
                store.find_again()
            if step % 10 == 9:
                for each in stores:
                    each.listen()
                _check(books, stores)
        assert books.faults() == []
    finally:
        books.stop()
