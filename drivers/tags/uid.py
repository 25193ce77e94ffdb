"""What the number of a chip may look like (ISO/IEC 14443-3, section 6.5.4).

>>> is_cut_off(bytes.fromhex("88045A21"))
True
"""

__all__ = ["UID_LENGTHS", "is_cut_off"]

UID_LENGTHS = (4, 7, 10)
_CASCADE_TAG = b"\x88"


def is_cut_off(uid: bytes) -> bool:
    """Say whether these are the first bytes of a longer number: they begin with the cascade tag."""
    return len(uid) == UID_LENGTHS[0] and uid.startswith(_CASCADE_TAG)
