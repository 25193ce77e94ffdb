"""The address in a URI record (NFC Forum URI Record Type Definition 1.0, section 3.2).

Its first byte stands for how the address begins, so that a small tag holds a longer one:

>>> address_in(b"\\x04club.example.test/8018/061414112345678902")
'https://club.example.test/8018/061414112345678902'

A library does this too, in a third of all the time that a tag's memory takes.
"""

import re

__all__ = ["address_in"]

_BEGINNINGS = (
    *("", "http://www.", "https://www.", "http://", "https://", "tel:", "mailto:"),
    *("ftp://anonymous:anonymous@", "ftp://ftp.", "ftps://", "sftp://", "smb://", "nfs://"),
    *("ftp://", "dav://", "news:", "telnet://", "imap:", "rtsp://", "urn:", "pop:", "sip:"),
    *("sips:", "tftp:", "btspp://", "btl2cap://", "btgoep://", "tcpobex://", "irdaobex://"),
    *("file://", "urn:epc:id:", "urn:epc:tag:", "urn:epc:pat:", "urn:epc:raw:", "urn:epc:"),
    "urn:nfc:",
)
"""Table 3; the codes behind it are reserved."""

_CONTROL = re.compile(rb"[\x00-\x1f]")


def address_in(payload: bytes) -> str | None:
    """Write the address out; None where the payload holds none."""
    if not payload or payload[0] >= len(_BEGINNINGS) or _CONTROL.search(payload, 1):
        return None
    try:
        return _BEGINNINGS[payload[0]] + payload[1:].decode("utf-8")
    except UnicodeDecodeError:
        return None
