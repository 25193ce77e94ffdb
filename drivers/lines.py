"""Lines out of a stream of bytes: ended by CR, LF or both, bounded, however the stream was cut.

>>> lines = Lines(longest=8)
>>> lines.feed(b"00401829\\r\\n0388"), lines.feed(b"7558\\r"), lines.rest()
([b'00401829'], [b'03887558'], b'')

A line that is too long is handed out once, cut behind the byte that was too much, and the rest of
it is nothing:

>>> lines.feed(b"no end to this"), lines.feed(b" at all\\n00401829\\n")
([b'no end to'], [b'00401829'])
"""

import re

__all__ = ["Lines"]

_END = re.compile(rb"[\r\n]")


class Lines:
    """Holds at most one line of ``longest`` bytes. Empty lines are nothing."""

    def __init__(self, *, longest: int) -> None:
        self._longest = longest
        self._held = b""
        self._running_on = False  # in a line that was handed out as too long

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes and answer the lines that ended in them, without their ends."""
        if self._running_on:
            end = _END.search(data)
            if end is None:
                return []
            data, self._running_on = data[end.end() :], False
        # One kind of end makes the split one pass of C; an empty line is dropped below.
        *whole, rest = (self._held + data).replace(b"\r", b"\n").split(b"\n")
        longest = self._longest
        lines = [line if len(line) <= longest else line[: longest + 1] for line in whole if line]
        if len(rest) > longest:
            lines.append(rest[: longest + 1])
            rest, self._running_on = b"", True
        self._held = rest
        return lines

    def rest(self) -> bytes:
        """The line fell silent: answer the line that has no end yet, and forget it."""
        rest, self._held, self._running_on = self._held, b"", False
        return rest
