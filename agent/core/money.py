"""Money for people to read.

>>> format_money(142005, "USD"), format_money(-50, "EUR"), format_money(1200, "JPY")
('1,420.05 USD', '-0.50 EUR', '1,200 JPY')
"""

__all__ = ["format_money"]

# ISO 4217:2015, list one, minor units; every currency not named here has two.
_MINOR_DIGITS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}


def format_money(amount_minor: int, currency: str) -> str:
    """Write an amount with its currency's digits and its ISO 4217 code."""
    digits = _MINOR_DIGITS.get(currency, 2)
    whole, part = divmod(abs(amount_minor), 10**digits)
    sign = "-" if amount_minor < 0 else ""
    fraction = f".{part:0{digits}}" if digits else ""
    return f"{sign}{whole:,}{fraction} {currency}"
