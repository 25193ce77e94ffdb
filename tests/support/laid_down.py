"""A card on a PC/SC reader without either: commands and answers go round in the test."""

from drivers.events import Event, StatusSeen
from drivers.pcsc.plan import ReadingPlan
from drivers.pcsc.reading import read
from drivers.virtual.cards import VirtualCard

__all__ = ["Failing", "asked", "seen"]


def asked(card: VirtualCard, plan: ReadingPlan | None = None) -> tuple[list[Event], list[bytes]]:
    """What is read of a card behind its kind, and the commands that it took."""
    card.reset()
    talk = read(card.atr, plan or ReadingPlan())
    commands: list[bytes] = []
    answer = None
    try:
        while True:
            commands.append(next(talk) if answer is None else talk.send(answer))
            answer = card.answer(commands[-1])
    except StopIteration as done:
        kind, *events = done.value
        assert isinstance(kind, StatusSeen)
        return events, commands


def seen(card: VirtualCard, plan: ReadingPlan | None = None) -> Event:
    """What a card is."""
    (event,) = asked(card, plan)[0]
    return event


class Failing:
    """A card that answers so many commands, and then only this."""

    def __init__(self, card: VirtualCard, after: int, answer: bytes) -> None:
        self.atr = card.atr
        self._card, self._left, self._answer = card, after, answer

    def reset(self) -> None:
        """Lay the card down anew."""
        self._card.reset()

    def answer(self, apdu: bytes) -> bytes:
        """Answer, as long as it does."""
        self._left -= 1
        return self._card.answer(apdu) if self._left >= 0 else self._answer
