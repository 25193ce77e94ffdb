"""The event that a number is: a token, or its refusal where the tokens' own rules refuse it.

>>> named("gsrn:061414112345678902").token.value
'061414112345678902'
>>> named("4111111111111111")
RefusedFrame(reason='payment_card')

Or what a chip's number is. One of four bytes that begins with 08 is made up at each tap (ISO/IEC
14443-3, section 6.5.4), and so is a FeliCa's that begins with 01 FE (ISO/IEC 18092, NFCID2):

>>> named_by_chip(bytes.fromhex("08A1B2C3"))
RefusedFrame(reason='random_uid')
"""

from agent.core.tokens import Token, TokenRefused
from drivers.events import Reason, RefusedFrame, TokenRead

__all__ = ["named", "named_by_chip"]

_REASONS: dict[str, Reason] = {"check_digit": "check_digit", "payment_card": "payment_card"}
_RANDOM_UID, _RANDOM_IDM = b"\x08", b"\x01\xfe"


def named(text: str, *, counter: int | None = None) -> TokenRead | RefusedFrame:
    """Read ``scheme:value``, or a bare number as a cashier would type it."""
    try:
        return TokenRead(token=Token.parse(text), counter=counter)
    except TokenRefused as refused:
        return RefusedFrame(reason=_REASONS.get(str(refused), "unknown"))


def named_by_chip(number: bytes, *, felica: bool = False) -> TokenRead | RefusedFrame:
    """Name a card by its UID, or by its IDm where it is a FeliCa."""
    random = _RANDOM_IDM if felica else _RANDOM_UID
    if len(number) == (8 if felica else 4) and number.startswith(random):
        return RefusedFrame(reason="random_uid")
    return named(f"uid:{number.hex()}")
