"""The thread that takes messages off the link, has head office handle them, and answers.

A batch is acknowledged to the device after the commit, and the message to the broker after that.
Where the database is down the message stays and is tried again, and the devices keep their entries.
What head office cannot handle for any other reason is put aside: no message may block those behind
it.
"""

import random
import threading
import time
import traceback

import structlog
from sqlalchemy.exc import DBAPIError

from agent.core.backoff import delay_s
from sync.broker import Broker
from sync.hub.broker_log import BROKER_LOG, BrokerLog
from sync.hub.database import is_down
from sync.hub.inbox import RECEIVE_MAXIMUM, Inbox
from sync.hub.meanwhile import work_meanwhile
from sync.hub.office import HeadOffice, Outgoing
from sync.hub.turning import tell_turning
from sync.link import Arrived, Link
from sync.messages import topics_up

__all__ = ["SWEEP_EVERY_S", "Ingest"]

SWEEP_EVERY_S = 1.0

_SHARED = tuple(f"$share/hub/{topic}" for topic in topics_up(retained=False))
_KEPT = topics_up(retained=True)

_SEND_WITHIN_S = 2.0
_ALIVE_WITHIN_S = 20.0
_LONGEST_WAIT_S = 10.0

_log = structlog.get_logger(__name__)


class Ingest:
    """One worker: MQTT in, head office, MQTT out. ``start`` connects, ``stop`` finishes.

    The first worker ``leads``: it alone hears who is there, as retained messages come to no shared
    subscription, and what the broker logs, and does what time asks.
    """

    def __init__(self, broker: Broker, office: HeadOffice, *, client_id: str, leads: bool) -> None:
        self._office = office
        self._leads = leads
        self._inbox = Inbox()
        self._broker_log = BrokerLog()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._beat_s = time.monotonic()
        self.fault: str | None = None
        self.idle: str | None = None
        """The mistake for which what time asks is not done."""
        self.unsent = 0
        self.link = Link(
            broker,
            client_id=client_id,
            topics=(*_SHARED, *_KEPT, BROKER_LOG) if leads else _SHARED,
            window=1_000,
            on_up=lambda: None,
            on_down=lambda: None,
            on_message=self._hear,
        )
        self.link.receive_maximum = RECEIVE_MAXIMUM
        if not leads:
            # Brokers deal messages out to sessions that nobody takes up any more, too: what comes
            # while no worker is there waits for the first one.
            self.link.session_s = 0

    @property
    def dropped(self) -> int:
        """How many messages were let go, as too much waited."""
        return self._inbox.dropped

    def start(self) -> None:
        """Begin taking messages."""
        self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)
        self._thread.start()
        self.link.start()

    def stop(self) -> None:
        """Finish the message in hand and leave the broker."""
        self._stopping.set()
        self._inbox.wake()
        if self._thread is not None:
            self._thread.join(timeout=2)
        self.link.stop()

    @property
    def is_turning(self) -> bool:
        """Whether the thread comes round: it takes messages, or tries one again and again."""
        lives = self._thread is not None and self._thread.is_alive()
        return lives and time.monotonic() - self._beat_s < _ALIVE_WITHIN_S

    def _run(self) -> None:
        tell_turning(self._beat)
        work_meanwhile(self._read_ahead)
        sweep_at_s = time.monotonic()
        while not self._stopping.is_set():
            self._beat()
            hurries = self._leads and self._office.is_behind and self.idle is None
            message = self._inbox.take(0.0 if hurries else SWEEP_EVERY_S)
            if message is not None:
                self._handle(message)
            is_idle = hurries and message is None
            if self._leads and (is_idle or time.monotonic() >= sweep_at_s):
                sweep_at_s = time.monotonic() + SWEEP_EVERY_S
                self._sweep()

    def _hear(self, message: Arrived) -> None:
        """Take a message off the link, in the link's thread."""
        if message.topic == BROKER_LOG:
            self._broker_log.hear(message)
        else:
            self._inbox.put(message)

    def _read_ahead(self) -> bool:
        """Read a little of the batch that waits first; answers whether more may be left of it."""
        waiting = self._inbox.first()
        try:
            return waiting is not None and self._office.read_ahead(waiting.topic, waiting.payload)
        except Exception:  # noqa: BLE001 - it shows when its turn comes, and harms no other's
            return False

    def _beat(self) -> None:
        self._beat_s = time.monotonic()

    def _handle(self, message: Arrived) -> None:
        """Handle one message until it is durable or put aside; the broker may forget it then."""
        attempt = 0
        why: str | None = None
        while not self._stopping.is_set():
            self._beat()
            try:
                if why is None:
                    self._publish(self._office.handle(message.topic, message.payload))
                else:
                    self._office.put_aside(message.topic, message.payload, why)
            except Exception as error:  # noqa: BLE001 - one bad message must not block the others
                if is_down(error):
                    self._wait_for_the_database(error, attempt)
                    attempt += 1
                    continue
                if why is None:
                    why = _told(error, message)
                    continue
                _log.error("message_lost", topic=message.topic, error=type(error).__name__)
            else:
                self.fault = None
            message.done()
            return

    def _sweep(self) -> None:
        """Do what time asks; a mistake in it is said, and ends no messages."""
        try:
            self._publish(self._office.sweep(is_busy=self._inbox.first() is not None))
            self._office.work_off()
            # One a second: whoever makes up names keeps nobody's messages waiting.
            if (noticed := self._broker_log.first()) is not None:
                self._office.hear_broker(noticed)
                self._broker_log.told(noticed)
        except Exception as error:  # noqa: BLE001 - the thread must not die with what it sweeps
            if is_down(error):
                self._wait_for_the_database(error, 0)
                return
            name = type(error).__name__
            if self.idle != name:  # it may come every second
                at = "".join(traceback.format_tb(error.__traceback__))
                _log.error("sweep_failed", error=name, at=at)
            self.idle = name
        else:
            self.fault = self.idle = None

    def _wait_for_the_database(self, error: Exception, attempt: int) -> None:
        if self.fault is None:
            _log.error("database_unavailable", error=_in_short(error))
        # Anybody may ask for it, and the driver's words name hosts and users: those are in the log.
        self.fault = "the database does not answer; the log says why"
        wait_s = delay_s(attempt, first_s=0.25, longest_s=_LONGEST_WAIT_S, dice=random.random)
        self._stopping.wait(wait_s)

    def _publish(self, messages: list[Outgoing]) -> None:
        """Hand the answers to the broker. What cannot go in time is not kept: devices ask again."""
        give_up_s = time.monotonic() + _SEND_WITHIN_S
        for message in messages:
            while not self._publish_one(message):
                too_late = time.monotonic() >= give_up_s or not self.link.connected
                if too_late or self._stopping.wait(0.002):
                    self.unsent += 1
                    break

    def _publish_one(self, message: Outgoing) -> bool:
        return self.link.publish(
            message.topic, message.payload, expiry_s=message.expiry_s, retain=message.retain
        )


def _in_short(error: Exception) -> str:
    """Say what the driver said: SQLAlchemy's own words would show what was to be written."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(cause).strip().partition("\n")[0][:200]


def _told(error: Exception, message: Arrived) -> str:
    """Log a message that cannot be handled and answer why. Not what the error says: it may name
    cards.
    """
    at = "".join(traceback.format_tb(error.__traceback__))
    name = type(error).__name__
    _log.error("message_not_handled", topic=message.topic[:200], error=name, at=at)
    return f"head office could not handle it ({name})"
