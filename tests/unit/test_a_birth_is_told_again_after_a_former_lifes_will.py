"""What the broker keeps of a device is true again soon after a former life's will came to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from greeted import EDGE, Store, in_memory

from sync.broker import Broker
from sync.link import _KEEPALIVE_S, _WILL_DELAY_S
from sync.messages import Presence, decode
from sync.simulation.now import run_now
from sync.uplink import Uplink
from sync.uplink.conversation import _PRESENCE_EVERY_S


@pytest.fixture
def store() -> Iterator[Store]:
    """A store whose head office answers nothing but its greeting."""
    yield from in_memory()


def test_the_first_birth_of_a_connection_is_told_twice(store: Store) -> None:
    """Though nothing changed and no second HELLO went out, it is told once more when no former
    life's will can come any more; and then only when something changes.
    """
    assert _PRESENCE_EVERY_S > 1.5 * _KEEPALIVE_S + _WILL_DELAY_S
    run_now(store.open())
    for _ in range(2):
        store.talk.link_down()
        run_now(store.greet())
        run_now(store.hear("ok", store.ok(store.ledger.head)))
        run_now(store.turn(_PRESENCE_EVERY_S))  # what the greeting changed is told by now
        born, greeted = len(store.wire.births), len(store.wire.hellos)
        assert store.wire.births[-1] == store.wire.births[-2]
        run_now(store.turn(_PRESENCE_EVERY_S))
        assert (len(store.wire.births), len(store.wire.hellos)) == (born, greeted)


def test_birth_and_will_name_the_life_that_connects(store: Store, tmp_path: Path) -> None:
    """Both name the incarnation under which the agent is known to the broker."""
    broker = Broker(url="mqtt://127.0.0.1:1")
    uplink = Uplink(broker, EDGE, store.ledger, store.desk, key_path=tmp_path / "key")
    life = store.ledger.incarnation
    run_now(store.greet())
    assert store.wire.births[-1].life == life
    link = uplink._make_link(life)
    assert link._will is not None
    assert decode(link._will.death, Presence) == Presence(online=False, life=life)
    assert link._client_id.endswith(f".{life}")
