"""The event that a number is: a token, or its refusal where the tokens' own rules refuse it.

>>> named("gsrn:061414112345678902").token.value
'061414112345678902'
>>> named("4111111111111111")
RefusedFrame(reason='payment_card')
"""

from agent.core.tokens import Token, TokenRefused
from drivers.events import Reason, RefusedFrame, TokenRead

__all__ = ["named"]

_REASONS: dict[str, Reason] = {"check_digit": "check_digit", "payment_card": "payment_card"}


def named(text: str, *, counter: int | None = None) -> TokenRead | RefusedFrame:
    """Read ``scheme:value``, or a bare number as a cashier would type it."""
    try:
        return TokenRead(token=Token.parse(text), counter=counter)
    except TokenRefused as refused:
        return RefusedFrame(reason=_REASONS.get(str(refused), "unknown"))
