"""The thread that takes messages: durable first, then answered, then let go; whatever happens."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from psycopg.errors import ProgramLimitExceeded, QueryCanceled
from sqlalchemy.exc import IntegrityError, OperationalError

from agent.tools.waiting import wait_until
from sync.broker import Broker
from sync.hub import ingest
from sync.hub.broker_log import BROKER_LOG, Noticed
from sync.hub.inbox import Inbox
from sync.hub.ingest import Ingest
from sync.hub.office import Outgoing
from sync.hub.turning import still_turning
from sync.link import Arrived


class Line:
    """A link that writes down what goes out, and what is let go."""

    def __init__(self, _broker: Broker | None = None, **wanted: Any) -> None:
        self.topics: tuple[str, ...] = wanted["topics"]
        self.put: Callable[[Arrived], None] = wanted["on_message"]
        self.happened: list[str] = []
        self.connected = True
        self.room = True
        self.fault: str | None = None

    def start(self) -> None:
        """Nothing to do."""

    def stop(self) -> None:
        """Nothing to do."""

    def publish(self, topic: str, _payload: bytes, **_how: object) -> bool:
        """Write down what went out."""
        if self.room:
            self.happened.append(f"sent {topic}")
        return self.room

    def brings(self, payload: str, kind: str = "journal") -> None:
        """Bring a message."""
        done = f"let go {payload}"
        topic = f"tapledger/1/a/b/c/{kind}"
        self.put(
            Arrived(
                topic=topic,
                payload=payload.encode(),
                done=lambda: self.happened.append(done),
            )
        )


class Office:
    """A head office that does what the message says."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.failures: list[Exception] = []
        self.failures_aside: list[Exception] = []
        self.failures_of_sweeps: list[Exception] = []
        self.failures_of_work: list[Exception] = []
        self.failures_of_telling: list[Exception] = []
        self.noticed: list[str] = []
        self.tells_when_due = False
        self.sweeps = 0
        self.heard_busy: list[bool] = []
        self.behind = 0

    def handle(self, _topic: str, payload: bytes) -> list[Outgoing]:
        """Fail as it was told to, or write down that it is durable, and answer."""
        if self.failures:
            raise self.failures.pop(0)
        self._line.happened.append(f"durable {payload.decode()}")
        return [Outgoing(topic=f"answer-{payload.decode()}", payload=b"")]

    def put_aside(self, _topic: str, payload: bytes, why: str) -> None:
        """Write down that it was put aside."""
        if self.failures_aside:
            raise self.failures_aside.pop(0)
        self._line.happened.append(f"aside {payload.decode()}: {why}")

    @property
    def is_behind(self) -> bool:
        """Whether more sweeps are due than there were."""
        return self.sweeps < self.behind

    def sweep(self, *, is_busy: bool = False) -> list[Outgoing]:
        """Fail as it was told to; else nothing waits."""
        self.sweeps += 1
        self.heard_busy.append(is_busy)
        if self.failures_of_sweeps:
            raise self.failures_of_sweeps.pop(0)
        return [Outgoing(topic="due", payload=b"")] if self.tells_when_due else []

    def work_off(self) -> None:
        """Fail as it was told to."""
        if self.failures_of_work:
            raise self.failures_of_work.pop(0)

    def hear_broker(self, noticed: Noticed) -> None:
        """Fail as it was told to, or write down what the broker noticed."""
        if self.failures_of_telling:
            raise self.failures_of_telling.pop(0)
        self.noticed.append(noticed.client)


class Desk:
    """A worker with its line and its office."""

    def __init__(self) -> None:
        self.worker = Ingest(
            Broker(url="mqtt://127.0.0.1:1"),
            None,  # type: ignore[arg-type]  # the office needs the worker's line first
            client_id="hub.test.1",
            leads=True,
        )
        line: Any = self.worker.link
        self.line: Line = line
        self.office = Office(self.line)
        self.worker._office = self.office  # type: ignore[assignment]

    def after(self, last: str) -> list[str]:
        """Answer what happened, once the last message was let go."""
        wait_until(lambda: f"let go {last}" in self.line.happened, "the last message")
        return self.line.happened


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A worker that runs, and waits for no database longer than it must."""
    monkeypatch.setattr(ingest, "Link", Line)
    monkeypatch.setattr(ingest, "delay_s", lambda *_args, **_options: 0.0)
    made = Desk()
    made.worker.start()
    yield made
    made.worker.stop()


def _down() -> OperationalError:
    return OperationalError("SELECT", {}, Exception("the server closed the connection"))


def test_a_message_is_let_go_after_its_answer_and_that_after_the_commit(desk: Desk) -> None:
    """Whatever is lost in between, the device still has its entries and sends them again."""
    desk.line.brings("1")
    assert desk.after("1") == ["durable 1", "sent answer-1", "let go 1"]


def test_a_message_waits_for_a_database_that_is_down(desk: Desk) -> None:
    """It is tried again until it is durable, in its turn, and health says why nothing goes on."""
    desk.office.failures = [_down(), _down(), _down()]
    desk.line.brings("1")
    desk.line.brings("2")
    assert desk.after("2") == [
        *("durable 1", "sent answer-1", "let go 1"),
        *("durable 2", "sent answer-2", "let go 2"),
    ]
    assert desk.worker.fault is None


def test_a_message_that_cannot_be_handled_is_put_aside(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither a mistake of the code nor a refusal of the database stops the one behind it."""
    secret = "9876543210"
    desk.office.failures = [
        KeyError(secret),
        IntegrityError(f"INSERT {secret}", {"token": secret}, Exception(secret)),
    ]
    desk.office.failures_aside = [_down()]
    for number in "123":
        desk.line.brings(number)
    assert desk.after("3") == [
        *("aside 1: head office could not handle it (KeyError)", "let go 1"),
        *("aside 2: head office could not handle it (IntegrityError)", "let go 2"),
        *("durable 3", "sent answer-3", "let go 3"),
    ]
    assert secret not in capsys.readouterr().out


