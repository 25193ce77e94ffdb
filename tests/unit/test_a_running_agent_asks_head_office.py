"""A running agent's uplink: what a till asks is answered in time, or the till goes on alone."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from greeted import EDGE, Store, in_memory

from agent.ledger import Ledger
from agent.ledger.mirror import Mirror
from agent.syncdesk import SyncDesk
from agent.till import CardInUse, Enrolment, Rights, Till, UnknownCard
from sync.broker import Broker
from sync.keys import KeyUnusable
from sync.link import Arrived
from sync.messages import (
    AccountItem,
    Ask,
    CardItem,
    DeviceAddress,
    FeedPage,
    FeedRequest,
    Grant,
    Halt,
    Hello,
    Ok,
    decode,
    encode,
    encode_feed,
)
from sync.simulation.now import run_now
from sync.simulation.rules import SimulatedRules
from sync.uplink import Uplink, Wishes, shell

ANA, CARD = "acc-ana", "em4100:0C000621A5"
NOBODY = Broker(url="mqtt://127.0.0.1:1")  # never connected to: the office below plays the link


class Office:
    """A head office in place of the link: it answers what is published, while it ``listens``."""

    fault: str | None = None
    refusal: str | None = None

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.listens = True
        self.said: list[str] = []
        self.dealt_with = 0
        self._handed: dict[str, Any] = {}

    def link(self, _broker: Broker, **handed: Any) -> "Office":
        """Be made, as a link is."""
        self._handed = handed
        return self

    def start(self) -> None:
        """Be connected."""
        self._handed["on_up"]()

    def stop(self) -> None:
        """Be gone."""

    def publish(
        self, topic: str, payload: bytes, *, expiry_s: int | None = None, retain: bool = False
    ) -> bool:
        """Hear a message, and answer it."""
        assert expiry_s is None or not retain
        kind = DeviceAddress.of_topic(topic)[1]
        is_look_up = kind == "feed" and decode(payload, FeedRequest).token is not None
        self.said.append("look_up" if is_look_up else kind)
        if self.listens:
            for answer, content in self._answers(kind, payload):
                self.say(answer, content)
        return True

    def _answers(self, kind: str, payload: bytes) -> Iterator[tuple[str, bytes]]:
        head = self.ledger.head
        if kind == "hello":
            nonce = decode(payload, Hello).nonce
            ok = Ok(nonce=nonce, epoch=head.epoch, seq=head.seq, hash=head.hash.hex(), time="")
            yield "ok", encode(ok)
        elif kind == "ask":
            ask = decode(payload, Ask)
            grant = Grant(epoch=ask.epoch, account=ANA, granted_total=70, generation=0, ask=ask.ask)
            yield "grant", encode(grant)
        elif kind == "feed":
            request = decode(payload, FeedRequest)
            page = FeedPage(
                nonce=request.nonce, cursor=request.cursor, generation=0, token=request.token
            )
            items = (
                AccountItem(account=ANA, active=70),
                CardItem(token=CARD, account=ANA, state="active"),
            )
            yield "feed", encode_feed(page, items if request.token == CARD else ())

    def say(self, kind: str, payload: bytes) -> None:
        """Let a message arrive."""
        message = Arrived(topic=EDGE.topic(f"down/{kind}"), payload=payload, done=self._done)
        self._handed["on_message"](message)

    def _done(self) -> None:
        self.dealt_with += 1


Scenario = Callable[[Uplink, Office], Coroutine[Any, Any, None]]
Play = Callable[[Scenario], None]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Play]:
    """Plays a scenario with a running uplink that head office has answered."""
    for store in in_memory():
        run_now(store.open())
        yield _player(store, tmp_path / "ledger.db.key", monkeypatch)


def _player(store: Store, key_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    ledger, office, rules = store.ledger, Office(store.ledger), SimulatedRules("s001")
    monkeypatch.setattr(shell, "Link", office.link)
    rights = Rights(ledger, lambda: rules.terms, mint_id=lambda: "i")
    desk = SyncDesk(ledger, rights, Mirror(ledger), rules)

    async def run(scenario: Scenario) -> None:
        wishes = Wishes(patience_s=0.05)
        uplink = Uplink(NOBODY, EDGE, ledger, desk, key_path=key_path, wishes=wishes)
        task = asyncio.create_task(uplink.run())
        try:
            await until(lambda: uplink.online)
            await scenario(uplink, office)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    return lambda scenario: asyncio.run(run(scenario))


async def until(condition: Callable[[], bool]) -> None:
    """Let everything else run until a condition holds."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0)


def test_rights_that_head_office_gives_are_there_when_it_answers(play: Play) -> None:
    """``ask`` answers None once the grant is journaled, and every message is dealt with."""

    async def scenario(uplink: Uplink, office: Office) -> None:
        assert await uplink.ask(ANA, 70) is None
        assert await office.ledger.read(lambda view: view.right(ANA)) == 70
        await until(lambda: office.dealt_with >= 3)

    play(scenario)


def test_what_makes_no_sense_is_counted(play: Play) -> None:
    """For the metrics and ``/healthz``."""

    async def scenario(uplink: Uplink, office: Office) -> None:
        assert uplink.refused_messages == 0
        office.say("ack", b"\xff")
        await until(lambda: uplink.refused_messages == 1)

    play(scenario)


