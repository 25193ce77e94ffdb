"""The event that a number is: a token, or its refusal where the tokens' own rules refuse it.

>>> named("gsrn", "061414112345678902").token.value
'061414112345678902'
>>> guessed("4111111111111111")
RefusedFrame(reason='payment_card')

Or what a chip's number is. One of four bytes that begins with 08 is made up at each tap (ISO/IEC
14443-3, section 6.5.4), and so is a FeliCa's that begins with 01 FE (ISO/IEC 18092, NFCID2):

>>> named_by_chip(bytes.fromhex("08A1B2C3"))
RefusedFrame(reason='random_uid')
"""

from agent.core.tokens import Scheme, Token, TokenRefused
from drivers.events import Reason, RefusedFrame, TokenRead

__all__ = ["guessed", "named", "named_by_chip"]

_REASONS: dict[str, Reason] = {
    "check_digit": "check_digit",
    "payment_card": "payment_card",
    "provider_gsrn": "provider_gsrn",
}
_RANDOM_UID, _RANDOM_IDM = b"\x08", b"\x01\xfe"


def named(scheme: Scheme, value: str, *, counter: int | None = None) -> TokenRead | RefusedFrame:
    """Read the number of a card whose scheme is known."""
    try:
        return TokenRead(token=Token.of(scheme, value), counter=counter)
    except TokenRefused as refused:
        return _refused(refused)


def guessed(bare: str) -> TokenRead | RefusedFrame:
    """Read a bare number as a cashier would type it."""
    try:
        return TokenRead(token=Token.parse(bare))
    except TokenRefused as refused:
        return _refused(refused)


def named_by_chip(number: bytes, *, felica: bool = False) -> TokenRead | RefusedFrame:
    """Name a card by its UID, or by its IDm where it is a FeliCa; zeros alone are neither."""
    if not any(number):
        return RefusedFrame(reason="unreadable")
    random = _RANDOM_IDM if felica else _RANDOM_UID
    if len(number) == (8 if felica else 4) and number.startswith(random):
        return RefusedFrame(reason="random_uid")
    return named("uid", number.hex())


def _refused(refused: TokenRefused) -> RefusedFrame:
    return RefusedFrame(reason=_REASONS.get(str(refused), "unknown"))
