"""The MQTT link: this file alone, and ``link_client.py`` beside it, import paho.

What is known of paho and MQTT shapes it (each was measured or read, see ARCHITECTURE.md):

- paho's own queue and session live in memory, so publishing is only tried while connected, and a
  message that could not go is simply not sent: whoever owns it still has it.
- paho ignores the broker's Receive Maximum; the window here does not.
- The broker's word that it refused a message comes as a reason code in its acknowledgement, which
  paho takes for a success; here it is a fault that somebody sees.
- A callback that blocks or raises wedges the client, so callbacks only hand over, and a thread of
  paho's that ends all the same is a connection that was lost.
- A message is acknowledged to the broker when its owner says so, not when it arrived.
- Reconnecting is our own loop: back-off with jitter, resubscribing every time. Where another client
  has taken our place, and would again, it is a long one.
- What a broker says of itself is heard where it lets us, and never kept for us while we are away.
- Both sides say how large a packet may be, and what is larger all the same is not handed over.
"""

import random
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from paho.mqtt.client import Client, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from sync.broker import Broker
from sync.certificates import end_of_ours
from sync.link_client import LinkClient, properties
from sync.messages import MAX_ENTRY_BYTES
from sync.refusals import Refusals, connection_refused, line_ended, not_reached
from sync.returning import COPY, SESSION_TAKEN_OVER, Returning
from sync.window import Arrived, Will, Window

__all__ = ["Arrived", "Link", "Will"]

_KEEPALIVE_S = 15
_WILL_DELAY_S = 30
_MQTT_DEFAULT_RECEIVE_MAXIMUM = 65_535  # MQTT 5.0, 3.2.2.3.3
_LARGEST_PACKET_BYTES = MAX_ENTRY_BYTES + 64 * 1024
"""More than any message of ours may have."""

_OF_ITSELF = "$SYS/"

_log = structlog.get_logger(__name__)


