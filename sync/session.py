"""Where a conversation with head office stands: decisions only, no I/O and no clock of its own.

A session is open once head office has answered the HELLO of this connection with an OK; until then
nothing else is sent. A CHALLENGE or a WELCOME is answered by another HELLO. When batches go
unanswered the session is greeted anew, so that a head office that is down costs a HELLO now and
then and no batch. It may as well be busy: where nothing but an answer is late, what it said before
*stands*, so that it is asked for a customer who waits, and what it grants and acknowledges counts.
What it said late it is given more time for, or a thousand stores that come back at once would have
it answer everything twice.
After a HALT only a HELLO is tried now and then, as a person may have looked.

The journals under way are :class:`Stream`, one for the present epoch and one for each older epoch
of which head office is not known to hold everything, its *tails*.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from agent.core.backoff import delay_s
from sync.messages import MOST_BATCHES, MOST_ENTRIES

__all__ = ["LONGEST_SILENCE_S", "Session", "Stream"]

LONGEST_SILENCE_S = 30.0
_ANSWER_WITHIN_S = 3.0
_HALTED_FOR_S = 300.0
_IN_TOUCH_S = 300.0
"""An open session is greeted anew as often as that: what got lost on the way is said again."""

_AT_ONCE = 6
"""HELLOs in half a minute that go without a pause; more would be two sides in a loop."""

_TAIL_BATCHES = MOST_BATCHES // 2
"""What tails may take of the window: the present epoch never waits behind one that is stuck."""

State = Literal["down", "greeting", "open", "halted"]


@dataclass(slots=True)
class Stream:
    """How far one epoch has been sent, and how far head office holds it."""

    epoch: int
    acknowledged: int = 0
    sent: int = 0
    under_way: tuple[int, ...] = ()
    """The last seq of each batch sent and not yet acknowledged."""
    deadline_s: float = 0.0
    waits_since_s: float = 0.0
    """Since when the next acknowledgement is waited for."""
    not_before_s: float = 0.0
    again_until: int = 0
    """Up to here everything is sent once more, batch by batch, as some of it did not follow."""

    def is_overdue(self, now_s: float) -> bool:
        """Say whether an acknowledgement has not come in time."""
        return bool(self.under_way) and now_s >= self.deadline_s


@dataclass(slots=True)
class _Stall:
    """A tail that came to nothing: how often in a row, and until when it waits for that."""

    times: int = 0
    until_s: float | None = None

    def waits_until_s(self, now_s: float, dice: Callable[[], float]) -> float:
        """Answer until when it waits; from now on, where it does not yet."""
        if self.until_s is None:
            self.until_s = now_s + delay_s(
                self.times - 1, first_s=_ANSWER_WITHIN_S, longest_s=LONGEST_SILENCE_S, dice=dice
            )
        return self.until_s


@dataclass(slots=True)
class Session:
    """Where a conversation with head office stands. Times are seconds of a monotonic clock."""

    state: State = "down"
    nonce: str = ""
    epoch: int = -1
    """The present epoch, as the last HELLO named it."""
    challenge: str | None = None
    """Head office's last challenge, echoed until an OK."""
    attempt: int = 0
    deadline_s: float = 0.0
    present: Stream = field(default_factory=lambda: Stream(-1))
    tails: dict[int, Stream] = field(default_factory=dict)
    answered: bool = False
    """Whether head office has answered on this link, and nothing is overdue since."""
    stands: bool = False
    """Whether its last OK still holds: nothing has changed since, at most an answer is late."""
    heard_s: float = 0.0
    """When it said something last that shows it is there."""
    patience_s: float = _ANSWER_WITHIN_S
    """How long an answer is waited for: twice as long as one took that came late, and half as long
    again after each that came in time.
    """
    _greeted_s: float = 0.0
    """When what the HELLO says went out first."""
    _rounds: int = 0
    _rounds_until_s: float = 0.0
    _stalls: dict[int, _Stall] = field(default_factory=dict)
    """The tails that were sent and came to nothing, by their epochs."""

    def link_up(self) -> None:
        """The broker is there: greet, also after a HALT."""
        self.state, self.attempt, self.deadline_s, self._rounds = "greeting", 0, 0.0, 0
        self.stands = False

    def link_down(self) -> None:
        """The broker is gone."""
        self.state, self.answered, self.stands = "down", False, False

    def greet_again(self, now_s: float) -> None:
        """Something changed that head office must hear of before anything else: greet at once."""
        if self.state not in ("open", "greeting"):
            return
        self.stands, self.nonce = False, ""
        if now_s >= self._rounds_until_s:
            self._rounds, self._rounds_until_s = 0, now_s + LONGEST_SILENCE_S
        self._rounds += 1
        if self._rounds <= _AT_ONCE:
            self.attempt, self.deadline_s = 0, now_s
        elif self.state == "open":
            self.attempt, self.deadline_s = 0, self._rounds_until_s
        self.state = "greeting"

    def hello_due(self, now_s: float) -> bool:
        """Say whether to greet now: on a new link, or because an answer is overdue."""
        if self.state == "open":
            self._look_for_silence(now_s)
        elif self.state == "halted" and now_s >= self.deadline_s:
            self.state, self.attempt = "greeting", 0
        due = self.state == "greeting" and now_s >= self.deadline_s
        if due and self.attempt:
            self.answered = False
        return due

    def _look_for_silence(self, now_s: float) -> None:
        overdue = [stream for stream in self.streams if stream.is_overdue(now_s)]
        for stream in overdue:
            if stream is not self.present:
                before = self._stalls.get(stream.epoch, _Stall())
                self._stalls[stream.epoch] = _Stall(times=before.times + 1)
        if overdue or now_s >= self.deadline_s:
            self.state, self.attempt, self.deadline_s = "greeting", 0, now_s

    def greeted(self, nonce: str, epoch: int, now_s: float, dice: Callable[[], float]) -> None:
        """A HELLO went out; only an answer with its nonce counts."""
        self.stands = self.stands and epoch == self.epoch
        if nonce != self.nonce:
            self._greeted_s = now_s
        self.nonce, self.epoch = nonce, epoch
        self.deadline_s = now_s + delay_s(
            self.attempt, first_s=self.patience_s, longest_s=LONGEST_SILENCE_S, dice=dice
        )
        self.attempt += 1

    def repeats(self, epoch: int) -> bool:
        """Say whether the next HELLO says nothing new: then it is the same one, and whichever of
        them is answered first counts. A head office that is slow would never be in time otherwise.
        """
        return bool(self.attempt) and bool(self.nonce) and self.epoch == epoch

    def expects(self, nonce: str) -> bool:
        """Say whether an answer is to the HELLO that is open now."""
        return self.state == "greeting" and nonce == self.nonce and bool(nonce)

    def challenged(self, challenge: str, now_s: float) -> None:
        """Head office wants to hear it again, with this."""
        self.challenge = challenge
        self.welcomed(now_s)

    def welcomed(self, now_s: float) -> None:
        """The HELLO was answered, and the answer is another HELLO."""
        self._answered_after(now_s - self._greeted_s)
        self.greet_again(now_s)

    def _answered_after(self, took_s: float) -> None:
        wanted_s = 2 * took_s if took_s > _ANSWER_WITHIN_S else _ANSWER_WITHIN_S
        self.patience_s = min(max(wanted_s, self.patience_s / 2), LONGEST_SILENCE_S)

    def halted(self, now_s: float, dice: Callable[[], float]) -> None:
        """Head office wants nothing more: ask now and then whether it still does."""
        if self.state == "down":
            return
        self.state, self.answered, self.challenge, self.stands = "halted", True, None, False
        self.deadline_s = now_s + delay_s(
            0, first_s=_HALTED_FOR_S, longest_s=_HALTED_FOR_S, dice=dice
        )

    def opened(
        self, seq: int, tails: Iterable[tuple[int, int]], now_s: float, dice: Callable[[], float]
    ) -> None:
        """Head office holds the present epoch up to ``seq``, and the tails (epoch, seq) as named.

        A tail that was sent before and came to nothing waits, so that it is not sent for ever at
        the line's full speed: once, however often the session is opened meanwhile, or one that is
        greeted anew all the time would never get to it.
        """
        self._answered_after(now_s - self._greeted_s)
        self.state, self.challenge, self.answered, self.stands = "open", None, True, True
        self.heard_s = now_s
        self.present = Stream(self.epoch, seq, seq)
        self.tails = {epoch: Stream(epoch, at, at) for epoch, at in sorted(tails)}
        for epoch, stall in self._stalls.items():
            if epoch in self.tails:
                self.tails[epoch].not_before_s = stall.waits_until_s(now_s, dice)
        self.deadline_s = now_s + delay_s(0, first_s=_IN_TOUCH_S, longest_s=_IN_TOUCH_S, dice=dice)

    @property
    def streams(self) -> tuple[Stream, ...]:
        """What is sent in this session: the tails, oldest first, and the present epoch."""
        return (*self.tails.values(), self.present)

    @property
    def is_live(self) -> bool:
        """Whether what head office says of rights and entries counts now."""
        return self.state == "open" or (self.state == "greeting" and self.stands)

    def may_ask(self, now_s: float) -> bool:
        """Say whether head office may be asked while a customer waits: not where it was silent for
        so long that it is hardly there.
        """
        is_there = self.state == "open" or now_s < self.heard_s + LONGEST_SILENCE_S
        return self.is_live and is_there

    def heard(self, now_s: float) -> None:
        """Head office said something that it says to a session alone: it is there."""
        self.answered, self.heard_s = True, now_s

    def stream(self, epoch: int) -> Stream | None:
        """Find what was sent of an epoch in this session."""
        if not self.is_live:
            return None
        return self.present if epoch == self.present.epoch else self.tails.get(epoch)

    def may_send(self, epoch: int, head_seq: int, now_s: float) -> bool:
        """Say whether an epoch that has grown so far has something to send, and room to send it.

        A batch that is not full waits while another one of its epoch is under way, and grows: so a
        head office that is busy gets fewer batches that hold more, and not a longer queue.
        """
        stream = self.stream(epoch) if self.state == "open" else None
        if stream is None or stream.sent >= head_seq or now_s < stream.not_before_s:
            return False
        if stream.under_way and head_seq - stream.sent < MOST_ENTRIES:
            return False
        if stream.under_way and stream.acknowledged < stream.again_until:
            return False
        of_tails = sum(len(tail.under_way) for tail in self.tails.values())
        if stream is not self.present and of_tails >= _TAIL_BATCHES:
            return False
        return of_tails + len(self.present.under_way) < MOST_BATCHES

    def batch_sent(self, epoch: int, last_seq: int, now_s: float) -> None:
        """A batch up to ``last_seq`` of an epoch went out."""
        stream = self.stream(epoch)
        if stream is None:
            return
        if not stream.under_way:
            stream.waits_since_s, stream.deadline_s = now_s, now_s + self.patience_s
        stream.sent, stream.under_way = last_seq, (*stream.under_way, last_seq)

    def acked(self, epoch: int, seq: int, now_s: float) -> bool:
        """Take an ACK up to ``seq``, which is cumulative; answers whether it was news.

        An old one is no progress: without progress the deadline passes and the session greets anew.
        """
        stream = self.stream(epoch)
        if stream is None or seq <= stream.acknowledged:
            return False
        if seq > max(stream.sent, stream.again_until):
            return False
        if stream.under_way:
            self._answered_after(now_s - stream.waits_since_s)
        stream.acknowledged, stream.waits_since_s = seq, now_s
        stream.deadline_s = now_s + self.patience_s
        stream.sent = max(stream.sent, seq)
        stream.under_way = tuple(last_seq for last_seq in stream.under_way if last_seq > seq)
        self._stalls.pop(epoch, None)
        return True

    def came_to_nothing(self, epoch: int) -> None:
        """A batch did not follow what head office holds: what is not acknowledged is sent again, at
        once, and each batch after the one before it was answered, so that none overtakes another.

        What was under way says so batch by batch; that is one reason to begin again, not many.
        """
        stream = self.stream(epoch)
        if stream is None or not stream.under_way or stream.acknowledged < stream.again_until:
            return
        stream.again_until = stream.sent
        stream.sent, stream.under_way = stream.acknowledged, ()
