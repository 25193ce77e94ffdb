"""Questions that somebody at a till waits for: each is answered once, or given up in time."""

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["UNANSWERED", "Answer", "Questions"]

_MOST = 32
"""Questions that may be open at once; a store has fewer tills."""

UNANSWERED = ""
"""What a question is answered with that head office did not hear, or not in time."""

Answer = Callable[[str | None], None]
"""Called once: None says yes, anything else why not, in words unless nobody answered."""


@dataclass(frozen=True, slots=True)
class _Question:
    answer: Answer
    until_s: float


class Questions:
    """What is open, by the nonce that the answer will carry."""

    def __init__(self) -> None:
        self._open: dict[str, _Question] = {}

    def __contains__(self, nonce: str) -> bool:
        return nonce in self._open

    def __bool__(self) -> bool:
        return bool(self._open)

    @property
    def is_full(self) -> bool:
        """Whether no further question can be asked now."""
        return len(self._open) >= _MOST

    def ask(self, nonce: str, answer: Answer, until_s: float) -> None:
        """Note a question that went out."""
        self._open[nonce] = _Question(answer, until_s)

    def answer(self, nonce: str, said: str | None) -> None:
        """Answer a question, where it is still open."""
        question = self._open.pop(nonce, None)
        if question is not None:
            question.answer(said)

    def look(self, now_s: float) -> None:
        """Give up what was not answered in time."""
        for nonce in [each for each, it in self._open.items() if now_s >= it.until_s]:
            self.answer(nonce, UNANSWERED)

    def give_up(self) -> None:
        """Give up all: the link is gone."""
        for nonce in tuple(self._open):
            self.answer(nonce, UNANSWERED)
