"""The thread that takes messages off the link, makes them durable, and answers.

A batch is acknowledged to the device after the commit, and the message to the broker after that.
Where the database fails, the message stays and is tried again; the devices keep their entries.
"""

import queue
import random
import threading

import structlog
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from agent.core.backoff import delay_s
from agent.core.instant import Clock, rfc3339
from agent.core.values import Value
from sync.broker import Broker
from sync.hub.examine import Contradicts
from sync.hub.store import Store
from sync.link import Arrived, Link
from sync.messages import (
    Ack,
    DeviceAddress,
    Halt,
    Hello,
    MalformedMessage,
    Ok,
    decode,
    decode_journal,
    encode,
)

__all__ = ["Ingest"]

_HALT_EXPIRY_S = 30
"""A halt kept longer would halt a device again whose trouble was mended meanwhile."""

_log = structlog.get_logger(__name__)


class Ingest:
    """One worker: MQTT in, database, MQTT out. ``start`` connects, ``stop`` finishes."""

    def __init__(self, broker: Broker, store: Store, *, name: str, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        # Bounded by the Receive Maximum the link announces: the broker sends no more than that.
        self._inbox: queue.SimpleQueue[Arrived | threading.Event | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.fault: str | None = None
        self.entries = 0
        self.refused = 0
        self.link = Link(
            broker,
            client_id=f"hub.{name}",
            topics=("tapledger/1/+/+/+/hello", "tapledger/1/+/+/+/journal"),
            window=1_000,
            on_up=lambda: None,
            on_down=lambda: None,
            on_message=self._inbox.put,
        )

    def start(self) -> None:
        """Begin taking messages."""
        self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)
        self._thread.start()
        self.link.start()

    def stop(self) -> None:
        """Finish the message in hand and leave the broker."""
        self._stopping.set()
        self._inbox.put(None)
        if self._thread is not None:
            self._thread.join(timeout=3)
        self.link.stop()

    def _run(self) -> None:
        while not self._stopping.is_set():
            message = self._inbox.get()
            if isinstance(message, threading.Event):
                message.set()
            elif message is not None:
                self._handle(message)

    @property
    def running(self) -> bool:
        """Whether the thread lives."""
        return self._thread is not None and self._thread.is_alive()

    def turned_within(self, seconds: float) -> bool:
        """Say whether the ingest thread comes round in time; blocks until it does or not."""
        turned = threading.Event()
        self._inbox.put(turned)
        return turned.wait(seconds)

    def _handle(self, message: Arrived) -> None:
        """Handle one message until it is durable, or refuse it if it makes no sense."""
        attempt = 0
        while not self._stopping.is_set():
            try:
                self._dispatch(message)
            except MalformedMessage as error:
                self.refused += 1
                _log.warning("message_refused", topic=message.topic, error=str(error))
            except (DataError, IntegrityError) as error:  # trying again would not help
                self.refused += 1
                _log.error("message_refused", topic=message.topic, error=str(error))
            except SQLAlchemyError as error:
                if self.fault is None:
                    _log.error("database_unavailable", error=str(error))
                self.fault = str(error)
                wait_s = delay_s(attempt, first_s=0.25, longest_s=10, dice=random.random)
                self._stopping.wait(wait_s)
                attempt += 1
                continue
            self.fault = None
            message.done()
            return

    def _dispatch(self, message: Arrived) -> None:
        address, kind = DeviceAddress.of_topic(message.topic)
        if kind == "hello":
            self._greet(address, decode(message.payload, Hello))
        elif kind == "journal":
            self._take(address, message.payload)
        else:
            raise MalformedMessage(f"devices send no '{kind}'")

    def _greet(self, address: DeviceAddress, hello: Hello) -> None:
        held = self._store.head(address, hello.incarnation, hello.epoch)
        ok = Ok(
            nonce=hello.nonce,
            epoch=held.epoch,
            seq=held.seq,
            hash=held.hash.hex(),
            time=rfc3339(self._clock()),
        )
        self._answer(address, "down/ok", ok)
        _log.info("device_greeted", device=str(address), epoch=held.epoch, seq=held.seq)

    def _take(self, address: DeviceAddress, payload: bytes) -> None:
        header, lines = decode_journal(payload)
        verdict, held = self._store.take(address, header, lines, received_at=rfc3339(self._clock()))
        if isinstance(verdict, Contradicts):
            _log.error(
                "journal_contradicts", device=str(address), seq=verdict.seq, why=verdict.reason
            )
            halt = Halt(epoch=header.epoch, seq=verdict.seq, reason=verdict.reason)
            self._answer(address, "down/halt", halt, expiry_s=_HALT_EXPIRY_S)
            return
        self.entries += len(getattr(verdict, "entries", ()))
        self._answer(address, "down/ack", Ack.of(held))

    def _answer(
        self, address: DeviceAddress, kind: str, message: Value, *, expiry_s: int | None = None
    ) -> None:
        # Where the answer cannot go, the device asks again.
        self.link.publish(address.topic(kind), encode(message), expiry_s=expiry_s)
