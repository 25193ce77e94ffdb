"""The event that a number is: a token, or its refusal where the tokens' own rules refuse it.

>>> named("gsrn", "061414112345678902").token.value
'061414112345678902'
>>> guessed("4111111111111111")
RefusedFrame(reason='payment_card')
"""

from agent.core.tokens import Scheme, Token, TokenRefused
from drivers.events import Reason, RefusedFrame, TokenRead

__all__ = ["guessed", "named"]

_REASONS: dict[str, Reason] = {"check_digit": "check_digit", "payment_card": "payment_card"}


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


def _refused(refused: TokenRefused) -> RefusedFrame:
    return RefusedFrame(reason=_REASONS.get(str(refused), "unknown"))
