"""What a scanner sends of what is printed: an AIM symbology id, the code, and a carriage return.

>>> scan_of("5901234123457"), scan_of("061414112345678902")
(b']E05901234123457\\r', b']C18018061414112345678902\\r')
>>> scan_of("https://id.example.test/8018/061414112345678902")
b']Q1https://id.example.test/8018/061414112345678902\\r'
"""

from agent.core.gs1 import check_digit_holds

__all__ = ["scan_from", "scan_of"]

_MOST = 200
_EAN_8, _EAN_13, _GTIN_14, _GSRN = 8, 13, 14, 18
_IDS = {_EAN_8: "]E4", _EAN_13: "]E0", _GTIN_14: "]C101", _GSRN: "]C18018"}


def scan_of(text: str) -> bytes:
    """Answer the bytes of a scan: of a code as it is printed, or with its AIM id before it.

    Digits are what has so many of them and a right check digit: an article, a case, a member's
    GSRN. Other digits are a Code 128, all else a QR code.
    """
    return f"{_id_of(text)}{text}\r".encode()


def scan_from(text: str) -> str:
    """Take what somebody typed as a code to scan. Raises ValueError in their words."""
    text = text.strip()
    if not text or len(text) > _MOST or not text.isprintable():
        raise ValueError(f"a code has 1 to {_MOST} characters that can be printed")
    return text


def _id_of(text: str) -> str:
    if text.startswith("]"):
        return ""
    if not (text.isascii() and text.isdigit()):
        return "]Q1"
    return _IDS.get(len(text), "]C0") if check_digit_holds(text) else "]C0"
