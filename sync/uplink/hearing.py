"""What head office says, and what the store makes of it."""

from collections.abc import Awaitable, Callable
from typing import Literal

import structlog

from agent.core.entry import Position
from sync.messages import (
    Ack,
    Allowance,
    Challenge,
    Grant,
    Halt,
    Held,
    MalformedMessage,
    Ok,
    Recall,
    Welcome,
    decode,
    decode_feed,
)
from sync.session import Session
from sync.uplink.feeding import Feeding
from sync.uplink.protocols import Desk, JournalSource
from sync.uplink.questions import Questions

__all__ = ["Hearing"]

_Verdict = Literal["same", "differs", "beyond", "gone", "unknown"]
_REMEMBER_EVERY_S = 1.0
"""How often what was acknowledged is written down while sales go on: as a commit of its own it
would have each sale wait for the disk twice. What is lost with a crash, the next OK says again.
"""
_FREEZING = ("two_live", "retired", "key")
"""Reasons of a HALT under which points must not be spent here any more."""

_log = structlog.get_logger(__name__)


class Hearing:
    """Takes messages one by one, in the order in which they came."""

    def __init__(
        self,
        session: Session,
        journal: JournalSource,
        desk: Desk,
        questions: Questions,
        feeding: Feeding,
        *,
        dice: Callable[[], float],
    ) -> None:
        self._session, self._journal, self._desk = session, journal, desk
        self._questions, self._feeding, self._dice = questions, feeding, dice
        self._held: dict[int, Position] = {}
        self._remember_due_s = 0.0
        self.generation = 0
        """Head office's, as the last HELLO named it."""
        self.offered: frozenset[int] = frozenset()
        """The older epochs that the last HELLO named."""
        self.halted: str | None = None
        self.stranded: dict[int, str] = {}
        """Old epochs of which entries can never be sent, and why."""

    async def take(self, kind: str, payload: bytes, now_s: float) -> None:
        """Take one message. Raises MalformedMessage, and what the journal and the desk raise."""
        takers: dict[str, Callable[[bytes, float], Awaitable[None]]] = {
            "down/ok": self._take_ok,
            "down/challenge": self._take_challenge,
            "down/welcome": self._take_welcome,
            "down/halt": self._take_halt,
            "down/ack": self._take_ack,
            "down/grant": self._take_grant,
            "down/recall": self._take_recall,
            "down/floor": self._take_allowance,
            "down/feed": self._take_feed,
        }
        if kind not in takers:
            raise MalformedMessage(f"head office says no '{kind}'")
        await takers[kind](payload, now_s)

    async def remember(self, now_s: float) -> None:
        """Keep how far head office holds each epoch, as it was heard last."""
        if not self._held or now_s < self._remember_due_s:
            return
        self._remember_due_s = now_s + _REMEMBER_EVERY_S
        while self._held:
            epoch, position = next(iter(self._held.items()))
            await self._journal.acknowledge(position)
            if self._held.get(epoch) == position:
                del self._held[epoch]

    async def strand(self, epoch: int, seq: int, now_s: float) -> None:
        """What follows an entry of an epoch is not here, so that nothing of it can be sent.

        The present epoch is given up for a new one; of an old one nothing more can be done.
        """
        why = f"head office holds epoch {epoch} up to {seq}, and what follows is not here any more"
        if epoch == self._journal.head.epoch:
            await self._contradicted(why, now_s)
        else:
            self.stranded[epoch] = why
            _log.error("entries_stranded", error=why)

    async def _take_ok(self, payload: bytes, now_s: float) -> None:
        ok, session, journal = decode(payload, Ok), self._session, self._journal
        if not session.expects(ok.nonce) or ok.epoch != session.epoch:
            return
        self.halted = None
        if await self._is_newer(ok.generation, now_s):
            return
        if journal.head.epoch != session.epoch:
            session.greet_again(now_s)
            return
        verdict = await self._compare(ok.epoch, ok.seq, ok.hash)
        if verdict == "unknown":
            return  # the ledger is being made anew: the next HELLO says where it stands then
        if verdict != "same":
            await self._contradicted(_why(verdict, ok.epoch, ok.seq), now_s)
            return
        tails = await self._tails(ok.tails, now_s)
        if session.expects(ok.nonce):  # the link may have gone while the journal was read
            session.opened(ok.seq, tails.items(), now_s, self._dice)
            self._note_held(ok.position)
            _log.info("head_office_answered", epoch=ok.epoch, seq=ok.seq, tails=len(tails))

    async def _tails(self, held: tuple[Held, ...], now_s: float) -> dict[int, int]:
        """Answer from where each older epoch that was offered goes on.

        Head office names its own place only where it does not hold ours: an epoch that it holds in
        another shape is offered from its first entry on.
        """
        named = {(each.incarnation, each.epoch): each for each in held}
        tails = {}
        for life in self._journal.epochs.tails:
            there = named.get((life.incarnation, life.number))
            if life.number not in self.offered:
                continue
            tails[life.number] = 0
            if there is None:
                continue
            match await self._compare(life.number, there.seq, there.hash):
                case "same":
                    tails[life.number] = there.seq
                    self._note_held(there.position)
                case "gone":
                    await self.strand(life.number, there.seq, now_s)
        return tails

    def _note_held(self, position: Position) -> None:
        self._held[position.epoch] = position
        self._journal.heard_of(position)

    async def _take_challenge(self, payload: bytes, now_s: float) -> None:
        challenge = decode(payload, Challenge)
        if self._session.expects(challenge.nonce):
            self.halted = None
            await self._adopt(challenge.generation)
            self._session.challenged(challenge.challenge, now_s)

    async def _take_welcome(self, payload: bytes, now_s: float) -> None:
        welcome, session = decode(payload, Welcome), self._session
        if not session.expects(welcome.nonce):
            return
        self.halted = None
        # First, as the opening of an epoch takes the generation in, and offers nothing again.
        await self._adopt(welcome.generation)
        if self._journal.head.epoch == session.epoch:
            await self._desk.welcome(welcome.new_epoch, welcome.nonce, welcome.generation)
        session.welcomed(now_s)

    async def _take_halt(self, payload: bytes, now_s: float) -> None:
        halt, session = decode(payload, Halt), self._session
        if session.state == "down" or halt.nonce not in (None, session.nonce):
            return
        self.halted = halt.text
        _log.error("sync_halted", reason=halt.reason, error=halt.text)
        session.halted(now_s, self._dice)
        if halt.reason in _FREEZING and self._journal.frozen is None:
            await self._desk.contradicted(f"head office halted this device: {halt.text}")

    async def _take_ack(self, payload: bytes, now_s: float) -> None:
        ack, session = decode(payload, Ack), self._session
        life = self._journal.epochs.epoch(ack.epoch)
        if session.stream(ack.epoch) is None or life.incarnation != ack.incarnation:
            return
        verdict = await self._compare(ack.epoch, ack.seq, ack.hash)
        is_present = ack.epoch == self._journal.head.epoch
        if is_present and verdict in ("differs", "beyond"):
            await self._contradicted(_why(verdict, ack.epoch, ack.seq), now_s)
            return
        # Below the compaction point nothing is left to compare with; of an old epoch head office
        # may hold other branches too.
        if verdict in ("same", "gone"):
            session.heard(now_s)
            if session.acked(ack.epoch, ack.seq, now_s):
                self._note_held(ack.position)
        if ack.again:
            session.came_to_nothing(ack.epoch)
        if is_present and ack.fenced:
            session.greet_again(now_s)

    async def _take_grant(self, payload: bytes, now_s: float) -> None:
        grant = decode(payload, Grant)
        if await self._is_for_now(grant.epoch, grant.generation, now_s):
            await self._desk.grant(grant)
            if grant.ask is not None:
                self._questions.answer(grant.ask, grant.why)

    async def _take_recall(self, payload: bytes, now_s: float) -> None:
        recall = decode(payload, Recall)
        if await self._is_for_now(recall.epoch, recall.generation, now_s):
            await self._desk.recall(recall)

    async def _take_allowance(self, payload: bytes, now_s: float) -> None:
        allowance = decode(payload, Allowance)
        if await self._is_for_now(allowance.epoch, allowance.generation, now_s):
            await self._desk.allow(allowance)

    async def _take_feed(self, payload: bytes, now_s: float) -> None:
        page, items = decode_feed(payload)
        feeding, is_looked_up = self._feeding, page.nonce in self._questions
        if not is_looked_up and page.nonce != feeding.nonce:
            return
        if not self._session.is_live or await self._is_newer(page.generation, now_s):
            return
        self._session.heard(now_s)
        if page.greet:
            self._session.greet_again(now_s)
            return
        taken = await self._desk.feed(page, items, since=feeding.since)
        if is_looked_up:
            # One that came too late for the mirror told nothing, and may be asked for again.
            why = None if items else "nobody knows this card"
            self._questions.answer(page.nonce, why if taken else "the answer came too late")
        else:
            more = page.more and taken
            feeding.answered(more=more, is_empty=not items, now_s=now_s, dice=self._dice)

    async def _is_for_now(self, epoch: int, generation: int, now_s: float) -> bool:
        """Say whether rights are for this very session; a newer generation is greeted first."""
        if await self._is_newer(generation, now_s):
            return False
        session = self._session
        is_present = epoch == session.epoch == self._journal.head.epoch
        if not (session.is_live and is_present and generation == self.generation):
            return False
        session.heard(now_s)
        return True

    async def _is_newer(self, generation: int, now_s: float) -> bool:
        """Take head office's generation; a new one is greeted at once, with everything offered."""
        if not await self._adopt(generation):
            return False
        self._session.greet_again(now_s)
        return True

    async def _adopt(self, generation: int) -> bool:
        if generation <= self.generation:
            return False
        _log.warning("head_office_was_restored", generation=generation)
        # In this order: cut off in between, the generation is news once more, and all is offered.
        await self._journal.offer_again()
        await self._desk.adopt_generation(generation)
        self._held.clear()
        self.stranded.clear()
        self.generation = generation
        return True

    async def _compare(self, epoch: int, seq: int, hash_hex: str) -> _Verdict:
        """Hold what head office has of an epoch against what is here."""
        journal = self._journal
        head_seq = journal.epochs.epoch(epoch).head_seq
        ours = await journal.hash_at(epoch, seq) if seq <= head_seq else None
        if ours is not None:
            return "same" if ours.hex() == hash_hex else "differs"
        if await journal.hash_at(epoch, head_seq) is None:
            return "unknown"
        return "beyond" if seq > head_seq else "gone"

    async def _contradicted(self, why: str, now_s: float) -> None:
        """Freeze what is spent here, as a new life, and let head office judge."""
        _log.error("journal_contradicted", error=why)
        if self._journal.frozen is None:
            await self._desk.contradicted(why)
        self._session.greet_again(now_s)


def _why(verdict: _Verdict, epoch: int, seq: int) -> str:
    if verdict == "differs":
        return f"head office holds another entry {epoch}:{seq} than this device"
    return f"head office holds entry {epoch}:{seq}, which is not here any more"