class Link:
    """A connection that is always being made again. Callbacks come from the link's thread."""

    # How long the broker keeps what comes for us, and how much comes before the first is done.
    session_s, receive_maximum = 24 * 3600, 64  # set them before ``start``

    def __init__(
        self,
        broker: Broker,
        *,
        client_id: str,
        topics: tuple[str, ...],
        window: int,
        on_up: Callable[[], None],
        on_down: Callable[[], None],
        on_message: Callable[[Arrived], None],
        will: Will | None = None,
    ) -> None:
        self._broker = broker
        self._client_id = client_id
        self._topics = topics
        self._wanted_window = window
        self._on_up, self._on_down, self._on_message = on_up, on_down, on_message
        self._will = will
        self._stopping = threading.Event()
        self._gone = threading.Event()
        self._thread: threading.Thread | None = None
        self._client: Client | None = None
        self._up: tuple[Client, Window] | None = None
        self._taken_over = False
        self._told_why = False
        self._returning = Returning()
        self._refusals = Refusals()
        self.fault: str | None = "not connected yet"

    def start(self) -> None:
        """Begin connecting, in a thread."""
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Say good-bye, so that the broker does not publish the will, and end the thread."""
        self._stopping.set()
        if self._thread is None:
            return
        if self._client is not None:
            if self._will is not None:  # past the window: it is the last thing this client says
                self._client.publish(self._will.topic, self._will.death, qos=1, retain=True)
            self._client.disconnect()
        # Where the broker is silent, the good-bye is not waited for.
        self._thread.join(timeout=1)
        self._gone.set()
        self._thread.join(timeout=2)
        self._thread = None

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us."""
        return self._up is not None

    @property
    def refusal(self) -> str | None:
        """What the broker would not take from us last, until it takes a message to that topic."""
        return self._refusals.words

    def publish(
        self, topic: str, payload: bytes, *, expiry_s: int | None = None, retain: bool = False
    ) -> bool:
        """Hand a QoS 1 message to the broker, or answer False: not connected, or window full."""
        # The place in the window is taken first and paho called after: paho calls back with a lock
        # of its own held, so holding ours across its publish would deadlock.
        if (up := self._up) is None:
            return False
        client, window = up
        if why := window.refuses(topic, payload):
            self._refusals.note(topic, why)
            return False
        if not window.enter():
            return False
        expires = {} if expiry_s is None else {"MessageExpiryInterval": expiry_s}
        about = properties(PacketTypes.PUBLISH, **expires) if expires else None
        sent = client.publish(topic, payload, 1, retain, about)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            window.leave()
            return False
        window.named(sent.mid, topic)
        return True

    def _make_client(self) -> Client:
        """Make a client for one connection: what paho still held of the last one goes with it."""
        client = LinkClient(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            userdata=self,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = 5
        client.max_inflight_messages = self._wanted_window  # beyond it paho would keep a queue
        if self._broker.username is not None:
            client.username_pw_set(self._broker.username, self._broker.password)
        if self._broker.tls:
            client.tls_set_context(self._broker.tls_context())
        if self._will is not None:
            delay = properties(PacketTypes.WILLMESSAGE, WillDelayInterval=_WILL_DELAY_S)
            will = self._will
            client.will_set(will.topic, will.death, qos=1, retain=True, properties=delay)
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_disconnect = self._disconnected
        client.on_publish = self._published
        client.on_message = self._arrived
        return client

    def _run(self) -> None:
        session = properties(
            PacketTypes.CONNECT,
            SessionExpiryInterval=self.session_s,
            ReceiveMaximum=self.receive_maximum,
            MaximumPacketSize=_LARGEST_PACKET_BYTES,
        )
        while not self._stopping.is_set():
            began_s = time.monotonic()
            self._gone.clear()
            self._told_why = False
            try:
                self._client = client = self._make_client()
                place = (self._broker.host, self._broker.port)
                client.connect(*place, _KEEPALIVE_S, clean_start=False, properties=session)
                # paho's own thread does all reading and writing, woken when there is something to
                # write; run in ours, every publishing thread would write to the socket itself.
                client.loop_start()
                self._gone.wait()
                client.loop_stop()
            # ValueError: a host or file name that paho refuses. RuntimeError: no more threads.
            except (OSError, ValueError, RuntimeError) as error:
                self._lost(not_reached(self._broker, error))
            # One that the broker would not serve was none.
            was_one = self.connected and not self._told_why
            lasted_s = time.monotonic() - began_s if was_one else None
            self._returning.ended(lasted_s=lasted_s, taken_over=self._taken_over)
            if self._returning.looks_copied and not self._stopping.is_set():
                self._lost(COPY)
            self._taken_over = False
            self._down()
            self._stopping.wait(self._returning.wait_s(random.random))

    def _connected(
        self, client: Client, _: Any, _flags: Any, reason: ReasonCode, said: Properties | None
    ) -> None:
        if reason.is_failure:
            self._told_why = True
            self._lost(connection_refused(str(reason), reason.value))
            self._gone.set()
            return
        maximum = getattr(said, "ReceiveMaximum", _MQTT_DEFAULT_RECEIVE_MAXIMUM)
        largest = getattr(said, "MaximumPacketSize", None)
        self._up = (client, Window(min(self._wanted_window, maximum), largest=largest))
        connection = client.socket()
        if isinstance(connection, socket.socket):
            # Or a small message waits 40 ms behind the one before it.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._topics:
            wanted = [(topic, int(not topic.startswith(_OF_ITSELF))) for topic in self._topics]
            client.subscribe([(topic, SubscribeOptions(qos=qos)) for topic, qos in wanted])
        else:
            self._is_up()

    def _is_up(self) -> None:
        self.fault = None
        _log.info("broker_connected", host=self._broker.host, port=self._broker.port)
        self._on_up()

    def _subscribed(
        self, client: Client, _data: Any, _mid: int, reasons: list[ReasonCode], _: Any
    ) -> None:
        """Only now can an answer be heard, so only now are we up."""
        asked = zip(self._topics, reasons, strict=False)
        needed = (reason for topic, reason in asked if not topic.startswith(_OF_ITSELF))
        refused = [str(reason) for reason in needed if reason.is_failure]
        if refused:
            self._told_why = True
            self._lost(f"the broker refuses a subscription: {refused[0]}")
            client.disconnect()
            return
        self._is_up()

    def broken(self, error: Exception) -> None:
        """The connection's thread has failed; what it was busy with may be private."""
        _log.error("link_failed", error=type(error).__name__)
        self._lost(f"the link failed ({type(error).__name__})")
        self._gone.set()

    def _disconnected(
        self, _client: Client, _data: Any, _flags: DisconnectFlags, reason: ReasonCode, _: Any
    ) -> None:
        self._taken_over = reason.value == SESSION_TAKEN_OVER
        if not self._stopping.is_set() and not self._told_why:
            self._lost(line_ended(str(reason)))  # paho calls a refusal a protocol error once more
        self._gone.set()

    def _published(self, _client: Client, _data: Any, mid: int, reason: ReasonCode, _: Any) -> None:
        topic = self._up[1].left(mid) if self._up is not None else None
        if reason.is_failure:  # paho calls it published all the same
            self._refusals.note(topic or "a topic", str(reason))
        else:
            self._refusals.taken(topic)

    def _arrived(self, client: Client, _data: Any, message: MQTTMessage) -> None:
        def done() -> None:
            # Packet ids start again with each connection: an old one must not acknowledge a new
            # message. The broker delivers this one again.
            if self._up is not None and self._up[0] is client:
                client.ack(message.mid, message.qos)

        if len(message.payload) > _LARGEST_PACKET_BYTES:
            _log.error("message_too_large", topic=message.topic, bytes=len(message.payload))
            done()
            return
        self._on_message(Arrived(topic=message.topic, payload=bytes(message.payload), done=done))

    def _lost(self, why: str) -> None:
        why = end_of_ours(self._broker) or why  # a broker that does not take it says nothing
        if self.fault is None or self.fault == "not connected yet":
            _log.warning("broker_lost", host=self._broker.host, port=self._broker.port, error=why)
        self.fault = why

    def _down(self) -> None:
        was_connected, self._up = self.connected, None
        if was_connected:
            self._on_down()
