"""A box whose signing key was lost or replaced goes on as a new life of its disk, and nobody who
only has its name takes anything from it.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from chain_of_stores import Chain
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.ledger import Refusal
from agent.ledger.errors import Frozen
from sync.hub.retiring import write_off_ended
from sync.messages import Hello, decode, encode
from sync.signing import key_text, signed_hello
from sync.simulation.device import Device
from sync.simulation.program import TENANT
from sync.simulation.scripts.staging import cut_off, mend

OTHER_KEY = bytes(range(32))
UNTIL_IT_GREETS_S = 320.0
"""A store that was halted greets again within five minutes."""


@pytest.fixture
def chain() -> Iterator[Chain]:
    """Two stores; a member has 150 points at the first, which alone has rights to them."""
    made = Chain()
    made.enrol(made.stores[0])
    made.sell(made.stores[0], 150)
    made.settle()
    yield made
    made.close()


def start_with(store: Device, key: bytes) -> None:
    """Put another key beside the ledger, and start the agent anew."""
    store.crash()
    store.disk = replace(store.disk, key=key)
    store.start()


def lose_the_key(chain: Chain) -> Device:
    """The first store's key changes while it is cut off and sells."""
    store = chain.stores[0]
    cut_off(chain.house, store)
    chain.sell(store, 20)
    start_with(store, OTHER_KEY)
    chain.sell(store, 30)
    mend(chain.house, store)
    chain.house.advance(20)
    return store


def rows(chain: Chain, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Ask head office's tables."""
    return [tuple(row) for row in chain.head.rows(sql, *values)]


def can_redeem(chain: Chain, store: Device, points: int) -> bool:
    """Try to spend points."""
    with suppress(Refusal):
        chain.redeem(store, points)
        return True
    return False


@pytest.mark.parametrize("is_put_back", [False, True], ids=["the new key", "the old one again"])
def test_sales_go_on_and_nothing_is_lost(chain: Chain, *, is_put_back: bool) -> None:
    """Head office halts the box: it takes sales and redeems nothing. Within minutes it is welcomed
    as a new life of its disk, with the key that it has by then, whichever that is, and head office
    has everything that was sold before and since.
    """
    own = chain.stores[0].disk.key
    store = lose_the_key(chain)
    assert "signs with a key" in (store.talk.halted or "")
    chain.sell(store, 5)
    with pytest.raises(Frozen):
        chain.redeem(store, 10)
    if is_put_back:
        start_with(store, own)
    chain.house.advance(UNTIL_IT_GREETS_S)
    chain.settle()
    assert store.talk.halted is None
    assert store.ledger.frozen is None
    assert rows(chain, "SELECT active FROM accounts") == [(205,)]
    assert chain.shown(store).balance == 205
    assert chain.amiss() == []


def test_a_clerk_reads_what_became_of_it(chain: Chain) -> None:
    """One row waits for somebody to look who used the name; the other says that the box was
    welcomed anew, and with which key.
    """
    lose_the_key(chain)
    chain.house.advance(UNTIL_IT_GREETS_S)
    found = rows(chain, "SELECT kind, state, text FROM conflicts ORDER BY id")
    assert [row[:2] for row in found] == [("bad_signature", "open"), ("disk_restored", "resolved")]
    assert "a row `disk_restored` says so" in found[0][2]
    assert "whether it is this device. It goes on as epoch 3;" in found[1][2]
    assert "new key" in found[1][2]


def test_the_old_lifes_rights_wait_for_a_person(chain: Chain) -> None:
    """What the box had rights to under its old key can be spent nowhere, by itself neither, until a
    person writes it off; what it sells from then on can be spent at once.
    """
    store, other = lose_the_key(chain), chain.stores[1]
    chain.house.advance(UNTIL_IT_GREETS_S)
    chain.settle()
    assert not can_redeem(chain, other, 100)
    assert not can_redeem(chain, store, 100)
    chain.sell(store, 40)
    assert can_redeem(chain, store, 40)
    chain.settle()
    ((device,),) = rows(chain, "SELECT id FROM devices WHERE store = ?", store.shop)
    write_off = partial(write_off_ended, by="ana", now=chain.house.world.at)
    came_back = chain.head.database.transact(lambda c: write_off(c, TENANT, device))
    assert came_back == 200
    assert rows(chain, "SELECT available FROM accounts") == [(200,)]


def test_a_key_that_is_back_before_anybody_heard_changes_nothing(chain: Chain) -> None:
    """A key that was replaced and put back while the box was cut off is the box's key."""
    store = chain.stores[0]
    own = store.disk.key
    cut_off(chain.house, store)
    start_with(store, OTHER_KEY)
    start_with(store, own)
    mend(chain.house, store)
    chain.settle()
    assert rows(chain, "SELECT kind FROM conflicts") == []
    assert can_redeem(chain, store, 150)


def test_who_has_the_name_alone_takes_nothing_from_the_box(chain: Chain) -> None:
    """Somebody says what the box says, signed by a key of their own: they are told to stop, a clerk
    reads of it, and the box neither stops nor loses what it has rights to.
    """
    store, heard = chain.stores[0], []
    take = chain.house.network.to_office

    def overhear(topic: str, payload: bytes) -> None:
        heard.append((topic, payload))
        take(topic, payload)

    chain.house.network.to_office = overhear
    chain.house.advance(UNTIL_IT_GREETS_S)
    topic, payload = next(
        each for each in reversed(heard) if each[0] == store.address.topic("hello")
    )
    thief = Ed25519PrivateKey.from_private_bytes(OTHER_KEY)
    before = rows(chain, "SELECT epoch, seq, fenced FROM journals")
    said = decode(payload, Hello).model_copy(update={"nonce": "thief", "key": key_text(thief)})
    take(topic, encode(signed_hello(thief, topic, said)))
    chain.settle()
    assert rows(chain, "SELECT epoch, seq, fenced FROM journals") == before
    assert rows(chain, "SELECT kind, state FROM conflicts") == [("bad_signature", "open")]
    assert store.talk.halted is None
    assert can_redeem(chain, store, 150)
