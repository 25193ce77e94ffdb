"""Payment card numbers wherever they stand, so that no device's words can carry one out.

>>> holds_payment_card("https://pay.example.test/?n=4111-1111-1111-1111&x=1")
True
>>> holds_payment_card("lot 4111111111111112")
False

A run of digits is one by itself where the tokens' rule says so (``agent.core.tokens``: ISO/IEC
7812-1, 13 to 19 digits of an issuer's range, ending in a Luhn digit). Blanks, dots and hyphens
between digits are how people write them. Inside a run that is longer, or that begins otherwise,
any stretch counts that has an issuer's own prefix and length: the wider rule would find one in
every other long number. Even so it finds one in nine of a hundred numbers of 19 digits; so a number
that is all of a scan is judged as a whole up to that length, as ``agent.core.tokens`` does.
"""

import re

from agent.core.tokens import Token, TokenRefused

__all__ = ["holds_payment_card"]

_FEWEST = 13
_RUN = re.compile(r"[0-9](?:[ .\-]?[0-9]){12,}")
_BETWEEN = re.compile(r"[^0-9]")

_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")

# Issuers' prefixes with the digits that follow them, of ISO/IEC 7812 as the issuers publish them.
_ISSUED = re.compile(
    r"""(?=(
      4[0-9]{15}                                                      # Visa
    | 5[1-5][0-9]{14}                                                 # Mastercard
    | (?:222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}
    | 3[47][0-9]{13}                                                  # American Express
    | (?:30[0-5]|3095)[0-9]{11} | 3[689][0-9]{12}                     # Diners Club
    | 35(?:2[89]|[3-8][0-9])[0-9]{12}                                 # JCB
    | (?:6011|65[0-9]{2}|64[4-9][0-9])[0-9]{12}                       # Discover
    | 62[0-9]{14}                                                     # UnionPay
    ))""",
    re.VERBOSE,
)


def holds_payment_card(text: str) -> bool:
    """Say whether a payment card's number stands anywhere in ``text``. Linear."""
    if len(text) < _FEWEST:
        return False
    for run in _RUN.finditer(text):
        written = run.group()
        digits = written if written.isdigit() else _BETWEEN.sub("", written)
        if _is_one(digits):
            return True
        if any(_is_one(found.group(1)) for found in _ISSUED.finditer(digits)):
            return True
    return False


def _is_one(digits: str) -> bool:
    """Ask the rule that keeps them out of the journal, so that there is one; but not in vain."""
    if not (_FEWEST <= len(digits) <= 19 and _luhn_holds(digits)):
        return False
    try:
        Token.parse(f"card:{digits}")
    except TokenRefused as refused:
        return str(refused) == "payment_card"
    return False


def _luhn_holds(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B, in sums of slices: a scan may hold two hundred stretches."""
    codes = digits.encode("ascii")
    values = sum(codes[::-2]) + sum(codes[-2::-2].translate(_DOUBLED))
    return (values - ord("0") * len(codes)) % 10 == 0
