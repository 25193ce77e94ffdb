"""Vouchers: a right that was given to a member, has a code, is good until a day and is used once.

A code is twelve characters that say nothing, and one that checks them: ``7H3K-PQ9D-2MXA-V``. They
are Crockford's base32, without I, L, O and U, which are read for others or spell words. The check
character finds each single wrong character and each two that changed places: it is a sum over
GF(32), in which every place has a weight of its own.

>>> code = code_of(bytes(range(8)))
>>> code
'000G-40R4-0M30-F'
>>> read_code("ooog 4or4 om3of") == code  # as it is typed
True
>>> read_code("000G-40R4-0M30-E")
Traceback (most recent call last):
    ...
agent.core.vouchers.MalformedCode: check
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Annotated

from msgspec import Meta

from agent.core.program import Discount

__all__ = [
    "CODE_BYTES",
    "MalformedCode",
    "RandomBytes",
    "VoucherCode",
    "Worth",
    "code_of",
    "good_until",
    "is_good_on",
    "masked",
    "read_code",
    "worth_of",
]

RandomBytes = Callable[[int], bytes]
"""Answers so many bytes that nobody can foresee. Handed in, like the clock."""

CODE_BYTES = 8
"""How many random bytes a code is made of; it takes 60 of their bits."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_READ_FOR = str.maketrans("OIL", "011", " -")
_CHARACTERS = 12
_LONGEST_TYPED = 64
_GROUP = f"[{_ALPHABET}]{{4}}"

VoucherCode = Annotated[
    str, Meta(pattern=rf"^{_GROUP}-{_GROUP}-{_GROUP}-[{_ALPHABET}]\Z", max_length=16)
]
"""A code in its one written form."""


class MalformedCode(ValueError):
    """What was typed is no code; the message is ``length``, ``character`` or ``check``."""


def code_of(random: bytes) -> str:
    """Make a code of CODE_BYTES random bytes, its check character included."""
    number = int.from_bytes(random[:CODE_BYTES]) >> 4
    values = [number >> 5 * place & 31 for place in reversed(range(_CHARACTERS))]
    return _written("".join(_ALPHABET[value] for value in (*values, _check(values))))


def read_code(typed: str) -> str:
    """Read a code as people type it: in any case, with blanks, dashes, and O for 0, I or L for 1.

    Raises MalformedCode for what is no code, such as one with a wrong character.
    """
    if len(typed) > _LONGEST_TYPED:
        raise MalformedCode("length")
    plain = typed.upper().translate(_READ_FOR)
    if len(plain) != _CHARACTERS + 1:
        raise MalformedCode("length")
    if not all(character in _VALUES for character in plain):
        raise MalformedCode("character")
    *values, check = (_VALUES[character] for character in plain)
    if check != _check(values):
        raise MalformedCode("check")
    return _written(plain)


def masked(code: str) -> str:
    """Write a code so that nobody can use it: of its letters only the first group."""
    return code[:4] + re.sub(r"[^-]", "*", code[4:])


@dataclass(frozen=True, kw_only=True, slots=True)
class Worth:
    """What points become: money of the program's currency, until a day or for ever."""

    value_minor: int
    good_until: date | None


def worth_of(discount: Discount, points: int, issued_on: date, *, partner: bool) -> Worth | None:
    """Answer what so many points are worth as a voucher, fractions of a minor unit dropped once.

    None at a partner where the program has none.
    """
    if partner and discount.partner_rate is None:
        return None
    rate = Fraction(discount.partner_rate or 1) if partner else Fraction(1)
    value_minor = int(points * rate * discount.worth_minor / discount.points)
    return Worth(value_minor=value_minor, good_until=good_until(discount, issued_on))


def good_until(discount: Discount, issued_on: date) -> date | None:
    """Answer the last day on which a voucher of a day is good; None where it always is."""
    gone_on = discount.voucher_gone_on(issued_on)
    return None if gone_on is None else gone_on - timedelta(days=1)


def is_good_on(last_day: date | None, day: date) -> bool:
    """Say whether a voucher is good on a business date, its last day included."""
    return last_day is None or day <= last_day


def _written(plain: str) -> str:
    return "-".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def _check(values: list[int]) -> int:
    """Sum the values by Horner's rule: every place weighs twice, in GF(32), what the next does."""
    total = 0
    for value in values:
        total = _twice(total) ^ value
    return _twice(total)


def _twice(value: int) -> int:
    """Multiply by x modulo x^5 + x^2 + 1, of which every power below 31 is another one."""
    return (value << 1) ^ (0b100101 if value & 16 else 0)
