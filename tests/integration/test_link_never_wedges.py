"""The MQTT link takes messages from any thread and never waits for itself."""

import threading

from agent.tools.site import HeadOffice
from agent.tools.waiting import wait_until
from sync.link import Arrived, Link

_THREADS = 4
_EACH = 500
_UNHEARD = 200
"""Messages sent and not yet heard: a default mosquitto drops what it queues past 1,000."""


def test_threads_publish_while_answers_come_in(head_office: HeadOffice) -> None:
    """Four threads publish two thousand messages through a window of sixteen; all arrive."""
    arrived: set[bytes] = set()
    up = threading.Event()
    room = threading.Semaphore(_UNHEARD)

    def take(message: Arrived) -> None:
        arrived.add(message.payload)
        message.done()
        room.release()

    link = Link(
        head_office.broker_login(),
        client_id="many-threads",
        topics=("many/threads",),
        window=16,
        on_up=up.set,
        on_down=lambda: None,
        on_message=take,
    )

    def publish(thread: int) -> None:
        for number in range(_EACH):
            assert room.acquire(timeout=30)
            payload = f"{thread}-{number}".encode()
            wait_until(lambda payload=payload: link.publish("many/threads", payload), "room")

    link.start()
    try:
        assert up.wait(10)
        threads = [
            threading.Thread(target=publish, args=(number,), daemon=True)
            for number in range(_THREADS)
        ]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(arrived) == _THREADS * _EACH, "all messages to arrive")
    finally:
        link.stop()