@pytest.mark.parametrize("because", [ProgramLimitExceeded(), QueryCanceled()])
def test_a_message_that_asks_too_much_of_the_database_is_put_aside(
    desk: Desk, because: Exception
) -> None:
    """Drivers report it as they do a database that is down: but it would fail as often as it is
    tried, and keep all that wait behind it.
    """
    desk.office.failures = [OperationalError("INSERT", {}, because)]
    desk.line.brings("1")
    desk.line.brings("2")
    assert desk.after("2") == [
        *("aside 1: head office could not handle it (OperationalError)", "let go 1"),
        *("durable 2", "sent answer-2", "let go 2"),
    ]


def test_a_worker_that_works_long_is_not_taken_for_dead(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One message may take longer than a worker may be silent: as long as its work goes on, and
    says so, the worker counts as alive.
    """
    alive: list[bool] = []

    def work(_topic: str, _payload: bytes) -> list[Outgoing]:
        desk.worker._beat_s -= 1_000
        alive.append(desk.worker.is_turning)
        still_turning()
        alive.append(desk.worker.is_turning)
        return []

    monkeypatch.setattr(desk.office, "handle", work)
    desk.line.brings("1")
    desk.after("1")
    assert alive == [False, True]


def test_a_sweep_that_fails_stops_no_message(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistake in what head office does by the clock is said, once, and tried again; devices are
    heard all the while.
    """
    secret = "9876543210"
    monkeypatch.setattr(ingest, "SWEEP_EVERY_S", 0.0)
    desk.office.failures_of_sweeps = [_down(), KeyError(secret), KeyError(secret), KeyError(secret)]
    desk.line.brings("1")
    wait_until(lambda: not desk.office.failures_of_sweeps, "the sweeps that fail")
    sweeps = desk.office.sweeps
    desk.line.brings("2")
    assert desk.after("2")[-1] == "let go 2"
    wait_until(lambda: desk.office.sweeps > sweeps, "a sweep after those")
    assert desk.worker.is_turning
    wait_until(lambda: desk.worker.idle is None, "the fault is over")
    told = capsys.readouterr().out
    assert told.count("sweep_failed") == 1
    assert secret not in told


def test_what_devices_are_told_by_the_clock_does_not_wait_for_members(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake in how tiers are found or points run out keeps no grant or recall from its device;
    the transaction that says it was said again is committed by then.
    """
    monkeypatch.setattr(ingest, "SWEEP_EVERY_S", 0.0)
    desk.office.failures_of_work = [KeyError("tier"), KeyError("tier")]
    desk.office.tells_when_due = True
    desk.line.brings("1")
    wait_until(lambda: not desk.office.failures_of_work, "the work that fails")
    assert desk.line.happened.count("sent due") >= 2
    wait_until(lambda: desk.worker.idle is None, "the fault is over")


def test_an_answer_that_cannot_go_is_not_waited_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The device asks again; a broker that takes nothing must not keep the worker."""
    monkeypatch.setattr(ingest, "_SEND_WITHIN_S", 0.0)
    desk.line.room = False
    desk.line.brings("1")
    assert desk.after("1") == ["durable 1", "let go 1"]
    assert desk.worker.unsent == 1


def test_a_customer_at_a_till_does_not_wait_behind_a_backlog() -> None:
    """Asks are taken first, then greetings and journals in their order, the feed, and presence."""
    inbox, line = Inbox(), Line(topics=(), on_message=None)
    line.put = inbox.put
    kinds = ("presence", "journal", "feed", "journal", "ask", "hello", "journal")
    for number, kind in enumerate(kinds):
        line.brings(str(number), kind)
    taken = [inbox.take(0) for _ in kinds]
    assert [each and each.payload.decode() for each in taken] == list("4135620")


def test_a_question_about_a_card_waits_for_no_backlog() -> None:
    """A cashier waits for it, though it comes as what a store asks of the feed."""
    inbox, line = Inbox(), Line(topics=(), on_message=None)
    line.put = inbox.put
    for number in range(20):
        line.brings(f"{number}")
    line.brings('{"nonce":"n","cursor":0,"token":"em4100:0C00000001"}', "feed")
    line.brings('{"nonce":"n","cursor":0}', "feed")
    order = [message.payload for message in iter(lambda: inbox.take(0), None)]
    assert b'"token"' in order[0]
    assert b'"cursor"' in order[-1]


def test_a_sweep_hears_whether_messages_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """What can wait is put off for them."""
    monkeypatch.setattr(ingest, "Link", Line)
    made = Desk()
    made.worker._sweep()
    made.line.brings("1")
    made.worker._sweep()
    assert made.office.heard_busy == [False, True]


def test_nobody_is_overtaken_for_ever() -> None:
    """A page of the feed gets its turn though journals never end."""
    inbox, line = Inbox(), Line(topics=(), on_message=None)
    line.put = inbox.put
    line.brings("page", "feed")
    for number in range(400):
        line.brings(f"{number}")
    order = [message.payload for message in iter(lambda: inbox.take(0), None)]
    assert order.index(b"page") <= 255


def test_the_backlog_of_one_store_keeps_no_other_waiting() -> None:
    """A store that sends sixteen batches at once gets its turns, and so does one that sends one;
    each store's own stay in order.
    """
    inbox = Inbox()
    for store, count in (("busy", 16), ("calm", 1)):
        for number in range(count):
            inbox.put(
                Arrived(
                    topic=f"tapledger/1/house/{store}/edge-1/journal",
                    payload=f"{store} {number}".encode(),
                    done=lambda: None,
                )
            )
    order = [message.payload.decode() for message in iter(lambda: inbox.take(0), None)]
    assert order.index("calm 0") < 6
    assert [each for each in order if "busy" in each] == [f"busy {n}" for n in range(16)]


def test_a_backlog_stands_before_the_feed_however_long_it_lasts() -> None:
    """A store that always has sixteen batches waiting does not fall behind the pages that stores
    ask for, and these get their turns.
    """
    inbox, line = Inbox(), Line(topics=(), on_message=None)
    line.put = inbox.put
    for number in range(16):
        line.brings(f"{number}")
    gone: list[str] = []
    for number in range(16, 1_016):
        if number == 500:
            line.brings("page", "feed")
        message = inbox.take(0)
        assert message is not None
        gone.append(message.payload.decode())
        line.brings(f"{number}")
    assert 150 < gone.index("page") - 500 <= 256
    batches = [each for each in gone if each != "page"]
    assert batches == [f"{number}" for number in range(len(batches))]


def test_a_flood_that_nobody_must_deliver_is_let_go() -> None:
    """A client that sends at QoS 0, without end, fills no memory."""
    inbox, line = Inbox(), Line(topics=(), on_message=None)
    line.put = inbox.put
    for number in range(1_500):
        line.brings(f"{number}")
    assert inbox.dropped == 500
    assert len(list(iter(lambda: inbox.take(0), None))) == 1_000


def test_only_the_first_worker_hears_presence(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what the broker logs. The others share what devices send; each message comes to one of
    them.
    """
    monkeypatch.setattr(ingest, "Link", Line)
    topics = {}
    for leads in (True, False):
        worker: Any = Ingest(
            Broker(url="mqtt://127.0.0.1:1"),
            None,  # type: ignore[arg-type]  # nothing is handled
            client_id="hub.test.1",
            leads=leads,
        )
        topics[leads] = set(worker.link.topics)
    assert topics[True] - topics[False] == {"tapledger/1/+/+/+/presence", BROKER_LOG}
    assert all(topic.startswith("$share/hub/tapledger/1/") for topic in topics[False])


def test_what_the_broker_noticed_is_told_with_the_next_sweep(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it is durable, and so again where the database was down; of anything else that the
    broker logs nothing comes to head office.
    """
    monkeypatch.setattr(ingest, "SWEEP_EVERY_S", 0.01)
    desk.office.failures_of_telling = [_down()]
    for line in ("Client b connected", "Client a disconnected due to oversize packet."):
        desk.line.put(Arrived(topic=BROKER_LOG, payload=line.encode(), done=lambda: None))
    wait_until(lambda: bool(desk.office.noticed), "it to be told")
    sweeps = desk.office.sweeps
    wait_until(lambda: desk.office.sweeps > sweeps + 1, "more sweeps")
    assert desk.office.noticed == ["a"]


def test_idle_moments_are_used(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a sweep left is gone on with while no message waits, not only by the second."""
    wait_until(lambda: desk.office.sweeps > 0, "the first sweep")
    monkeypatch.setattr(ingest, "SWEEP_EVERY_S", 3600.0)
    desk.office.behind = desk.office.sweeps + 10
    desk.line.brings("1")
    wait_until(lambda: not desk.office.is_behind, "the sweeps that are due")
    assert "let go 1" in desk.line.happened
