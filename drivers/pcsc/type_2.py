"""The memory of a Type 2 tag (Ultralight, NTAG), read four pages at a time."""

from drivers.pcsc.apdu import PIECE_BYTES, Family, Talk, data_of, read_16
from drivers.tags.tlv import reading

__all__ = ["memory_of"]


def memory_of(family: Family) -> Talk[bytes | None]:
    """Read from the capability container on, as far as the message goes.

    Empty where the tag has no container; None where a command failed: the tag was taken away, or
    its pages are not for everybody. A reader that answers four bytes wants another ``family``.
    """
    pages = reading()
    page = next(pages)
    while True:
        data = data_of((yield read_16(page, family)))
        if data is None or len(data) != PIECE_BYTES:
            return None
        try:
            page = pages.send(data)
        except StopIteration as done:
            return done.value or b""
