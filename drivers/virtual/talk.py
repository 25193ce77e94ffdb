"""What an emulated device says, without I/O; a line of ``drivers/virtual/line.py`` carries it.

A reader that only speaks says its card's frame, and perhaps again and again while the card lies
there (``Speaking``). One that is asked answers what it is fed, and says nothing by itself
(``Answering`` wraps it).

>>> talk = Speaking(lambda card: f"<{card}>".encode(), repeat_s=0.06)
>>> talk.lay("A")
>>> talk.says(), talk.says()
(b'<A>', b'<A>')
>>> talk.take("A")
>>> talk.says()
b''
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

__all__ = ["Answering", "Answers", "Speaking", "Talk"]

C = TypeVar("C")
Card_contra = TypeVar("Card_contra", contravariant=True)


class Answers(Protocol[Card_contra]):
    """A device that is asked: bytes in, bytes out."""

    def lay(self, card: Card_contra, /) -> None:
        """A card is before it now."""
        ...

    def take(self, card: Card_contra, /) -> None:
        """That card is gone."""
        ...

    def feed(self, data: bytes, /) -> bytes:
        """Take what it was sent, and answer what it says to that. With no bytes it may answer
        what it was still looking for.
        """
        ...


class Talk(Answers[Card_contra], Protocol[Card_contra]):
    """One device's talk since it was plugged in."""

    repeat_s: float | None
    """How often it says its card again; None where it does not."""

    def begin(self) -> bytes:
        """It was plugged in, and says so; what it heard before is forgotten."""
        ...

    def says(self) -> bytes:
        """What it says by itself: once after a card was laid, then every ``repeat_s``."""
        ...


class Speaking(Talk[C]):
    """A device that nobody asks, with room for one card."""

    def __init__(
        self,
        frame: Callable[[C], bytes],
        *,
        repeat_s: float | None = None,
        greeting: bytes = b"",
    ) -> None:
        self.repeat_s = repeat_s
        self._frame, self._greeting = frame, greeting
        self._said = b""

    def begin(self) -> bytes:
        """Say what is said at the start: a stream often starts in mid-frame."""
        if self.repeat_s is None:
            self._said = b""  # it was said, to nobody
        return self._greeting

    def lay(self, card: C, /) -> None:
        """Say this card from now on."""
        self._said = self._frame(card)

    def take(self, card: C, /) -> None:  # noqa: ARG002 - there is one
        """Fall silent."""
        self._said = b""

    def says(self) -> bytes:
        """Say the card's frame; once only, where it is not repeated."""
        said = self._said
        if self.repeat_s is None:
            self._said = b""
        return said

    def feed(self, data: bytes, /) -> bytes:  # noqa: ARG002 - nobody asks
        """Nothing ever."""
        return b""


class Answering(Talk[C]):
    """A device that speaks when it is spoken to. ``make`` makes it anew at each plugging in;
    ``shape`` says what a card is to it.
    """

    repeat_s = None

    def __init__(
        self, make: Callable[[], Answers[Any]], shape: Callable[[C], object] = lambda card: card
    ) -> None:
        self._make, self._shape = make, shape
        self._answers = make()
        self._cards: list[C] = []

    def begin(self) -> bytes:
        """Forget what was said; cards that lie there lie there still."""
        self._answers = self._make()
        for card in self._cards:
            self._answers.lay(self._shape(card))
        return b""

    def lay(self, card: C, /) -> None:
        """Have it before the reader."""
        self._cards.append(card)
        self._answers.lay(self._shape(card))

    def take(self, card: C, /) -> None:
        """Have it no longer."""
        self._cards.remove(card)
        self._answers.take(self._shape(card))

    def says(self) -> bytes:
        """Answer what it was asked before, where the card that was laid is the answer."""
        return self._answers.feed(b"")

    def feed(self, data: bytes, /) -> bytes:
        """Answer."""
        return self._answers.feed(data)
