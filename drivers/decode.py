"""Raw device bytes to the plain values that ``tapledger decode`` prints, one per thing seen."""

from collections.abc import Iterator
from typing import assert_never

from drivers.events import Event, Parser, RefusedFrame, TokenRead
from drivers.readers.em4100 import Em4100GapParser, Em4100Parser

__all__ = ["decode_em4100"]


def decode_em4100(data: bytes, *, framing: str) -> Iterator[dict[str, str]]:
    """Decode a recorded EM4100 line; ``framing`` is ``stx``, or ``gap`` for an EM-18."""
    parser: Parser = Em4100GapParser() if framing == "gap" else Em4100Parser()
    for event in (*parser.feed(data), *parser.idle()):
        yield _in_words(event)


def _in_words(event: Event) -> dict[str, str]:
    match event:
        case TokenRead(token=token):
            return {"kind": "token", "scheme": token.scheme, "value": token.value}
        case RefusedFrame(reason=reason):
            return {"kind": "refused", "reason": reason}
        case _:
            assert_never(event)
