"""The check digit that ends every GTIN, GSRN and SSCC (GS1 General Specifications, section 7.9).

>>> with_check_digit("590123412345")
'5901234123457'
>>> check_digit_holds("061414112345678902"), check_digit_holds("061414112345678903")
(True, False)
"""

__all__ = ["as_printed", "check_digit_holds", "with_check_digit"]

_ZERO = ord("0")
_MISSING = "0987654321"
"""What is missing to a multiple of ten."""


def check_digit_holds(digits: str) -> bool:
    """Say whether the last of these decimal digits is the right one."""
    return _weighted(digits) == 0


def with_check_digit(digits: str) -> str:
    """Answer ``digits`` with their check digit behind them."""
    return digits + _MISSING[_weighted(digits + "0")]


def as_printed(gtin_14: str) -> str:
    """Drop the zeros that fill a GTIN up to 14 digits, which the shop's articles do not have.

    >>> as_printed("05901234123457"), as_printed("00000096385074"), as_printed("80614141123458")
    ('5901234123457', '96385074', '80614141123458')
    """
    if not gtin_14.startswith("0"):
        return gtin_14
    return gtin_14[6 if gtin_14.startswith("000000") else 1 :]


def _weighted(digits: str) -> int:
    """Weights 1 and 3 from the right, modulo ten. Sums of slices: a scan is judged in passing."""
    codes = digits.encode("ascii")
    odd, even = codes[::-2], codes[-2::-2]
    return (sum(odd) + 3 * sum(even) - _ZERO * (len(odd) + 3 * len(even))) % 10
