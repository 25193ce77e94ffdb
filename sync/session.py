"""Where a conversation with head office stands: decisions only, no I/O and no clock of its own.

A session is open once head office has answered the HELLO of this connection; until then nothing is
sent. When batches go unanswered the session is greeted anew, so that a head office that is down
costs a HELLO now and then and no batch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from agent.core.backoff import delay_s
from sync.messages import MOST_BATCHES, Ok

__all__ = ["LONGEST_SILENCE_S", "Session"]

LONGEST_SILENCE_S = 30.0
_ANSWER_WITHIN_S = 3.0

State = Literal["down", "greeting", "open", "halted"]


@dataclass(slots=True)
class Session:
    """Where a conversation with head office stands. Times are seconds of a monotonic clock."""

    state: State = "down"
    nonce: str = ""
    attempt: int = 0
    deadline_s: float = 0.0
    acknowledged: int = 0
    sent: int = 0
    under_way: tuple[int, ...] = ()
    """The last seq of each batch sent and not yet acknowledged."""
    halted_in: int = 0

    def link_up(self) -> None:
        """The broker is there: greet."""
        if self.state != "halted":
            self.state, self.attempt, self.deadline_s = "greeting", 0, 0.0

    def link_down(self) -> None:
        """The broker is gone."""
        if self.state != "halted":
            self.state = "down"

    def halt(self, epoch: int = 0) -> None:
        """The two journals contradict each other: send nothing more of this epoch, the newest."""
        self.state, self.halted_in = "halted", epoch

    def lift(self, epoch: int) -> bool:
        """End a halt where the journal has begun a newer life; answers whether it did."""
        if self.state != "halted" or epoch <= self.halted_in:
            return False
        self.state = "down"
        self.link_up()
        return True

    def has_all(self, head_seq: int) -> bool:
        """Say whether head office is known to hold this epoch up to ``head_seq``."""
        return self.state == "open" and self.acknowledged >= head_seq

    def hello_due(self, now_s: float) -> bool:
        """Say whether to greet now: on a new link, or because an answer is overdue."""
        if self.state == "open" and self.under_way and now_s >= self.deadline_s:
            self.state, self.attempt = "greeting", 0
        return self.state == "greeting" and now_s >= self.deadline_s

    def greeted(self, nonce: str, now_s: float, dice: Callable[[], float]) -> None:
        """A HELLO went out; only an answer with its nonce counts."""
        self.nonce = nonce
        self.deadline_s = now_s + delay_s(
            self.attempt, first_s=_ANSWER_WITHIN_S, longest_s=LONGEST_SILENCE_S, dice=dice
        )
        self.attempt += 1

    def expects(self, ok: Ok) -> bool:
        """Say whether an OK answers the HELLO that is open now."""
        return self.state == "greeting" and ok.nonce == self.nonce

    def opened(self, seq: int) -> None:
        """Head office holds everything up to ``seq``: go on from there."""
        self.state, self.acknowledged, self.sent, self.under_way = "open", seq, seq, ()

    def may_send(self, head_seq: int) -> bool:
        """Say whether there is something to send and room to send it."""
        return self.state == "open" and self.sent < head_seq and len(self.under_way) < MOST_BATCHES

    def batch_sent(self, last_seq: int, now_s: float) -> None:
        """A batch up to ``last_seq`` went out."""
        if not self.under_way:
            self.deadline_s = now_s + _ANSWER_WITHIN_S
        self.sent, self.under_way = last_seq, (*self.under_way, last_seq)

    def acked(self, seq: int, now_s: float) -> bool:
        """Take an ACK up to ``seq``, which is cumulative; answers whether it was news.

        An old one, and one for a batch head office could not use because the one before it was
        lost, is no progress: without progress the deadline passes and the session greets anew.
        """
        if self.state != "open" or not self.acknowledged < seq <= self.sent:
            return False
        self.acknowledged, self.deadline_s = seq, now_s + _ANSWER_WITHIN_S
        self.under_way = tuple(last_seq for last_seq in self.under_way if last_seq > seq)
        return True