def test_a_head_office_that_is_silent_is_not_waited_for(play: Play) -> None:
    """Without an answer in time, or without a connection, ``ask`` says nothing, and a card stays
    unknown.
    """

    async def scenario(uplink: Uplink, office: Office) -> None:
        office.listens = False
        assert await uplink.ask(ANA, 70) == ""
        assert await uplink.look_up(CARD) is False
        office._handed["on_down"]()
        await until(lambda: not uplink.online)
        asked = office.said.count("ask")
        assert await uplink.ask(ANA, 70) == ""
        assert office.said.count("ask") == asked
        assert uplink.fault == "head office does not answer"

    play(scenario)


def test_a_member_of_another_store_is_known_by_their_card(play: Play) -> None:
    """A card that nobody here knows is asked for, and shown with what its member has; one that is
    nobody's is unknown, and a telephone number is asked nobody.
    """

    async def scenario(uplink: Uplink, office: Office) -> None:
        terms = SimulatedRules("s001").terms
        till = Till(office.ledger, terms, mint_id=lambda: "i")
        till.members.asked_whose.ask = uplink.look_up
        assert (await till.identify(CARD)).balance == 70
        asked = office.said.count("look_up")
        await till.identify(CARD)
        with pytest.raises(UnknownCard):
            await till.identify("phone:+14155550123")
        assert office.said.count("look_up") == asked
        with pytest.raises(UnknownCard):
            await till.identify("em4100:67003B51C6")
        assert office.said.count("look_up") == asked + 1

    play(scenario)


def test_a_card_of_another_stores_member_is_not_enrolled(play: Play) -> None:
    """Head office says whose it is before an account is made; while it is silent, or gone, cards
    are enrolled all the same.
    """

    async def scenario(uplink: Uplink, office: Office) -> None:
        terms, numbers = SimulatedRules("s001").terms, count(1)
        till = Till(office.ledger, terms, mint_id=lambda: f"new-{next(numbers)}")
        till.members.asked_whose.ask = uplink.look_up
        till.members.asked_whose.tells_of_all = False
        with pytest.raises(CardInUse):
            await till.members.enrol(Enrolment(token=CARD))
        office.listens = False
        await till.members.enrol(Enrolment(token="em4100:67003B51C6"))
        assert office.said.count("look_up") == 2
        office._handed["on_down"]()
        await until(lambda: not uplink.online)
        await till.members.enrol(Enrolment(token="em4100:67003B51C7"))
        assert office.said.count("look_up") == 2

    play(scenario)


def test_what_a_customer_waits_for_goes_first(play: Play) -> None:
    """A grant that a till waits for overtakes what arrived before it."""

    async def scenario(uplink: Uplink, office: Office) -> None:
        office.listens = False
        asked = asyncio.create_task(uplink.ask(ANA, 70))
        await until(lambda: "ask" in office.said)
        for _ in range(3):
            uplink._put(Arrived(topic="tapledger/1/a/b/c/down/ack", payload=b"", done=office._done))
        uplink._put(Arrived(topic=EDGE.topic("down/grant"), payload=b"", done=office._done))
        assert [message.topic.endswith("/grant") for message in uplink._inbox][:2] == [True, False]
        assert await asked == ""

    play(scenario)


def test_a_flood_ends_at_the_door(play: Play) -> None:
    """More messages than any head office sends are dropped, and counted, and dealt with."""

    async def scenario(uplink: Uplink, office: Office) -> None:
        for _ in range(300):
            uplink._put(Arrived(topic=EDGE.topic("down/ack"), payload=b"", done=office._done))
        assert len(uplink._inbox) == 256
        assert uplink.dropped >= 300 - 256
        assert uplink.refused_messages >= uplink.dropped

    play(scenario)


def test_a_halt_is_the_fault_that_is_shown(play: Play) -> None:
    """Halted, the agent says so in head office's words, and is not online."""

    async def scenario(uplink: Uplink, office: Office) -> None:
        halt = Halt(reason="refused", text="this version is too old: install 0.2")
        office.say("halt", encode(halt))
        await until(lambda: uplink.halted is not None)
        assert uplink.halted == halt.text
        assert not uplink.online
        assert uplink.fault == f"head office halted this device: {halt.text}"

    play(scenario)


def test_a_key_that_cannot_be_used_is_the_fault_that_is_shown(tmp_path: Path) -> None:
    """Nothing is sent without the key; the agent says which file is wrong, and tries it again."""
    key_path = tmp_path / "ledger.db.key"
    key_path.write_text("nonsense")

    async def scenario(store: Store) -> None:
        desk: Any = None
        uplink = Uplink(NOBODY, EDGE, store.ledger, desk, key_path=key_path)
        for _ in range(2):
            with pytest.raises(KeyUnusable):
                await uplink.run()
            assert str(key_path) in (uplink.fault or "")
        uplink.stop()

    for store in in_memory():
        asyncio.run(scenario(store))


def test_what_is_written_within_a_moment_goes_together(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Points that are granted are journaled, and spent by another commit: nothing is sent as long
    as more may come. The grant itself is taken in meanwhile.
    """

    async def scenario(uplink: Uplink, office: Office) -> None:
        assert uplink._conversation is not None
        turns: list[float] = []
        turn = uplink._conversation.turn

        async def counted(now_s: float) -> None:
            turns.append(now_s)
            await turn(now_s)

        monkeypatch.setattr(uplink._conversation, "turn", counted)
        monkeypatch.setattr(shell, "_TOGETHER_S", 3_600)
        await until(lambda: len(turns) > 0)  # the next one is an hour away
        sent = office.said.count("journal")
        assert await uplink.ask(ANA, 70) is None
        assert await office.ledger.read(lambda view: view.right(ANA)) == 70
        uplink.journal_grew(office.ledger.head)
        await until(lambda: not uplink._wake.is_set())
        assert (len(turns), office.said.count("journal")) == (1, sent)

    play(scenario)
