"""Tokens: what a reader saw of a card, written ``scheme:value``.

>>> Token.parse("em4100:0c000621a5")
Token(em4100:******21A5)
>>> str(Token.parse("0C000621A5"))
'em4100:0C000621A5'
>>> Token.parse("061414112345678902").scheme
'gsrn'

Digits alone are a number that was printed, and what a cashier types is the card that a scanner
reads off it. So ten of them are no ``em4100``, whose hexadecimal number no card has printed on it:
there it stands in decimal digits, and without its first byte. Who means that one says its scheme.

>>> Token.parse("0000402721"), Token.parse("em4100:0000402721")
(Token(card:******2721), Token(em4100:******2721))

One card is one token, however it was written; a Wiegand number has no leading zeros:

>>> str(Token.parse("wiegand:006-08613"))
'wiegand:6-8613'

A token prints masked, so that no log can hold a card number by accident; ``str`` gives it in full.

Numbers that look like payment cards are refused (PCI DSS 3.5: what is never stored cannot leak):

>>> Token.parse("4111111111111111")
Traceback (most recent call last):
...
agent.core.tokens.TokenRefused: payment_card

A chip's number (UID, ISO/IEC 14443-3) is hexadecimal and may happen to have decimal digits only. It
has 4 or 7 bytes, seldom 10; a chip of 8 bytes has E0 at one end (ISO/IEC 15693-3). So a ``uid`` of
more than 7 bytes is judged as any number is. 7 bytes are 14 digits, and of those only Diners Club
issues payment cards: a ``uid`` with its prefixes is judged too, with any other it is a chip's. That
refuses in vain one in 2,800 chips of the few makers whose code is 30, 36, 38 or 39 hexadecimal.
"""

import re
from typing import Literal, Self, get_args

from msgspec import Struct

from agent.core.gs1 import check_digit_holds

__all__ = ["PROOFS", "How", "Proof", "Scheme", "Token", "TokenRefused", "proof_of"]

Scheme = Literal["em4100", "uid", "wiegand", "gsrn", "epc", "ean13", "card", "sdm"]

Proof = Literal["any", "uid", "sdm"]
"""What a card proves: a number that anybody could type, a chip's own number, which can be cloned,
or a signature that cannot.
"""

PROOFS: tuple[Proof, ...] = get_args(Proof)
"""From the one that proves least to the one that proves most."""

How = Literal["read", "typed"]
"""How a card's number came: a reader read it, or somebody typed it."""

_SCHEMES = frozenset(get_args(Scheme))
_SHOWN = 4
_EPC_PREFIX = "urn:epc:"
_GSRN_ELEMENT = re.compile(r"(801[78])([0-9]{18})")
"""How a scanner hands a GSRN out: 8018 is a member, 8017 who serves (GS1, section 3.2)."""
_CHIP_DIGITS = 14
_DINERS_CLUB = re.compile(r"30[0-5]\d{11}|3095\d{10}|3[689]\d{12}")

# What a value of each scheme looks like once it is in upper case.
_SHAPES: dict[Scheme, re.Pattern[str]] = {
    "em4100": re.compile(r"[0-9A-F]{10}"),
    "uid": re.compile(r"(?:[0-9A-F]{2}){4,10}"),
    "wiegand": re.compile(r"\d{1,3}-\d{1,5}"),
    "gsrn": re.compile(r"\d{18}"),
    "epc": re.compile(r"URN:EPC:[\x21-\x7E]{1,100}"),
    "ean13": re.compile(r"\d{13}"),
    "card": re.compile(r"\d{4,32}"),
    "sdm": re.compile(r"[0-9A-F]{14}"),
}


class TokenRefused(ValueError):
    """A text is not a token; the message is the reason word that ``decode`` prints too."""


