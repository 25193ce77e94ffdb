"""A device on paper: it has a key, lives of a journal, and says what a real one says."""

import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from empty_office import start_empty
from sqlalchemy import select

from agent.core.entry import GENESIS, Entry, link_hash
from agent.core.facts import Fact, FlagActivity, OpenEpoch
from sync.hub.database import Database
from sync.hub.office import HeadOffice, Outgoing
from sync.hub.tables import conflicts
from sync.messages import (
    MOST_TAILS,
    Ack,
    Challenge,
    DeviceAddress,
    Halt,
    Held,
    Hello,
    Journal,
    Ok,
    Tail,
    Welcome,
    decode,
    encode,
    encode_journal,
)
from sync.signing import key_text, signed_batch, signed_hello

__all__ = ["NOW", "House", "Message", "PaperDevice", "answers", "head_office"]

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
Message = tuple[str, bytes]
_KINDS: dict[str, type[Any]] = {
    "down/ok": Ok,
    "down/challenge": Challenge,
    "down/welcome": Welcome,
    "down/halt": Halt,
    "down/ack": Ack,
}


def head_office() -> tuple[HeadOffice, Database]:
    """Open a head office in memory, whose nonces are counted."""
    database = Database("sqlite://")
    start_empty(database)
    numbers = iter(range(1, 10_000))
    return HeadOffice(database, clock=lambda: NOW, mint=lambda: f"c{next(numbers)}"), database


def answers(sent: list[Outgoing]) -> list[Any]:
    """Read what head office said, less what it said of rights."""
    kinds = [(one, DeviceAddress.of_topic(one.topic)[1]) for one in sent]
    return [decode(one.payload, _KINDS[kind]) for one, kind in kinds if kind in _KINDS]


@dataclass
class Life:
    """One epoch: its lines, and the hash after each."""

    incarnation: str
    epoch: int
    opened: bool = False
    lines: list[bytes] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=lambda: [GENESIS])

    @property
    def seq(self) -> int:
        """The newest entry."""
        return len(self.lines)

    def append(self, fact: Fact, *, recorded_at: str = "2026-03-02T12:00:00Z") -> None:
        """Write an entry."""
        entry = Entry(
            id=f"{self.incarnation}-{self.epoch}-{self.seq + 1}",
            epoch=self.epoch,
            seq=self.seq + 1,
            recorded_at=recorded_at,
            fact=fact,
        )
        self.append_line(entry.canonical())

    def append_line(self, line: bytes) -> None:
        """Write something that may be no entry, chained like one."""
        self.lines.append(line)
        self.hashes.append(link_hash(self.hashes[-1], line))


class PaperDevice:
    """It says what it is told to say, so a test can say anything again, late, or twice."""

    def __init__(self, name: str = "edge-1", *, tenant: str = "house", store: str = "s001") -> None:
        self.address = DeviceAddress(tenant=tenant, store=store, device=name)
        self.key = Ed25519PrivateKey.generate()
        self.lives = [Life("first", 0)]
        self.generation = 0
        self.acknowledged: Held | None = None
        self.frozen: str | None = None
        self._nonce = 0

    @property
    def life(self) -> Life:
        """The newest one."""
        return self.lives[-1]

    def copied(self) -> Self:
        """A disk image: the same key and journal, once more."""
        other = copy.copy(self)
        other.lives = copy.deepcopy(self.lives)
        return other

    def writes(self, count: int = 1, word: str = "x") -> Self:
        """Append entries that say something of no account."""
        for _ in range(count):
            self.life.append(FlagActivity(flag="tap_without_basket", reason=word))
        return self

    def opens(self, epoch: int, *, cause: str = "welcomed", incarnation: str | None = None) -> Self:
        """Begin a life that grows from the present one."""
        parent = self.life
        new = Life(incarnation or parent.incarnation, epoch, cause == "welcomed")
        new.append(
            OpenEpoch(
                cause=cause,  # type: ignore[arg-type]  # a test names real causes
                incarnation=new.incarnation,
                parent_incarnation=parent.incarnation,
                parent_epoch=parent.epoch,
                parent_seq=parent.seq,
                parent_hash=parent.hashes[-1].hex(),
                nonce="n",
            )
        )
        self.lives.append(new)
        self.frozen = None if cause == "welcomed" else "set back"
        self.acknowledged = None
        return self

    def hello(
        self, challenge: str | None = None, *, held_tails: int = 0, **changed: Any
    ) -> Message:
        """Greet; so many of the older epochs are known to be held, and named no more."""
        self._nonce += 1
        life = self.life
        hello = Hello(
            incarnation=life.incarnation,
            nonce=f"n{self._nonce}",
            challenge=challenge,
            epoch=life.epoch,
            opened=life.opened,
            head_seq=life.seq,
            head_hash=life.hashes[-1].hex(),
            frozen=self.frozen,
            generation=self.generation,
            acknowledged=self.acknowledged,
            tails=tuple(
                Tail(
                    incarnation=each.incarnation,
                    epoch=each.epoch,
                    head_seq=each.seq,
                    head_hash=each.hashes[-1].hex(),
                )
                for each in self.lives[held_tails:-1][:MOST_TAILS]
            ),
            key=key_text(self.key),
        ).model_copy(update=changed)
        topic = self.address.topic("hello")
        return topic, encode(signed_hello(self.key, topic, hello))

    def batch(
        self, first: int = 1, last: int | None = None, *, life: Life | None = None, **changed: Any
    ) -> Message:
        """Offer entries of a life, the newest by default."""
        life = life or self.life
        last = life.seq if last is None else last
        header = Journal(
            incarnation=life.incarnation,
            epoch=life.epoch,
            first_seq=first,
            prev_hash=life.hashes[first - 1].hex(),
            last_hash=life.hashes[last].hex(),
        ).model_copy(update=changed)
        topic = self.address.topic("journal")
        signed = signed_batch(self.key, topic, header)
        return topic, encode_journal(signed, tuple(life.lines[first - 1 : last]))

    def is_welcomed(self, office: HeadOffice) -> Welcome:
        """Greet until there is a WELCOME, and open its epoch; answers the WELCOME."""
        (challenge,) = answers(office.handle(*self.hello()))
        (welcome,) = answers(office.handle(*self.hello(challenge.challenge)))
        assert isinstance(welcome, Welcome), welcome
        self.generation = max(self.generation, welcome.generation)
        self.opens(welcome.new_epoch)
        return welcome

    def is_heard(self, office: HeadOffice) -> Ack:
        """Offer everything that there is; answers what the newest life is told."""
        for life in self.lives:
            told = answers(office.handle(*self.batch(life=life))) if life.seq else []
        (ack,) = told
        assert isinstance(ack, Ack)
        self.acknowledged = Held.of(ack.incarnation, ack.position)
        return ack


class House:
    """A head office, and what stands in its tables."""

    def __init__(self) -> None:
        self.office, self.database = head_office()

    def told(self, message: tuple[str, bytes]) -> Any:
        """Hand in a message that has one answer."""
        (answer,) = answers(self.office.handle(*message))
        return answer

    def rows(self, *columns: Any) -> list[Any]:
        """Read a table."""
        return list(self.database.read(lambda c: c.execute(select(*columns)).all()))

    def kinds(self) -> list[str]:
        """List the kinds of conflicts found."""
        return sorted(row.kind for row in self.rows(conflicts.c.kind))
