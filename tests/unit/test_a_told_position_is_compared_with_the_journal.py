"""What a till was told last either fits the journal, or shows that entries are missing."""

import pytest

from agent.core.entry import Position
from agent.core.heard import Heard

_HEAD = Position(epoch=1, seq=10, hash=bytes.fromhex("aa" * 32))


def kept(_epoch: int, seq: int) -> bytes | None:
    """A journal that keeps its entries from 5 on."""
    return bytes([seq]) * 32 if seq >= 5 else None


@pytest.mark.parametrize(
    ("told", "contradicts"),
    [
        ("1:10:aaaaaaaa", False),
        ("1:10:bbbbbbbb", True),
        ("1:11:aaaaaaaa", True),
        ("1:9:09090909", False),
        ("1:9:08080808", True),
        ("1:4:ffffffff", False),
        ("0:99:ffffffff", False),
        ("2:1:ffffffff", True),
    ],
)
def test_a_place_fits_or_contradicts(told: str, contradicts: bool) -> None:
    """A later place or another hash contradicts; an epoch that is over, or an entry that is no
    longer kept, says nothing.
    """
    assert Heard.parse(told).contradicts(_HEAD, kept) == contradicts


@pytest.mark.parametrize(("epoch", "beyond"), [(1, False), (1_001, False), (1_002, True)])
def test_no_disk_is_set_back_so_far(epoch: int, beyond: bool) -> None:
    """More than a thousand epochs ahead is believed of nobody."""
    assert Heard.parse(f"{epoch}:1:aaaaaaaa").is_beyond_belief(_HEAD) == beyond


@pytest.mark.parametrize("wrong", ["", "1:1", "1:1:abc", "-1:1:aaaaaaaa", "1:1:gggggggg"])
def test_what_is_no_position_is_refused(wrong: str) -> None:
    """A position is an epoch, a number and some digits of a hash."""
    with pytest.raises(ValueError, match="write it as epoch:seq:hash"):
        Heard.parse(wrong)