class Token(Struct, frozen=True, gc=False):
    """What identifies a card. Equal tokens are the same card; the value is in canonical form."""

    scheme: Scheme
    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``scheme:value``, or guess the scheme of a bare value as a cashier would type it.

        Raises TokenRefused with ``unknown``, ``check_digit``, ``payment_card`` or, for the
        element string of one who serves, ``provider_gsrn``.
        """
        if not text.isascii():
            raise TokenRefused("unknown")
        scheme, colon, value = text.strip().partition(":")
        if colon and scheme in _SCHEMES:
            return cls.of(scheme, value)  # type: ignore[arg-type]  # narrowed by the line above
        return cls._guessed(text.strip())

    @classmethod
    def _guessed(cls, bare: str) -> Self:
        upper = bare.upper()
        if len(bare) == 18 and bare.isdigit() and check_digit_holds(bare):
            return cls.of("gsrn", bare)
        if len(bare) == 13 and bare.isdigit() and check_digit_holds(bare):
            return cls.of("ean13", bare)
        if element := _GSRN_ELEMENT.fullmatch(bare):
            token = cls.of("gsrn", element[2])
            if element[1] == "8017":
                raise TokenRefused("provider_gsrn")
            return token
        if bare.isdigit():
            return cls.of("card", bare)
        if _SHAPES["em4100"].fullmatch(upper):
            return cls.of("em4100", upper)
        return cls.of("uid", upper)

    @classmethod
    def of(cls, scheme: Scheme, value: str) -> Self:
        """Make the token of a scheme that is known, in its canonical form. Raises as ``parse``."""
        canonical = value.upper()
        if not _SHAPES[scheme].fullmatch(canonical):
            raise TokenRefused("unknown")
        match scheme:
            case "uid" | "sdm" if _is_no_chip_but_payment_card(canonical):
                raise TokenRefused("payment_card")
            case "gsrn" | "ean13" if not check_digit_holds(canonical):
                raise TokenRefused("check_digit")
            case "card" if _looks_like_payment_card(canonical):
                raise TokenRefused("payment_card")
            case "wiegand":  # converters pad facility and card, or do not
                canonical = "-".join(str(int(part)) for part in canonical.split("-"))
            case "epc":  # the rest of an EPC keeps its case (RFC 8141, section 3.1)
                canonical = _EPC_PREFIX + value[len(_EPC_PREFIX) :]
        return cls(scheme, canonical)

    @property
    def ending(self) -> str:
        """The last four characters, which is all that screens and receipts show; never all."""
        return self.value[-min(_SHOWN, len(self.value) - 1) :]

    @property
    def masked(self) -> str:
        """The token as a log may hold it."""
        return f"{self.scheme}:{'*' * (len(self.value) - len(self.ending))}{self.ending}"

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"

    def __repr__(self) -> str:
        return f"Token({self.masked})"


def proof_of(token: Token | None, how: How = "read") -> Proof:
    """Answer what was proved by a card; None where a telephone number was said instead.

    Only a card that a reader read proves anything: by its signature, or by its chip's own number.
    Anybody can type a number, or print it as a barcode.

    >>> proof_of(Token.parse("em4100:0C000621A5")), proof_of(Token.parse("5901234123457"))
    ('uid', 'any')
    """
    if token is None or how == "typed":
        return "any"
    return _PROVED.get(token.scheme, "any")


_PROVED: dict[Scheme, Proof] = {
    "sdm": "sdm",
    "uid": "uid",
    "em4100": "uid",
    "wiegand": "uid",
    "epc": "uid",
}


def _looks_like_payment_card(digits: str) -> bool:
    """ISO/IEC 7812-1: 13 to 19 digits of a payment issuer (2 to 6), ending in a Luhn digit."""
    if not (13 <= len(digits) <= 19 and digits.isdigit() and digits[0] in "23456"):
        return False
    doubled = (int(d) * (2 if i % 2 else 1) for i, d in enumerate(reversed(digits)))
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def _is_no_chip_but_payment_card(value: str) -> bool:
    """Tell a payment card's number that was called a chip's; the module docstring says how.

    Payment terminals fill an odd number of digits up with F (EMV 4.3 book 3, format cn).
    """
    if len(value) == _CHIP_DIGITS and not _DINERS_CLUB.match(value):
        return False
    return _looks_like_payment_card(value.rstrip("F"))
