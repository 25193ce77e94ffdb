"""A store that lost its ledger is there for head office, whatever its former life left behind."""

import queue
import socket
from typing import Any

from open_link import link
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from agent.tools.site import HeadOffice, StoreKit
from agent.tools.waiting import wait_until
from sync.link import Arrived
from sync.messages import DeviceAddress, Presence, decode, encode


def is_there(office: HeadOffice, store: str) -> bool:
    """Say whether a store's device is there, as clerks see it."""
    told: list[dict[str, Any]] = office.ask("GET", "/v1/devices")
    return any(device["online"] for device in told if device["store"] == store)


def die_again(office: HeadOffice, user: str, life: str, topic: str) -> None:
    """Have the broker send a life's will now and not half a minute later: take that life's place
    with a will that waits for nothing, and leave without a word.
    """
    broker = office.broker_login(user)
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=f"{user}/{life}".replace("/", "."),
        protocol=MQTTProtocolVersion.MQTTv5,
    )
    client.username_pw_set(broker.username, broker.password)
    client.will_set(topic, encode(Presence(online=False, life=life)), qos=1, retain=True)
    client.connect(broker.host, broker.port)
    client.loop_start()
    wait_until(client.is_connected, "the broker")
    client.loop_stop()
    connection = client.socket()
    assert isinstance(connection, socket.socket)
    connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def test_a_store_that_lost_its_ledger_stays_though_its_former_lifes_will_comes(
    head_office: HeadOffice, online_store: StoreKit
) -> None:
    """It is killed, and begins anew without its ledger; what the broker sends for the life that was
    killed comes after the birth of the next, and that one stays online at head office.
    """
    said: queue.SimpleQueue[Presence] = queue.SimpleQueue()
    topic, other = (
        DeviceAddress(tenant="demo", store=store, device="edge-1").topic("presence")
        for store in ("s001", "s002")
    )

    def take(message: Arrived) -> None:
        said.put(decode(message.payload, Presence))
        message.done()

    with (
        link(head_office.broker_login("hub"), "listening", topic, take=take),
        link(head_office.broker_login("demo/s002/edge-1"), "other") as neighbour,
    ):
        born = said.get(timeout=10)
        online_store.agent.kill()
        for file in online_store.directory.glob("ledger*"):
            file.rename(file.with_name(f"lost-{file.name}"))
        online_store.agent.start()
        again = said.get(timeout=30)
        assert (again.online, again.life == born.life) == (True, False)
        # Head office hears them in their order: who knows this one knows what came before it.
        assert neighbour.publish(other, encode(Presence(online=True)))
        wait_until(lambda: is_there(head_office, "s002"), "head office to hear of the birth")
        assert born.life is not None
        die_again(head_office, "demo/s001/edge-1", born.life, topic)
        while (will := said.get(timeout=10)).online:
            pass
        assert will == Presence(online=False, life=born.life)
        assert neighbour.publish(other, encode(Presence(online=False)))
        wait_until(lambda: not is_there(head_office, "s002"), "head office to hear of the will")
        assert is_there(head_office, "s001")
