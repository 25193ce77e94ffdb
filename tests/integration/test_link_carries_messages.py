"""The MQTT link takes messages from any thread, and the broker keeps each device to its own."""

import threading

from open_link import link

from agent.tools.site import HeadOffice
from agent.tools.waiting import wait_until
from sync.link import Arrived
from sync.messages import DeviceAddress

_THREADS = 4
_EACH = 500
_UNHEARD = 200
"""Messages sent and not yet heard: a default mosquitto drops what it queues past 1,000."""


def test_threads_publish_while_answers_come_in(head_office: HeadOffice) -> None:
    """Four threads publish two thousand messages through a window of sixteen; all arrive."""
    device = DeviceAddress(tenant="demo", store="s001", device="edge-1")
    topic = device.topic("down/many")
    arrived: set[bytes] = set()
    room = threading.Semaphore(_UNHEARD)

    def take(message: Arrived) -> None:
        arrived.add(message.payload)
        message.done()
        room.release()

    def publish(thread: int) -> None:
        for number in range(_EACH):
            assert room.acquire(timeout=30)
            payload = f"{thread}-{number}".encode()
            wait_until(lambda payload=payload: sender.publish(topic, payload), "room")

    with (
        link(head_office.broker_login(str(device)), "device", topic, take=take),
        link(head_office.broker_login("hub"), "hub-of-this-test", take=take) as sender,
    ):
        threads = [
            threading.Thread(target=publish, args=(number,), daemon=True)
            for number in range(_THREADS)
        ]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(arrived) == _THREADS * _EACH, "all messages to arrive")


def test_a_device_is_kept_to_its_own_topics(head_office: HeadOffice) -> None:
    """The shipped access rules let no device publish as another, nor hear what another is told."""
    mine = DeviceAddress(tenant="demo", store="s001", device="edge-1")
    other = DeviceAddress(tenant="demo", store="s002", device="edge-1")
    heard: list[str] = []

    def take(message: Arrived) -> None:
        heard.append(message.topic)
        message.done()

    def refuse(message: Arrived) -> None:
        raise AssertionError(f"a device heard {message.topic}")

    with (
        link(
            head_office.broker_login("hub"), "listening", "tapledger/1/+/+/+/hello", take=take
        ) as hub,
        link(
            head_office.broker_login(str(mine)), "curious", other.topic("down/ok"), take=refuse
        ) as device,
    ):
        assert hub.publish(other.topic("down/ok"), b"{}")
        assert device.publish(other.topic("hello"), b"{}")
        assert device.publish(mine.topic("hello"), b"{}")
        wait_until(lambda: bool(heard), "the device's own message")
    assert heard == [mine.topic("hello")]
